//! Exchanges as they were on the wire, before redaction.
//!
//! A [`Recorder`] is the client's observer; the runner's own requests are recorded beside the
//! client's. What is here is **not redacted**: it lives in memory only, verdicts are computed from
//! it, and redaction turns it into what may be written.

mod secrets;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use serde_json::Value;
use skatteetaten_client::{
    Api,
    observer::{self, ExchangeKind},
};
use url::Url;

pub use secrets::secrets;

/// What an exchange was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are no other parties")]
pub enum Kind {
    /// A call to an API.
    Api(Api),
    /// Maskinporten's metadata.
    Discovery,
    /// A token request.
    Token,
}

/// One request and what came of it, unredacted. `Debug` shows neither headers nor bodies.
#[derive(Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the runner's own requests are recorded as such too"
)]
pub struct RawExchange {
    /// What it was for.
    pub kind: Kind,
    /// The `operationId`, `discovery` or `token`.
    pub operation: String,
    /// Which attempt of the same call, from 1.
    pub attempt: u32,
    /// Method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// Headers as sent.
    pub request_headers: HeaderMap,
    /// Body as sent.
    pub request_body: Bytes,
    /// When it was sent.
    pub started: DateTime<Utc>,
    /// Until the outcome was known, in milliseconds.
    pub ms: u64,
    /// Status, unless there was no answer at all.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub response_headers: HeaderMap,
    /// Body of the answer.
    pub response_body: Bytes,
    /// Why there was no complete answer, in one word.
    pub fault: Option<String>,
}

impl RawExchange {
    /// The answer's body as JSON.
    #[must_use]
    pub fn response_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.response_body).ok()
    }

    /// The request's body as JSON.
    #[must_use]
    pub fn request_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.request_body).ok()
    }

    /// The correlation id of an error answer.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        self.response_json()?
            .get("korrelasjonsid")?
            .as_str()
            .filter(|id| id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
            // An identity number is no correlation id, whatever the field says.
            .filter(|id| !(id.len() == 11 && id.bytes().all(|byte| byte.is_ascii_digit())))
            .map(str::to_owned)
    }
}

impl fmt::Debug for RawExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawExchange")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl From<&observer::Exchange> for RawExchange {
    fn from(exchange: &observer::Exchange) -> Self {
        let (status, response_headers, response_body, fault) = match &exchange.outcome {
            observer::Outcome::Response { status, headers, body } => {
                (Some(status.as_u16()), headers.clone(), body.clone(), None)
            }
            observer::Outcome::Fault { kind, head } => {
                let (status, headers) = head.clone().unzip();
                (
                    status.map(|status| status.as_u16()),
                    headers.unwrap_or_default(),
                    Bytes::new(),
                    Some(kind.name().to_owned()),
                )
            }
            _ => (None, HeaderMap::new(), Bytes::new(), Some("cancelled".to_owned())),
        };
        Self {
            kind: match exchange.kind {
                ExchangeKind::Api(api) => Kind::Api(api),
                ExchangeKind::Discovery => Kind::Discovery,
                _ => Kind::Token,
            },
            operation: exchange.operation.to_owned(),
            attempt: exchange.attempt,
            method: exchange.method.clone(),
            url: exchange.url.clone(),
            request_headers: exchange.request_headers.clone(),
            request_body: exchange.request_body.clone(),
            started: exchange.started.into(),
            ms: u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
            status,
            response_headers,
            response_body,
            fault,
        }
    }
}

/// Keeps every exchange of one case, in order.
#[derive(Clone, Default)]
pub struct Recorder {
    exchanges: Arc<Mutex<Vec<RawExchange>>>,
}

impl Recorder {
    /// Adds one.
    pub fn push(&self, exchange: RawExchange) {
        self.lock().push(exchange);
    }

    /// What has been recorded so far.
    #[must_use]
    pub fn all(&self) -> Vec<RawExchange> {
        self.lock().clone()
    }

    /// How many have been recorded so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing has been recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RawExchange>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("len", &self.len()).finish()
    }
}

impl observer::Observer for Recorder {
    fn exchange(&self, exchange: &observer::Exchange) {
        self.push(exchange.into());
    }
}
