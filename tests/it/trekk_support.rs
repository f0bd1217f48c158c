//! A client against the simulator, for the tests of Trekkpålegg.

use std::time::Duration;

use skatteetaten_client::{
    Access, Api, Client, Environment, RetryPolicy, Settings,
    maskinporten::{Config, KeyId, SigningKey},
};
use skatteetaten_conformance::simulator::{Operation, Received, Simulator};

/// The employer of the published examples.
pub(crate) const EMPLOYER: &str = "123456789";

/// Three attempts without waiting between them, and limits on time that only a hang can reach.
pub(crate) fn settings() -> Settings {
    Settings::default()
        .retry(RetryPolicy::default().first_delay(Duration::ZERO))
        .connect_timeout(Duration::from_secs(300))
        .read_timeout(Duration::from_secs(300))
        .call_timeout(Duration::from_secs(300))
        .max_response(1 << 20)
}

pub(crate) fn client(simulator: &Simulator) -> Client {
    let endpoints = simulator.endpoints();
    let environment = Environment::custom("simulator")
        .with_base_url(Api::Trekkpaalegg, endpoints.trekkpaalegg.as_str())
        .and_then(|it| it.with_issuer(endpoints.issuer.as_str()))
        .expect("loopback");
    let key = SigningKey::from_pem(simulator.private_key_pem(), KeyId::Kid(simulator.kid().to_owned()))
        .expect("the simulator's key");
    Client::builder(environment)
        .maskinporten(Config::new(simulator.client_id(), key))
        .access(Access::system_user(EMPLOYER))
        .settings(settings())
        .build()
        .expect("a client")
}

/// How many of the requests concern this operation.
pub(crate) fn requests(received: &[Received], operation: Operation) -> usize {
    received
        .iter()
        .filter(|request| request.operation == Some(operation))
        .count()
}
