//! One RSA key for the whole test binary, in every form it can be given.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pem::Pem;
use serde_json::{Value, json};

/// A private key as PKCS#8 (DER).
pub(crate) fn pkcs8() -> &'static [u8] {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    KEY.get_or_init(generate)
}

/// Another one.
pub(crate) fn other_pkcs8() -> &'static [u8] {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    KEY.get_or_init(generate)
}

fn generate() -> Vec<u8> {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    der.as_ref().to_vec()
}

pub(crate) fn pkcs8_pem() -> String {
    pem::encode(&Pem::new("PRIVATE KEY", pkcs8()))
}

/// The `RSAPrivateKey` structure inside: PKCS#8 is a sequence of version, algorithm and this.
fn pkcs1() -> Vec<u8> {
    let outer = fields(pkcs8());
    let inner = fields(outer[0].1);
    inner[2].1.to_vec()
}

pub(crate) fn pkcs1_pem() -> String {
    pem::encode(&Pem::new("RSA PRIVATE KEY", pkcs1()))
}

/// The nine integers of `RSAPrivateKey`, after its version.
fn integers() -> Vec<Vec<u8>> {
    let key = pkcs1();
    let sequence = fields(&key);
    fields(sequence[0].1)
        .into_iter()
        .skip(1)
        .map(|(_, bytes)| bytes.strip_prefix(&[0]).unwrap_or(bytes).to_vec())
        .collect()
}

pub(crate) fn jwk() -> Value {
    let parts: Vec<_> = integers().iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "from-jwk",
        "n": parts[0], "e": parts[1], "d": parts[2], "p": parts[3], "q": parts[4],
        "dp": parts[5], "dq": parts[6], "qi": parts[7],
    })
}

/// Modulus and exponent as they stand in a public JWK.
pub(crate) fn public() -> (String, String) {
    let jwk = jwk();
    let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
    (text("n"), text("e"))
}

/// Tag and content of each DER element in a row.
fn fields(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        let (length, rest) = match first {
            0..=127 => (usize::from(*first), rest),
            _ => {
                let (size, rest) = rest.split_at(usize::from(first & 127));
                (size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
            }
        };
        let (content, rest) = rest.split_at(length);
        found.push((*tag, content));
        bytes = rest;
    }
    found
}
