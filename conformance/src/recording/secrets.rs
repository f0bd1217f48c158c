//! What must never be written, as found in recorded exchanges.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Kind, RawExchange};
use crate::synthetic::fields;

/// Every token, assertion and cookie that was on the wire, and every identity and account number
/// that stands in a body: the canaries that a pack is searched for.
#[must_use]
pub fn secrets(exchanges: &[RawExchange]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for exchange in exchanges {
        for (name, value) in exchange.request_headers.iter().chain(&exchange.response_headers) {
            let Ok(value) = value.to_str() else { continue };
            match name.as_str() {
                "authorization" => {
                    let token = value.split_once(' ').map_or(value, |(_, token)| token);
                    found.insert(token.trim().to_owned());
                }
                "cookie" | "set-cookie" => {
                    let pair = value.split(';').next().unwrap_or_default();
                    if let Some((_, value)) = pair.split_once('=') {
                        found.insert(value.trim().to_owned());
                    }
                }
                _ => {}
            }
        }
        if exchange.kind == Kind::Token {
            for (name, value) in url::form_urlencoded::parse(&exchange.request_body) {
                if name == "assertion" {
                    found.insert(value.into_owned());
                }
            }
            if let Some(answer) = exchange.response_json() {
                for field in ["access_token", "refresh_token", "id_token"] {
                    if let Some(token) = answer.get(field).and_then(|token| token.as_str()) {
                        found.insert(token.to_owned());
                    }
                }
            }
        }
        for body in [&exchange.request_body, &exchange.response_body] {
            identity_numbers(body, &mut found);
        }
    }
    // Shorter ones would be found everywhere by chance.
    found.retain(|secret| secret.len() >= 8);
    found
}

/// Numbers of eleven digits that belong to somebody: by the field they stand in, and elsewhere by
/// their form.
fn identity_numbers(body: &[u8], found: &mut BTreeSet<String>) {
    match serde_json::from_slice(body) {
        Ok(tree) => in_fields(&tree, None, found),
        Err(_) => in_text(&String::from_utf8_lossy(body), found),
    }
}

fn in_fields(tree: &Value, field: Option<&str>, found: &mut BTreeSet<String>) {
    match tree {
        Value::Object(object) => {
            for (name, value) in object {
                in_text(name, found);
                in_fields(value, Some(name), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| in_fields(item, field, found)),
        Value::Number(number) => in_field(field, &number.to_string(), found),
        Value::String(text) => in_field(field, text, found),
        Value::Bool(_) | Value::Null => {}
    }
}

fn in_field(field: Option<&str>, text: &str, found: &mut BTreeSet<String>) {
    match field.and_then(fields::kind) {
        Some(fields::Kind::Person | fields::Kind::Account) => {
            found.insert(text.to_owned());
        }
        // A reference for a payment may look like anything.
        Some(fields::Kind::OtherDigits) => {}
        _ => in_text(text, found),
    }
}

/// Words of eleven digits that start with a day and a month. The parts of a UUID are no such words.
fn in_text(text: &str, found: &mut BTreeSet<String>) {
    for word in text.split(|character: char| !character.is_ascii_alphanumeric()) {
        let pair = |at: usize| word.get(at..at + 2).and_then(|pair| pair.parse::<u8>().ok());
        let (Some(day), Some(month)) = (pair(0), pair(2)) else {
            continue;
        };
        let digits = word.len() == 11 && word.bytes().all(|byte| byte.is_ascii_digit());
        let born = matches!(day, 1..=31 | 41..=71) && (1..=12).contains(&(month % 40));
        if digits && born {
            found.insert(word.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        identity_numbers(body.as_bytes(), &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn a_number_is_somebodys_by_field_or_by_form() {
        assert_eq!(
            of("a 01899912345 b 018999123456 \"10108412345\" 123"),
            ["01899912345", "10108412345"]
        );
        let body = r#"{"skyldner": 98765432109, "kidnummer": "01899912345", "kontonummer": "70213997155",
            "trekkid": "01899912346", "annet": ["om 41019912345", "99999999999"]}"#;
        assert_eq!(of(body), ["41019912345", "70213997155", "98765432109"]);
    }

    #[test]
    fn digits_of_a_uuid_belong_to_nobody() {
        assert_eq!(of("62587335-7c55-42dd-b470-a01018412345"), [""; 0]);
        assert_eq!(of(r#"{"dialogId": "62587335-7c55-42dd-b470-01018412345a"}"#), [""; 0]);
    }
}
