//! What a browser and the vendor's system reach beside the services: the live page, its events, and
//! where results are posted.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{
        Html, IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Conclusion, Subject, judge, recorder::Recorder, tape::Seen};
use crate::catalogue::Catalogue;

/// The page; it loads nothing from elsewhere.
const PAGE: &str = include_str!("page.html");

/// Exchanges shown at most, the latest first.
const SHOWN: usize = 200;

/// At most so often is the page told of a change.
const PACE: Duration = Duration::from_millis(250);

/// What the pages share with the session.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) recorder: Arc<Recorder>,
    /// Known once the address is.
    pub(super) subject: OnceLock<Subject>,
    /// Told when somebody says that a task is done.
    pub(super) done: Notify,
}

/// The routes, all below `/counterparty`.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/counterparty", get(|| async { Html(PAGE) }))
        .route("/counterparty/status", get(status))
        .route("/counterparty/events", get(events))
        .route("/counterparty/result", post(result))
        .route("/counterparty/done", post(done))
        .with_state(shared)
}

/// A browser says where a request comes from; no other page may post here.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => false,
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, rest)| rest != host),
        (Some(_), None) => true,
    }
}

async fn result(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if is_foreign(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match Conclusion::from_json(&body) {
        Ok(conclusion) => {
            shared.recorder.conclude(conclusion);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn done(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> StatusCode {
    if is_foreign(&headers) {
        return StatusCode::FORBIDDEN;
    }
    shared.done.notify_one();
    StatusCode::NO_CONTENT
}

async fn status(State(shared): State<Arc<Shared>>) -> axum::Json<Value> {
    axum::Json(snapshot(&shared))
}

async fn events(State(shared): State<Arc<Shared>>) -> Response {
    let changes = shared.recorder.watch();
    let events = stream::unfold((shared, changes, true), |(shared, mut changes, first)| async move {
        if !first {
            changes.changed().await.ok()?;
            tokio::time::sleep(PACE).await;
            changes.mark_unchanged();
        }
        let event = Event::default().data(snapshot(&shared).to_string());
        Some((Ok::<_, Infallible>(event), (shared, changes, false)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Everything that the page shows. Holds no header, body, token or identity number.
fn snapshot(shared: &Shared) -> Value {
    let tape = shared.recorder.tape();
    let judgements = shared
        .subject
        .get()
        .map(|subject| judge(&tape, subject))
        .unwrap_or_default();
    let catalogue = Catalogue::builtin().ok();
    let cases: Vec<Value> = judgements
        .iter()
        .map(|judgement| {
            let case = catalogue
                .as_ref()
                .and_then(|catalogue| catalogue.case(judgement.case_id));
            json!({
                "id": judgement.case_id,
                "title": case.map(|case| &case.record.title),
                "verdict": judgement.verdict.code(),
                "label": judgement.verdict.label(),
                "reason": judgement.reason,
                "hint": judgement.verdict.is_finding().then_some(&judgement.hint),
            })
        })
        .collect();
    let mut exchanges: Vec<Value> = tape.seen().map(exchange).collect();
    let count = exchanges.len();
    exchanges.reverse();
    exchanges.truncate(SHOWN);
    json!({ "now": shared.recorder.now(), "cases": cases, "count": count, "exchanges": exchanges })
}

fn exchange(seen: &Seen) -> Value {
    let raw = &seen.exchange;
    let number = |name: &str| seen.number(name).map(|number| format!("{name}={number}"));
    let parameters: Vec<String> = ["fraSekvensnummer", "maksAntall"]
        .into_iter()
        .filter_map(number)
        .collect();
    json!({
        "number": seen.number,
        "time": raw.started.format("%H:%M:%S%.3f").to_string(),
        "method": raw.method.as_str(),
        "operation": raw.operation,
        "parameters": parameters.join(" "),
        "status": seen.status(),
        "fault": raw.fault,
        "faults": seen.faults,
    })
}
