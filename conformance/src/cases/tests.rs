//! Cases that no fault of the target can make fail: each fails on a mutated record.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use skatteetaten_client::Api;

use super::{data, guards, passive, submissions};
use crate::{
    recording::{Kind, RawExchange},
    redaction::Redactor,
    results::Verdict,
    run::{Context, HostGuard, Preset, Record, Recorded, Shared, Stop, Target, of_checks},
    simulator::Simulator,
    synthetic::Guard,
};

async fn target() -> Target {
    let simulator = Simulator::builder().start().await.unwrap();
    Target::simulator(&simulator, Preset::All).unwrap()
}

fn context(target: Target, record: Record) -> Context {
    let shared = Shared {
        guard: Arc::new(Guard::new(target.declared.clone(), &[7; 32])),
        redactor: Arc::new(Redactor::new()),
        target: Arc::new(target),
    };
    Context::new("TEST-1", shared, Arc::new(record))
}

fn raw(operation: &str, request: &Value, response: &Value) -> RawExchange {
    let mut request_headers = HeaderMap::new();
    request_headers.insert("authorization", HeaderValue::from_static("Bearer planted-token-value"));
    RawExchange {
        kind: Kind::Api(Api::Finansprodukter),
        operation: operation.to_owned(),
        attempt: 1,
        method: Method::POST,
        url: "http://127.0.0.1:1/x".parse().unwrap(),
        request_headers,
        request_body: Bytes::from(request.to_string()),
        started: chrono::Utc::now(),
        ms: 1,
        status: Some(200),
        response_headers: HeaderMap::new(),
        response_body: Bytes::from(response.to_string()),
        fault: None,
    }
}

fn record(exchanges: Vec<RawExchange>, change: impl Fn(&mut Value)) -> Record {
    let redactor = Redactor::new();
    let exchanges = exchanges
        .into_iter()
        .map(|raw| {
            let mut written = serde_json::to_value(redactor.exchange(&raw)).unwrap();
            change(&mut written);
            Recorded { raw, written }
        })
        .collect();
    BTreeMap::from([("FP-01".to_owned(), exchanges)])
}

async fn verdict(record: Record, case: impl AsyncFn(Context) -> Result<(), Stop>) -> Verdict {
    let context = context(target().await, record);
    case(context.clone()).await.unwrap();
    of_checks(&context.take().0).0
}

fn good() -> (Value, Value) {
    (
        data::submission("310000000", 2024, "r"),
        json!({"antallOppgaver": 2, "dialogId": "x"}),
    )
}

#[tokio::test]
async fn counts_and_totals() {
    let (request, receipt) = good();
    let sound = || record(vec![raw("innsending", &request, &receipt)], |_| ());
    assert_eq!(verdict(sound(), passive::counts).await, Verdict::Passed);
    assert_eq!(verdict(sound(), passive::totals).await, Verdict::Passed);
    let mut request = request.clone();
    request["leveranse"]["oppgaveoppsummering"]["sumSalgsvederlag"] = "40".into();
    let wrong = record(vec![raw("innsending", &request, &json!({"antallOppgaver": 3}))], |_| ());
    assert_eq!(verdict(wrong.clone(), passive::counts).await, Verdict::Failed);
    assert_eq!(verdict(wrong, passive::totals).await, Verdict::Failed);
}

#[tokio::test]
async fn payment_details() {
    let order = |version: u32, kid: &str, case: &str| {
        let order = json!({"trekkid": "1", "trekkversjon": version, "saksnummer": case,
            "betalingsinformasjon": {"kidnummer": kid}});
        raw("hentVersjon", &Value::Null, &order)
    };
    let of = |second: RawExchange| record(vec![order(1, "6487719756", "A"), second], |_| ());
    assert_eq!(
        verdict(of(order(2, "6487719756", "A")), passive::payment_details).await,
        Verdict::Passed
    );
    assert_eq!(
        verdict(of(order(2, "6487719756", "B")), passive::payment_details).await,
        Verdict::Remark
    );
    assert_eq!(
        verdict(of(order(2, "6487719757", "A")), passive::payment_details).await,
        Verdict::Failed
    );
}

#[tokio::test]
async fn synthetic_data() {
    let (mut request, receipt) = good();
    let of = |request: &Value, response: &Value| record(vec![raw("innsending", request, response)], |_| ());
    assert_eq!(verdict(of(&request, &receipt), guards::outgoing).await, Verdict::Passed);
    assert_eq!(verdict(of(&request, &receipt), guards::incoming).await, Verdict::Passed);
    let order = json!({"skyldner": "12345678901"});
    assert_eq!(
        verdict(of(&request, &order), guards::incoming).await,
        Verdict::NeedsReview
    );
    request["leveranse"]["oppgavegiver"]["organisasjonsnummer"] = "912345678".into();
    assert_eq!(verdict(of(&request, &receipt), guards::outgoing).await, Verdict::Failed);
}

#[tokio::test]
async fn secrets_and_redaction() {
    let (request, receipt) = good();
    let of = |change: fn(&mut Value)| record(vec![raw("innsending", &request, &receipt)], change);
    assert_eq!(verdict(of(|_| ()), guards::secrets).await, Verdict::Passed);
    assert_eq!(verdict(of(|_| ()), guards::inert).await, Verdict::Passed);
    for leak in ["planted-token-value", "15847530062"] {
        let leaky = record(vec![raw("innsending", &request, &receipt)], |written| {
            written["url"] = format!("http://127.0.0.1/{leak}").into();
        });
        assert_eq!(verdict(leaky, guards::secrets).await, Verdict::Failed, "{leak}");
    }
    let changed: [fn(&mut Value); 2] = [
        |written| written["outcome"]["response"]["status"] = 400.into(),
        |written| written["url"] = "http://127.0.0.1/15847530062".into(),
    ];
    for change in changed {
        assert_eq!(verdict(of(change), guards::inert).await, Verdict::Failed);
    }
}

#[tokio::test]
async fn environment_and_size() {
    assert_eq!(verdict(Record::new(), guards::environment).await, Verdict::Passed);
    let mut elsewhere = target().await;
    elsewhere.environment = elsewhere
        .environment
        .with_base_url(Api::Trekkpaalegg, "https://api.skatteetaten.no")
        .unwrap();
    let context_elsewhere = context(elsewhere.hosts(HostGuard::default()), Record::new());
    guards::environment(context_elsewhere.clone()).await.unwrap();
    assert_eq!(of_checks(&context_elsewhere.take().0).0, Verdict::Failed);

    let small = context(target().await, Record::new());
    submissions::stopped_by_size(&small, 0).unwrap();
    assert_eq!(
        of_checks(&small.take().0).0,
        Verdict::Failed,
        "the client would send it"
    );
}
