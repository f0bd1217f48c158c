//! What must never be written, as found in recorded exchanges.

use std::collections::BTreeSet;

use super::{Kind, RawExchange};

/// Every token, assertion and cookie that was on the wire, and every number of eleven digits that
/// stands in a body: the canaries that a pack is searched for.
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

/// Runs of exactly eleven digits.
fn identity_numbers(body: &[u8], found: &mut BTreeSet<String>) {
    for run in body.split(|byte| !byte.is_ascii_digit()) {
        if run.len() == 11 {
            found.insert(String::from_utf8_lossy(run).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_of_eleven_digits_count() {
        let mut found = BTreeSet::new();
        identity_numbers(b"a 01899912345 b 018999123456 \"10108412345\" 123", &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["01899912345", "10108412345"]);
    }
}
