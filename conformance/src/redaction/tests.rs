//! Nothing secret or personal is left, a second pass changes nothing, and the same value has the
//! same placeholder.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const PERSON: &str = "01817012345";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ";

fn json_of(redactor: &Redactor, value: &Value) -> (Value, Hits) {
    let mut hits = Hits::new();
    (redactor.json(value, &mut hits), hits)
}

#[test]
fn fields_are_redacted_by_what_they_hold() {
    let redactor = Redactor::new();
    let body = json!({
        "skyldner": PERSON, "trekkpliktig": "310000004", "trekkid": "10001", "sekvensnummer": 38,
        "betalingsinformasjon": { "kontonummer": "70213997155", "kidnummer": "6487719756" },
        "access_token": TOKEN, "person": { "etternavn": "Testperson", "fornavn": "Syntetisk" },
        "melding": "Fant ikke 01817012345",
    });
    let (redacted, hits) = json_of(&redactor, &body);
    assert_eq!(
        redacted,
        json!({
            "skyldner": "[person-1]", "trekkpliktig": "310000004", "trekkid": "10001", "sekvensnummer": 38,
            "betalingsinformasjon": { "kontonummer": "[account-1]", "kidnummer": "6487719756" },
            "access_token": "[secret-1]", "person": { "etternavn": "[personal-1]", "fornavn": "[personal-2]" },
            "melding": "[personal-3]",
        })
    );
    assert_eq!(hits["person"], 1);
    assert_eq!(hits["personal"], 3);
}

#[test]
fn the_same_value_has_the_same_placeholder() {
    let redactor = Redactor::new();
    let (first, _) = json_of(&redactor, &json!({ "skyldner": PERSON }));
    let (other, _) = json_of(&redactor, &json!({ "skyldner": "02817012345" }));
    let (again, _) = json_of(
        &redactor,
        &json!({ "text": format!("about {PERSON} and {}", "018170 12345") }),
    );
    assert_eq!(first, json!({ "skyldner": "[person-1]" }));
    assert_eq!(other, json!({ "skyldner": "[person-2]" }));
    assert_eq!(again, json!({ "text": "about [person-1] and [person-1]" }));
}

#[test]
fn tokens_and_keys_are_found_anywhere() {
    let redactor = Redactor::new();
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----";
    let text = format!("<p>Authorization: Bearer {TOKEN}</p> {key} Bearer opaque-canary-token");
    let redacted = redactor.text(&text, &mut Hits::new());
    for canary in ["canary", "eyJ", "MIIE"] {
        assert!(!redacted.contains(canary), "{redacted}");
    }
    let jwk = r#"{"kty":"RSA","d":"c2VjcmV0LWNhbmFyeS1jYW5hcnk"}"#;
    assert!(!redactor.text(jwk, &mut Hits::new()).contains("c2VjcmV0"));
}

#[test]
fn placeholders_of_an_earlier_part_of_the_run_are_not_used_again() {
    let first = Redactor::new();
    let mut hits = Hits::new();
    let written = first.text(&format!("{PERSON} {TOKEN} {PERSON} 02817012345"), &mut hits);
    let second = Redactor::new();
    second.take_over("logg/TP-01/1.json", &written);
    let (redacted, _) = json_of(&second, &json!({ "skyldner": "03817012345" }));
    assert_eq!(redacted, json!({ "skyldner": "[person-3]" }));
    let report = second.report();
    assert_eq!(report.files.len(), 1);
    let counted = |rule: &str| report.files[0].hits.get(rule).copied();
    assert!(hits.iter().all(|(rule, count)| counted(rule) == Some(*count)));
}

#[test]
fn digits_that_are_no_birth_date_stay() {
    let redactor = Redactor::new();
    for text in [
        "2025-08-09T15:00:00.00Z",
        "70213997155",
        "99999999999",
        "1764115200000",
        "sekvensnummer 12345",
        "samsvar-62587335-7c55-42dd-b470-a01018412345",
        "sha256 9f01018412345b7c55d42d470aa8a2f1c63d4f8e0b9c7a6d5e4f3a2b1c0d9e8f",
    ] {
        assert_eq!(redactor.text(text, &mut Hits::new()), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        cases: 256,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_second_pass_changes_nothing(text in ".{0,60}", day in 1..=31u8, month in 1..=12u8, tail in 0..9_999_999u32) {
        let redactor = Redactor::new();
        let number = format!("{day:02}{month:02}{tail:07}");
        let once = redactor.text(&format!("{text} {number} {text}{TOKEN}"), &mut Hits::new());
        let kept = once.contains(&format!(" {number} ")) || once.contains(TOKEN);
        prop_assert!(!kept, "something was left");
        let mut hits = Hits::new();
        prop_assert_eq!(redactor.text(&once, &mut hits), once.clone());
        let tree = json!({ "skyldner": number, "navn": text, "other": [once] });
        let (first, _) = json_of(&redactor, &tree);
        let (second, _) = json_of(&redactor, &first);
        prop_assert_eq!(first, second);
    }
}

/// A token request and an API call with something planted in every part of them.
#[test]
fn no_part_of_an_exchange_is_left_out() {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use http::{HeaderMap, HeaderValue};

    use crate::recording::{Kind, RawExchange};

    let headers = |pairs: &[(&'static str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect::<HeaderMap>()
    };
    let encode = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let assertion = format!(
        "{}.{}.c2lnbmF0dXJlLWNhbmFyeQ",
        encode(json!({ "alg": "RS256", "kid": "key-1" })),
        encode(json!({ "aud": "https://issuer/", "iss": "client-1", "jti": "jti-canary", "scope": "a:b" }))
    );
    let exchange = RawExchange {
        kind: Kind::Token,
        operation: "token".to_owned(),
        attempt: 1,
        method: http::Method::POST,
        url: format!("https://user:password-canary@issuer/token?person={PERSON}&t={TOKEN}")
            .parse()
            .unwrap(),
        request_headers: headers(&[
            ("authorization", &format!("Bearer {TOKEN}")),
            ("cookie", "session=cookie-canary"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-anything", "header-canary"),
            ("accept", "application/json"),
        ]),
        request_body: format!("grant_type=jwt-bearer&assertion={assertion}").into(),
        started: chrono::DateTime::UNIX_EPOCH,
        ms: 3,
        status: Some(200),
        response_headers: headers(&[("content-type", "application/json"), ("set-cookie", "id=cookie-canary")]),
        response_body: format!(r#"{{"access_token":"opaque-canary","scope":"a:b","error_description":"{PERSON}"}}"#)
            .into(),
        fault: None,
    };
    let redactor = Redactor::new();
    let redacted = redactor.exchange(&exchange);
    let text = serde_json::to_string(&redacted).unwrap();
    for planted in ["canary", PERSON, "eyJ", "c2lnbmF0"] {
        assert!(!text.contains(planted), "{planted} is left in {text}");
    }
    let claims = redacted.assertion.unwrap();
    assert_eq!(claims["claims"]["iss"], "client-1");
    assert_eq!(claims["header"]["kid"], "key-1");
    assert_eq!(redacted.request.headers["accept"], "application/json");
    assert!(redacted.hits["header"] >= 1 && redacted.hits["cookie"] == 2);
}
