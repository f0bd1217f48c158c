//! Writes down what is sent before it is sent, so that a crash anywhere ends in one submission:
//! not two, and not none.
//!
//! The order is the whole secret. [`Journal::prepare`] binds an idempotency key to exact bytes,
//! durably, *before* the call. Whoever comes back after a crash with the same bytes is given the
//! same key, and the API processes the two as one. [`Journal::record`] writes down what came of
//! it; where that is unknown (no answer, a 5xx) nothing is recorded, and the submission stays
//! pending.
//!
//! [`FileJournal`] keeps the journal in a directory. To keep it elsewhere, in the database where
//! the reports come from say, implement [`Journal`]; its documentation states what must hold.

mod disk;
mod file;
mod format;

use std::fmt;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Receipt, Submission};

pub use file::FileJournal;

/// Where submissions are written down.
///
/// What has to be kept is small: destination, key ([`Submission::key`]), bytes
/// ([`Submission::bytes`]) and, later, the [`Outcome`], which is serialisable. A submission is made
/// of the first two again by [`Submission::restore`].
///
/// An implementation must hold to this, also when its process is killed at any point:
///
/// * When `prepare` has returned, the entry survives a crash of the machine, with key and bytes
///   unchanged.
/// * For one destination and one sequence of bytes there is at most one open entry (one without
///   an outcome), also when several processes prepare the same bytes at once.
/// * An outcome, once recorded, is never changed.
pub trait Journal: Send + Sync {
    /// Writes down a submission that is about to be sent to `destination` (the API's base URL),
    /// and says under which key it goes.
    ///
    /// If the same bytes have been written down for the same destination before, the latest entry
    /// decides: one without an outcome, and one that was received, are handed back as they are,
    /// *with their own key*. After a refusal, a new entry is made. With
    /// [`Repeat::EvenIfReceived`], a new entry is made after any outcome.
    fn prepare<'a>(
        &'a self,
        submission: &'a Submission,
        destination: &'a str,
        repeat: Repeat,
    ) -> BoxFuture<'a, Result<Entry, JournalError>>;

    /// Writes down what came of an entry.
    fn record<'a>(&'a self, entry: &'a Entry, outcome: &'a Outcome) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Every entry for `destination` that has no outcome: what may or may not have been received.
    /// The oldest first, since a later one may correct it.
    fn pending<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>>;
}

/// Whether bytes that have been received may be sent as a submission of their own again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeat {
    /// No: the receipt that is there is the answer. This is what a program that is run twice
    /// wants.
    #[default]
    Never,
    /// Yes: to return to an earlier state after a correction, for instance. An entry without an
    /// outcome is still resumed first.
    EvenIfReceived,
}

/// A submission as it stands in a journal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// How the journal finds the entry again; its form is the journal's own.
    pub id: String,
    /// The submission, under the key it was written down with.
    pub submission: Submission,
    /// What came of it; `None` when that is not known.
    pub outcome: Option<Outcome>,
}

impl Entry {
    /// An entry, for implementations of [`Journal`].
    #[must_use]
    pub fn new(id: impl Into<String>, submission: Submission, outcome: Option<Outcome>) -> Self {
        Self {
            id: id.into(),
            submission,
            outcome,
        }
    }
}

/// What came of a submission, finally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
#[non_exhaustive]
pub enum Outcome {
    /// The API has received it.
    Received {
        /// Its receipt.
        receipt: Receipt,
    },
    /// The API has refused it, for a reason that lies in the request; nothing was processed.
    Refused {
        /// HTTP status.
        status: u16,
        /// `kode` of the refusal.
        code: Option<String>,
    },
    /// The API says that the key was used with other bytes (409, GLD_019). Whether anything was
    /// processed is for people to find out; nothing is sent again by itself.
    Conflict {
        /// HTTP status.
        status: u16,
        /// `kode` of the refusal.
        code: Option<String>,
    },
}

/// The journal could not do its work: what, where, and what to do.
#[derive(Debug)]
pub struct JournalError {
    doing: String,
    remedy: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl JournalError {
    /// `doing` completes "the journal could not …"; no personal data in it.
    pub fn new(doing: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            doing: doing.into(),
            remedy,
            source: None,
        }
    }

    /// The same error with the one that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journal could not {}", self.doing)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        write!(f, ": {}", self.remedy)
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod crash_tests;
