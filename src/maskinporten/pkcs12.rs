//! The key and the certificate chain in a PKCS#12 file.

use aws_lc_rs::rsa::KeyPair;
use p12_keystore::{Certificate, Pkcs12Archive};

use super::key::holds_public_key;
use crate::error::ConfigurationError;

/// The key, and its chain with the key's own certificate first.
pub(super) fn read(
    bytes: &[u8],
    password: &str,
    needs_chain: bool,
) -> Result<(KeyPair, Vec<Vec<u8>>), ConfigurationError> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|_| {
        // The cause is not passed on: it says little, and nobody knows what a parser quotes.
        ConfigurationError::new(
            "the PKCS#12 file cannot be opened",
            "check the password, and that the file is a complete .p12 or .pfx",
        )
    })?;
    let mut keys: Vec<_> = archive
        .keys
        .iter()
        .filter_map(|bag| KeyPair::from_pkcs8(bag.key.as_der()).ok())
        .collect();
    let certificates: Vec<_> = archive.certs.iter().map(|bag| &bag.cert).collect();
    // Files from some issuers hold one key for signing and one for encryption; only a key that has
    // its certificate beside it, alone, is unambiguous.
    if keys.len() > 1 {
        return Err(ConfigurationError::new(
            format!("the PKCS#12 file holds {} RSA keys", keys.len()),
            "export only the key for authentication",
        ));
    }
    let key = keys.pop().ok_or_else(|| {
        ConfigurationError::new(
            "the PKCS#12 file holds no RSA key of 2048 bits or more",
            "export the enterprise certificate together with its private key",
        )
    })?;
    let chain = chain(&key, &certificates);
    if needs_chain && chain.is_empty() {
        return Err(ConfigurationError::new(
            "the PKCS#12 file holds no certificate that belongs to its key",
            "export the enterprise certificate with the key, or give the kid of a registered key",
        ));
    }
    Ok((key, chain))
}

/// From the key's own certificate upwards, as far as the file goes.
fn chain(key: &KeyPair, certificates: &[&Certificate]) -> Vec<Vec<u8>> {
    let mut rest = certificates.to_vec();
    let mut chain: Vec<&Certificate> = Vec::new();
    let own = rest
        .iter()
        .position(|certificate| holds_public_key(certificate.as_der(), key));
    let mut next = own;
    while let Some(at) = next {
        let certificate = rest.swap_remove(at);
        chain.push(certificate);
        // A root names itself: the chain ends there.
        next = (certificate.issuer() != certificate.subject())
            .then(|| rest.iter().position(|other| other.subject() == certificate.issuer()))
            .flatten();
    }
    chain
        .into_iter()
        .map(|certificate| certificate.as_der().to_vec())
        .collect()
}
