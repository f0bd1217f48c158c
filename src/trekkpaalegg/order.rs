//! One version of a withholding order, as the API spells it.

use std::{fmt, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{
    body::Body,
    rule::{Remark, Violation},
};
use crate::identifiers::{AccountNumber, IdentifierError, KidNumber, NationalIdentityNumber, OrganisationNumber};

/// One version of a withholding order (`trekkpålegg`) that keeps the contract.
///
/// Exactly one size stands in each period, periods do not overlap, and every identifier has its
/// shape: an order without that is a [`RejectedOrder`]. What is odd without being wrong stands
/// in [`Order::remarks`]. `Debug` masks all identifiers and shows neither amounts nor the case
/// number.
#[derive(Clone)]
#[non_exhaustive]
pub struct Order {
    /// Id of the order, the same through all its versions; opaque text.
    pub trekkid: String,
    /// Version of the order; grows by one.
    pub trekkversjon: i64,
    /// Global running number; the highest one received is the [`Watermark`](super::Watermark).
    pub sekvensnummer: i64,
    /// When this version was issued.
    pub opprettet: DateTime<Utc>,
    /// The case in which the order was decided. Not safe to compare between versions.
    pub saksnummer: Option<String>,
    /// The employer that must withhold.
    pub trekkpliktig: OrganisationNumber,
    /// The person whose pay is withheld.
    pub skyldner: NationalIdentityNumber,
    /// Whether the order is running. What to withhold is decided by the periods, not by this;
    /// see [`Order::for_pay_date`].
    pub trekkstatus: Trekkstatus,
    /// What to withhold, period by period, in the order received. Never empty.
    pub trekkstoerrelse_for_periode: Vec<Periode>,
    /// Where the money goes.
    pub betalingsinformasjon: Betalingsinformasjon,
    pub(super) remarks: Vec<Remark>,
    pub(super) record: Record,
}

/// Where a record's own JSON stands. Keeps the page's text alive.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) body: Arc<Body>,
    pub(super) index: usize,
}

impl Record {
    /// The same record with a text of its own.
    fn detached(&self) -> Self {
        Self {
            body: self.body.only(self.index),
            index: 0,
        }
    }
}

impl Order {
    /// What is odd about this order without making it unusable.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// The order's own JSON as it was received, unknown members included. Holds the identity
    /// number. (Where the page had bytes that no JSON may have, they are escaped.)
    #[must_use]
    pub fn raw_json(&self) -> &str {
        self.record.body.record(self.record.index)
    }

    /// Lets go of the page. [`raw_json`](Self::raw_json) points into the text of the whole page,
    /// which lives as long as any of its records; call this on the few records of a page that
    /// are kept for long.
    pub fn detach(&mut self) {
        self.record = self.record.detached();
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("trekkid", &format_args!("{} characters", self.trekkid.chars().count()))
            .field("trekkversjon", &self.trekkversjon)
            .field("sekvensnummer", &self.sekvensnummer)
            .field("trekkpliktig", &self.trekkpliktig)
            .field("skyldner", &self.skyldner)
            .field("periods", &self.trekkstoerrelse_for_periode.len())
            .field("betalingsinformasjon", &self.betalingsinformasjon)
            .field("remarks", &self.remarks)
            .finish_non_exhaustive()
    }
}

/// The status of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trekkstatus {
    /// `aktiv`
    Aktiv,
    /// `avsluttet`. Periods may still be to come, and are then followed.
    Avsluttet,
    /// A code that the pinned document does not list.
    Unknown(UnknownCode),
}

/// A code as it was received. `Debug` shows its length only: it is text from outside.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownCode(pub(super) String);

impl UnknownCode {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnknownCode({} characters)", self.0.chars().count())
    }
}

/// One period of an order.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Periode {
    /// First day, inclusive.
    pub startdato: NaiveDate,
    /// Last day, inclusive; `None` while the period is open.
    pub sluttdato: Option<NaiveDate>,
    /// What to withhold.
    pub stoerrelse: Stoerrelse,
}

impl Periode {
    /// Whether the period holds this day.
    #[must_use]
    pub fn holds(&self, date: NaiveDate) -> bool {
        self.startdato <= date && self.sluttdato.is_none_or(|end| date <= end)
    }
}

impl fmt::Debug for Periode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Periode")
            .field("startdato", &self.startdato)
            .field("sluttdato", &self.sluttdato)
            .finish_non_exhaustive()
    }
}

/// How much a period withholds. The two are different things and are never added up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the contract has exactly these two, and a match that forgets one takes money wrongly"
)]
pub enum Stoerrelse {
    /// Norwegian kroner per month; 0 or more.
    Trekkbeloep(Decimal),
    /// Percentage of gross pay at each pay date; 0 to 100.
    Trekkprosent(Decimal),
}

impl Stoerrelse {
    /// The bare number: kroner per month, or percentage of the payment.
    #[must_use]
    pub fn value(self) -> Decimal {
        match self {
            Self::Trekkbeloep(value) | Self::Trekkprosent(value) => value,
        }
    }
}

impl fmt::Debug for Stoerrelse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trekkbeloep(_) => "Trekkbeloep(…)",
            Self::Trekkprosent(_) => "Trekkprosent(…)",
        })
    }
}

/// Where the withheld money goes.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Betalingsinformasjon {
    /// The payee.
    pub betalingsmottaker: OrganisationNumber,
    /// The KID as received, leading zeros included; the same through an order's versions. A
    /// KID of an unusual shape is passed on with a remark, since the payee decides over it.
    pub kidnummer: String,
    /// The payee's bank account.
    pub kontonummer: AccountNumber,
}

impl Betalingsinformasjon {
    /// The KID as an identifier.
    ///
    /// # Errors
    /// [`IdentifierError`] when it is not 2 to 25 characters of the KID alphabet.
    pub fn kid(&self) -> Result<KidNumber, IdentifierError> {
        KidNumber::parse(self.kidnummer.as_str())
    }
}

impl fmt::Debug for Betalingsinformasjon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Betalingsinformasjon")
            .field("betalingsmottaker", &self.betalingsmottaker)
            .field("kontonummer", &self.kontonummer)
            .finish_non_exhaustive()
    }
}

/// A record that breaks the contract. The caller decides what becomes of it; nothing in it has
/// been interpreted.
#[derive(Clone)]
#[non_exhaustive]
pub struct RejectedOrder {
    /// The record's `sekvensnummer`, when it is an integer or a string of digits. It has been
    /// counted in the watermark.
    pub sekvensnummer: Option<i64>,
    /// What is wrong; never empty.
    pub violations: Vec<Violation>,
    pub(super) record: Record,
}

impl RejectedOrder {
    /// The record's own JSON as it was received; may hold an identity number.
    #[must_use]
    pub fn raw_json(&self) -> &str {
        self.record.body.record(self.record.index)
    }

    /// Lets go of the page, as [`Order::detach`].
    pub fn detach(&mut self) {
        self.record = self.record.detached();
    }
}

impl fmt::Debug for RejectedOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedOrder")
            .field("sekvensnummer", &self.sekvensnummer)
            .field("violations", &self.violations)
            .finish_non_exhaustive()
    }
}
