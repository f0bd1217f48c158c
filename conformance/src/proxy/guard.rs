//! What may leave: looks at everything in a request where somebody's number could stand.
//!
//! [`Guard`] knows fields of JSON. A request has more: path, query, headers, forms, texts. Numbers
//! found there are put to the same guard under the name of their place. What cannot be looked at
//! does not leave.

use http::{HeaderMap, header, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::routes::Route;
use crate::{
    recording::Kind,
    synthetic::{
        Guard, Suspect,
        fields::{self, Kind as Field},
    },
};

/// Headers that hold no text of the vendor's making.
const SKIPPED: [header::HeaderName; 5] = [
    header::AUTHORIZATION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::ACCEPT,
];

/// Looks through a request. The places that stop it are returned; none means that it may leave.
pub(super) fn check(guard: &Guard, parts: &Parts, route: &Route<'_>, body: &[u8]) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    let mut places: Map<String, Value> = Map::new();
    let mut path = Vec::new();
    for segment in parts.uri.path().split('/') {
        let text = percent_decode_str(segment).decode_utf8_lossy();
        // A parameter that the document names is judged by its name.
        match route.parameters.iter().find(|(_, value)| *value == segment) {
            Some((name, _)) if fields::kind(name).is_some() => {
                places.insert((*name).to_owned(), Value::String(text.into_owned()));
            }
            _ => numbers(&text, &mut path),
        }
    }
    places.insert("path".to_owned(), path.into());
    let mut query = Vec::new();
    for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        if fields::kind(&name).is_some() {
            places.insert(name.into_owned(), Value::String(value.into_owned()));
        } else {
            numbers(&name, &mut query);
            numbers(&value, &mut query);
        }
    }
    places.insert("query".to_owned(), query.into());
    let mut headers = Vec::new();
    for (name, value) in parts.headers.iter().filter(|(name, _)| !SKIPPED.contains(name)) {
        // A cookie is a secret, and nobody's number.
        if *name != header::COOKIE {
            numbers(&String::from_utf8_lossy(value.as_bytes()), &mut headers);
        }
    }
    places.insert("header".to_owned(), headers.into());
    put(guard, &Value::Object(places), &mut suspects);
    if !body.is_empty() {
        of_body(guard, &parts.headers, route, body, &mut suspects);
    }
    suspects
}

fn of_body(guard: &Guard, headers: &HeaderMap, route: &Route<'_>, body: &[u8], suspects: &mut Vec<Suspect>) {
    let compressed = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let text = std::str::from_utf8(body).ok().filter(|_| !compressed);
    let Some(text) = text else {
        suspects.push(Suspect {
            pointer: String::new(),
            field: if compressed {
                "the body is compressed and cannot be looked at".to_owned()
            } else {
                "the body is no UTF-8 text and cannot be looked at".to_owned()
            },
        });
        return;
    };
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        if let Err(stopped) = guard.outgoing(body, None) {
            suspects.extend(stopped.suspects);
        }
        let mut inside = Vec::new();
        embedded(&value, None, &mut inside);
        put(guard, &serde_json::json!({ "text": inside }), suspects);
        return;
    }
    let mut found = Vec::new();
    if route.kind == Kind::Token {
        for (name, value) in url::form_urlencoded::parse(body) {
            match claims(&value) {
                Some(claims) => put(guard, &claims, suspects),
                None if name == "assertion" => {}
                None => numbers(&value, &mut found),
            }
        }
    } else {
        numbers(text, &mut found);
        if text.contains('%') {
            numbers(&percent_decode_str(text).decode_utf8_lossy(), &mut found);
        }
    }
    put(guard, &serde_json::json!({ "text": found }), suspects);
}

fn put(guard: &Guard, tree: &Value, suspects: &mut Vec<Suspect>) {
    if let Err(stopped) = guard.outgoing(tree.to_string().as_bytes(), None) {
        suspects.extend(stopped.suspects);
    }
}

/// The claims of something that looks like a JWT.
fn claims(text: &str) -> Option<Value> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut parts = text.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// Numbers that stand inside longer texts of a tree. Those that are a whole value are the guard's.
fn embedded(value: &Value, field: Option<&str>, found: &mut Vec<Value>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                numbers(name, found);
                embedded(value, Some(name), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| embedded(item, field, found)),
        Value::String(text) => {
            let other = field.and_then(fields::kind);
            if !matches!(other, Some(Field::OtherDigits | Field::Account)) && text.len() > 11 {
                numbers(text, found);
            }
        }
        _ => {}
    }
}

/// Runs of exactly eleven digits, also written `ddmmyy nnnnn`.
fn numbers(text: &str, found: &mut Vec<Value>) {
    let mut runs = text.split(|character: char| !character.is_ascii_digit());
    let mut before: Option<(&str, usize)> = None;
    let start = text.as_ptr() as usize;
    for run in runs.by_ref() {
        let at = run.as_ptr() as usize - start;
        if run.len() == 11 {
            found.push(Value::String(run.to_owned()));
        }
        if let Some((six, end)) = before
            && six.len() == 6
            && run.len() == 5
            && matches!(text.get(end..at), Some(" " | "-"))
        {
            found.push(Value::String(format!("{six}{run}")));
        }
        if !run.is_empty() {
            before = Some((run, at + run.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, Request};
    use skatteetaten_client::Environment;

    use super::*;
    use crate::{proxy::routes::Routes, results::Direction, synthetic::Declared};

    /// Right check digits, and a birth date in 2039: nobody has it yet.
    pub(super) const REAL: &str = "31123970082";
    const SYNTHETIC: &str = "01817000092";

    fn stopped(request: http::request::Builder, body: &[u8]) -> Vec<String> {
        let routes = Routes::new(&Environment::test()).unwrap();
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let route = routes.of(&parts.method, parts.uri.path()).unwrap();
        let guard = Guard::new(Declared::default(), &[7; 32]);
        let suspects = check(&guard, &parts, &route, body);
        let ledger = guard.ledger();
        assert_eq!(ledger.blocked.len(), suspects.len(), "all of it is in the ledger");
        assert!(ledger.counts.iter().all(|count| count.direction == Direction::Outgoing));
        suspects.into_iter().map(|suspect| suspect.field).collect()
    }

    fn get(uri: &str) -> http::request::Builder {
        Request::builder().uri(uri)
    }

    fn post(uri: &str) -> http::request::Builder {
        Request::builder().method(Method::POST).uri(uri)
    }

    #[test]
    fn the_numbers_of_this_test_are_what_they_should_be() {
        use skatteetaten_client::identifiers::{Class, Person, classify};
        assert!(matches!(classify::<Person>(REAL), Some(Class::Valid)));
        assert!(matches!(classify::<Person>(SYNTHETIC), Some(Class::Synthetic)));
    }

    #[test]
    fn every_place_of_a_request_is_looked_at() {
        let json = format!("{{\"leveranse\":{{\"oppgaveeierFoedselsnummer\":\"{REAL}\"}}}}");
        assert_eq!(
            stopped(post("/v1/2024"), json.as_bytes()),
            ["oppgaveeierFoedselsnummer"]
        );
        let inside = format!("{{\"x\":\"gjelder {REAL}.\"}}");
        assert_eq!(stopped(post("/v1/2024"), inside.as_bytes()), ["text"]);
        let broken = format!("{{\"x\":\"{REAL}\"");
        assert_eq!(stopped(post("/v1/2024"), broken.as_bytes()), ["text"]);
        let spaced = format!("{{\"x\":\"{} {}\"", &REAL[..6], &REAL[6..]);
        assert_eq!(stopped(post("/v1/2024"), spaced.as_bytes()), ["text"]);
        assert_eq!(stopped(get(&format!("/whatever/{REAL}")), b""), ["path"]);
        assert_eq!(
            stopped(get(&format!("/api/trekkpaalegg/v1?person={REAL}")), b""),
            ["query"]
        );
        let header = get("/api/trekkpaalegg/v1").header("Korrelasjonsid", REAL);
        assert_eq!(stopped(header, b""), ["header"]);
    }

    #[test]
    fn what_nobody_can_have_passes() {
        let json =
            format!("{{\"skyldner\":\"{SYNTHETIC}\",\"x\":\"gjelder {SYNTHETIC}.\",\"kontonummer\":\"{REAL}\"}}");
        assert!(stopped(post("/v1/2024"), json.as_bytes()).is_empty());
        // The authority's own id of an order is opaque text.
        assert!(stopped(get(&format!("/api/trekkpaalegg/v1/{REAL}/1")), b"").is_empty());
        let request = get("/api/trekkpaalegg/v1?fraSekvensnummer=12345678901&maksAntall=10")
            .header("Klientid", "system/1.0")
            .header("Authorization", format!("Bearer {REAL}"));
        assert!(stopped(request, b"").is_empty());
    }

    #[test]
    fn claims_are_looked_at() {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let form = |reference: &str, organisation: &str| {
            let claims = serde_json::json!({ "authorization_details": [{
                "externalRef": reference,
                "systemuser_org": { "ID": format!("0192:{organisation}") },
            }] });
            format!(
                "grant_type=x&assertion=e30.{}.c2ln",
                URL_SAFE_NO_PAD.encode(claims.to_string())
            )
        };
        let (synthetic, real) = ("310000019", "974761076");
        assert!(stopped(post("/token"), form("avdeling-2", synthetic).as_bytes()).is_empty());
        assert_eq!(
            stopped(post("/token"), form(REAL, synthetic).as_bytes()),
            ["externalRef"]
        );
        assert_eq!(
            stopped(post("/token"), form("avdeling-2", real).as_bytes()),
            ["systemuser_org"]
        );
    }

    #[test]
    fn what_cannot_be_looked_at_stays_here() {
        let routes = Routes::new(&Environment::test()).unwrap();
        for (request, body) in [
            (post("/v1/2024").header("content-encoding", "gzip"), &b"{}"[..]),
            (post("/v1/2024"), &[0xff, 0xfe, b'{', 0][..]),
        ] {
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let route = routes.of(&parts.method, parts.uri.path()).unwrap();
            let guard = Guard::new(Declared::default(), &[7; 32]);
            assert_eq!(check(&guard, &parts, &route, body).len(), 1);
        }
    }
}
