//! What the system would withhold, compared with what the orders say.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{NO_RESULT, Rule, Sheet, orders::newest, t};
use crate::counterparty::conclusion::{Conclusion, Withheld};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "TP-16",
        hint: [
            "Velg perioden der startdato ≤ utbetalingsdato ≤ sluttdato; finnes ingen, trekkes ingenting.",
            "Choose the period with startdato ≤ pay date ≤ sluttdato; when there is none, nothing is withheld.",
        ],
        judge: |sheet| compare(sheet, Aspect::Period),
    },
    Rule {
        case: "TP-17",
        hint: [
            "Behandle 0 som en verdi, ikke som noe som mangler.",
            "Treat 0 as a value, not as something missing.",
        ],
        judge: |sheet| compare(sheet, Aspect::Zero),
    },
    Rule {
        case: "TP-18",
        hint: [
            "Fordel månedsbeløpet over månedens utbetalinger; bruk prosenten på hver.",
            "Spread the monthly amount over the month's payments; apply the percentage to each.",
        ],
        judge: |sheet| compare(sheet, Aspect::Several),
    },
    Rule {
        case: "TP-19",
        hint: [
            "La perioden som omfatter utbetalingsdatoen avgjøre, ikke trekkstatus; meld avsluttet med åpen periode.",
            "Let the period that holds the pay date decide, not trekkstatus; report avsluttet with an open period.",
        ],
        judge: |sheet| compare(sheet, Aspect::Ended),
    },
    Rule {
        case: "TP-23",
        hint: [
            "Behandle hvert pålegg for seg; legg aldri beløp og prosent sammen.",
            "Handle each order by itself; never add amounts and percentages up.",
        ],
        judge: |sheet| compare(sheet, Aspect::SamePerson),
    },
];

/// Which case an order and a pay date belong to; the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aspect {
    Zero,
    Ended,
    SamePerson,
    Several,
    Period,
}

/// A size, as an exact decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Amount(Decimal),
    Percent(Decimal),
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y%m%d"))
        .ok()
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// What an order says about a date.
fn instruction(order: &Value, day: NaiveDate) -> Option<Size> {
    let periods = order.get("trekkstoerrelseForPeriode")?.as_array()?;
    periods.iter().find_map(|period| {
        let start = date(period.get("startdato")?.as_str()?)?;
        let end = period.get("sluttdato").and_then(Value::as_str).and_then(date);
        if day < start || end.is_some_and(|end| day > end) {
            return None;
        }
        let amount = period.pointer("/trekkbeloep/trekkbeloep").and_then(decimal);
        let percent = period.pointer("/trekkprosent/trekkprosent").and_then(decimal);
        amount.map(Size::Amount).or_else(|| percent.map(Size::Percent))
    })
}

fn is_ended(order: &Value) -> bool {
    order.get("trekkstatus").and_then(Value::as_str) == Some("avsluttet")
}

fn is_open(order: &Value) -> bool {
    let periods = order.get("trekkstoerrelseForPeriode").and_then(Value::as_array);
    periods
        .into_iter()
        .flatten()
        .any(|period| period.get("sluttdato").is_none_or(Value::is_null))
}

fn aspect(orders: &BTreeMap<String, Value>, order: &Value, day: NaiveDate, dates: &[NaiveDate]) -> Aspect {
    let zero = matches!(
        instruction(order, day),
        Some(Size::Amount(size) | Size::Percent(size)) if size.is_zero()
    );
    let debtor = order.get("skyldner");
    let same_person = orders.values().filter(|other| other.get("skyldner") == debtor).count();
    let same_month = dates
        .iter()
        .filter(|d| (d.year(), d.month()) == (day.year(), day.month()));
    if zero {
        Aspect::Zero
    } else if is_ended(order) {
        Aspect::Ended
    } else if same_person > 1 {
        Aspect::SamePerson
    } else if same_month.count() > 1 {
        Aspect::Several
    } else {
        Aspect::Period
    }
}

/// What the system told for an order and a date.
fn told_for(conclusion: &Conclusion, trekkid: &str, day: NaiveDate) -> Vec<Option<Size>> {
    let entries = conclusion.withholding.iter().flatten();
    let size = |entry: &Withheld| match (&entry.amount, &entry.percent) {
        (Some(amount), None) => amount.parse().ok().map(Size::Amount),
        (None, Some(percent)) => percent.parse().ok().map(Size::Percent),
        _ => None,
    };
    entries
        .filter(|entry| entry.trekkid == trekkid && entry.pay_date == day)
        .map(size)
        .collect()
}

/// Whether what was told for all dates of a month fits what the order says.
fn fits(conclusion: &Conclusion, trekkid: &str, order: &Value, day: NaiveDate, dates: &[NaiveDate]) -> bool {
    let told = told_for(conclusion, trekkid, day);
    match (instruction(order, day), told.as_slice()) {
        (None, []) => true,
        // Nothing withheld may be said in so many words.
        (None, [Some(Size::Amount(size) | Size::Percent(size))]) => size.is_zero(),
        (Some(Size::Percent(percent)), [Some(Size::Percent(told))]) => percent == *told,
        (Some(Size::Amount(amount)), [Some(Size::Amount(_))]) => {
            let month = dates
                .iter()
                .filter(|d| (d.year(), d.month()) == (day.year(), day.month()));
            let mut sum = Decimal::ZERO;
            for day in month.filter(|day| instruction(order, **day) == Some(Size::Amount(amount))) {
                for told in told_for(conclusion, trekkid, *day) {
                    if let Some(Size::Amount(size)) = told {
                        sum += size;
                    }
                }
            }
            sum == amount
        }
        _ => false,
    }
}

fn compare(sheet: &mut Sheet<'_>, wanted: Aspect) {
    let (mut tried, mut told, mut wrong) = (false, 0, Vec::new());
    let (mut contradictions, mut silent) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        for act in &scene.acts {
            let dates = &act.given.pay_dates;
            if dates.is_empty() {
                continue;
            }
            let orders = newest(scene, act);
            let conclusion = act
                .conclusion
                .as_ref()
                .filter(|conclusion| conclusion.withholding.is_some());
            for (trekkid, order) in &orders {
                for day in dates {
                    if aspect(&orders, order, *day, dates) != wanted {
                        continue;
                    }
                    tried = true;
                    let Some(conclusion) = conclusion else { continue };
                    told += 1;
                    if !fits(conclusion, trekkid, order, *day, dates) {
                        wrong.push(format!("{trekkid} {day}"));
                    }
                }
                if wanted == Aspect::Ended && is_ended(order) && is_open(order) {
                    contradictions += 1;
                    let reported = conclusion.is_some_and(|conclusion| {
                        conclusion.set_aside(trekkid)
                            || conclusion
                                .warnings
                                .iter()
                                .flatten()
                                .any(|entry| entry.trekkid == *trekkid)
                    });
                    if !reported {
                        silent.push(trekkid.clone());
                    }
                }
            }
            if tried {
                for seen in act.of("hentAlleGjeldende") {
                    sheet.cite(seen);
                }
            }
        }
    }
    sheet.needs(
        tried,
        "en oppgave med utbetalingsdatoer som saken gjelder",
        "a task with pay dates that the case is about",
    );
    if tried {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Trekk på utbetalingsdatoen", "Withholding on the pay date"),
        t("som pålegget sier", "as the order says"),
        told,
        &wrong,
    );
    if wanted == Aspect::Ended && told > 0 {
        sheet.needs(
            contradictions > 0,
            "et avsluttet pålegg med åpen periode",
            "an ended order with an open period",
        );
        sheet.rule(
            t("Avsluttet med åpen periode", "Ended with an open period"),
            t("meldt", "reported"),
            contradictions,
            &silent,
        );
    }
}
