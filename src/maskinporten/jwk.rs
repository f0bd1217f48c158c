//! A private RSA key as a JWK (RFC 7517, RFC 7518 section 6.3).

use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Algorithm;
use crate::error::ConfigurationError;
use crate::secret::Secret;

/// What a JWK holds for us.
pub(super) struct Jwk {
    pub(super) key: KeyPair,
    pub(super) kid: Option<String>,
    pub(super) algorithm: Algorithm,
}

#[derive(Deserialize)]
struct Fields {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    n: Option<Secret>,
    e: Option<Secret>,
    d: Option<Secret>,
    p: Option<Secret>,
    q: Option<Secret>,
    dp: Option<Secret>,
    dq: Option<Secret>,
    qi: Option<Secret>,
}

pub(super) fn read(text: &str) -> Result<Jwk, ConfigurationError> {
    // serde_json's message can quote a value, which here is a key: it is not passed on.
    let fields: Fields = serde_json::from_str(text).map_err(|error| {
        ConfigurationError::new(
            format!(
                "the JWK is not a JSON object of texts (line {}, column {})",
                error.line(),
                error.column()
            ),
            "give one key as {\"kty\":\"RSA\",…}, not a set of keys",
        )
    })?;
    if fields.kty != "RSA" {
        return Err(ConfigurationError::new(
            "the JWK is not an RSA key",
            "Maskinporten takes RSA keys only: register an RSA key of 2048 bits or more",
        ));
    }
    let algorithm = match &fields.alg {
        None => Algorithm::default(),
        Some(name) => Algorithm::from_name(name).ok_or_else(|| {
            ConfigurationError::new(
                "the JWK is for an algorithm that Maskinporten does not take",
                "use RS256, RS384 or RS512",
            )
        })?,
    };
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: unsigned(decode("n", fields.n)?),
            e: unsigned(decode("e", fields.e)?),
        },
        d: decode("d", fields.d)?,
        p: decode("p", fields.p)?,
        q: decode("q", fields.q)?,
        dP: decode("dp", fields.dp)?,
        dQ: decode("dq", fields.dq)?,
        qInv: decode("qi", fields.qi)?,
    };
    let key = KeyPair::from_components(&components).map_err(|_| {
        ConfigurationError::new(
            "the JWK is not a consistent RSA key of 2048 to 8192 bits",
            "export the key again; all of n, e, d, p, q, dp, dq and qi are needed",
        )
    })?;
    Ok(Jwk {
        key,
        kid: fields.kid,
        algorithm,
    })
}

type Bytes = Zeroizing<Vec<u8>>;

fn decode(name: &str, text: Option<Secret>) -> Result<Bytes, ConfigurationError> {
    let text = text.ok_or_else(|| {
        ConfigurationError::new(
            format!("the JWK lacks `{name}`"),
            if name == "n" || name == "e" {
                "export the key again"
            } else {
                "give the private key with all its parts, not the public one that is registered"
            },
        )
    })?;
    URL_SAFE_NO_PAD
        .decode(text.expose().trim_end_matches('=').as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| ConfigurationError::new(format!("`{name}` of the JWK is not base64url"), "export the key again"))
}

/// Without leading zeros, which some exporters write and the key parser refuses.
fn unsigned(bytes: Bytes) -> Bytes {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Zeroizing::new(bytes[zeros..].to_vec())
}
