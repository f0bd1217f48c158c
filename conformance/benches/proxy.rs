//! What the recording proxy costs per request, as a ratio to the upstream called directly in the
//! same run. `cargo bench -p skatteetaten-conformance --bench proxy`. Prints one line per kind of
//! load; asserts nothing, since figures differ from machine to machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops on an error"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, routing::post};
use skatteetaten_conformance::{config::Config, proxy::Proxy, recording::Recorder};
use tokio::net::TcpListener;

/// Blocks of each kind, taken in turn so that both meet the same machine.
const BLOCKS: usize = 20;

async fn block(http: &reqwest::Client, url: &str, body: &Bytes, requests: usize, at_once: usize) -> Duration {
    let start = Instant::now();
    let mut running = Vec::with_capacity(at_once);
    for _ in 0..at_once {
        let (http, url, body) = (http.clone(), url.to_owned(), body.clone());
        running.push(tokio::spawn(async move {
            for _ in 0..requests / at_once {
                let answer = http
                    .post(&url)
                    .header("content-type", "application/json")
                    .body(body.clone())
                    .send();
                let length = answer.await.unwrap().bytes().await.unwrap().len();
                assert_eq!(length, body.len());
            }
        }));
    }
    for task in running {
        task.await.unwrap();
    }
    start.elapsed() / u32::try_from(requests).unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/finansprodukter/v1/2024", post(|body: Bytes| async move { body }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let text = format!(
        "environment = \"custom\"\n[hosts]\ntrekkpaalegg = \"{upstream}/\"\nfinansprodukter = \"{upstream}/finansprodukter/v1\"\n\
         [maskinporten]\nissuer = \"{upstream}/\"\n"
    );
    let config = Config::parse(&text, None, &|_| None).unwrap();
    let recorder = Recorder::default();
    let proxy = Proxy::builder(&config)
        .unwrap()
        .recorded_at_most(usize::MAX)
        .start(Arc::new(recorder.clone()))
        .await
        .unwrap();
    let path = "/finansprodukter/v1/2024";
    let direct = format!("{upstream}{path}");
    let behind = format!("http://{}{path}", proxy.address());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut expected = 0;
    for (name, size, requests, at_once) in [
        ("1 kB, one after the other", 1_000, 200, 1),
        ("1 kB, 200 at once", 1_000, 1_000, 200),
        ("1 MB, one after the other", 1_000_000, 4, 1),
    ] {
        let body = Bytes::from(format!("{{\"filler\":\"{}\"}}", "x".repeat(size)));
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..BLOCKS {
            without.push(block(&http, &direct, &body, requests, at_once).await);
            with.push(block(&http, &behind, &body, requests, at_once).await);
            expected += requests;
        }
        let (without, with) = (median(without), median(with));
        println!(
            "{name}: direct {without:.1?}, through the proxy {with:.1?} per request: {:.2} times",
            with.as_secs_f64() / without.as_secs_f64()
        );
    }
    proxy.stop().await;
    println!("{} of {expected} exchanges recorded", recorder.len());
}
