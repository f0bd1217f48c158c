//! Signing, as something that a hardware module can also do.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaSignatureEncoding};

/// The signature algorithms that Maskinporten takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// RSA with SHA-256.
    #[default]
    Rs256,
    /// RSA with SHA-384.
    Rs384,
    /// RSA with SHA-512.
    Rs512,
}

impl Algorithm {
    /// The name in the assertion's header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    /// The algorithm with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Rs384, Self::Rs512]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    fn encoding(self) -> &'static RsaSignatureEncoding {
        match self {
            Self::Rs256 => &RSA_PKCS1_SHA256,
            Self::Rs384 => &RSA_PKCS1_SHA384,
            Self::Rs512 => &RSA_PKCS1_SHA512,
        }
    }
}

/// Signs assertions. Implement it where the private key lives in a hardware module or a key vault.
///
/// It is called on the async task that asks for a token, about once a minute for each organisation.
pub trait Signer: Send + Sync + 'static {
    /// The RSASSA-PKCS1-v1_5 signature of `message` with the hash of `algorithm`.
    ///
    /// # Errors
    /// [`SignError`] when the key cannot be used.
    fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A key could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the assertion cannot be signed: {0}")]
pub struct SignError(String);

impl SignError {
    /// `reason` is shown to the user: nothing of the key may be in it.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A private key in memory.
pub(super) struct RsaSigner(KeyPair);

impl RsaSigner {
    pub(super) fn new(key: KeyPair) -> Self {
        Self(key)
    }
}

impl Signer for RsaSigner {
    fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(algorithm.encoding(), &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignError::new("the RSA operation failed"))?;
        Ok(signature)
    }
}

impl fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaSigner(…)")
    }
}
