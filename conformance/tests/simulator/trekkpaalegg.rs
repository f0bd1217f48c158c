//! The list of orders and single versions.

use serde_json::Value;
use skatteetaten_conformance::simulator::{Data, Simulator};

use crate::support::{Bench, DIALOG, EMPLOYER, TREKK, body};

fn numbers(page: &Value) -> Vec<i64> {
    page.as_array()
        .unwrap()
        .iter()
        .map(|order| order["sekvensnummer"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_follow_the_protocol_to_the_end() {
    let bench = Bench::plain().await;
    let (status, all) = bench.list("").await;
    assert_eq!(status, 200);
    let all = numbers(&all);
    assert_eq!(all, [38, 51, 101, 159, 228, 350, 380, 410, 430, 555]);
    for size in [1, 2, 5, 10, 11] {
        let (mut watermark, mut seen, mut calls) = (0, Vec::<i64>::new(), 0);
        loop {
            let (status, page) = bench
                .list(&format!("?fraSekvensnummer={watermark}&maksAntall={size}"))
                .await;
            assert_eq!(status, 200);
            calls += 1;
            let page = numbers(&page);
            seen.extend(&page);
            watermark = page.iter().copied().max().unwrap_or(watermark);
            if page.len() < size {
                break;
            }
        }
        assert_eq!(seen, all, "{size}");
        assert_eq!(calls, all.len() / size + 1, "a full page may be the last");
    }
    assert_eq!(
        numbers(&bench.list("?fraSekvensnummer=555&maksAntall=5").await.1),
        [] as [i64; 0]
    );
    assert_eq!(numbers(&bench.list("?fraSekvensnummer=410").await.1), [430, 555]);
    assert_eq!(numbers(&bench.list("?maksAntall=1").await.1), [38]);
}

#[tokio::test]
async fn parameters_headers_and_methods_are_judged() {
    let bench = Bench::plain().await;
    for query in [
        "?fraSekvensnummer=-1",
        "?fraSekvensnummer=x&maksAntall=1",
        "?fraSekvensnummer=&maksAntall=1",
        "?fraSekvensnummer=0&maksAntall=0",
        "?fraSekvensnummer=0&maksAntall=01",
        "?fraSekvensnummer=0&maksAntall=-5",
        "?fraSekvensnummer=9999999999999999999&maksAntall=1",
        "?fraSekvensnummer=1&fraSekvensnummer=2",
    ] {
        let (status, refusal) = bench.list(query).await;
        assert_eq!((status, refusal["kode"].as_str()), (400, Some("KB-006")), "{query}");
        assert!(refusal["korrelasjonsid"].is_string());
    }
    let token = bench.token(TREKK, Some(EMPLOYER)).await;
    let get = |url: String| bench.http.get(url).bearer_auth(&token);
    for (request, expected) in [
        (
            get(bench.orders_url("")).header("accept", "application/pdf"),
            (406, "KB-008"),
        ),
        (
            get(bench.orders_url("")).header("accept", "application/json;q=0"),
            (406, "KB-008"),
        ),
        (
            get(bench.orders_url("")).header("accept", "text/html, application/json;q=0.9"),
            (200, ""),
        ),
        (
            get(bench.orders_url("")).header("Klientid", "x".repeat(101)),
            (400, "KB-006"),
        ),
        (get(bench.orders_url("")).header("Korrelasjonsid", "7"), (400, "KB-006")),
        (get(bench.orders_url("/10003/2")), (200, "")),
        (get(bench.orders_url("/10003/9")), (404, "KB-007")),
        (get(bench.orders_url("/10099/1")), (404, "KB-009")),
        (get(bench.orders_url("/10003/x")), (400, "KB-006")),
        (get(bench.orders_url("/10003/0")), (400, "KB-006")),
        (get(bench.orders_url("/10003/1/2")), (404, "KB-003")),
        (get(bench.orders_url("x")), (404, "KB-003")),
        (bench.http.delete(bench.orders_url("")), (405, "")),
    ] {
        let (status, refusal) = body(request.send().await.unwrap()).await;
        assert_eq!((status, refusal["kode"].as_str().unwrap_or_default()), expected);
    }
    let options = bench.http.delete(bench.orders_url("")).send().await.unwrap();
    assert_eq!(options.headers()["allow"], "GET");
    let id = "5b7d1c64-9f7e-4c55-8a5e-3c1f0f6a1b2c";
    let echoed = get(bench.orders_url("/10099/1"))
        .header("Korrelasjonsid", id)
        .send()
        .await
        .unwrap();
    assert_eq!(body(echoed).await.1["korrelasjonsid"], id);
}

#[tokio::test]
async fn the_token_decides_who_asks() {
    let builder = Simulator::builder().organisation(EMPLOYER).organisation("310000019");
    let bench = Bench::start(builder).await;
    let ask = |token: Option<String>| {
        let mut request = bench.http.get(bench.orders_url(""));
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        async { body(request.send().await.unwrap()).await }
    };
    for token in [
        None,
        Some("Bearer".to_owned()),
        Some("Bearer a.b.c".to_owned()),
        Some("Basic eDp5".to_owned()),
    ] {
        let (status, refusal) = ask(token).await;
        assert_eq!((status, refusal["kode"].as_str()), (401, Some("KB-004")));
    }
    let wrong_scope = bench.token(DIALOG, Some(EMPLOYER)).await;
    let (status, refusal) = ask(Some(format!("Bearer {wrong_scope}"))).await;
    assert_eq!((status, refusal["kode"].as_str()), (403, Some("KB-005")));
    // Another employer, and the client's owner itself: no orders, which is no error.
    for organisation in [Some("310000019"), None] {
        let token = bench.token(TREKK, organisation).await;
        let (status, page) = ask(Some(format!("Bearer {token}"))).await;
        assert_eq!((status, page), (200, serde_json::json!([])));
    }
    // A token that was changed after it was signed.
    let token = bench.token(TREKK, Some("310000019")).await;
    let other = bench.token(TREKK, Some(EMPLOYER)).await;
    let mut parts: Vec<_> = token.split('.').collect();
    parts[1] = other.split('.').nth(1).unwrap();
    assert_eq!(ask(Some(format!("Bearer {}", parts.join(".")))).await.0, 401);
    // A token for a named audience is not for this API.
    let mut claims = bench.claims(TREKK, Some(EMPLOYER));
    claims["resource"] = "https://elsewhere.example".into();
    let token = bench.ask(&claims).await.1["access_token"].as_str().unwrap().to_owned();
    assert_eq!(ask(Some(format!("Bearer {token}"))).await.0, 401);
}

#[tokio::test]
async fn a_token_ends_by_the_simulators_clock() {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let builder = Simulator::builder()
        .clock(move || chrono::Utc::now() + chrono::Duration::seconds(clock.load(Ordering::Relaxed)));
    let bench = Bench::start(builder).await;
    let token = bench.token(TREKK, Some(EMPLOYER)).await;
    let ask = || bench.http.get(bench.orders_url("")).bearer_auth(&token).send();
    assert_eq!(ask().await.unwrap().status(), 200);
    ahead.store(3600, Ordering::Relaxed);
    assert_eq!(ask().await.unwrap().status(), 401);
}

#[tokio::test]
async fn loaded_orders_are_served_byte_for_byte() {
    let text = r#"{"trekkid":"æ/1", "trekkversjon":1,"sekvensnummer":7,"trekkpliktig":"310000019","beloep":1234567890123456.70,"skyldner":null}"#;
    let mut data = Data::empty();
    data.add_text("test", text).unwrap();
    let bench = Bench::start(Simulator::builder().data(data)).await;
    assert_eq!(bench.simulator.organisations(), ["310000019"]);
    let token = bench.token(TREKK, Some("310000019")).await;
    let get = |url: String| bench.http.get(url).bearer_auth(&token).send();
    let page = get(bench.orders_url("")).await.unwrap().text().await.unwrap();
    assert_eq!(page, format!("[{text}]"));
    let one = get(bench.orders_url("/%C3%A6%2F1/1"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(one, text);
}
