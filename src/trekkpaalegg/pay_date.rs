//! What an order withholds on a pay date.
//!
//! The period that holds the pay date decides, inclusive at both ends. The status does not:
//! published examples are `avsluttet` with a period still to come that has money due.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::order::{Order, Stoerrelse, Trekkstatus};
use crate::identifiers::NationalIdentityNumber;

/// What one order says about one pay date.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// What to withhold.
    pub withholding: Withholding,
    /// What a person may want to look at; the decision stands all the same.
    pub warnings: Vec<Warning>,
}

/// What to withhold from the pay of one pay date, by one order.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a match that forgets one of these takes money wrongly"
)]
pub enum Withholding {
    /// So many Norwegian kroner per *month*. With several pay dates in a month the employer
    /// spreads it; the order does not say how. May be 0.
    AmountPerMonth(Decimal),
    /// So many per cent of the gross pay of this payment. May be 0.
    PercentageOfPayment(Decimal),
    /// No period holds the pay date.
    Nothing,
    /// The order contradicts itself; ask the authority, and neither withhold nor skip silently.
    Contradiction(Contradiction),
}

impl std::fmt::Debug for Withholding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AmountPerMonth(_) => f.write_str("AmountPerMonth(…)"),
            Self::PercentageOfPayment(_) => f.write_str("PercentageOfPayment(…)"),
            Self::Nothing => f.write_str("Nothing"),
            Self::Contradiction(why) => f.debug_tuple("Contradiction").field(why).finish(),
        }
    }
}

/// How an order contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contradiction {
    /// The order is `avsluttet`, and yet the period that holds the pay date has no end.
    EndedWithOpenPeriod,
    /// More than one period holds the pay date. Orders read from the API never have this; a
    /// program that changes the periods can.
    SeveralPeriods,
}

/// Something about a decision that a person may want to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The order is `avsluttet`; the period that holds the pay date is followed until its end.
    EndedButPeriodApplies,
    /// The order is `avsluttet` and has an open period elsewhere than on the pay date.
    EndedWithOpenPeriodElsewhere,
    /// The status is a code that the pinned document does not list; the period decides.
    UnknownStatus,
    /// The amount or the percentage is 0: a pause, not an end.
    Zero,
    /// The pay date is before the order's first period.
    BeforeFirstPeriod,
}

/// What one of a person's orders says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PersonDecision<'a> {
    /// The order, in its latest version among those given.
    pub order: &'a Order,
    /// What it says.
    pub decision: Decision,
}

impl Order {
    /// What this order withholds on a pay date (a calendar date in Norway).
    #[must_use]
    pub fn for_pay_date(&self, date: NaiveDate) -> Decision {
        let mut holding = self
            .trekkstoerrelse_for_periode
            .iter()
            .filter(|period| period.holds(date));
        let (first, second) = (holding.next(), holding.next());
        let ended = self.trekkstatus == Trekkstatus::Avsluttet;
        let mut warnings = Vec::new();
        if matches!(self.trekkstatus, Trekkstatus::Unknown(_)) {
            warnings.push(Warning::UnknownStatus);
        }
        let withholding = match (first, second) {
            (_, Some(_)) => Withholding::Contradiction(Contradiction::SeveralPeriods),
            (Some(period), None) if ended && period.sluttdato.is_none() => {
                Withholding::Contradiction(Contradiction::EndedWithOpenPeriod)
            }
            (Some(period), None) => {
                if ended {
                    warnings.push(Warning::EndedButPeriodApplies);
                }
                if period.stoerrelse.value().is_zero() {
                    warnings.push(Warning::Zero);
                }
                match period.stoerrelse {
                    Stoerrelse::Trekkbeloep(amount) => Withholding::AmountPerMonth(amount),
                    Stoerrelse::Trekkprosent(percentage) => Withholding::PercentageOfPayment(percentage),
                }
            }
            (None, _) => {
                let starts = self.trekkstoerrelse_for_periode.iter().map(|period| period.startdato);
                if starts.min().is_none_or(|start| date < start) {
                    warnings.push(Warning::BeforeFirstPeriod);
                }
                Withholding::Nothing
            }
        };
        if ended
            && !matches!(withholding, Withholding::Contradiction(_))
            && self
                .trekkstoerrelse_for_periode
                .iter()
                .any(|period| period.sluttdato.is_none())
        {
            warnings.push(Warning::EndedWithOpenPeriodElsewhere);
        }
        Decision { withholding, warnings }
    }
}

/// What each of a person's orders says about a pay date, in the order given.
///
/// The result is a list and stays one: an amount per month and a percentage of each payment
/// are different things, and which order goes first is not for a client to decide. Where
/// several versions of one order are given, the latest one speaks.
#[must_use]
pub fn for_person<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
    skyldner: &NationalIdentityNumber,
    date: NaiveDate,
) -> Vec<PersonDecision<'a>> {
    let mut latest: Vec<&Order> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for order in orders {
        if order.skyldner != *skyldner {
            continue;
        }
        match places.get(order.trekkid.as_str()) {
            Some(place) => {
                if let Some(known) = latest.get_mut(*place)
                    && known.trekkversjon < order.trekkversjon
                {
                    *known = order;
                }
            }
            None => {
                places.insert(&order.trekkid, latest.len());
                latest.push(order);
            }
        }
    }
    latest
        .into_iter()
        .map(|order| PersonDecision {
            order,
            decision: order.for_pay_date(date),
        })
        .collect()
}
