//! The token endpoint: what it takes and what it refuses.

use serde_json::{Value, json};
use skatteetaten_conformance::simulator::{Operation, RegisteredClient, Simulator, SystemUser};

use crate::support::{Bench, EMPLOYER, TREKK, body};

#[tokio::test]
async fn metadata_leads_to_the_token_endpoint_and_keys() {
    let bench = Bench::plain().await;
    let issuer = bench.simulator.endpoints().issuer.clone();
    let url = issuer.join(".well-known/oauth-authorization-server").unwrap();
    let (status, metadata) = body(bench.http.get(url).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(metadata["issuer"], issuer.as_str());
    assert_eq!(
        metadata["token_endpoint"],
        bench.simulator.endpoints().token_endpoint.as_str()
    );
    let keys = bench
        .http
        .get(metadata["jwks_uri"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let (status, keys) = body(keys).await;
    assert_eq!((status, keys["keys"][0]["kty"].as_str()), (200, Some("RSA")));
    assert_eq!(keys["keys"][0]["d"], Value::Null, "public parts only");
}

#[tokio::test]
async fn a_good_assertion_gets_a_token_that_names_the_organisation() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let bench = Bench::plain().await;
    let (status, answer) = bench.ask(&bench.claims(TREKK, Some(EMPLOYER))).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 120);
    assert_eq!(answer["scope"], TREKK);
    let token = answer["access_token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["consumer"]["ID"], "0192:310000000");
    assert_eq!(
        claims["authorization_details"][0]["systemuser_org"]["ID"],
        format!("0192:{EMPLOYER}")
    );
    assert!(claims["authorization_details"][0]["system_id"].is_string());
}

/// One wrong thing, and what it is refused with.
#[tokio::test]
async fn each_mistake_is_refused_by_its_own_name() {
    let bench = Bench::plain().await;
    let good = || bench.claims(TREKK, Some(EMPLOYER));
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        claims
    };
    let now = good()["iat"].as_i64().unwrap();
    let org = |id: &str| {
        let mut claims = good();
        claims["authorization_details"][0]["systemuser_org"]["ID"] = id.into();
        claims
    };
    let mut other_ref = good();
    other_ref["authorization_details"][0]["externalRef"] = "unknown".into();
    let mut late = good();
    late["iat"] = (now - 60).into();
    late["exp"] = (now + 30).into();
    for (claims, error, code) in [
        (
            with("aud", json!("https://test.maskinporten.no/")),
            "invalid_grant",
            "MP-110",
        ),
        (
            with("aud", json!([bench.simulator.endpoints().issuer])),
            "invalid_grant",
            "MP-110",
        ),
        (with("iss", json!("someone")), "invalid_client", "MP-100"),
        (with("iss", Value::Null), "invalid_client", "MP-100"),
        (with("exp", json!(now + 121)), "invalid_grant", "Invalid assertion"),
        (with("exp", json!(now)), "invalid_grant", "Invalid assertion"),
        (late, "invalid_grant", "server's clock"),
        (with("iat", json!(now + 3600)), "invalid_grant", "server's clock"),
        (with("iat", json!("now")), "invalid_grant", "whole numbers"),
        (with("scope", json!("skatteetaten:annet")), "invalid_scope", "scope"),
        (with("scope", json!("")), "invalid_scope", "scope"),
        (with("nbf", json!(now)), "invalid_grant", "Invalid assertion"),
        (
            with("consumer_org", json!("310000019")),
            "invalid_altinn_customer_configuration",
            "MP-303",
        ),
        (org("0192:310000019"), "invalid_altinn_customer_configuration", "MP-303"),
        (org("310000019"), "invalid_grant", "0192:"),
        (other_ref, "invalid_altinn_customer_configuration", "MP-303"),
        (
            with("authorization_details", json!({})),
            "invalid_grant",
            "array of one",
        ),
    ] {
        let (status, answer) = bench.ask(&claims).await;
        assert!((400..500).contains(&status), "{claims}");
        assert_eq!(answer["error"], error, "{claims} {answer}");
        let text = answer["error_description"].as_str().unwrap();
        assert!(text.contains(code) && text.contains("trace_id"), "{claims} {text}");
    }
    assert_eq!(bench.ask(&good()).await.0, 200, "and nothing else was wrong");
}

#[tokio::test]
async fn the_form_and_the_signature_are_checked() {
    let bench = Bench::plain().await;
    let claims = bench.claims(TREKK, None);
    let refused = |header: Value| {
        let assertion = bench.sign(&header, &claims);
        let request = bench.token_request(&assertion);
        async { body(request.send().await.unwrap()).await.1["error"].clone() }
    };
    assert_eq!(
        refused(json!({ "alg": "RS256", "kid": "another" })).await,
        "invalid_client"
    );
    assert_eq!(refused(json!({ "alg": "RS256" })).await, "invalid_client");
    // The signature was made with another algorithm than the header says.
    assert_eq!(
        refused(json!({ "alg": "RS512", "kid": bench.simulator.kid() })).await,
        "invalid_client"
    );
    assert_eq!(
        refused(json!({ "alg": "HS256", "kid": bench.simulator.kid() })).await,
        "invalid_grant"
    );

    let good = bench.sign(&bench.header(), &claims);
    let mut parts: Vec<_> = good.split('.').map(str::to_owned).collect();
    let changed = bench.sign(&bench.header(), &bench.claims("digdir:dialogporten", None));
    parts[1] = changed.split('.').nth(1).unwrap().to_owned();
    let (_, answer) = body(bench.token_request(&parts.join(".")).send().await.unwrap()).await;
    assert_eq!(answer["error"], "invalid_client", "claims that were not signed");

    let url = bench.simulator.endpoints().token_endpoint.clone();
    let post = |form: &[(&str, &str)]| bench.http.post(url.clone()).form(form).send();
    for (form, error) in [
        (vec![], "invalid_request"),
        (vec![("grant_type", "client_credentials")], "unsupported_grant_type"),
        (
            vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")],
            "invalid_request",
        ),
        (
            vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", "x.y"),
            ],
            "invalid_grant",
        ),
    ] {
        assert_eq!(body(post(&form).await.unwrap()).await.1["error"], error, "{form:?}");
    }
    let as_json = bench
        .http
        .post(url.clone())
        .json(&json!({ "assertion": good }))
        .send()
        .await
        .unwrap();
    assert_eq!(body(as_json).await.1["error"], "invalid_request");
    assert_eq!(bench.http.get(url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn an_assertion_is_accepted_once() {
    let bench = Bench::plain().await;
    let claims = bench.claims(TREKK, None);
    assert_eq!(bench.ask(&claims).await.0, 200);
    assert_eq!(bench.ask(&claims).await.1["error"], "invalid_grant");
    let mut unnamed = bench.claims(TREKK, None);
    unnamed.as_object_mut().unwrap().remove("jti");
    assert_eq!(bench.ask(&unnamed).await.0, 200, "jti is recommended, not demanded");
    assert_eq!(
        bench.ask(&unnamed).await.1["error"],
        "invalid_grant",
        "and the same bytes are the same"
    );
}

#[tokio::test]
async fn a_system_user_requested_with_a_reference_is_asked_for_with_it() {
    let builder = Simulator::builder()
        .organisation("310000019")
        .system_user(SystemUser::new("210000011").with_ref("a"))
        .system_user(SystemUser::new("210000011").with_ref("b"))
        .delegation("210000011");
    let bench = Bench::start(builder).await;
    let ask = |organisation: &str, reference: Option<&str>| {
        let mut claims = bench.claims(TREKK, Some(organisation));
        if let Some(reference) = reference {
            claims["authorization_details"][0]["externalRef"] = reference.into();
        }
        let bench = &bench;
        async move { bench.ask(&claims).await.0 }
    };
    assert_eq!(ask("310000019", None).await, 200);
    assert_eq!(
        ask("310000019", Some("310000019")).await,
        200,
        "the default is the number"
    );
    assert_eq!(ask("310000019", Some("avdeling-2")).await, 200);
    assert_eq!(ask("210000011", None).await, 400);
    assert_eq!(ask("210000011", Some("a")).await, 200);
    assert_eq!(ask("210000011", Some("b")).await, 200);
    assert_eq!(ask("210000011", Some("c")).await, 400);
    assert_eq!(
        ask(EMPLOYER, None).await,
        400,
        "naming organisations replaces those of the data"
    );
    let mut delegated = bench.claims(TREKK, None);
    delegated["consumer_org"] = "210000011".into();
    assert_eq!(bench.ask(&delegated).await.0, 200);
}

#[tokio::test]
async fn what_was_asked_is_kept_without_the_assertion() {
    let bench = Bench::plain().await;
    let assertion = bench.sign(&bench.header(), &bench.claims(TREKK, Some(EMPLOYER)));
    let token = body(bench.token_request(&assertion).send().await.unwrap()).await.1["access_token"].clone();
    bench
        .http
        .get(bench.orders_url(""))
        .bearer_auth(token.as_str().unwrap())
        .send()
        .await
        .unwrap();
    let received = bench.simulator.received();
    let facts = received[0].assertion.as_ref().unwrap();
    assert_eq!(received[0].operation, Some(Operation::Token));
    assert_eq!(facts.organisation.as_deref(), Some(EMPLOYER));
    assert_eq!(facts.scope.as_deref(), Some(TREKK));
    assert_eq!(facts.exp.unwrap() - facts.iat.unwrap(), 100);
    assert_eq!(received[1].organisation.as_deref(), Some(EMPLOYER));
    assert_eq!(received[1].token_sha256.as_ref().unwrap().len(), 64);
    let everything = format!("{:?} {received:?}", bench.simulator);
    for secret in [
        assertion.as_str(),
        token.as_str().unwrap(),
        bench.simulator.private_key_pem(),
    ] {
        for part in secret.split('.').filter(|part| part.len() > 40) {
            assert!(!everything.contains(part));
        }
    }
}

#[tokio::test]
async fn an_enterprise_certificate_is_taken_with_its_whole_chain_and_in_its_time() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    let bench = Bench::plain().await;
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let (root_key, middle_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let root = authority("Root").self_signed(&root_key).unwrap();
    let root_issuer = Issuer::new(authority("Root"), root_key);
    let middle = authority("Middle").signed_by(&middle_key, &root_issuer).unwrap();
    let middle_issuer = Issuer::new(authority("Middle"), middle_key);
    // The certificate is for the key that the bench signs with.
    let own_key = KeyPair::from_pem(bench.simulator.private_key_pem()).unwrap();
    let leaf = |until: i32| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Vendor");
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params.signed_by(&own_key, &middle_issuer).unwrap()
    };
    let (good, expired) = (leaf(2999), leaf(2020));
    let other_key = KeyPair::generate().unwrap();
    let foreign = CertificateParams::default()
        .signed_by(&other_key, &middle_issuer)
        .unwrap();

    let mut client = RegisteredClient::new("with-certificate", "310000019");
    for leaf in [&good, &expired, &foreign] {
        client.chains.push(
            [leaf, &middle, &root]
                .map(|certificate| certificate.der().to_vec())
                .to_vec(),
        );
    }
    bench.simulator.register(client);
    let mut unregistered = CertificateParams::default();
    unregistered.distinguished_name.push(DnType::CommonName, "Somebody");
    let unregistered = unregistered.signed_by(&own_key, &middle_issuer).unwrap();
    for (chain, code) in [
        (vec![&good, &middle, &root], None),
        (vec![&good, &middle], None),
        (vec![&good], Some("MP-120")),
        (vec![&expired, &middle, &root], Some("MP-120")),
        (vec![&unregistered, &middle, &root], Some("MP-100")),
        (vec![&foreign, &middle, &root], Some("MP-100")),
        (vec![], Some("MP-120")),
    ] {
        let x5c: Vec<_> = chain
            .iter()
            .map(|certificate| STANDARD.encode(certificate.der()))
            .collect();
        let mut claims = bench.claims(TREKK, None);
        claims["iss"] = "with-certificate".into();
        let assertion = bench.sign(&json!({ "alg": "RS256", "x5c": x5c }), &claims);
        let (status, answer) = body(bench.token_request(&assertion).send().await.unwrap()).await;
        match code {
            None => assert_eq!(status, 200, "{answer}"),
            Some(code) => {
                assert!(
                    answer["error_description"].as_str().unwrap().starts_with(code),
                    "{answer}"
                );
            }
        }
    }
}
