//! The simulated Maskinporten: metadata, public keys, token endpoint.

use chrono::{DateTime, Duration, Utc};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answer::{Answer, token_refusal},
    faults::effect::TokenChange,
    operation::base,
    request::Request,
    state::State,
};
pub(crate) use access::{AccessClaims, Refused, bearer};
pub use assertion::AssertionFacts;
use assertion::Grant;

mod access;
pub(crate) mod assertion;
mod chain;

/// The metadata document.
pub(crate) fn metadata(state: &State) -> Answer {
    let endpoints = state.endpoints();
    Answer::json(
        StatusCode::OK,
        &json!({
            "issuer": state.issuer(),
            "token_endpoint": endpoints.token_endpoint.as_str(),
            "jwks_uri": state.url(base::JWKS),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "grant_types_supported": [assertion::GRANT_TYPE],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
        }),
    )
}

/// The public keys.
pub(crate) fn jwks(state: &State) -> Answer {
    Answer::json(StatusCode::OK, &json!({ "keys": [state.issuer_key.jwk()] }))
}

/// The token endpoint: verifies the assertion and issues an access token.
pub(crate) fn token(state: &State, request: &Request, changes: &[TokenChange]) -> Answer {
    let trace_id = Uuid::new_v4().to_string();
    let ahead = changes.iter().find_map(|change| match change {
        TokenChange::Clock(seconds) => Some(*seconds),
        _ => None,
    });
    let now = state.now() + Duration::seconds(ahead.unwrap_or(0));
    let answer = match assertion::verify(state, request, now) {
        Err(refusal) => token_refusal(refusal.code, &refusal.more, &trace_id),
        Ok(grant) => issue(state, &grant, now, changes).unwrap_or_else(|| token_refusal("server_error", "", &trace_id)),
    };
    if ahead.is_some() {
        answer.with("date", http_date(now))
    } else {
        answer
    }
}

fn issue(state: &State, grant: &Grant, now: DateTime<Utc>, changes: &[TokenChange]) -> Option<Answer> {
    let mut claims = AccessClaims::for_grant(grant, &state.issuer(), now, state.token_lifetime);
    let mut opaque = false;
    for change in changes {
        match change {
            TokenChange::OtherOrganisation => claims.change_organisation("310000019"),
            TokenChange::NoScope => "digdir:other".clone_into(&mut claims.scope),
            TokenChange::NoSystemUser => claims.authorization_details = None,
            TokenChange::Opaque => opaque = true,
            TokenChange::Set(..) | TokenChange::Remove(_) | TokenChange::Clock(_) => {}
        }
    }
    // A clock that is ahead would make the API refuse the token; the fault is about assertions.
    if changes.iter().any(|change| matches!(change, TokenChange::Clock(_))) {
        claims.set_times(state.now(), state.token_lifetime);
    }
    let token = if opaque {
        state.remember_opaque(claims.clone())
    } else {
        state.issuer_key.sign(&claims)?
    };
    let mut body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": state.token_lifetime.num_seconds(),
        "scope": claims.scope,
    });
    for change in changes {
        match change {
            TokenChange::Set(name, text) => {
                body[*name] = serde_json::from_str(text).unwrap_or(Value::Null);
            }
            TokenChange::Remove(name) => {
                body.as_object_mut()?.shift_remove(*name);
            }
            _ => {}
        }
    }
    Some(
        Answer::json(StatusCode::OK, &body)
            .with("cache-control", "no-store")
            .with("pragma", "no-cache"),
    )
}

/// A time as the header `Date` writes it.
pub(crate) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
