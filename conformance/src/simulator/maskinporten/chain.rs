//! Assertions that bring an enterprise certificate instead of a `kid`.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::Value;
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert,
    aws_lc_rs::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512},
};

use super::assertion::{Refusal, refuse};
use crate::simulator::identity::RegisteredClient;

/// Checks that `x5c` starts with the client's own certificate and leads to the root it is
/// registered with, at this time, and that the certificate's key has signed the assertion.
pub(super) fn check(
    client: &RegisteredClient,
    x5c: &Value,
    assertion: &str,
    algorithm: Algorithm,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let decode = |entry: &Value| Some(CertificateDer::from(STANDARD.decode(entry.as_str()?).ok()?));
    let sent: Option<Vec<_>> = x5c.as_array().and_then(|list| list.iter().map(decode).collect());
    let Some((leaf, others)) = sent.as_deref().and_then(<[_]>::split_first) else {
        return refuse("MP-120", "x5c must hold certificates as base64 of their DER.");
    };
    let registered = |chain: &&Vec<Vec<u8>>| chain.first().is_some_and(|known| **known == **leaf);
    let Some(root) = client.chains.iter().find(registered).and_then(|chain| chain.last()) else {
        return refuse("MP-100", "The certificate is not registered on the client.");
    };
    let root = CertificateDer::from(root.as_slice());
    let (Ok(certificate), Ok(anchor)) = (EndEntityCert::try_from(leaf), anchor_from_trusted_cert(&root)) else {
        return refuse("MP-120", "It cannot be read.");
    };
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let anchors = [anchor];
    let path = certificate.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        others,
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
        KeyUsage::client_auth(),
        None,
        None,
    );
    match path {
        Ok(_) => {}
        Err(webpki::Error::UnknownIssuer) => {
            return refuse("MP-120", "The chain is not complete: send the whole chain.");
        }
        Err(webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. }) => {
            return refuse("MP-120", "It is outside its period of validity.");
        }
        Err(_) => return refuse("MP-120", "The chain does not hold."),
    }
    let verifier = match algorithm {
        Algorithm::RS384 => RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => RSA_PKCS1_2048_8192_SHA512,
        _ => RSA_PKCS1_2048_8192_SHA256,
    };
    let signed = assertion.rsplit_once('.').and_then(|(message, signature)| {
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        certificate
            .verify_signature(verifier, message.as_bytes(), &signature)
            .ok()
    });
    match signed {
        Some(()) => Ok(()),
        None => refuse("MP-100", "The signature is not valid for the certificate."),
    }
}
