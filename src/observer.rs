//! Seeing every exchange, for recording.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::Api;
use crate::error::TransportErrorKind;

/// Receives every exchange with the APIs and with Maskinporten, retries included, as it was on the
/// wire.
///
/// **Nothing is redacted**: headers carry tokens, bodies carry assertions and personal data.
/// An observer is for recording tools that redact before they write. It is called on the task that
/// made the call and should return quickly.
pub trait Observer: Send + Sync {
    /// Called once for each request that was sent or tried, after its outcome is known.
    fn exchange(&self, exchange: &Exchange);
}

/// What an exchange was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExchangeKind {
    /// A call to an API.
    Api(Api),
    /// The issuer's metadata.
    Discovery,
    /// A token request.
    Token,
}

/// One request and what came of it. `Debug` shows neither headers nor bodies.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// What it was for.
    pub kind: ExchangeKind,
    /// The `operationId`, or `discovery` or `token`.
    pub operation: &'static str,
    /// Which attempt of the same call this is, from 1.
    pub attempt: u32,
    /// Method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// Headers as they were handed to the connection, `Authorization` included. `Host` and
    /// `Content-Length` are added below this level.
    pub request_headers: HeaderMap,
    /// The bytes that were sent.
    pub request_body: Bytes,
    /// When it was sent.
    pub started: SystemTime,
    /// From sending until the outcome was known.
    pub duration: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// A complete answer.
    Response {
        /// Status.
        status: StatusCode,
        /// Headers.
        headers: HeaderMap,
        /// The whole body, as it came.
        body: Bytes,
    },
    /// No complete answer.
    Fault {
        /// What happened.
        kind: TransportErrorKind,
        /// Status and headers, when the answer broke off after them.
        head: Option<(StatusCode, HeaderMap)>,
    },
    /// The caller gave up before there was an answer; the request may have been carried out.
    Cancelled,
}

impl Outcome {
    /// The status, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Response { status, .. } => Some(*status),
            Self::Fault { head, .. } => head.as_ref().map(|(status, _)| *status),
            Self::Cancelled => None,
        }
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response { status, body, .. } => {
                write!(f, "Response({status}, {} bytes)", body.len())
            }
            Self::Fault { kind, .. } => write!(f, "Fault({})", kind.name()),
            Self::Cancelled => f.write_str("Cancelled"),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("kind", &self.kind)
            .field("operation", &self.operation)
            .field("attempt", &self.attempt)
            .field("method", &self.method)
            .field("duration", &self.duration)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
