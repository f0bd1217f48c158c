//! Keys that sign, and files that do not.

use skatteetaten_conformance::evidence::{SigningKey, public_key_fingerprint};

use crate::fixture;

#[test]
fn the_same_key_as_pem_and_as_jwk_has_the_same_fingerprint() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    // RFC 8410: the seed is the last 32 bytes of the first version of PKCS#8.
    let der = pair.serialize_der();
    let seed = der.windows(2).position(|pair| pair == [0x04, 0x20]).unwrap() + 2;
    let jwk = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","d":"{}","x":"{}"}}"#,
        BASE64.encode(&der[seed..seed + 32]),
        BASE64.encode(pair.public_key_raw())
    );
    let from_pem = SigningKey::from_text(&pair.serialize_pem()).unwrap();
    let from_jwk = SigningKey::from_text(&jwk).unwrap();
    assert_eq!(from_pem.fingerprint(), from_jwk.fingerprint());
    assert_eq!(
        public_key_fingerprint(&pair.public_key_pem()).unwrap(),
        from_pem.fingerprint()
    );
}

/// The example of RFC 7517, appendix A.2: a published key.
const EC_JWK: &str = r#"{"kty":"EC","crv":"P-256",
    "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;

#[test]
fn a_published_jwk_is_read() {
    let key = SigningKey::from_text(EC_JWK).unwrap();
    assert_eq!(public_key_fingerprint(&key.public_pem()).unwrap(), key.fingerprint());
}

#[test]
fn what_is_no_signing_key_is_refused_with_the_reason_and_without_the_key() {
    let secret = "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE";
    let public = fixture::key(&fixture::ec_pem()).public_pem();
    let block = |tag: &str| pem::encode(&pem::Pem::new(tag, vec![1, 2, 3]));
    for (text, reason) in [
        ("hello".to_owned(), "no private key"),
        (String::new(), "no private key"),
        (public, "PUBLIC KEY"),
        (block("ENCRYPTED PRIVATE KEY"), "password"),
        (block("PRIVATE KEY"), "no usable"),
        (block("RSA PRIVATE KEY"), "no usable"),
        (block("EC PRIVATE KEY"), "no usable"),
        (EC_JWK.replace("P-256", "P-999"), "another kind"),
        (EC_JWK.replace("\"d\"", "\"dd\""), "\"d\""),
        (EC_JWK.replace("MKBC", "MKBD"), "no usable"),
        ("{\"kty\":".to_owned(), "RFC 7518"),
        ("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}".to_owned(), "\"d\""),
    ] {
        let error = SigningKey::from_text(&text).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
        assert!(!error.contains(secret), "{error}");
    }
    let shown = format!("{:?}", SigningKey::from_text(EC_JWK).unwrap());
    assert!(!shown.contains(secret));
}
