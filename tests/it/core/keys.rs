//! Keys in every form, and the assertions that are written with them.

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm as Verified, DecodingKey, Validation, decode, decode_header};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData as _};
use serde_json::Value;
use skatteetaten_client::maskinporten::{Algorithm, Config, KeyId, SigningKey, Variables};
use skatteetaten_client::{Access, Api};

use super::rsa;
use super::server::{Reply, Server};

fn kid(text: &str) -> KeyId {
    KeyId::Kid(text.to_owned())
}

/// What a client with this key puts into its token request: header and verified claims.
async fn assertion(key: SigningKey, access: Access) -> (jsonwebtoken::Header, Value, String) {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let client = server
        .builder()
        .maskinporten(Config::new("the-client", key))
        .access(access)
        .build()
        .unwrap();
    client.token(Api::Trekkpaalegg).await.unwrap();
    let request = server.seen().into_iter().find(|seen| seen.target == "/token").unwrap();
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    assert_eq!(form.len(), 2);
    assert_eq!(
        form[0],
        (
            "grant_type".into(),
            "urn:ietf:params:oauth:grant-type:jwt-bearer".into()
        )
    );
    assert_eq!(form[1].0, "assertion");
    let jwt = &form[1].1;
    let header = decode_header(jwt).unwrap();
    let (n, e) = rsa::public();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[format!("{}/", server.base)]);
    let key = DecodingKey::from_rsa_components(&n, &e).unwrap();
    let claims = decode::<Value>(jwt, &key, &validation).unwrap().claims;
    (header, claims, server.base.clone())
}

fn names(claims: &Value) -> BTreeSet<&str> {
    claims.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_form_of_the_key_signs() {
    let jwk = rsa::jwk().to_string();
    let keys = [
        SigningKey::from_pem(&rsa::pkcs8_pem(), kid("a")).unwrap(),
        SigningKey::from_pem(&rsa::pkcs1_pem(), kid("a")).unwrap(),
        SigningKey::from_text(&rsa::pkcs8_pem(), Some(kid("a"))).unwrap(),
        SigningKey::from_jwk_with_id(&jwk, kid("a")).unwrap(),
        SigningKey::from_text(&jwk, Some(kid("a"))).unwrap(),
    ];
    for key in keys {
        let (header, ..) = assertion(key, Access::OwnOrganisation).await;
        assert_eq!(header.kid.as_deref(), Some("a"));
        assert_eq!(header.alg, Verified::RS256);
    }
    let (header, ..) = assertion(SigningKey::from_jwk(&jwk).unwrap(), Access::OwnOrganisation).await;
    assert_eq!(header.kid.as_deref(), Some("from-jwk"));
}

#[tokio::test]
async fn every_algorithm_is_one_that_a_verifier_accepts() {
    for (algorithm, verified) in [
        (Algorithm::Rs256, Verified::RS256),
        (Algorithm::Rs384, Verified::RS384),
        (Algorithm::Rs512, Verified::RS512),
    ] {
        let key = SigningKey::from_pem(&rsa::pkcs8_pem(), kid("a"))
            .unwrap()
            .algorithm(algorithm);
        let (header, ..) = assertion(key, Access::OwnOrganisation).await;
        assert_eq!(header.alg, verified);
    }
    let mut jwk = rsa::jwk();
    jwk["alg"] = "RS512".into();
    let key = SigningKey::from_jwk(&jwk.to_string()).unwrap();
    assert_eq!(assertion(key, Access::OwnOrganisation).await.0.alg, Verified::RS512);
}

#[tokio::test]
async fn only_documented_claims_are_sent() {
    let key = SigningKey::from_pem(&rsa::pkcs8_pem(), kid("a")).unwrap();
    let basic = ["aud", "exp", "iat", "iss", "jti", "scope"];

    let (_, claims, base) = assertion(key.clone(), Access::OwnOrganisation).await;
    assert_eq!(names(&claims), BTreeSet::from(basic));
    assert_eq!(claims["aud"], format!("{base}/"));
    assert_eq!(claims["iss"], "the-client");
    assert_eq!(claims["scope"], "skatteetaten:trekkpaalegg");
    let seconds = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert!((1..=120).contains(&seconds), "{seconds}");

    let (_, claims, _) = assertion(key.clone(), Access::system_user("310000007")).await;
    assert_eq!(
        names(&claims),
        BTreeSet::from(basic)
            .union(&BTreeSet::from(["authorization_details"]))
            .copied()
            .collect()
    );
    let expected = serde_json::json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:310000007" },
    }]);
    assert_eq!(claims["authorization_details"], expected);

    let (_, claims, _) = assertion(key.clone(), Access::system_user_with_ref("310000007", "dept-4")).await;
    assert_eq!(claims["authorization_details"][0]["externalRef"], "dept-4");

    let (_, claims, _) = assertion(key, Access::ConsumerOrg("310000007".into())).await;
    assert_eq!(
        names(&claims),
        BTreeSet::from(basic)
            .union(&BTreeSet::from(["consumer_org"]))
            .copied()
            .collect()
    );
    assert_eq!(claims["consumer_org"], "310000007");
}

/// A certificate for the test key, signed by a root: both as DER, the certificate first.
fn chain(pkcs8: &[u8]) -> Vec<Vec<u8>> {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "Test root");
    let root_certificate = root.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.into(), &rcgen::PKCS_RSA_SHA256).unwrap();
    assert!(!key.der_bytes().is_empty());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "Test enterprise");
    let certificate = params.signed_by(&key, &issuer).unwrap();
    vec![certificate.der().to_vec(), root_certificate.der().to_vec()]
}

fn chain_pem(chain: &[Vec<u8>]) -> String {
    let blocks: Vec<_> = chain
        .iter()
        .map(|der| pem::Pem::new("CERTIFICATE", der.as_slice()))
        .collect();
    pem::encode_many(&blocks)
}

#[tokio::test]
async fn an_enterprise_certificate_is_sent_with_its_whole_chain() {
    let chain = chain(rsa::pkcs8());
    let id = KeyId::chain_from_pem(&chain_pem(&chain)).unwrap();
    let key = SigningKey::from_pem(&rsa::pkcs8_pem(), id).unwrap();
    let (header, ..) = assertion(key, Access::OwnOrganisation).await;
    assert_eq!(header.kid, None);
    use base64::Engine as _;
    let sent: Vec<_> = header
        .x5c
        .unwrap()
        .iter()
        .map(|text| base64::engine::general_purpose::STANDARD.decode(text).unwrap())
        .collect();
    assert_eq!(sent, chain);
}

#[test]
fn a_certificate_for_another_key_is_refused_before_maskinporten_does() {
    let chain = chain(rsa::other_pkcs8());
    let id = KeyId::CertificateChain(chain);
    let error = SigningKey::from_pem(&rsa::pkcs8_pem(), id).unwrap_err();
    assert!(error.to_string().contains("does not belong"), "{error}");
    for bad in ["", "no pem", &rsa::pkcs8_pem()] {
        assert!(KeyId::chain_from_pem(bad).is_err());
    }
    assert!(SigningKey::from_pem(&rsa::pkcs8_pem(), KeyId::CertificateChain(Vec::new())).is_err());
}

#[test]
fn what_is_no_usable_key_is_named() {
    let small = pem::encode(&pem::Pem::new("PRIVATE KEY", vec![0x30, 0x03, 0x02, 0x01, 0x00]));
    let cases = [
        ("", "no private key"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "no private key",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "encrypted",
        ),
        (
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
            "elliptic",
        ),
        (small.as_str(), "not an RSA key"),
    ];
    for (text, expected) in cases {
        let error = SigningKey::from_pem(text, kid("a")).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(SigningKey::from_pem(&rsa::pkcs8_pem(), kid(" ")).is_err());
    assert!(SigningKey::from_text(&rsa::pkcs8_pem(), None).is_err());
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 7] = [
        (|jwk| jwk["kty"] = "EC".into(), "not an RSA key"),
        (|jwk| jwk["alg"] = "ES256".into(), "RS256"),
        (
            |jwk| {
                jwk.as_object_mut().unwrap().remove("d");
            },
            "`d`",
        ),
        (
            |jwk| {
                jwk.as_object_mut().unwrap().remove("kid");
            },
            "kid",
        ),
        (|jwk| jwk["p"] = "!!".into(), "base64url"),
        (|jwk| jwk["d"] = "AAAA".into(), "consistent"),
        (|jwk| jwk["n"] = 7.into(), "JSON object of texts"),
    ];
    for (change, expected) in changes {
        let mut jwk = rsa::jwk();
        change(&mut jwk);
        let error = SigningKey::from_jwk(&jwk.to_string()).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

#[tokio::test]
async fn the_environment_variables_work_as_they_are() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let jwk = rsa::jwk().to_string();
    let variables = Variables::read(&|name| {
        Some(match name {
            "MASKINPORTEN_CLIENT_ID" => "from-variables".to_owned(),
            "MASKINPORTEN_CLIENT_JWK" => jwk.clone(),
            "MASKINPORTEN_SCOPES" => "skatteetaten:trekkpaalegg digdir:dialogporten".to_owned(),
            "MASKINPORTEN_WELL_KNOWN_URL" => {
                format!("{}/.well-known/oauth-authorization-server", server.base)
            }
            "MASKINPORTEN_ISSUER" => format!("{}/", server.base),
            "MASKINPORTEN_TOKEN_ENDPOINT" => format!("{}/token", server.base),
            other => panic!("{other} is not one of the variables"),
        })
    });
    let environment = variables
        .apply(skatteetaten_client::Environment::custom("vars"))
        .unwrap();
    let client = skatteetaten_client::Client::builder(environment)
        .maskinporten(variables.config().unwrap().unwrap())
        .build()
        .unwrap();
    client.token(Api::Dialogporten).await.unwrap();
    assert_eq!(server.seen().len(), 1, "a known token endpoint is not looked up");
}

#[cfg(feature = "pkcs12")]
mod pkcs12 {
    use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

    use super::*;

    fn file(keys: &[&[u8]], chain: &[Vec<u8>]) -> Vec<u8> {
        let mut store = KeyStore::new();
        for (at, key) in keys.iter().enumerate() {
            let certificates: Vec<_> = chain.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
            let key = PrivateKey::from_der(key).unwrap();
            let id = at.to_string();
            store.add_entry(
                &id,
                KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(id.as_bytes(), key, certificates)),
            );
        }
        store
            .writer("open sesame")
            // Few rounds: the strength of the file is not what is tested.
            .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
            .encryption_iterations(10)
            .mac_iterations(10)
            .write()
            .unwrap()
    }

    #[tokio::test]
    async fn a_file_gives_key_and_chain() {
        let chain = chain(rsa::pkcs8());
        // The order in the file is not the order of the chain.
        let reversed: Vec<_> = chain.iter().rev().cloned().collect();
        for stored in [&chain, &reversed] {
            let bytes = file(&[rsa::pkcs8()], stored);
            let key = SigningKey::from_pkcs12(&bytes, "open sesame", None).unwrap();
            assert_eq!(key.id(), &KeyId::CertificateChain(chain.clone()));
            let (header, ..) = assertion(key, Access::OwnOrganisation).await;
            assert_eq!(header.x5c.unwrap().len(), 2);
        }
        let bytes = file(&[rsa::pkcs8()], &chain);
        let key = SigningKey::from_pkcs12(&bytes, "open sesame", Some(kid("registered"))).unwrap();
        assert_eq!(
            assertion(key, Access::OwnOrganisation).await.0.kid.as_deref(),
            Some("registered")
        );
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let certificates = chain(rsa::pkcs8());
        let good = file(&[rsa::pkcs8()], &certificates);
        let wrong = SigningKey::from_pkcs12(&good, "guess", None).unwrap_err();
        assert!(wrong.to_string().contains("password"), "{wrong}");
        assert!(SigningKey::from_pkcs12(&good[..40], "open sesame", None).is_err());
        let foreign = file(&[rsa::pkcs8()], &chain(rsa::other_pkcs8()));
        let error = SigningKey::from_pkcs12(&foreign, "open sesame", None).unwrap_err();
        assert!(error.to_string().contains("no certificate that belongs"), "{error}");
        let two = file(&[rsa::pkcs8(), rsa::other_pkcs8()], &certificates);
        let error = SigningKey::from_pkcs12(&two, "open sesame", None).unwrap_err();
        assert!(error.to_string().contains("2 RSA keys"), "{error}");
    }
}
