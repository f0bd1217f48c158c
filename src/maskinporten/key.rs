//! Signing keys, and how Maskinporten recognises them.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signer::RsaSigner;
use super::{Algorithm, SignError, Signer, jwk};
use crate::error::ConfigurationError;

/// How Maskinporten finds the public key that belongs to an assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyId {
    /// The id of a key that is registered on the client.
    Kid(String),
    /// The enterprise certificate with its whole chain as DER, the certificate itself first.
    CertificateChain(Vec<Vec<u8>>),
}

impl KeyId {
    /// A certificate chain from PEM text, the enterprise certificate first.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the text holds no certificate, or something else beside.
    pub fn chain_from_pem(text: &str) -> Result<Self, ConfigurationError> {
        let blocks = pem::parse_many(text).map_err(|error| {
            ConfigurationError::new(
                "the certificate chain is not PEM",
                "give certificates between BEGIN CERTIFICATE and END CERTIFICATE, the enterprise certificate first",
            )
            .with_source(error)
        })?;
        if blocks.is_empty() || blocks.iter().any(|block| block.tag() != "CERTIFICATE") {
            return Err(ConfigurationError::new(
                "the certificate chain holds no certificate, or something else beside",
                "put only certificates into it, the enterprise certificate first",
            ));
        }
        let chain = blocks.into_iter().map(pem::Pem::into_contents).collect();
        Ok(Self::CertificateChain(chain))
    }
}

/// A private key for signing assertions, with its id and algorithm.
#[derive(Clone)]
#[must_use]
pub struct SigningKey {
    signer: Arc<dyn Signer>,
    id: KeyId,
    algorithm: Algorithm,
}

impl SigningKey {
    /// A key from PEM text: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`), 2048 bits or
    /// more. Certificates in the same text are passed over.
    ///
    /// # Errors
    /// [`ConfigurationError`] that says what is in the text instead.
    pub fn from_pem(text: &str, id: KeyId) -> Result<Self, ConfigurationError> {
        let blocks =
            pem::parse_many(text).map_err(|error| not_a_key("the private key is not valid PEM").with_source(error))?;
        let block = blocks
            .iter()
            .find(|block| block.tag().ends_with("PRIVATE KEY"))
            .ok_or_else(|| not_a_key("there is no private key in the PEM text"))?;
        let key = match block.tag() {
            "PRIVATE KEY" => KeyPair::from_pkcs8(block.contents()),
            "RSA PRIVATE KEY" if block.headers().get("DEK-Info").is_none() => KeyPair::from_der(block.contents()),
            "EC PRIVATE KEY" => {
                return Err(ConfigurationError::new(
                    "the private key is an elliptic curve key",
                    "Maskinporten takes RSA keys only: register an RSA key of 2048 bits or more",
                ));
            }
            _ => {
                return Err(ConfigurationError::new(
                    "the private key is encrypted",
                    "decrypt it first, for example with `openssl pkcs8 -in KEY -out DECRYPTED`",
                ));
            }
        };
        let key = key.map_err(|_| not_a_key("the private key is not an RSA key of 2048 to 8192 bits"))?;
        Self::from_key_pair(key, id)
    }

    /// A key from a JWK. Its `kid` is used, and its `alg` if it has one.
    ///
    /// # Errors
    /// [`ConfigurationError`] when it is no complete private RSA key, or has no `kid`.
    pub fn from_jwk(text: &str) -> Result<Self, ConfigurationError> {
        let jwk = jwk::read(text)?;
        let kid = jwk.kid.ok_or_else(|| {
            ConfigurationError::new(
                "the JWK has no kid",
                "add the kid under which the key is registered on the client",
            )
        })?;
        Ok(Self::from_key_pair(jwk.key, KeyId::Kid(kid))?.algorithm(jwk.algorithm))
    }

    /// A key from a JWK, recognised by something other than its `kid`.
    ///
    /// # Errors
    /// As [`from_jwk`](Self::from_jwk).
    pub fn from_jwk_with_id(text: &str, id: KeyId) -> Result<Self, ConfigurationError> {
        let jwk = jwk::read(text)?;
        Ok(Self::from_key_pair(jwk.key, id)?.algorithm(jwk.algorithm))
    }

    /// A key from text that is PEM or a JWK, whichever it is. `id` may be left out for a JWK that
    /// has a `kid`.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_jwk`](Self::from_jwk).
    pub fn from_text(text: &str, id: Option<KeyId>) -> Result<Self, ConfigurationError> {
        match (text.trim_start().starts_with('{'), id) {
            (true, None) => Self::from_jwk(text),
            (true, Some(id)) => Self::from_jwk_with_id(text, id),
            (false, Some(id)) => Self::from_pem(text, id),
            (false, None) => Err(ConfigurationError::new(
                "a PEM key does not say under which id it is registered",
                "give the kid of the key, or the certificate chain",
            )),
        }
    }

    /// A key from a PKCS#12 file (`.p12`, `.pfx`). Without `id`, the certificate chain in the file
    /// identifies the key.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the password is wrong, or the file does not hold exactly one
    /// RSA key, or no certificate that belongs to it.
    #[cfg(feature = "pkcs12")]
    pub fn from_pkcs12(bytes: &[u8], password: &str, id: Option<KeyId>) -> Result<Self, ConfigurationError> {
        let (key, chain) = super::pkcs12::read(bytes, password, id.is_none())?;
        Self::from_key_pair(key, id.unwrap_or(KeyId::CertificateChain(chain)))
    }

    /// A key that something else holds and signs with.
    pub fn from_signer(signer: Arc<dyn Signer>, id: KeyId) -> Self {
        Self {
            signer,
            id,
            algorithm: Algorithm::default(),
        }
    }

    fn from_key_pair(key: KeyPair, id: KeyId) -> Result<Self, ConfigurationError> {
        match &id {
            KeyId::Kid(kid) if kid.trim().is_empty() => {
                return Err(ConfigurationError::new(
                    "the kid is empty",
                    "give the kid under which the key is registered on the client",
                ));
            }
            KeyId::CertificateChain(chain) if !chain.first().is_some_and(|leaf| holds_public_key(leaf, &key)) => {
                return Err(ConfigurationError::new(
                    "the first certificate of the chain does not belong to the private key",
                    "put the enterprise certificate first, and check that key and certificate are a pair",
                ));
            }
            _ => {}
        }
        Ok(Self::from_signer(Arc::new(RsaSigner::new(key)), id))
    }

    /// The same key with another algorithm. Default: RS256.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// How Maskinporten recognises the key.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The header of an assertion.
    pub(super) fn header(&self) -> serde_json::Value {
        let alg = self.algorithm.name();
        match &self.id {
            KeyId::Kid(kid) => serde_json::json!({ "alg": alg, "typ": "JWT", "kid": kid }),
            KeyId::CertificateChain(chain) => {
                // RFC 7515, 4.1.6: standard base64, not base64url.
                let chain: Vec<_> = chain.iter().map(|der| STANDARD.encode(der)).collect();
                serde_json::json!({ "alg": alg, "typ": "JWT", "x5c": chain })
            }
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signer.sign(self.algorithm, message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id: &dyn fmt::Debug = match &self.id {
            KeyId::Kid(kid) => kid,
            KeyId::CertificateChain(_) => &"x5c",
        };
        f.debug_struct("SigningKey")
            .field("id", id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Whether a certificate is for this key. Its public key stands in it as the very bytes of the
/// `RSAPublicKey` structure, so that no certificate parser is needed to compare them.
pub(super) fn holds_public_key(certificate: &[u8], key: &KeyPair) -> bool {
    let public = key.public_key().as_ref();
    certificate.windows(public.len()).any(|window| window == public)
}

fn not_a_key(problem: &str) -> ConfigurationError {
    ConfigurationError::new(
        problem,
        "give an unencrypted RSA key as PKCS#8 (BEGIN PRIVATE KEY) or PKCS#1 (BEGIN RSA PRIVATE KEY), or as a JWK",
    )
}
