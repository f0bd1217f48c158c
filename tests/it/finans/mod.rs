//! Finansprodukter from outside: checking, submitting, crashing, documents, feedback.

#[cfg(feature = "blocking")]
mod blocking;
mod check;
mod crash;
mod examples;
mod faults;
mod feedback;
mod own_journal;
mod parts;
mod properties;
mod wire;

use serde_json::{Value, json};
use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::{Access, Api, Client, Environment, RetryPolicy, Settings};
use skatteetaten_conformance::simulator::{Endpoints, Simulator};
use std::time::Duration;

/// A synthetic organisation with a valid check digit.
pub(crate) const ORGANISATION: &str = "312345676";
/// Synthetic persons with valid check digits.
pub(crate) const PERSONS: [&str; 3] = ["05819010058", "05819010139", "05819010481"];
/// The published example, with our own names in it.
pub(crate) const EXAMPLE: &[u8] = include_bytes!("../../data/finansprodukter/published-example.json");

/// A body that nothing is wrong with.
pub(crate) fn body() -> Value {
    json!({
        "leveranse": {
            "kildesystem": "Test 1.0",
            "oppgavegiver": { "organisasjonsnummer": ORGANISATION },
            "inntektsaar": 2024,
            "oppgavegiversLeveranseReferanse": "ref-1",
            "leveransetype": "ordinaer",
            "oppgave": [report(PERSONS[0], "7700", "12"), report(PERSONS[1], "100", "-0.50")],
            "oppgaveoppsummering": {
                "antallOppgaver": 2,
                "sumFormuesverdi": "7800",
                "sumGevinst": "11.5",
                "sumRenteinntekt": "0",
            },
        }
    })
}

/// A report of one product.
pub(crate) fn report(person: &str, value: &str, gain: &str) -> Value {
    json!({
        "oppgaveeier": { "person": { "foedselsnummer": person, "fornavn": "Fornavn", "etternavn": "Etternavn" } },
        "konto": {
            "kontonummer": "NO0010000000",
            "finansprodukt": [{
                "finansprodukttype": "aksjer",
                "formuesverdi": { "beloepINOK": value },
                "gevinstEllerTap": { "skattepliktigGevinst": gain },
            }],
        },
    })
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// A simulator that acts for the organisation of [`body`], and a client for it that never waits.
pub(crate) async fn simulated() -> (Simulator, Client) {
    let simulator = Simulator::builder().organisation(ORGANISATION).start().await.unwrap();
    let client = client_of(simulator.endpoints(), simulator.private_key_pem(), simulator.kid());
    (simulator, client)
}

pub(crate) fn client_of(endpoints: &Endpoints, pem: &str, kid: &str) -> Client {
    let Endpoints {
        finansprodukter,
        dialogporten,
        issuer,
        ..
    } = endpoints;
    client_at(
        finansprodukter.as_str(),
        dialogporten.as_str(),
        issuer.as_str(),
        pem,
        kid,
    )
}

pub(crate) fn client_at(finansprodukter: &str, dialogporten: &str, issuer: &str, pem: &str, kid: &str) -> Client {
    let environment = Environment::custom("simulator")
        .with_base_url(Api::Finansprodukter, finansprodukter)
        .unwrap()
        .with_base_url(Api::Dialogporten, dialogporten)
        .unwrap()
        .with_issuer(issuer)
        .unwrap();
    let key = SigningKey::from_pem(pem, KeyId::Kid(kid.to_owned())).unwrap();
    Client::builder(environment)
        .maskinporten(Config::new(skatteetaten_conformance::simulator::CLIENT_ID, key))
        .access(Access::system_user(ORGANISATION))
        .settings(
            Settings::default()
                .retry(RetryPolicy::default().first_delay(Duration::ZERO))
                // Limits on time that only a hang can reach.
                .connect_timeout(Duration::from_secs(300))
                .read_timeout(Duration::from_secs(300))
                .call_timeout(Duration::from_secs(300))
                .max_response(1_000_000),
        )
        .build()
        .unwrap()
}

/// How many submissions the simulator has been asked for.
pub(crate) fn posts(simulator: &Simulator) -> usize {
    simulator
        .received()
        .iter()
        .filter(|request| request.method == "POST" && request.idempotency_key.is_some())
        .count()
}
