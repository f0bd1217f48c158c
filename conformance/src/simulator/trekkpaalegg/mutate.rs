//! Changes one order, for faults.

use serde_json::{Value, json};

use crate::simulator::faults::effect::OrderChange;

/// Puts `value` at a JSON pointer, making the last step if it is missing; the empty pointer is the
/// whole.
pub(crate) fn set(root: &mut Value, pointer: &str, value: Value) {
    if pointer.is_empty() {
        *root = value;
        return;
    }
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    match root.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(last.to_owned(), value);
        }
        Some(Value::Array(items)) => {
            if let Some(item) = last.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = value;
            }
        }
        _ => {}
    }
}

/// Removes the field at a JSON pointer.
pub(crate) fn remove(root: &mut Value, pointer: &str) {
    if let Some((parent, last)) = pointer.rsplit_once('/')
        && let Some(Value::Object(fields)) = root.pointer_mut(parent)
    {
        fields.shift_remove(last);
    }
}

/// Applies one change.
pub(super) fn apply(order: &mut Value, change: OrderChange) {
    const FIRST: &str = "/trekkstoerrelseForPeriode/0";
    match change {
        OrderChange::Set(pointer, text) => {
            set(order, pointer, serde_json::from_str(text).unwrap_or(Value::Null));
        }
        OrderChange::Remove(pointer) => remove(order, pointer),
        OrderChange::BothSizes => {
            if let Some(Value::Object(period)) = order.pointer_mut(FIRST) {
                period.insert("trekkbeloep".into(), json!({ "trekkbeloep": 1500 }));
                period.insert("trekkprosent".into(), json!({ "trekkprosent": 17.0 }));
            }
        }
        OrderChange::Reversed => {
            if let Some(Value::Object(period)) = order.pointer_mut(FIRST) {
                period.insert("startdato".into(), "2025-08-10".into());
                period.insert("sluttdato".into(), "2025-08-09".into());
            }
        }
        OrderChange::Overlap => {
            if let Some(Value::Array(periods)) = order.pointer_mut("/trekkstoerrelseForPeriode") {
                *periods = vec![
                    json!({ "startdato": "2025-08-10", "sluttdato": "2025-09-10", "trekkprosent": { "trekkprosent": 17.0 } }),
                    json!({ "startdato": "2025-09-10", "trekkbeloep": { "trekkbeloep": 1500 } }),
                ];
            }
        }
        OrderChange::CompactDates => {
            if let Some(Value::Array(periods)) = order.pointer_mut("/trekkstoerrelseForPeriode") {
                for name in ["startdato", "sluttdato"] {
                    for period in periods.iter_mut() {
                        if let Some(Value::String(date)) = period.get_mut(name) {
                            *date = date.replace('-', "");
                        }
                    }
                }
            }
        }
        OrderChange::NumericId => {
            let number = order
                .get("trekkid")
                .and_then(Value::as_str)
                .and_then(|text| text.parse::<u64>().ok());
            if let Some(number) = number {
                order["trekkid"] = number.into();
            }
        }
        OrderChange::TextNumber => {
            let text = order
                .get("sekvensnummer")
                .and_then(Value::as_u64)
                .map(|n| n.to_string());
            if let Some(text) = text {
                order["sekvensnummer"] = text.into();
            }
        }
        OrderChange::EndedButOpen => {
            order["trekkstatus"] = "avsluttet".into();
            if let Some(Value::Array(periods)) = order.pointer_mut("/trekkstoerrelseForPeriode")
                && let Some(Value::Object(last)) = periods.last_mut()
            {
                last.shift_remove("sluttdato");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_set_and_removed() {
        let mut value = json!({"a": [{"b": 1}]});
        set(&mut value, "/a/0/c", json!(2));
        set(&mut value, "/a/0/b", json!(3));
        assert_eq!(value, json!({"a": [{"b": 3, "c": 2}]}));
        remove(&mut value, "/a/0/b");
        set(&mut value, "/a/0", json!(7));
        assert_eq!(value, json!({"a": [7]}));
        set(&mut value, "/x/y/z", json!(1));
        assert_eq!(value, json!({"a": [7]}));
    }
}
