//! The vendor's signing key, and its public half in a pack.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{EvidenceError, files::sha256_hex};

/// A private key that signs packs: RSA of at least 2048 bits, EC P-256 or P-384, or Ed25519.
/// It is the vendor's choice; it need not be the key registered at Maskinporten.
pub struct SigningKey {
    pair: Pair,
    spki: Vec<u8>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("public", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a key from PEM (PKCS#8, or the older RSA and EC forms) or from a private JWK.
    ///
    /// # Errors
    /// When the text holds no such key. The message never repeats any of it.
    pub fn from_text(text: &str) -> Result<Self, EvidenceError> {
        if text.trim_start().starts_with('{') {
            return Self::from_jwk(text);
        }
        let blocks = pem::parse_many(text).map_err(|_| {
            EvidenceError::Key(
                "it is neither PEM nor a JWK; give a file with a block BEGIN PRIVATE KEY, or a private JWK".to_owned(),
            )
        })?;
        let mut seen = Vec::new();
        for block in &blocks {
            match block.tag() {
                "PRIVATE KEY" => return Self::from_pkcs8(block.contents()),
                "RSA PRIVATE KEY" => {
                    let pair = RsaKeyPair::from_der(block.contents()).map_err(|error| rejected("RSA", error))?;
                    return Self::new(Pair::Rsa(Box::new(pair)));
                }
                "EC PRIVATE KEY" => {
                    if let Ok(pair) =
                        EcdsaKeyPair::from_private_key_der(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, block.contents())
                    {
                        return Self::new(Pair::P256(pair));
                    }
                    let pair = EcdsaKeyPair::from_private_key_der(
                        &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
                        block.contents(),
                    )
                    .map_err(|error| rejected("EC", error))?;
                    return Self::new(Pair::P384(pair));
                }
                "ENCRYPTED PRIVATE KEY" => {
                    return Err(EvidenceError::Key(
                        "it is protected by a password; write it without one first: openssl pkey -in KEY -out PLAIN"
                            .to_owned(),
                    ));
                }
                other => seen.push(other.to_owned()),
            }
        }
        Err(EvidenceError::Key(format!(
            "the PEM file holds no private key, only: {}",
            if seen.is_empty() {
                "nothing".to_owned()
            } else {
                seen.join(", ")
            }
        )))
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, EvidenceError> {
        // Each reader refuses the algorithms of the others, so the order does not matter.
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Self::new(Pair::Ed25519(pair));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, der) {
            return Self::new(Pair::P256(pair));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P384_SHA384_ASN1_SIGNING, der) {
            return Self::new(Pair::P384(pair));
        }
        let pair = RsaKeyPair::from_pkcs8(der)
            .map_err(|error| rejected("PKCS#8 (RSA of 2048 bits or more, EC P-256 or P-384, Ed25519)", error))?;
        Self::new(Pair::Rsa(Box::new(pair)))
    }

    fn from_jwk(text: &str) -> Result<Self, EvidenceError> {
        // The parser's message could repeat a part of the key.
        let jwk: Jwk = serde_json::from_str(text).map_err(|_| {
            EvidenceError::Key("the JWK is not JSON with the members that RFC 7518 asks for".to_owned())
        })?;
        let pair = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                let components = aws_lc_rs::rsa::KeyPairComponents {
                    public_key: aws_lc_rs::rsa::PublicKeyComponents {
                        n: bytes("n", jwk.n.as_deref())?,
                        e: bytes("e", jwk.e.as_deref())?,
                    },
                    d: bytes("d", jwk.d.as_deref())?,
                    p: bytes("p", jwk.p.as_deref())?,
                    q: bytes("q", jwk.q.as_deref())?,
                    dP: bytes("dp", jwk.dp.as_deref())?,
                    dQ: bytes("dq", jwk.dq.as_deref())?,
                    qInv: bytes("qi", jwk.qi.as_deref())?,
                };
                let pair = RsaKeyPair::from_components(&components).map_err(|error| rejected("RSA JWK", error))?;
                Pair::Rsa(Box::new(pair))
            }
            ("EC", Some(curve @ ("P-256" | "P-384"))) => {
                let mut public = vec![4];
                public.extend(bytes("x", jwk.x.as_deref())?);
                public.extend(bytes("y", jwk.y.as_deref())?);
                let private = bytes("d", jwk.d.as_deref())?;
                let algorithm = if curve == "P-256" {
                    &signature::ECDSA_P256_SHA256_ASN1_SIGNING
                } else {
                    &signature::ECDSA_P384_SHA384_ASN1_SIGNING
                };
                let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, &public)
                    .map_err(|error| rejected("EC JWK", error))?;
                if curve == "P-256" {
                    Pair::P256(pair)
                } else {
                    Pair::P384(pair)
                }
            }
            ("OKP", Some("Ed25519")) => {
                let pair = Ed25519KeyPair::from_seed_and_public_key(
                    &bytes("d", jwk.d.as_deref())?,
                    &bytes("x", jwk.x.as_deref())?,
                )
                .map_err(|error| rejected("Ed25519 JWK", error))?;
                Pair::Ed25519(pair)
            }
            _ => {
                return Err(EvidenceError::Key(
                    "the JWK is of another kind than RSA, EC P-256, EC P-384 or OKP Ed25519".to_owned(),
                ));
            }
        };
        Self::new(pair)
    }

    fn new(pair: Pair) -> Result<Self, EvidenceError> {
        let der: Result<PublicKeyX509Der<'_>, _> = match &pair {
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
        };
        let spki = der
            .map_err(|_| EvidenceError::Key("its public half cannot be derived".to_owned()))?
            .as_ref()
            .to_vec();
        Ok(Self { pair, spki })
    }

    /// SHA-256 of the public key (SubjectPublicKeyInfo, DER), as hexadecimal: the `keyid`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha256_hex(&self.spki)
    }

    /// The public key as PEM.
    #[must_use]
    pub fn public_pem(&self) -> String {
        public_pem(&self.spki)
    }

    /// Signs a message: RSA PKCS#1 with SHA-256, ECDSA (P-256 with SHA-256, P-384 with SHA-384; ASN.1),
    /// or Ed25519.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, EvidenceError> {
        let random = SystemRandom::new();
        let failed = |_| EvidenceError::Key("signing with it failed".to_owned());
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut bytes = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut bytes)
                    .map_err(failed)?;
                Ok(bytes)
            }
            Pair::P256(pair) | Pair::P384(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// The members of a private JWK. No `Debug`: it holds the key.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

fn bytes(member: &str, value: Option<&str>) -> Result<Vec<u8>, EvidenceError> {
    value.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or_else(|| {
        EvidenceError::Key(format!(
            "the member \"{member}\" of the JWK is missing or not base64url; signing takes the private JWK"
        ))
    })
}

fn rejected(kind: &str, error: aws_lc_rs::error::KeyRejected) -> EvidenceError {
    EvidenceError::Key(format!("it is no usable {kind} key ({error})"))
}

/// A public key (SubjectPublicKeyInfo, DER) as PEM with `\n` line ends.
fn public_pem(spki: &[u8]) -> String {
    pem::encode_config(
        &pem::Pem::new("PUBLIC KEY", spki),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}

/// The fingerprint of a public key in PEM: SHA-256 of its SubjectPublicKeyInfo, as hexadecimal.
///
/// # Errors
/// When the text holds no block `PUBLIC KEY`.
pub fn public_key_fingerprint(text: &str) -> Result<String, EvidenceError> {
    pem::parse_many(text)
        .unwrap_or_default()
        .iter()
        .find(|block| block.tag() == "PUBLIC KEY")
        .map(|block| sha256_hex(block.contents()))
        .ok_or_else(|| EvidenceError::Key("the text holds no public key in PEM".to_owned()))
}

/// The public key of a pack.
pub(super) struct PublicKey {
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads PEM and insists on its canonical spelling.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, &'static str> {
        let block = pem::parse(text).map_err(|_| "it is not a public key in PEM")?;
        if block.tag() != "PUBLIC KEY" {
            return Err("it is not a block BEGIN PUBLIC KEY");
        }
        if public_pem(block.contents()).as_bytes() != text {
            return Err("it is not in canonical form");
        }
        Ok(Self {
            spki: block.into_contents(),
        })
    }

    pub(super) fn fingerprint(&self) -> String {
        sha256_hex(&self.spki)
    }

    /// Checks a signature made by [`SigningKey::sign`].
    pub(super) fn verify(&self, message: &[u8], bytes: &[u8]) -> Result<(), &'static str> {
        // The object identifiers stand near the start of a SubjectPublicKeyInfo.
        let head = self.spki.get(..self.spki.len().min(32)).unwrap_or_default();
        let has = |oid: &[u8]| head.windows(oid.len()).any(|window| window == oid);
        let algorithm: &'static dyn signature::VerificationAlgorithm =
            if has(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]) {
                &signature::RSA_PKCS1_2048_8192_SHA256
            } else if has(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]) {
                &signature::ECDSA_P256_SHA256_ASN1
            } else if has(&[0x2b, 0x81, 0x04, 0x00, 0x22]) {
                &signature::ECDSA_P384_SHA384_ASN1
            } else if has(&[0x2b, 0x65, 0x70]) {
                &signature::ED25519
            } else {
                return Err("the public key is of an algorithm that packs do not use");
            };
        signature::UnparsedPublicKey::new(algorithm, &self.spki)
            .verify(message, bytes)
            .map_err(|_| "the signature does not match")
    }
}
