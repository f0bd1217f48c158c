//! What Maskinporten answers: a token, or why not.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::assertion::prefixed;
use crate::Access;
use crate::error::{Refusal, TokenError, TokenErrorKind};
use crate::secret::Secret;
use crate::transport::Incoming;

/// A token as it came.
#[derive(Debug)]
pub(super) struct Issued {
    /// `Bearer …`, marked sensitive so that the HTTP library does not show it either.
    pub(super) header: HeaderValue,
    pub(super) lifetime: Duration,
    pub(super) scopes: Vec<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<Secret>,
    token_type: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: Option<String>,
    error_description: Option<String>,
}

/// Reads an answer to a token request.
pub(super) fn read(incoming: &Incoming, scope: &str, access: &Access) -> Result<Issued, Box<TokenError>> {
    let status = incoming.status;
    if status.is_success() {
        return issued(&incoming.body, scope, access).map_err(|what| {
            let error = TokenError::new(TokenErrorKind::InvalidAnswer(what));
            Box::new(error.with_status(status.as_u16()))
        });
    }
    Err(Box::new(refused(status, &incoming.body)))
}

fn issued(body: &[u8], scope: &str, access: &Access) -> Result<Issued, &'static str> {
    let answer: TokenAnswer = serde_json::from_slice(body).map_err(|_| "it is not the JSON of a token")?;
    let token = answer.access_token.ok_or("it holds no access_token")?;
    if answer
        .token_type
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer"))
    {
        return Err("its token_type is not Bearer");
    }
    let text = token.expose();
    // RFC 6750, 2.1: what a bearer token consists of.
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if text.is_empty() || !text.bytes().all(fit) {
        return Err("its access_token is not a bearer token");
    }
    if claims(text).is_some_and(|claims| !speaks_for(&claims, access)) {
        return Err("the token is for another organisation than the one asked for");
    }
    let mut header =
        HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| "its access_token is not a bearer token")?;
    header.set_sensitive(true);
    // Without a lifetime the token serves those who wait for it now, and is not kept.
    let seconds = answer.expires_in.as_ref().and_then(seconds).unwrap_or(0);
    Ok(Issued {
        header,
        lifetime: Duration::from_secs(seconds),
        scopes: answer
            .scope
            .as_deref()
            .unwrap_or(scope)
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    })
}

/// A number, or a number written as text, of at most a day.
fn seconds(value: &Value) -> Option<u64> {
    const DAY: u64 = 24 * 60 * 60;
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .map(|seconds| seconds.min(DAY))
}

/// The claims inside a token, when it is a JWT. They are not verified: that is the API's business.
pub(super) fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

/// Whether a token that says whom it speaks for says what was asked for. A token that does not say
/// is trusted: it is opaque to the client.
fn speaks_for(claims: &Value, access: &Access) -> bool {
    let (pointer, organisation) = match access {
        Access::OwnOrganisation => return true,
        Access::SystemUser { organisation, .. } => ("/authorization_details/0/systemuser_org/ID", organisation),
        Access::ConsumerOrg(organisation) => ("/consumer/ID", organisation),
    };
    claims
        .pointer(pointer)
        .and_then(Value::as_str)
        .is_none_or(|found| found == prefixed(organisation))
}

fn refused(status: StatusCode, body: &[u8]) -> TokenError {
    let answer: Option<Refused> = serde_json::from_slice(body).ok();
    let error = answer.as_ref().and_then(|answer| answer.error.clone());
    let description = answer.and_then(|answer| answer.error_description);
    let code = description.as_deref().and_then(mp_code);
    let kind = match (&error, &code) {
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => TokenErrorKind::Unavailable,
        (None, None) => TokenErrorKind::InvalidAnswer("it is neither a token nor an OAuth error"),
        (error, code) => TokenErrorKind::Refused(refusal(code.as_deref(), error.as_deref())),
    };
    TokenError::new(kind)
        .with_status(status.as_u16())
        .with_answer(error, code, description)
}

/// What each documented code and OAuth error refuses: the codes first, since they say more.
const REFUSALS: &[(&str, Refusal)] = &[
    ("MP-100", Refusal::Client),
    ("MP-110", Refusal::Audience),
    ("MP-120", Refusal::Certificate),
    ("MP-121", Refusal::KeyExpired),
    ("MP-303", Refusal::Delegation),
    ("invalid_scope", Refusal::Scope),
    ("invalid_altinn_customer_configuration", Refusal::Delegation),
    ("invalid_client", Refusal::Client),
    ("unauthorized_client", Refusal::Client),
    ("invalid_grant", Refusal::Assertion),
];

fn refusal(code: Option<&str>, error: Option<&str>) -> Refusal {
    let named = |name: Option<&str>| {
        let found = REFUSALS.iter().find(|(known, _)| Some(*known) == name);
        found.map(|(_, refusal)| *refusal)
    };
    named(code).or_else(|| named(error)).unwrap_or(Refusal::Other)
}

/// `MP-` and digits, wherever the description has it.
fn mp_code(description: &str) -> Option<String> {
    let from = description.find("MP-")?;
    let digits = description[from + 3..].bytes().take_while(u8::is_ascii_digit).count();
    (1..=5)
        .contains(&digits)
        .then(|| description[from..from + 3 + digits].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal_of(status: u16, body: &str) -> TokenError {
        refused(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn every_documented_refusal_says_what_to_repair() {
        for (error, description, expected) in [
            ("invalid_client", "MP-100 Client authentication failed", Refusal::Client),
            ("invalid_grant", "Invalid assertion (MP-110): aud", Refusal::Audience),
            ("invalid_client", "MP-120: certificate", Refusal::Certificate),
            ("invalid_client", "MP-121 expired", Refusal::KeyExpired),
            ("invalid_request", "MP-303 no system user", Refusal::Delegation),
            ("invalid_altinn_customer_configuration", "", Refusal::Delegation),
            ("invalid_scope", "scope not granted", Refusal::Scope),
            ("invalid_grant", "Invalid assertion", Refusal::Assertion),
            ("something_new", "MP-999", Refusal::Other),
        ] {
            let body = serde_json::json!({ "error": error, "error_description": description });
            let refused = refusal_of(400, &body.to_string());
            assert_eq!(refused.refusal(), Some(expected), "{error} {description}");
            assert_eq!(refused.error(), Some(error));
            assert!(!refused.is_retryable());
            assert!(refused.to_string().contains(refused.remedy()));
        }
    }

    #[test]
    fn out_of_order_is_no_refusal() {
        for (status, body) in [(503, "<html>"), (500, r#"{"error":"server_error"}"#), (429, "")] {
            assert!(refusal_of(status, body).is_retryable(), "{status}");
        }
        let html = refusal_of(403, "<html>blocked by proxy</html>");
        assert!(matches!(html.kind(), TokenErrorKind::InvalidAnswer(_)));
        assert!(!html.to_string().contains("blocked"));
    }

    #[test]
    fn the_trace_id_is_kept_and_the_description_is_not_shown() {
        let error = refusal_of(
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid assertion for 01899912345. (trace_id: 3f2a9bc1d0)"}"#,
        );
        assert_eq!(error.trace_id(), Some("3f2a9bc1d0"));
        assert!(!format!("{error} {error:?}").contains("01899912345"));
        assert!(error.description().unwrap().contains("01899912345"));
    }

    fn jwt(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn issue(token: &str, access: &Access) -> Result<Issued, &'static str> {
        let body = serde_json::json!({ "access_token": token, "expires_in": 119, "scope": "a b" });
        issued(body.to_string().as_bytes(), "asked", access)
    }

    #[test]
    fn a_token_for_another_organisation_is_not_used() {
        let claims = serde_json::json!({
            "consumer": { "ID": "0192:310000007" },
            "authorization_details": [{ "systemuser_org": { "ID": "0192:310000007" } }],
        });
        let token = jwt(&claims);
        assert!(issue(&token, &Access::system_user("310000007")).is_ok());
        assert!(issue(&token, &Access::ConsumerOrg("310000007".into())).is_ok());
        assert!(issue(&token, &Access::OwnOrganisation).is_ok());
        assert!(issue(&token, &Access::system_user("310000015")).is_err());
        assert!(issue(&token, &Access::ConsumerOrg("310000015".into())).is_err());
        assert!(issue("opaque", &Access::system_user("310000015")).is_ok());
    }

    #[test]
    fn odd_answers_are_named() {
        let read = |body: &str| issued(body.as_bytes(), "asked", &Access::OwnOrganisation);
        assert_eq!(read("{").unwrap_err(), "it is not the JSON of a token");
        assert_eq!(read("{}").unwrap_err(), "it holds no access_token");
        assert!(read(r#"{"access_token":"a\nb"}"#).is_err());
        assert!(read(r#"{"access_token":"a","token_type":"mac"}"#).is_err());
        let tolerated = read(r#"{"access_token":"a","token_type":"bearer","expires_in":"30","new":1}"#).unwrap();
        assert_eq!(tolerated.lifetime, Duration::from_secs(30));
        assert_eq!(tolerated.scopes, ["asked"]);
        assert_eq!(read(r#"{"access_token":"a"}"#).unwrap().lifetime, Duration::ZERO);
        assert_eq!(
            read(r#"{"access_token":"a","expires_in":1e300}"#).unwrap().lifetime,
            Duration::ZERO
        );
    }
}
