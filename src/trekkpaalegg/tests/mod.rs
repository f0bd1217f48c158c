//! Reading pages: what breaks the contract, what is only odd, and what follows for the watermark.

mod pages;
mod records;
mod seen;
mod sequences;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    assemble::Employer,
    page::{Page, Request, Watermark},
    seen::Seen,
};

/// A good order: the published example with another number.
fn order(sekvensnummer: i64) -> Value {
    json!({
        "trekkid": format!("T{sekvensnummer}"),
        "trekkversjon": 1,
        "sekvensnummer": sekvensnummer,
        "opprettet": "2025-08-09T15:00:00.00Z",
        "saksnummer": "TREKK/2025/1",
        "trekkpliktig": "312345676",
        "skyldner": "01819010001",
        "trekkstatus": "aktiv",
        "trekkstoerrelseForPeriode": [
            {"startdato": "2025-08-10", "trekkprosent": {"trekkprosent": 17.5}}
        ],
        "betalingsinformasjon": {
            "betalingsmottaker": "123456785",
            "kidnummer": "6487719756",
            "kontonummer": "70213997155"
        }
    })
}

/// The good order with the member at `pointer` replaced, or removed by `None`.
fn with(pointer: &str, value: Option<Value>) -> Value {
    let mut order = order(1);
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    let parent = order.pointer_mut(parent).expect("a parent");
    match (parent, value) {
        (Value::Array(list), Some(value)) => list[member.parse::<usize>().unwrap()] = value,
        (Value::Object(object), Some(value)) => {
            object.insert(member.to_owned(), value);
        }
        (Value::Object(object), None) => {
            object.shift_remove(member).expect("the member");
        }
        _ => panic!("no such place: {pointer}"),
    }
    order
}

fn read(body: impl Into<Bytes>, window: Option<(i64, u32)>, seen: &mut Seen) -> Page {
    let body = body.into();
    let decoded = serde_json::from_slice(&body).ok();
    Page::read(
        body,
        decoded,
        Request {
            operation: super::LIST,
            window: window.map(|(from, max)| (Watermark::new(from.unsigned_abs()).expect("in range"), max)),
            employer: Employer::Any,
        },
        seen,
    )
    .expect("a list")
}

fn page(records: &[Value]) -> Page {
    read(Value::from(records.to_vec()).to_string(), None, &mut Seen::default())
}

/// `pointer rule` of everything found in one record.
fn found(record: &str) -> (bool, Vec<String>) {
    let page = read(format!("[{record}]"), None, &mut Seen::default());
    assert_eq!(page.received, 1);
    match (page.orders.first(), page.rejected.first()) {
        (Some(order), None) => {
            assert_eq!(order.raw_json(), record);
            let remarks = order
                .remarks()
                .iter()
                .map(|remark| format!("{} {}", remark.pointer, remark.rule.id()));
            (true, remarks.collect())
        }
        (None, Some(rejected)) => {
            assert_eq!(rejected.raw_json(), record);
            let violations = rejected
                .violations
                .iter()
                .map(|violation| format!("{} {}", violation.pointer, violation.rule.id()));
            (false, violations.collect())
        }
        other => panic!("one record must give one entry, not {other:?}"),
    }
}
