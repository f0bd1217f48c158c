//! Puts each exchange on disk while the session goes on.

use std::{fmt, sync::mpsc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::EXCHANGES;
use crate::{
    evidence::{EvidenceError, PackWriter},
    observed::{self, Kept},
    proxy::{Passed, Sink},
    recording::{Kind, RawExchange},
    redaction::Hits,
    run::Shared,
};

pub(super) enum Message {
    Passed(Box<Passed>),
    End,
}

/// The proxy's side of the channel.
pub(super) struct ToWorker(pub(super) mpsc::Sender<Message>);

impl Sink for ToWorker {
    fn passed(&self, passed: Passed) {
        // Nobody listens only when the worker has ended on an error, which is told at the end.
        let _ = self.0.send(Message::Passed(Box::new(passed)));
    }
}

/// One exchange, for whoever watches. Holds nothing personal and no secret.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Line {
    /// Its id in the pack.
    pub id: String,
    /// The operation.
    pub operation: String,
    /// The status, or what went wrong.
    pub outcome: String,
    /// Why the proxy or the connection came between, where something did.
    pub detail: Option<String>,
    /// How often either side deviates from the pinned document.
    pub findings: usize,
    /// Why it could not be written: the session cannot be completed then.
    pub failed: Option<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.id, self.operation, self.outcome)?;
        if self.findings > 0 {
            write!(f, " ({} deviations from the pinned document)", self.findings)?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(failed) = &self.failed {
            write!(f, ": {failed}")?;
        }
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct Worked {
    pub(super) kept: Vec<Kept>,
    pub(super) request_findings: usize,
    pub(super) response_findings: usize,
    pub(super) error: Option<EvidenceError>,
}

pub(super) fn work(
    receiver: &mpsc::Receiver<Message>,
    writer: &PackWriter,
    shared: &Shared,
    line: impl Fn(Line),
) -> Worked {
    let mut worked = Worked::default();
    while let Ok(Message::Passed(passed)) = receiver.recv() {
        // After an error the pack cannot be completed; what comes is only counted out.
        if worked.error.is_some() {
            continue;
        }
        let outcome = match (&passed.exchange.fault, passed.exchange.status) {
            (Some(fault), _) => fault.clone(),
            (None, Some(status)) => status.to_string(),
            (None, None) => String::new(),
        };
        let mut told = Line {
            id: String::new(),
            operation: passed.exchange.operation.clone(),
            outcome,
            detail: passed
                .detail
                .as_deref()
                .map(|detail| shared.redactor.text(detail, &mut Hits::new())),
            findings: 0,
            failed: None,
        };
        match write(writer, shared, *passed, &mut worked) {
            Ok((id, findings)) => {
                told.id = id;
                told.findings = findings;
            }
            Err(error) => {
                told.failed = Some(error.to_string());
                worked.error = Some(error);
            }
        }
        line(told);
    }
    worked
}

fn write(
    writer: &PackWriter,
    shared: &Shared,
    passed: Passed,
    worked: &mut Worked,
) -> Result<(String, usize), EvidenceError> {
    let Passed {
        number,
        exchange: raw,
        rewritten,
        suspects,
        detail,
    } = passed;
    let claims = token_claims(&raw);
    let fault = raw.fault.clone();
    let kept = observed::write(writer, shared, EXCHANGES, number, raw)?;
    let id = kept.id.clone();
    let text = |text: &str| shared.redactor.text(text, &mut Hits::new());
    if !rewritten.is_empty() {
        writer.event(
            "discovery.rewritten",
            None,
            json!({"exchange": id, "issuer": "unchanged", "fields": rewritten}),
        )?;
    }
    if !suspects.is_empty() {
        let places: Vec<String> = suspects.iter().map(|suspect| text(&suspect.to_string())).collect();
        writer.event("request.stopped", None, json!({"exchange": id, "places": places}))?;
    } else if let Some(detail) = &detail {
        writer.event(
            "exchange.incomplete",
            None,
            json!({"exchange": id, "fault": fault, "detail": text(detail)}),
        )?;
    }
    if let Some(claims) = claims {
        let claims = shared.redactor.json(&claims, &mut Hits::new());
        writer.event("token.claims", None, json!({"exchange": id, "claims": claims}))?;
    }
    let findings = kept.request_findings + kept.response_findings;
    worked.request_findings += kept.request_findings;
    worked.response_findings += kept.response_findings;
    worked.kept.push(kept);
    Ok((id, findings))
}

/// What a token says. The token itself goes nowhere.
fn token_claims(raw: &RawExchange) -> Option<Value> {
    if raw.kind != Kind::Token {
        return None;
    }
    let answer = raw.response_json()?;
    let token = answer.get("access_token")?.as_str()?;
    let claims = token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    // An opaque token says nothing.
    Some(claims.unwrap_or(Value::Null))
}
