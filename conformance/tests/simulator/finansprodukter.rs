//! Submissions and documents.

use serde_json::{Value, json};
use skatteetaten_conformance::simulator::{Simulator, SystemUser};

use crate::support::{Bench, EMPLOYER, FINANS, KEY, TREKK, body, codes, report};

#[tokio::test]
async fn a_submission_gets_a_receipt_and_repeating_it_the_same_one() {
    let bench = Bench::plain().await;
    let text = report().to_string();
    let send = || async {
        bench
            .submission(2024, KEY, text.clone())
            .await
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let first = send().await;
    let receipt: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(receipt["antallOppgaver"], 1);
    assert_eq!(receipt["oppgavegiversLeveranseReferanse"], "ref-1");
    assert_eq!(send().await, first);
    assert_eq!(bench.simulator.submission_count(), 1);
    // The same JSON in other bytes is another body.
    let other = bench
        .submission(2024, KEY, format!("{text} "))
        .await
        .send()
        .await
        .unwrap();
    let (status, refusal) = body(other).await;
    assert_eq!((status, codes(&refusal).0), (409, "GLD_019"));
    let next = bench
        .submission(2024, "7f9c24e8-3b12-4fef-91d0-0a4e3c1b2d56", text.clone())
        .await;
    let next = body(next.send().await.unwrap()).await.1;
    assert_ne!(next["forsendelseId"], receipt["forsendelseId"]);
    assert_eq!(
        next["dialogId"], receipt["dialogId"],
        "one dialog per reporter and year"
    );
    assert_eq!(bench.simulator.submission_count(), 2);
}

#[tokio::test]
async fn each_mistake_is_refused_by_its_own_code() {
    let bench = Bench::plain().await;
    let good = report().to_string();
    let with = |pointer: &str, value: Value| {
        let mut report = report();
        *report.pointer_mut(pointer).unwrap() = value;
        report.to_string()
    };
    let deletion = with("/leveranse/oppgave", json!([{ "oppgaveeier": {}, "konto": {} }]));
    for (year, body_text, expected) in [
        (2024, "{".to_owned(), (400, "GLD_008", "GLD_1032")),
        (2024, String::new(), (400, "GLD_008", "GLD_1032")),
        (2024, "{}".to_owned(), (400, "GLD_010", "")),
        (
            2024,
            with("/leveranse/inntektsaar", json!("2024")),
            (400, "GLD_010", ""),
        ),
        (
            2024,
            with("/leveranse/leveransetype", json!("annet")),
            (400, "GLD_010", ""),
        ),
        (2024, deletion, (400, "GLD_010", "")),
        (
            2024,
            with("/leveranse/inntektsaar", json!(2023)),
            (400, "GLD_011", "GLD_1052"),
        ),
        (
            2019,
            with("/leveranse/inntektsaar", json!(2019)),
            (400, "GLD_006", "GLD_1027"),
        ),
        (
            2998,
            with("/leveranse/inntektsaar", json!(2998)),
            (400, "GLD_006", "GLD_1027"),
        ),
    ] {
        let request = bench.submission(year, KEY, body_text.clone()).await;
        let (status, refusal) = body(request.send().await.unwrap()).await;
        let (main, detail) = codes(&refusal);
        assert_eq!((status, main, detail), expected, "{body_text}");
    }
    let request = bench
        .submission(
            2024,
            KEY,
            with("/leveranse/oppgavegiver/organisasjonsnummer", json!("12")),
        )
        .await;
    let (_, refusal) = body(request.send().await.unwrap()).await;
    assert_eq!(
        refusal["spesifisering"][0]["sti"],
        "/leveranse/oppgavegiver/organisasjonsnummer"
    );
    assert_eq!(refusal["spesifisering"][0]["angittVerdi"], "12");

    let token = bench.token(FINANS, Some(EMPLOYER)).await;
    let post = |path: &str| {
        bench
            .http
            .post(bench.finans_url(path))
            .bearer_auth(&token)
            .body(good.clone())
    };
    let json_post = |path: &str| post(path).header("content-type", "application/json");
    for (request, expected) in [
        (json_post("/2024"), (400, "GLD_006", "GLD_1028")),
        (
            json_post("/2024").header("idempotencyKey", "1"),
            (400, "GLD_006", "GLD_1022"),
        ),
        (
            post("/2024").header("idempotencyKey", KEY),
            (400, "GLD_006", "GLD_1047"),
        ),
        (
            json_post("/2024")
                .header("idempotencyKey", KEY)
                .header("accept", "application/xml"),
            (400, "GLD_006", "GLD_1030"),
        ),
        (
            json_post("/24").header("idempotencyKey", KEY),
            (400, "GLD_006", "GLD_1022"),
        ),
        (json_post("/2024/x"), (404, "GLD_021", "GLD_1023")),
        (bench.http.put(bench.finans_url("/2024")), (405, "GLD_022", "")),
    ] {
        let (status, refusal) = body(request.send().await.unwrap()).await;
        let (main, detail) = codes(&refusal);
        assert_eq!((status, main, detail), expected);
    }
    assert_eq!(bench.simulator.submission_count(), 0);
}

#[tokio::test]
async fn only_a_system_user_with_the_scope_and_the_right_is_let_in() {
    let builder = Simulator::builder()
        .organisation(EMPLOYER)
        .system_user(SystemUser::new("210000011").for_reporters(["310000019".to_owned()]));
    let bench = Bench::start(builder).await;
    let post = |token: Option<String>| {
        let mut request = bench
            .http
            .post(bench.finans_url("/2024"))
            .header("idempotencyKey", KEY)
            .header("content-type", "application/json")
            .body(report().to_string());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        async {
            let (status, refusal) = body(request.send().await.unwrap()).await;
            let (main, detail) = codes(&refusal);
            (status, main.to_owned(), detail.to_owned())
        }
    };
    let expect = |status: u16, main: &str, detail: &str| (status, main.to_owned(), detail.to_owned());
    assert_eq!(post(None).await, expect(401, "GLD_004", "GLD_1007"));
    assert_eq!(post(Some("x".to_owned())).await, expect(401, "GLD_004", "GLD_1008"));
    let scope = bench.token(TREKK, Some(EMPLOYER)).await;
    assert_eq!(post(Some(scope)).await, expect(403, "GLD_005", ""));
    let no_user = bench.token(FINANS, None).await;
    assert_eq!(post(Some(no_user)).await, expect(403, "GLD_005", "GLD_1063"));
    let no_right = bench.token(FINANS, Some("210000011")).await;
    assert_eq!(post(Some(no_right)).await, expect(403, "GLD_005", "GLD_1015"));
    let right = bench.token(FINANS, Some(EMPLOYER)).await;
    assert_eq!(post(Some(right)).await.0, 200);
}

#[tokio::test]
async fn ten_megabytes_pass_and_one_byte_more_is_refused() {
    const LIMIT: usize = 10 * 1024 * 1024;
    let bench = Bench::plain().await;
    let padded = |length: usize| {
        let mut text = report().to_string();
        text.push_str(&" ".repeat(length - text.len()));
        text
    };
    let request = bench.submission(2024, KEY, padded(LIMIT)).await;
    assert_eq!(request.send().await.unwrap().status(), 200);
    let request = bench.submission(2024, KEY, padded(LIMIT + 1)).await;
    let (status, refusal) = body(request.send().await.unwrap()).await;
    assert_eq!((status, codes(&refusal).0), (400, "GLD_006"));
}

#[tokio::test]
async fn totals_are_checked_only_when_told() {
    let mut wrong = report();
    wrong["leveranse"]["oppgaveoppsummering"]["sumRenteinntekt"] = "11".into();
    let lenient = Bench::plain().await;
    let request = lenient.submission(2024, KEY, wrong.to_string()).await;
    assert_eq!(request.send().await.unwrap().status(), 200);
    let strict = Bench::start(Simulator::builder().strict_totals(true)).await;
    let request = strict.submission(2024, KEY, wrong.to_string()).await;
    let (status, refusal) = body(request.send().await.unwrap()).await;
    assert_eq!((status, codes(&refusal).0), (400, "GLD_010"));
    assert_eq!(
        refusal["spesifisering"][0]["sti"],
        "/leveranse/oppgaveoppsummering/sumRenteinntekt"
    );
    let request = strict.submission(2024, KEY, report().to_string()).await;
    assert_eq!(request.send().await.unwrap().status(), 200);
}
