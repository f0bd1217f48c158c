//! RSA keys of the simulator: made once per process, since making one is slow, and never stored
//! in the repository.

use std::{fmt, sync::OnceLock};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde::Serialize;

use super::StartError;

/// A key pair with the forms in which it is needed.
pub(crate) struct SigningPair {
    key: KeyPair,
    kid: String,
    pem: String,
    jwk: Jwk,
}

impl fmt::Debug for SigningPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningPair")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningPair {
    fn generate(kid: &str) -> Result<Self, StartError> {
        let fail = |what: &str| StartError::Key(what.to_owned());
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| fail("generating it failed"))?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| fail("encoding it failed"))?;
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
        let public = DecodingKey::from_rsa_der(key.public_key().as_ref());
        let mut jwk = Jwk::from_decoding_key(&public, Some(Algorithm::RS256))
            .map_err(|_| fail("writing its public part failed"))?;
        jwk.common.key_id = Some(kid.to_owned());
        Ok(Self {
            key,
            kid: kid.to_owned(),
            pem,
            jwk,
        })
    }

    /// The `kid` under which the public part is registered.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The private key as PKCS#8 PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The public part.
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// A compact JWS over `claims`, RS256.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let header = serde_json::json!({ "alg": "RS256", "kid": self.kid, "typ": "JWT" });
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).ok()?));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .ok()?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Some(token)
    }
}

/// The key of the client that every simulator of this process knows.
pub(crate) fn client_key() -> Result<&'static SigningPair, StartError> {
    static KEY: OnceLock<Result<SigningPair, StartError>> = OnceLock::new();
    KEY.get_or_init(|| SigningPair::generate("simulator-client"))
        .as_ref()
        .map_err(Clone::clone)
}

/// The key with which the simulated Maskinporten signs access tokens.
pub(crate) fn issuer_key() -> Result<&'static SigningPair, StartError> {
    static KEY: OnceLock<Result<SigningPair, StartError>> = OnceLock::new();
    KEY.get_or_init(|| SigningPair::generate("simulator-maskinporten"))
        .as_ref()
        .map_err(Clone::clone)
}
