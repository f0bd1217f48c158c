//! The observer sees everything that was on the wire.

use std::sync::{Arc, Mutex};

use skatteetaten_client::error::TransportErrorKind;
use skatteetaten_client::observer::{Exchange, ExchangeKind, Observer, Outcome};
use skatteetaten_client::{Api, RetryPolicy, Settings};
use std::time::Duration;

use super::server::{Reply, Server, list};

#[derive(Default)]
struct All(Mutex<Vec<Exchange>>);

impl Observer for All {
    fn exchange(&self, exchange: &Exchange) {
        self.0.lock().unwrap().push(exchange.clone());
    }
}

#[tokio::test]
async fn every_request_is_seen_as_it_was_sent() {
    let server = Server::api(|seen| match seen.index {
        2 => Reply::Reset,
        3 => Reply::json(500, r#"{"kode":"KB-002"}"#),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let all = Arc::new(All::default());
    let settings = Settings::default().retry(RetryPolicy::default().first_delay(Duration::ZERO));
    let client = server
        .builder()
        .settings(settings)
        .observer(all.clone())
        .build()
        .unwrap();
    list(&client).await.unwrap();

    let exchanges = all.0.lock().unwrap().clone();
    let seen = server.seen();
    let summary: Vec<_> = exchanges
        .iter()
        .map(|exchange| {
            (
                exchange.kind,
                exchange.attempt,
                exchange.outcome.status().map(|s| s.as_u16()),
            )
        })
        .collect();
    let api = ExchangeKind::Api(Api::Trekkpaalegg);
    assert_eq!(
        summary,
        [
            (ExchangeKind::Discovery, 1, Some(200)),
            (ExchangeKind::Token, 1, Some(200)),
            (api, 1, None),
            (api, 2, Some(500)),
            (api, 3, Some(200)),
        ]
    );
    assert!(matches!(
        exchanges[2].outcome,
        Outcome::Fault {
            kind: TransportErrorKind::Interrupted,
            ..
        }
    ));
    for (exchange, seen) in exchanges.iter().zip(&seen) {
        assert_eq!(exchange.method.as_str(), seen.method);
        assert_eq!(exchange.url.path(), seen.target);
        assert_eq!(exchange.request_body, seen.body);
        for (name, value) in &exchange.request_headers {
            assert_eq!(seen.header(name.as_str()), value.to_str().ok(), "{name}");
        }
    }
    assert!(
        exchanges[4].request_headers.contains_key("authorization"),
        "nothing is redacted"
    );
    let Outcome::Response { body, .. } = &exchanges[3].outcome else {
        panic!("an answer")
    };
    assert_eq!(body, r#"{"kode":"KB-002"}"#);
}
