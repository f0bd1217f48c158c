//! A whole system behind the proxy, and a simulator on the other side.

use serde_json::{Value, json};
use skatteetaten_client::{
    Access, Api, Client, Environment, Error, RetryPolicy, Settings,
    maskinporten::{self, KeyId, SigningKey},
};
use skatteetaten_conformance::{
    proxy::{Endpoints, OWN_ANSWER},
    simulator::Simulator,
};

use crate::support::*;

/// A client of the simulator's that calls the proxy.
pub(crate) fn client(simulator: &Simulator, endpoints: &Endpoints) -> Client {
    let at = |url: &Option<url::Url>| url.as_ref().unwrap().to_string();
    let environment = Environment::custom("behind the proxy")
        .with_base_url(Api::Trekkpaalegg, &at(&endpoints.trekkpaalegg))
        .and_then(|e| e.with_base_url(Api::Finansprodukter, &at(&endpoints.finansprodukter)))
        .and_then(|e| e.with_base_url(Api::Dialogporten, &at(&endpoints.dialogporten)))
        .and_then(|e| e.with_issuer(&endpoints.issuer))
        .and_then(|e| e.with_well_known(endpoints.well_known.as_str()))
        .unwrap();
    let key = SigningKey::from_pem(simulator.private_key_pem(), KeyId::Kid(simulator.kid().to_owned())).unwrap();
    Client::builder(environment)
        .maskinporten(maskinporten::Config::new(simulator.client_id(), key))
        .access(Access::system_user("123456789"))
        .settings(Settings::default().retry(RetryPolicy::never()))
        .build()
        .unwrap()
}

/// A submission that is right.
pub(crate) fn right_submission() -> Vec<u8> {
    submission(&json!({ "organisasjon": { "organisasjonsnummer": "210000011" } }))
}

/// A submission with this number where a person's number belongs.
pub(crate) fn submission_for(person: &str) -> Vec<u8> {
    submission(&json!({ "person": { "foedselsnummer": person } }))
}

fn submission(owner: &Value) -> Vec<u8> {
    json!({ "leveranse": {
        "kildesystem": "Testsystem 1",
        "oppgavegiver": { "organisasjonsnummer": "310000000" },
        "inntektsaar": 2024,
        "oppgavegiversLeveranseReferanse": "ref-1",
        "leveransetype": "ordinaer",
        "oppgave": [{
            "oppgaveeier": owner,
            "konto": { "kontonummer": "1", "finansprodukt": [{ "finansprodukttype": "aksjer", "renteinntekt": "10.50" }] },
        }],
        "oppgaveoppsummering": { "antallOppgaver": 1, "sumRenteinntekt": "10.5" },
    } })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn tokens_and_calls_come_through_the_proxy() {
    let simulator = Simulator::builder().start().await.unwrap();
    let (proxy, kept) = proxy_for(&base_of(&simulator)).await;
    let client = client(&simulator, proxy.endpoints());
    let page = client.trekkpaalegg().list().await.unwrap();
    assert_eq!(page.orders.len(), 10);

    let all = kept.all();
    let operations: Vec<_> = all.iter().map(|passed| passed.exchange.operation.as_str()).collect();
    assert_eq!(operations, ["discovery", "token", "hentAlleGjeldende"]);
    // The metadata is recorded as it came; what was rewritten is told beside it.
    let metadata: Value = all[0].exchange.response_json().unwrap();
    assert_eq!(
        metadata["token_endpoint"],
        simulator.endpoints().token_endpoint.as_str()
    );
    let fields: Vec<_> = all[0].rewritten.iter().map(|field| field.field.as_str()).collect();
    assert!(
        fields.contains(&"token_endpoint") && !fields.contains(&"issuer"),
        "{fields:?}"
    );
    assert!(all[0].rewritten.iter().all(|field| field.to.starts_with(&base(&proxy))));
    // The simulator would refuse an assertion with another audience, so the issuer stayed.
    let seen: Value = http()
        .get(proxy.endpoints().well_known.clone())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(seen["issuer"], simulator.endpoints().issuer.as_str());
    assert_eq!(seen["token_endpoint"], proxy.endpoints().token_endpoint.as_str());
    let mut without = seen.clone();
    let mut original = metadata.clone();
    for field in fields {
        without[field] = Value::Null;
        original[field] = Value::Null;
    }
    assert_eq!(without, original, "nothing else differs");
}

#[tokio::test]
async fn errors_come_through_as_they_are_and_nothing_is_tried_again() {
    for fault in ["code=GLD_017", "code=GLD_005", "html-error", "unknown-instance"] {
        let Ok(fault) = fault.parse() else { continue };
        let simulator = Simulator::builder().fault(fault).start().await.unwrap();
        let (proxy, kept) = proxy_for(&base_of(&simulator)).await;
        let answer = http()
            .get(format!("{}/api/trekkpaalegg/v1", base(&proxy)))
            .send()
            .await
            .unwrap();
        assert!(
            !answer.headers().contains_key(OWN_ANSWER),
            "it is the simulator's answer"
        );
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        let passed = kept.only();
        assert_eq!(passed.exchange.status, Some(status));
        assert_eq!(passed.exchange.response_body, body);
        assert_eq!(simulator.received().len(), 1);
    }
    let simulator = Simulator::builder()
        .fault("code=GLD_017".parse().unwrap())
        .start()
        .await
        .unwrap();
    let (proxy, _) = proxy_for(&base_of(&simulator)).await;
    let error = client(&simulator, proxy.endpoints())
        .finansprodukter()
        .document(2024, uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Api(_)) && error.to_string().contains("GLD_017"),
        "{error}"
    );
}

/// Right check digits, and a birth date in 2039: nobody has it yet, but the guard cannot know.
const COULD_BE_REAL: &str = "31123970082";
const SYNTHETIC: &str = "01817000092";

#[tokio::test]
async fn what_could_belong_to_a_real_person_never_leaves() {
    let simulator = Simulator::builder().start().await.unwrap();
    let (proxy, kept) = proxy_for(&base_of(&simulator)).await;
    let url = format!("{}/finansprodukter/v1/2024", base(&proxy));
    let send = |person: &'static str| {
        http()
            .post(&url)
            .header("idempotencyKey", "7f9c24e8-3b12-4fef-91d0-0a4e3c1b2d55")
            .header("content-type", "application/json")
            .body(submission_for(person))
            .send()
    };
    let answer = send(COULD_BE_REAL).await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.headers()[OWN_ANSWER], "stopped");
    let text = answer.text().await.unwrap();
    assert!(
        text.contains("/leveranse/oppgave/0/oppgaveeier/person/foedselsnummer"),
        "{text}"
    );
    assert!(!text.contains(COULD_BE_REAL), "the value itself is not repeated");
    assert!(simulator.received().is_empty(), "nothing has left");
    let passed = kept.only();
    assert_eq!(passed.exchange.fault.as_deref(), Some("stopped"));
    assert_eq!(passed.suspects.len(), 1);

    assert_eq!(
        send(SYNTHETIC).await.unwrap().status(),
        401,
        "it has left, without a token"
    );
    assert_eq!(simulator.received().len(), 1);
}

#[tokio::test]
async fn hosts_off_the_list_are_refused_before_anything_starts() {
    use skatteetaten_conformance::config::Config;
    for (host, allowed) in [
        ("https://example.com", false),
        ("https://api-test.sits.no.example.com", false),
        ("https://api-test.sits.no", true),
    ] {
        let text = format!("environment = \"test\"\n[hosts]\ntrekkpaalegg = \"{host}\"\n");
        assert_eq!(Config::parse(&text, None, &|_| None).is_ok(), allowed, "{host}");
    }
    let production = "[maskinporten]\nissuer = \"https://maskinporten.no/\"\n[[allow_host]]\nhost = \"maskinporten.no\"\nreason = \"x\"\n";
    assert!(Config::parse(production, None, &|_| None).is_err());
}
