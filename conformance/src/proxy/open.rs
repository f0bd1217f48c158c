//! An exchange that is under way. It is recorded exactly once, also when everything breaks.

use std::{sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use super::{discovery::Rewritten, forward::Shared};
use crate::{recording::RawExchange, synthetic::Suspect};

/// Why there is no complete answer from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Something in the request could belong to a real person, or could not be looked at.
    Stopped,
    /// The request was larger than the proxy takes.
    TooLarge,
    /// The proxy has been told to take no more.
    Refused,
    /// No upstream for this path.
    NoRoute,
    /// No connection: nothing was sent.
    Unreachable,
    /// The connection broke before there was an answer.
    Connection,
    /// The connection broke in the middle of the answer.
    Truncated,
    /// The answer was larger than what is recorded; all of it was passed on.
    NotRecorded,
    /// The vendor's system gave up.
    Cancelled,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Stopped,
        Self::TooLarge,
        Self::Refused,
        Self::NoRoute,
        Self::Unreachable,
        Self::Connection,
        Self::Truncated,
        Self::NotRecorded,
        Self::Cancelled,
    ];

    /// Its name in a recording.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::TooLarge => "too-large-for-proxy",
            Self::Refused => "refused-by-proxy",
            Self::NoRoute => "no-route",
            Self::Unreachable => "unreachable",
            Self::Connection => "connection",
            Self::Truncated => "truncated",
            Self::NotRecorded => "not-recorded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the other side never saw the request.
    #[must_use]
    pub const fn stayed_here(self) -> bool {
        matches!(
            self,
            Self::Stopped | Self::TooLarge | Self::Refused | Self::NoRoute | Self::Unreachable
        )
    }
}

/// An exchange that is over, and what the proxy has to say about it.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "plain data for whoever records")]
pub struct Passed {
    /// In order of arrival, from 0. Exchanges end in another order.
    pub number: u64,
    /// What was received, and what came back from the other side: before the rewrite.
    pub exchange: RawExchange,
    /// The fields of Maskinporten's metadata that were rewritten.
    pub rewritten: Vec<Rewritten>,
    /// Where something stood that stopped the request. Holds no value.
    pub suspects: Vec<Suspect>,
    /// Why the other side could not be reached, in a sentence without personal data.
    pub detail: Option<String>,
}

/// Is told of each exchange when it is over, before the vendor's system has the end of the answer.
pub trait Sink: Send + Sync {
    /// One exchange is over.
    fn passed(&self, passed: Passed);
}

/// The exchange while it lasts; dropping it records it as given up.
pub(super) struct Open {
    shared: Arc<Shared>,
    passed: Option<Passed>,
    clock: Instant,
    answer: BytesMut,
    limit: usize,
    too_large: bool,
}

impl Open {
    pub(super) fn new(shared: Arc<Shared>, number: u64, exchange: RawExchange) -> Self {
        let limit = shared.limits.recorded_answer;
        Self {
            shared,
            passed: Some(Passed {
                number,
                exchange,
                rewritten: Vec::new(),
                suspects: Vec::new(),
                detail: None,
            }),
            clock: Instant::now(),
            answer: BytesMut::new(),
            limit,
            too_large: false,
        }
    }

    fn note(&mut self, note: impl FnOnce(&mut Passed)) {
        if let Some(passed) = &mut self.passed {
            note(passed);
        }
    }

    pub(super) fn request_body(&mut self, body: Bytes) {
        self.note(|passed| passed.exchange.request_body = body);
    }

    pub(super) fn suspects(&mut self, suspects: Vec<Suspect>) {
        self.note(|passed| passed.suspects = suspects);
    }

    pub(super) fn rewritten(&mut self, rewritten: Vec<Rewritten>) {
        self.note(|passed| passed.rewritten = rewritten);
    }

    pub(super) fn detail(&mut self, detail: &str) {
        self.note(|passed| passed.detail = Some(detail.to_owned()));
    }

    pub(super) fn head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.note(|passed| {
            passed.exchange.status = Some(status.as_u16());
            passed.exchange.response_headers = headers.clone();
        });
    }

    pub(super) fn answer(&mut self, part: &[u8]) {
        if self.answer.len() + part.len() > self.limit {
            self.too_large = true;
        }
        if !self.too_large {
            self.answer.extend_from_slice(part);
        }
    }

    /// The whole answer has come.
    pub(super) fn whole(&mut self) {
        let fault = self.too_large.then_some(Fault::NotRecorded);
        self.end(fault);
    }

    /// It has not.
    pub(super) fn broken(&mut self, fault: Fault) {
        self.end(Some(fault));
    }

    fn end(&mut self, fault: Option<Fault>) {
        let Some(mut passed) = self.passed.take() else {
            return;
        };
        passed.exchange.ms = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        passed.exchange.response_body = std::mem::take(&mut self.answer).freeze();
        passed.exchange.fault = fault.map(|fault| fault.name().to_owned());
        self.shared.record(passed);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.end(Some(Fault::Cancelled));
    }
}
