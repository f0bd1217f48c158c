//! Two measurements of the Trekkpålegg layer, `cargo bench --bench stream`:
//!
//! 1. reading a page with every check, against plain typed decoding of the same bytes;
//! 2. following 1,000,000 changes from a local server, and what that does to the memory of the
//!    process (which holds the server too; it makes each page when asked).
//!
//! Prints the figures, and ends with 1 when one is outside its limit. Without cargo's `--bench`
//! it makes a short run that proves nothing but that it works.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that measures prints, and cannot go on without its set-up"
)]

use std::{
    fmt::Write as _,
    hint::black_box,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use futures::{StreamExt as _, pin_mut};
use skatteetaten_client::{
    Api, Client, Environment,
    generated::trekkpaalegg::types,
    maskinporten::{Algorithm, Config, KeyId, SignError, Signer, SigningKey},
    trekkpaalegg::{DEFAULT_PAGE_SIZE, Page, Watermark},
};

/// Reading with checks may cost this many times plain typed decoding.
const DECODE_LIMIT: f64 = 1.5;
/// The resident memory may grow by this much between the tenth page and the last one.
const MEMORY_LIMIT: u64 = 16 << 20;

fn order(text: &mut String, number: u64) {
    let (amount, month) = (number % 90_000, number % 12 + 1);
    write!(
        text,
        r#"{{"trekkid":"{number}","trekkversjon":2,"sekvensnummer":{number},"opprettet":"2025-08-09T15:00:00.00Z","saksnummer":"TREKK/2025/{number}","trekkpliktig":"312345676","skyldner":"01819010001","trekkstatus":"aktiv","trekkstoerrelseForPeriode":[{{"startdato":"2025-{month:02}-01","sluttdato":"2025-{month:02}-28","trekkbeloep":{{"trekkbeloep":{amount}.50}}}},{{"startdato":"2026-01-01","trekkprosent":{{"trekkprosent":17.5}}}}],"betalingsinformasjon":{{"betalingsmottaker":"123456785","kidnummer":"6487719756","kontonummer":"70213997155"}}}}"#
    )
    .expect("writing to a string");
}

fn page(from: u64, to: u64) -> String {
    let mut text = "[".to_owned();
    for number in from + 1..=to {
        if number > from + 1 {
            text.push(',');
        }
        order(&mut text, number);
    }
    text.push(']');
    text
}

/// How long this thread has worked, where the system tells; other work on a busy machine does
/// not count then.
fn worked() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// How long the work takes.
fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let (start, before) = (Instant::now(), worked());
    black_box(work());
    match (before, worked()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    }
}

fn decoding(rounds: u32) -> bool {
    let body = page(0, u64::from(DEFAULT_PAGE_SIZE));
    let bytes = axum::body::Bytes::from(body);
    let plain = || serde_json::from_slice::<Vec<types::Trekkpaalegg>>(&bytes).expect("orders");
    let checked = || Page::from_json(bytes.clone()).expect("orders");
    let page = checked();
    assert_eq!((page.orders.len(), plain().len()), (2_500, 2_500));
    // All rounds together, since the system counts a thread's work in steps of milliseconds; and
    // alternately, so that whatever else the machine does strikes both.
    let (mut fast, mut slow) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..rounds {
        fast += timed(plain);
        slow += timed(checked);
    }
    let ratio = slow.as_secs_f64() / fast.as_secs_f64();
    println!("one page of {} orders, {} bytes", page.orders.len(), bytes.len());
    println!("  plain typed decoding   {:>10.2?}", fast / rounds);
    println!("  reading with checks    {:>10.2?}", slow / rounds);
    println!("  ratio                  {ratio:>10.2}  (limit {DECODE_LIMIT})");
    ratio <= DECODE_LIMIT
}

/// Resident memory of this process in bytes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Signing is not what is measured here.
#[derive(Debug)]
struct NoSigner;

impl Signer for NoSigner {
    fn sign(&self, _: Algorithm, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(vec![0; 256])
    }
}

#[derive(Clone)]
struct Server {
    orders: u64,
    calls: Arc<AtomicUsize>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Window {
    fra_sekvensnummer: u64,
    maks_antall: u64,
}

async fn serve(State(server): State<Server>, Query(window): Query<Window>) -> impl IntoResponse {
    server.calls.fetch_add(1, Ordering::Relaxed);
    let from = window.fra_sekvensnummer.min(server.orders);
    let to = (from + window.maks_antall).min(server.orders);
    ([(header::CONTENT_TYPE, "application/json")], page(from, to))
}

async fn token() -> impl IntoResponse {
    Json(serde_json::json!({
        "access_token": "opaque", "token_type": "Bearer", "expires_in": 3600,
        "scope": Api::Trekkpaalegg.scope(),
    }))
}

async fn streaming(orders: u64) -> bool {
    let server = Server {
        orders,
        calls: Arc::default(),
    };
    let routes = Router::new()
        .route("/api/trekkpaalegg/v1", get(serve))
        .route("/token", post(token))
        .with_state(server.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });

    let environment = Environment::custom("local")
        .with_base_url(Api::Trekkpaalegg, &base)
        .and_then(|environment| environment.with_issuer(&base))
        .and_then(|environment| environment.with_token_endpoint(&format!("{base}/token")))
        .expect("loopback");
    let key = SigningKey::from_signer(Arc::new(NoSigner), KeyId::Kid("none".to_owned()));
    let client = Client::builder(environment)
        .maskinporten(Config::new("bench", key))
        .build()
        .expect("a client");

    let changes = client.trekkpaalegg().changes(Watermark::START);
    pin_mut!(changes);
    let (mut received, mut pages, mut settled, mut highest) = (0_u64, 0_u64, None, None);
    let start = Instant::now();
    while let Some(page) = changes.next().await {
        let page = page.expect("a page");
        assert!(page.rejected.is_empty() && page.remarks.is_empty());
        received += page.orders.len() as u64;
        pages += 1;
        drop(page);
        if pages == 10 {
            settled = resident();
        } else if pages > 10 && pages.is_multiple_of(10) {
            highest = highest.max(resident());
        }
    }
    let elapsed = start.elapsed();
    serving.abort();
    assert_eq!(received, orders, "every order once");
    println!(
        "{received} orders in {} calls, {elapsed:.1?}, {:.0} orders per second",
        server.calls.load(Ordering::Relaxed),
        received as f64 / elapsed.as_secs_f64(),
    );
    match (settled, highest) {
        (Some(settled), Some(highest)) => {
            let growth = highest.saturating_sub(settled);
            println!(
                "  resident memory {} KiB after 10 pages, at most {} KiB later: growth {} KiB  (limit {} KiB)",
                settled / 1024,
                highest / 1024,
                growth / 1024,
                MEMORY_LIMIT / 1024
            );
            growth <= MEMORY_LIMIT
        }
        _ => {
            println!("  resident memory: not measured here");
            true
        }
    }
}

fn main() -> ExitCode {
    let measure = std::env::args().any(|argument| argument == "--bench");
    let decoding = decoding(if measure { 400 } else { 1 });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let streaming = runtime.block_on(streaming(if measure { 1_000_000 } else { 3_000 }));
    if decoding && streaming || !measure {
        ExitCode::SUCCESS
    } else {
        println!("outside a limit");
        ExitCode::FAILURE
    }
}
