//! The hook for whoever plays a scripted counterparty: it sees each request and decides.

use std::fmt;

use super::{answer::Answer, faults::Fault, received::Received};
use crate::recording::RawExchange;

/// What to do with one request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Directive {
    /// What the simulator does by itself, its own faults included.
    #[default]
    Normal,
    /// These faults, instead of the simulator's own.
    Faults(Vec<Fault>),
    /// This answer, instead of the service's.
    Answer(Answer),
}

/// Decides about requests one by one.
pub trait Script: Send + Sync {
    /// Called when a request has been read and its token judged, before anything is done.
    /// [`Received::organisation`] tells the customer, [`Received::assertion`] who asks for a token.
    fn direct(&self, request: &Received) -> Directive;

    /// Called right before [`Self::direct`] with the request as it was on the wire, **secrets
    /// included**; the answer is missing still.
    fn arrived(&self, request: &Received, exchange: &RawExchange) {
        let _ = (request, exchange);
    }

    /// Called once for each that arrived: when the answer is known, the connection has been broken
    /// on purpose, or the client has given up (fault `cancelled`), with both as they were on the
    /// wire, **secrets included**.
    fn exchanged(&self, request: &Received, exchange: &RawExchange) {
        let _ = (request, exchange);
    }
}

impl<F: Fn(&Received) -> Directive + Send + Sync> Script for F {
    fn direct(&self, request: &Received) -> Directive {
        self(request)
    }
}

impl fmt::Debug for dyn Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}
