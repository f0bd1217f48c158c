//! The synthetic orders and reports that the script works with.

use serde_json::{Value, json};

use crate::cases::example_submission;

/// Persons with 80 added to the month.
const PERSONS: [&str; 2] = ["15847530062", "21868330144"];

/// Numbers begin after this: they soon have a digit more, so that who compares them as text is found out.
const FIRST: u64 = 900;

/// Persons with a D-number: 40 added to the day, and 80 to the month.
const D_NUMBERS: [&str; 2] = ["52897410052", "63838110098"];

/// An order without a size yet.
fn order(employer: &str, id: &str, version: u64, number: u64, person: &str, periods: Value) -> Value {
    // The KID stays the same through an order's versions.
    let payment: u64 = id.bytes().map(u64::from).sum();
    json!({
        "trekkid": id,
        "trekkversjon": version,
        "sekvensnummer": number,
        "opprettet": "2025-01-02T08:00:00Z",
        "saksnummer": format!("SAK-{id}"),
        "trekkpliktig": employer,
        "skyldner": person,
        "trekkstatus": "aktiv",
        "trekkstoerrelseForPeriode": periods,
        "betalingsinformasjon": {
            "betalingsmottaker": "971648199",
            "kidnummer": format!("0{}", 6_487_719_756_u64 + payment),
            "kontonummer": "70213997155",
        },
    })
}

fn percent(from: &str, to: Option<&str>, size: Value) -> Value {
    period(from, to, "trekkprosent", size)
}

fn amount(from: &str, to: Option<&str>, size: Value) -> Value {
    period(from, to, "trekkbeloep", size)
}

fn period(from: &str, to: Option<&str>, kind: &str, size: Value) -> Value {
    let mut period = json!({ "startdato": from, kind: { kind: size } });
    if let Some(to) = to {
        period["sluttdato"] = to.into();
    }
    period
}

/// So many orders of one employer, with gaps between their numbers.
fn several(employer: &str, prefix: &str, count: u64, first: u64) -> Vec<Value> {
    (1..=count)
        .map(|index| {
            let periods = json!([percent("2025-01-10", None, json!(10 + index))]);
            let person = PERSONS[usize::from(index % 2 == 0)];
            order(
                employer,
                &format!("{prefix}-{index}"),
                1,
                first + index * index * 3,
                person,
                periods,
            )
        })
        .collect()
}

/// Orders of two persons with a D-number; the second is not employed in the step about it.
fn staff(employer: &str) -> Vec<Value> {
    let mut all = several(employer, "A", 3, FIRST);
    for (order, person) in all.iter_mut().zip(D_NUMBERS) {
        order["skyldner"] = person.into();
    }
    all
}

/// One order that changes.
fn versions(employer: &str, version: u64, number: u64) -> Vec<Value> {
    let periods = json!([percent("2025-01-10", None, json!(10 + version))]);
    vec![order(employer, "V-1", version, number, PERSONS[0], periods)]
}

/// Orders for pay dates in the first half of 2025. Persons differ unless the order is about it.
fn pay(employer: &str) -> Vec<Value> {
    let mut ended = order(
        employer,
        "P-4",
        2,
        40,
        "05876510008",
        json!([percent("2025-01-01", Some("2025-04-30"), json!(12))]),
    );
    ended["trekkstatus"] = "avsluttet".into();
    let mut contradiction = order(
        employer,
        "P-5",
        2,
        50,
        "12899110062",
        json!([percent("2025-01-01", None, json!(9.5))]),
    );
    contradiction["trekkstatus"] = "avsluttet".into();
    vec![
        // A gap in March and a period of one day in May.
        order(
            employer,
            "P-1",
            1,
            10,
            "17854410180",
            json!([
                percent("2025-01-15", Some("2025-02-28"), json!(17)),
                percent("2025-04-01", Some("2025-04-30"), json!(23.5)),
                amount("2025-05-05", Some("2025-05-05"), json!(1200)),
            ]),
        ),
        order(
            employer,
            "P-2",
            1,
            20,
            "24815710084",
            json!([amount("2025-01-01", None, json!(0))]),
        ),
        order(
            employer,
            "P-3",
            1,
            30,
            "03848910170",
            json!([amount("2025-06-01", None, json!(3001))]),
        ),
        ended,
        contradiction,
        order(
            employer,
            "P-6",
            1,
            60,
            PERSONS[0],
            json!([amount("2025-03-01", Some("2025-03-31"), json!(500))]),
        ),
        order(
            employer,
            "P-7",
            1,
            70,
            PERSONS[0],
            json!([percent("2025-03-01", Some("2025-03-31"), json!(5))]),
        ),
    ]
}

/// A set of orders by name, for the employers that the script acts for.
pub(super) fn orders(name: &str, employers: &[String]) -> Option<Vec<Value>> {
    let first = employers.first().map_or("", String::as_str);
    Some(match name {
        "none" => Vec::new(),
        "three" => several(first, "A", 3, FIRST),
        "ten" => several(first, "A", 10, FIRST),
        "both" => {
            let mut all = several(first, "A", 4, FIRST);
            if let Some(second) = employers.get(1) {
                all.extend(several(second, "B", 4, FIRST + 1));
            }
            all
        }
        "version-1" => versions(first, 1, 5),
        "version-4" => versions(first, 4, 9),
        // Delivered late: an older version under a newer number.
        "version-2" => versions(first, 2, 14),
        "pay" => pay(first),
        "staff" => staff(first),
        _ => return None,
    })
}

/// A report by name, for a reporter and an income year.
pub(super) fn file(name: &str, reporter: &str, year: i32) -> Option<Vec<u8>> {
    let plain = |reference: &str| example_submission(reporter, year, reference);
    let empty = |reference: &str, kind: &str| {
        let mut body = plain(reference);
        let delivery = body["leveranse"].as_object_mut()?;
        delivery.remove("oppgave");
        delivery.insert("leveransetype".to_owned(), kind.into());
        let summary = delivery.get_mut("oppgaveoppsummering")?.as_object_mut()?;
        for (name, value) in summary.iter_mut() {
            *value = if name == "antallOppgaver" { 0.into() } else { "0".into() };
        }
        Some(body)
    };
    let body = match name {
        "first" => plain("REF-1"),
        "second" => plain("REF-2"),
        "corrected" => {
            let mut body = plain("REF-1-R");
            body["leveranse"]["oppgave"][1]["konto"]["finansprodukt"][0]["renteinntekt"] = "1.25".into();
            body["leveranse"]["oppgaveoppsummering"]["sumRenteinntekt"] = "1.45".into();
            body
        }
        "deletion" => {
            let mut body = empty("REF-3", "ordinaer")?;
            body["leveranse"]["sletteoppgave"] =
                json!([{ "oppgaveeierFoedselsnummer": PERSONS[0], "kontonummer": "NO0014437946" }]);
            body
        }
        "nothing" => empty("REF-4", "ingenOppgaver")?,
        "part-1" => plain("REF-5-1"),
        "part-2" => plain("REF-5-2"),
        "part-3" => plain("REF-5-3"),
        "oversize" => {
            let mut bytes = plain("REF-6").to_string().into_bytes();
            bytes.resize(10 * 1024 * 1024 + 1, b' ');
            return Some(bytes);
        }
        _ => return None,
    };
    Some(body.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Declared, Guard};

    #[test]
    fn all_of_it_is_synthetic_and_no_report_is_wrong() {
        let guard = Guard::new(Declared::default(), &[7; 32]);
        let employers = ["310000019".to_owned(), "310000027".to_owned()];
        for name in [
            "three",
            "ten",
            "both",
            "version-1",
            "version-4",
            "version-2",
            "pay",
            "staff",
        ] {
            for order in orders(name, &employers).unwrap() {
                let page = format!("[{order}]");
                assert_eq!(guard.incoming(page.as_bytes(), None), vec![], "{name}");
                let parsed = skatteetaten_client::trekkpaalegg::Page::from_json(page).unwrap();
                assert_eq!(parsed.orders.len(), 1, "{name}: {:?}", parsed.rejected);
            }
        }
        for name in [
            "first",
            "second",
            "corrected",
            "deletion",
            "nothing",
            "part-1",
            "part-2",
            "part-3",
        ] {
            let body = file(name, "310000000", 2024).unwrap();
            assert_eq!(guard.outgoing(&body, None), Ok(()), "{name}");
            let report = skatteetaten_client::finansprodukter::check(&body);
            assert!(report.is_sendable(), "{name}: {:?}", report.findings);
        }
        assert!(file("oversize", "310000000", 2024).unwrap().len() > 10 * 1024 * 1024);
    }
}
