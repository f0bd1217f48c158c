//! Whatever a server sends: a value or a typed error, never a panic and never a hang.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use skatteetaten_client::{Error, RetryPolicy, Settings};

use super::server::{Reply, Server, builder, list, metadata, token};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        cases,
        ..ProptestConfig::default()
    }
}

/// A head that is well formed, with any status and type, before any body.
fn http_answer() -> impl Strategy<Value = Vec<u8>> {
    let types = prop_oneof![
        Just("application/json"),
        Just("text/html"),
        Just("application/problem+json; charset=latin1"),
        Just(""),
    ];
    let encodings = prop_oneof![4 => Just(""), 1 => Just("gzip"), 1 => Just("nonsense")];
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "\\PC{0,80}".prop_map(String::into_bytes),
        json_like().prop_map(String::into_bytes),
    ];
    (100u16..700, types, encodings, body).prop_map(|(status, kind, encoding, body)| {
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Encoding: {encoding}\r\nRetry-After: {status}\r\nConnection: close\r\n\r\n"
        );
        [head.as_bytes(), &body].concat()
    })
}

/// JSON that resembles an error body or a list, with anything for values.
fn json_like() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "[a-zA-Z0-9æøå ]{0,20}".prop_map(|text| format!("{text:?}")),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
    ];
    let names = prop::sample::select(vec![
        "kode",
        "melding",
        "korrelasjonsid",
        "spesifisering",
        "trekkid",
        "sekvensnummer",
    ]);
    let object = prop::collection::vec((names, value), 0..5).prop_map(|fields| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", fields.join(","))
    });
    prop_oneof![
        object.clone(),
        object.clone().prop_map(|one| format!("[{one}]")),
        object.prop_map(|one| format!("{{\"kode\":\"GLD_010\",\"spesifisering\":[{one},7]}}")),
    ]
}

/// Calls a server that answers one of its paths with the bytes, and checks the outcome.
fn survives(which: &'static str, answers: impl Strategy<Value = Vec<u8>>, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let reply = Arc::new(Mutex::new(Vec::new()));
    let script = Arc::clone(&reply);
    let server = runtime.block_on(Server::raw(move |seen, base| {
        let bytes = || Reply::Bytes(script.lock().unwrap().clone());
        match seen.target.as_str() {
            target if target == which => bytes(),
            "/token" => token("good"),
            "/.well-known/oauth-authorization-server" => metadata(base),
            _ => Reply::json(200, "[]"),
        }
    }));
    let errors = Cell::new(0);
    let mut runner = TestRunner::new(config(cases));
    runner
        .run(&answers, |bytes| {
            *reply.lock().unwrap() = bytes;
            let settings = Settings::default().retry(RetryPolicy::never());
            let client = builder(server.environment()).settings(settings).build().unwrap();
            let result = runtime.block_on(list(&client));
            if let Err(error) = result {
                errors.set(errors.get() + 1);
                // Formatting must survive as well, and the kinds are those of a server's fault.
                let shown = format!("{error} {error:?} {error:#?}");
                prop_assert!(!shown.is_empty());
                prop_assert!(matches!(error, Error::Api(_) | Error::Transport(_) | Error::Token(_)));
            }
            Ok(())
        })
        .unwrap();
    assert!(errors.get() > 0, "some answers are errors");
}

#[test]
fn any_answer_of_the_api() {
    survives("/api/trekkpaalegg/v1", http_answer(), 150);
}

#[test]
fn any_bytes_of_the_api() {
    survives("/api/trekkpaalegg/v1", prop::collection::vec(any::<u8>(), 0..300), 60);
}

#[test]
fn any_answer_of_the_token_endpoint() {
    survives("/token", http_answer(), 100);
}

#[test]
fn any_answer_of_the_metadata() {
    survives("/.well-known/oauth-authorization-server", http_answer(), 60);
}
