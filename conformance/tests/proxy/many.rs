//! Many systems at once: nothing lost, nothing mixed up.

use std::collections::BTreeSet;

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use tokio::net::TcpListener;

use crate::support::*;

const CLIENTS: usize = 200;
const EACH: usize = 5;

/// Answers with what it got: key, a space, and the body.
async fn echo(headers: HeaderMap, body: Bytes) -> Vec<u8> {
    let mut answer = headers["idempotencykey"].as_bytes().to_vec();
    answer.push(b' ');
    answer.extend(body);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/finansprodukter/v1/2024", post(echo));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (proxy, kept) = proxy_for(&upstream).await;
    let url = format!("{}/finansprodukter/v1/2024", base(&proxy));

    let clients = (0..CLIENTS).map(|client| {
        let (http, url) = (http(), url.clone());
        tokio::spawn(async move {
            for number in 0..EACH {
                let key = format!("key-{client}-{number}");
                let body = format!(
                    "{{\"client\":{client},\"number\":{number},\"filler\":\"{}\"}}",
                    "x".repeat(client * 7)
                );
                let request = http.post(&url).header("idempotencyKey", &key).body(body.clone());
                let answer = request.send().await.unwrap().text().await.unwrap();
                assert_eq!(answer, format!("{key} {body}"));
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    proxy.stop().await;

    let all = kept.all();
    assert_eq!(all.len(), CLIENTS * EACH);
    let mut keys = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for passed in all {
        let exchange = passed.exchange;
        assert_eq!(exchange.fault, None);
        let key = exchange.request_headers["idempotencykey"].to_str().unwrap().to_owned();
        let body = String::from_utf8(exchange.request_body.to_vec()).unwrap();
        assert_eq!(
            exchange.response_body,
            format!("{key} {body}"),
            "one exchange, one system"
        );
        let start = format!("{{\"client\":{},", key.split('-').nth(1).unwrap());
        assert!(body.starts_with(&start));
        keys.insert(key);
        numbers.insert(passed.number);
    }
    assert_eq!(keys.len(), CLIENTS * EACH, "each once");
    assert_eq!(
        numbers.into_iter().collect::<Vec<_>>(),
        (0..(CLIENTS * EACH) as u64).collect::<Vec<_>>()
    );
}
