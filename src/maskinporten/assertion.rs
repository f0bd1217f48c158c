//! What a token request says.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use super::{Config, SigningKey};
use crate::Access;
use crate::error::ConfigurationError;
use crate::secret::Secret;

/// How long an assertion is valid, in seconds. At most 120 are accepted; some are left for clocks
/// that differ.
const LIFETIME: u64 = 100;

/// The claims of an assertion: those that are documented, and no other, since Maskinporten refuses
/// an assertion with any it does not know.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    scope: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<[SystemUser<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_org: Option<&'a str>,
}

#[derive(Serialize)]
struct SystemUser<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    systemuser_org: Organisation,
    #[serde(rename = "externalRef", skip_serializing_if = "Option::is_none")]
    external_ref: Option<&'a str>,
}

#[derive(Serialize)]
struct Organisation {
    authority: &'static str,
    #[serde(rename = "ID")]
    id: String,
}

/// A signed assertion (RFC 7523). Each has a `jti` of its own and is accepted once.
pub(super) fn assertion(
    config: &Config,
    issuer: &str,
    scope: &str,
    access: &Access,
    now: SystemTime,
) -> Result<Secret, ConfigurationError> {
    let iat = now
        .duration_since(UNIX_EPOCH)
        .map_err(|_| ConfigurationError::new("this computer's clock stands before 1970", "set the clock"))?
        .as_secs();
    let claims = Claims {
        aud: issuer,
        iss: &config.client_id,
        scope,
        iat,
        exp: iat + LIFETIME,
        jti: Uuid::new_v4().to_string(),
        authorization_details: system_user(access).map(|user| [user]),
        consumer_org: match access {
            Access::ConsumerOrg(organisation) => Some(organisation),
            _ => None,
        },
    };
    sign(&config.key, &claims)
}

fn system_user(access: &Access) -> Option<SystemUser<'_>> {
    let Access::SystemUser {
        organisation,
        external_ref,
    } = access
    else {
        return None;
    };
    Some(SystemUser {
        kind: "urn:altinn:systemuser",
        systemuser_org: Organisation {
            authority: "iso6523-actorid-upis",
            id: prefixed(organisation),
        },
        external_ref: external_ref.as_ref().map(crate::access::ExternalRef::as_str),
    })
}

/// An organisation number as Maskinporten writes it: with the code of the Norwegian register in
/// ISO 6523 before it.
pub(super) fn prefixed(organisation: &str) -> String {
    format!("0192:{organisation}")
}

fn sign(key: &SigningKey, claims: &Claims<'_>) -> Result<Secret, ConfigurationError> {
    let encode = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
    let claims = serde_json::to_vec(claims).map_err(|error| {
        ConfigurationError::new("the assertion cannot be written", "report this").with_source(error)
    })?;
    let mut jwt = format!("{}.{}", encode(key.header().to_string().as_bytes()), encode(&claims));
    let signature = key.sign(jwt.as_bytes()).map_err(|error| {
        ConfigurationError::new(error.to_string(), "check the key, or the module that holds it").with_source(error)
    })?;
    jwt.push('.');
    jwt.push_str(&encode(&signature));
    Ok(Secret::new(jwt))
}
