//! Submitting with a journal.

use std::fmt;
use std::future::Future;

use uuid::Uuid;

use super::api::Finansprodukter;
use super::journal::{Entry, Journal, JournalError, Outcome, Repeat};
use super::receipt::{Receipt, ReceiptRemark};
use super::submission::Submission;
use crate::Api;
use crate::error::{ConfigurationError, Error};

/// A submission that the API has received.
#[derive(Debug)]
#[non_exhaustive]
pub struct Submitted {
    /// The receipt. It is not the verdict.
    pub receipt: Receipt,
    /// What does not agree between the receipt and the submission.
    pub remarks: Vec<ReceiptRemark>,
    /// Whether this call has sent anything; `false` when the receipt comes from the journal.
    pub sent: bool,
    /// Set when the receipt could not be written down. Running the same submission again is safe
    /// and mends it: the API gives the same receipt for the same key.
    pub not_recorded: Option<JournalError>,
}

/// Why a submission did not end in a receipt.
#[derive(Debug)]
#[non_exhaustive]
pub enum SubmitError {
    /// The client is set up wrongly. Nothing was sent or written down.
    Configuration(ConfigurationError),
    /// The journal could not write it down, so nothing was sent.
    Journal(JournalError),
    /// The call failed. [`is_open`](SubmitError::is_open) says whether the submission may have
    /// been received all the same.
    Call {
        /// The idempotency key, as it stands in the journal.
        key: Uuid,
        /// What happened.
        error: Error,
        /// Set when the API's final refusal could not be written down.
        not_recorded: Option<Box<JournalError>>,
    },
    /// An earlier attempt ended in a conflict over its key, which people have to look into.
    /// Nothing was sent.
    Conflict {
        /// The idempotency key, as it stands in the journal.
        key: Uuid,
    },
}

impl SubmitError {
    /// Whether the submission is still in the journal without an outcome: it may have been
    /// received, and submitting the same bytes with the same journal again is safe and needed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Call { error, .. } => outcome_of(error).is_none(),
            Self::Configuration(_) | Self::Journal(_) | Self::Conflict { .. } => false,
        }
    }

    /// Whether the same call may succeed later without anything being changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Call { error, .. } if error.is_retryable())
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(error) => error.fmt(f),
            Self::Journal(error) => write!(f, "nothing was sent: {error}"),
            Self::Call {
                key,
                error,
                not_recorded,
            } => {
                write!(f, "{error}")?;
                if self.is_open() {
                    write!(
                        f,
                        "; it may have been received all the same: submit the same bytes with the \
                         same journal again (idempotency key {key})"
                    )?;
                }
                match not_recorded {
                    Some(error) => write!(f, "; {error}"),
                    None => Ok(()),
                }
            }
            Self::Conflict { key } => write!(
                f,
                "nothing was sent: the API has answered earlier that the idempotency key {key} was \
                 used with other bytes; find out from the authority what was received under it \
                 before these bytes are submitted under a new key"
            ),
        }
    }
}

impl std::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Configuration(error) => Some(error),
            Self::Journal(error) => Some(error),
            Self::Call { error, .. } => Some(error),
            Self::Conflict { .. } => None,
        }
    }
}

impl Finansprodukter {
    /// Submits with a journal: key and bytes are written down before the call, the outcome after
    /// it. Called again with the same bytes, after a crash or an error, it goes on where it was:
    /// with the key that is written down, or with the receipt that is.
    ///
    /// A future that is dropped half-way is a crash like any other.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn submit_with(
        &self,
        submission: &Submission,
        journal: &dyn Journal,
        repeat: Repeat,
    ) -> Result<Submitted, SubmitError> {
        let destination = self.destination()?;
        let entry = journal
            .prepare(submission, &destination, repeat)
            .await
            .map_err(SubmitError::Journal)?;
        conclude(
            &entry,
            journal,
            |submission| async move { self.submit(&submission).await },
        )
        .await
    }

    /// Sends everything that the journal holds for this API's address without an outcome: what a
    /// crash or an error has left open, the oldest first. Each ends as
    /// [`submit_with`](Self::submit_with) does.
    ///
    /// Do this *before* a correction of something that is still open is submitted: resumed after
    /// it, the earlier version would arrive last.
    ///
    /// # Errors
    /// [`SubmitError::Journal`] when the journal cannot be read; nothing has been sent then.
    pub async fn resume(
        &self,
        journal: &dyn Journal,
    ) -> Result<Vec<(Entry, Result<Submitted, SubmitError>)>, SubmitError> {
        let mut ends = Vec::new();
        for entry in self.open(journal).await? {
            let end = conclude(
                &entry,
                journal,
                |submission| async move { self.submit(&submission).await },
            )
            .await;
            ends.push((entry, end));
        }
        Ok(ends)
    }

    /// What the journal holds for this API's address without an outcome, the oldest first.
    ///
    /// # Errors
    /// [`SubmitError::Journal`] when the journal cannot be read.
    pub async fn open(&self, journal: &dyn Journal) -> Result<Vec<Entry>, SubmitError> {
        let destination = self.destination()?;
        journal.pending(&destination).await.map_err(SubmitError::Journal)
    }

    /// What is sent to one address has not been sent to another: a file that was tried in the
    /// test environment is still new to production.
    fn destination(&self) -> Result<String, SubmitError> {
        let url = self
            .transport
            .environment()
            .base_url(Api::Finansprodukter)
            .map_err(SubmitError::Configuration)?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

/// Takes an entry to its end.
pub(super) async fn conclude<F>(
    entry: &Entry,
    journal: &dyn Journal,
    send: impl FnOnce(Submission) -> F,
) -> Result<Submitted, SubmitError>
where
    F: Future<Output = Result<Receipt, Error>>,
{
    let submission = &entry.submission;
    let key = submission.key();
    match &entry.outcome {
        Some(Outcome::Received { receipt }) => {
            return Ok(Submitted {
                receipt: receipt.clone(),
                remarks: receipt.compare(submission),
                sent: false,
                not_recorded: None,
            });
        }
        Some(Outcome::Conflict { .. } | Outcome::Refused { .. }) => {
            return Err(SubmitError::Conflict { key });
        }
        None => {}
    }
    match send(submission.clone()).await {
        Ok(receipt) => {
            let outcome = Outcome::Received {
                receipt: receipt.clone(),
            };
            Ok(Submitted {
                remarks: receipt.compare(submission),
                receipt,
                sent: true,
                not_recorded: journal.record(entry, &outcome).await.err(),
            })
        }
        Err(error) => {
            let not_recorded = match outcome_of(&error) {
                Some(outcome) => journal.record(entry, &outcome).await.err().map(Box::new),
                None => None,
            };
            Err(SubmitError::Call {
                key,
                error,
                not_recorded,
            })
        }
    }
}

/// The outcome that an error is, if it is one.
///
/// Only the service itself can say that a request was refused: with one of its documented codes
/// and a status that blames the request. An answer from something on the way, a 5xx, a missing
/// right (401, 403, mended without touching the body) and silence leave open whether the same
/// request, earlier or now, was received.
fn outcome_of(error: &Error) -> Option<Outcome> {
    let Error::Api(error) = error else { return None };
    let status = error.status();
    let code = error
        .code()
        .filter(|code| code.info().is_some())
        .map(|code| code.as_str().to_owned());
    if status == 409 || error.has_code("GLD_019") {
        return Some(Outcome::Conflict { status, code });
    }
    let blames_the_request = matches!(status, 400 | 404 | 405 | 413 | 415 | 422);
    (blames_the_request && code.as_deref().is_some_and(|code| code.starts_with("GLD_")))
        .then_some(Outcome::Refused { status, code })
}
