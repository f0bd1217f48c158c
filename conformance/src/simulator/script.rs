//! The hook for whoever plays a scripted counterparty: it sees each request and decides.

use std::fmt;

use super::{answer::Answer, faults::Fault, received::Received};

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

    /// Called when the answer is known, or the connection has been broken on purpose.
    fn answered(&self, request: &Received) {
        let _ = request;
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
