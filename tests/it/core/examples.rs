//! The examples, run against the simulator as their comments say.

use skatteetaten_conformance::simulator::Simulator;

#[allow(dead_code, reason = "an example's own main is not called here")]
#[path = "../../../examples/token.rs"]
mod token;

#[cfg(feature = "blocking")]
#[allow(dead_code, reason = "an example's own main is not called here")]
#[path = "../../../examples/blocking.rs"]
mod blocking;

/// The employer of the published scenarios.
const EMPLOYER: &str = "123456789";

/// What both examples take first: client, key and issuer of a simulator.
fn arguments(simulator: &Simulator, key_file: &std::path::Path) -> Vec<String> {
    std::fs::write(key_file, simulator.private_key_pem()).unwrap();
    vec![
        simulator.client_id().to_owned(),
        simulator.kid().to_owned(),
        key_file.to_str().unwrap().to_owned(),
        simulator.endpoints().issuer.to_string(),
    ]
}

#[tokio::test]
async fn a_token_is_described() {
    let simulator = Simulator::builder().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = arguments(&simulator, &folder.path().join("key.pem"));
    let line = token::describe(&arguments).await.unwrap();
    assert!(
        line.contains("skatteetaten:trekkpaalegg") && line.contains("0192:"),
        "{line}"
    );
    arguments.push(EMPLOYER.to_owned());
    assert!(token::describe(&arguments).await.is_ok());
    // A system user that nobody has granted.
    arguments[4] = "310000015".to_owned();
    let error = token::describe(&arguments).await.unwrap_err();
    assert!(error.to_string().contains("MP-303"), "{error}");
    assert!(token::describe(&[]).await.is_err());
}

#[cfg(feature = "blocking")]
#[test]
fn orders_are_counted_without_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let simulator = runtime.block_on(Simulator::builder().start()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = arguments(&simulator, &folder.path().join("key.pem"));
    arguments.push(simulator.endpoints().trekkpaalegg.to_string());
    arguments.push(EMPLOYER.to_owned());
    assert_eq!(blocking::count(&arguments).unwrap(), 10, "the published scenarios");
}
