//! What a browser and the vendor's system reach beside the services: the live page, its events, and
//! where results are posted.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        Html, IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use futures::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify, watch};

use super::{Conclusion, Line, Subject, judge, recorder::Recorder};
use crate::catalogue::Catalogue;

/// The page; it loads nothing from elsewhere.
const PAGE: &str = include_str!("page.html");

/// Exchanges shown at most, the latest first.
const SHOWN: usize = 200;

/// At most so often is the page told of a change.
const PACE: Duration = Duration::from_millis(250);

/// Judging a long recording takes a while; the pause before the next time is so many times as long,
/// so that watching never takes much of the machine from what is watched.
const REST: u32 = 4;

/// How soon a page that was cut off comes back.
const RETRY: Duration = Duration::from_secs(1);

/// How long pages may take to be told of the end, at the most.
const FAREWELL: Duration = Duration::from_secs(10);

/// The page may load nothing from elsewhere, run no script but its own, and stand in no frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the pages share with the session.
#[derive(Debug)]
pub(super) struct Shared {
    recorder: Arc<Recorder>,
    /// Known once the address is.
    pub(super) subject: OnceLock<Subject>,
    /// Told when somebody says that a task is done.
    pub(super) done: Notify,
    /// Where the evidence is, once the session is over.
    over: OnceLock<String>,
    /// How many pages are listening.
    listening: watch::Sender<usize>,
    /// What all pages are shown, drawn once for each state of the recording.
    drawn: Mutex<Drawn>,
}

#[derive(Debug, Clone, Default)]
struct Drawn {
    /// Which state of the recording this is; none before the first.
    change: Option<u64>,
    /// Whether it says that the session is over.
    over: bool,
    text: Arc<str>,
    /// How long drawing took.
    took: Duration,
}

impl Shared {
    pub(super) fn new(recorder: Arc<Recorder>) -> Arc<Self> {
        Arc::new(Self {
            recorder,
            subject: OnceLock::new(),
            done: Notify::new(),
            over: OnceLock::new(),
            listening: watch::Sender::default(),
            drawn: Mutex::default(),
        })
    }

    /// Tells the pages that the session is over, and waits until each has been told.
    pub(super) async fn end(&self, evidence: String) {
        // Said once.
        let _ = self.over.set(evidence);
        self.recorder.changed();
        let mut listening = self.listening.subscribe();
        // A browser that is asleep reads nothing: nobody waits for it for ever.
        let _ = tokio::time::timeout(FAREWELL, listening.wait_for(|count| *count == 0)).await;
    }

    /// What the page shows.
    async fn draw(self: &Arc<Self>) -> Drawn {
        let mut drawn = self.drawn.lock().await;
        // Read before the tape is: what changes meanwhile is drawn the next time.
        let change = self.recorder.watch().borrow().changes;
        let over = self.over.get().is_some();
        if drawn.change != Some(change) || drawn.over != over {
            let shared = Arc::clone(self);
            let started = Instant::now();
            // It may take long; the services answer meanwhile.
            let Ok(text) = tokio::task::spawn_blocking(move || snapshot(&shared).to_string()).await else {
                // The runtime is going down.
                return drawn.clone();
            };
            *drawn = Drawn {
                // Without a subject there are no verdicts yet; it comes at once.
                change: self.subject.get().map(|_| change),
                over,
                text: text.into(),
                took: started.elapsed(),
            };
        }
        drawn.clone()
    }
}

/// What is shown while everything is recorded, until somebody says that it is done.
pub(super) fn recording() -> Value {
    json!({ "attended": true })
}

/// When a task is given up, as the page's countdown needs it.
pub(super) fn deadline(timeout: Duration) -> Value {
    let left = TimeDelta::from_std(timeout).ok();
    match left.and_then(|left| Utc::now().checked_add_signed(left)) {
        Some(at) => json!({ "at": at, "seconds": timeout.as_secs() }),
        // Nobody lives to see it.
        None => Value::Null,
    }
}

/// The routes, all below `/counterparty`.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Router::new()
        .route("/counterparty", get(move || async move { (headers, Html(PAGE)) }))
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

/// The task that somebody says is done.
#[derive(Deserialize)]
struct Task {
    step: Option<String>,
    act: Option<usize>,
}

async fn done(State(shared): State<Arc<Shared>>, Query(task): Query<Task>, headers: HeaderMap) -> StatusCode {
    if is_foreign(&headers) {
        return StatusCode::FORBIDDEN;
    }
    // Whoever names the task means that one, and a second click never ends the next.
    if let Some(step) = task.step {
        let now = shared.recorder.now().unwrap_or_default();
        if now["step"].as_str() != Some(&step) || now["act"].as_u64() != task.act.map(|act| act as u64) {
            return StatusCode::CONFLICT;
        }
    }
    shared.done.notify_one();
    StatusCode::NO_CONTENT
}

async fn status(State(shared): State<Arc<Shared>>) -> Response {
    let text = shared.draw().await.text;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text.to_string()).into_response()
}

/// A page that listens.
struct Listening(Arc<Shared>);

impl Listening {
    fn new(shared: Arc<Shared>) -> Self {
        shared.listening.send_modify(|count| *count += 1);
        Self(shared)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.listening.send_modify(|count| *count -= 1);
    }
}

async fn events(State(shared): State<Arc<Shared>>) -> Response {
    let changes = shared.recorder.watch();
    let events = stream::unfold(
        (Listening::new(shared), changes, None::<Drawn>),
        |(listening, mut changes, before)| async move {
            let shared = Arc::clone(&listening.0);
            if let Some(before) = before {
                if before.over {
                    return None;
                }
                changes.changed().await.ok()?;
                tokio::time::sleep(PACE.max(before.took.saturating_mul(REST))).await;
                changes.mark_unchanged();
            }
            let drawn = shared.draw().await;
            let event = Event::default().data(&*drawn.text).retry(RETRY);
            Some((Ok::<_, Infallible>(event), (listening, changes, Some(drawn))))
        },
    );
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
    let count = tape.seen().count();
    let mut exchanges: Vec<Line> = tape.seen().skip(count.saturating_sub(SHOWN)).map(Line::of).collect();
    exchanges.reverse();
    json!({
        // A deadline is told by this clock, which may not be the browser's.
        "at": Utc::now(),
        "now": shared.recorder.now(),
        "over": shared.over.get(),
        "address": shared.subject.get().map(|subject| &subject.issuer),
        "cases": cases,
        "count": count,
        "exchanges": exchanges,
    })
}
