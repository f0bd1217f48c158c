//! From the receipt to the verdict: what Dialogporten announces, and the documents behind it.

mod judge;
mod reference;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::api::Finansprodukter;
use super::document::Document;
use super::receipt::Receipt;
use crate::Api;
use crate::error::{ApiError, ContractViolation, Error, TransportErrorKind};
use crate::generated::dialogporten::{Client as Bindings, types::Dialog};
use crate::transport::CallOptions;

use judge::{Announcement, judge};

const DIALOG: &str = "hentDialog";

/// What has become of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feedback {
    /// The verdict, as far as there is one.
    pub state: FeedbackState,
    /// The documents that were announced as an answer to the submission and could be fetched.
    pub documents: Vec<FeedbackDocument>,
}

/// The verdict, as far as there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedbackState {
    /// Nothing has been announced yet: ask again later.
    StillWaiting,
    /// Exactly one answer, of the type Acceptance, with its document.
    Accepted,
    /// Exactly one answer, of the type Rejection, with its document.
    Rejected,
    /// There is an answer, but it cannot be taken for a verdict: a person has to look.
    NeedsALook {
        /// Everything that stands against it.
        why: Vec<Why>,
    },
}

impl fmt::Display for FeedbackState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StillWaiting => f.write_str("still waiting"),
            Self::Accepted => f.write_str("accepted"),
            Self::Rejected => f.write_str("rejected"),
            Self::NeedsALook { why } => {
                f.write_str("needs a look: ")?;
                for (index, why) in why.iter().enumerate() {
                    write!(f, "{}{why}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

/// Why an answer is not taken for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// Dialogporten knows no such dialog (404), or it is not visible to this system user.
    NoDialog,
    /// The dialog has been deleted (410).
    DialogDeleted,
    /// Dialogporten answered with another dialog than the one that was asked for.
    OtherDialog,
    /// An acceptance or rejection that does not say which submission it answers, or names one that
    /// the dialog does not have.
    Unrelated,
    /// More than one acceptance or rejection answers the submission.
    SeveralVerdicts,
    /// Answers of other types than Acceptance and Rejection; what they say about the submission
    /// is not documented.
    OtherType,
    /// The answer may not be read with this system user's rights.
    NotAuthorised,
    /// The answer has no document.
    NoDocument,
    /// The address of a document is not one of this API, of this year and this answer. It was
    /// not called.
    OtherAddress,
    /// A document that was announced cannot be found, or may not be fetched.
    DocumentRefused {
        /// HTTP status.
        status: u16,
    },
    /// A document is larger than the limit; see
    /// [`Finansprodukter::max_document`](super::Finansprodukter::max_document).
    DocumentTooLarge,
    /// A document has another media type than was announced.
    OtherMediaType,
    /// A document has no content.
    EmptyDocument,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDialog => "there is no such dialog, or it is not visible to this system user",
            Self::DialogDeleted => "the dialog has been deleted",
            Self::OtherDialog => "the answer is about another dialog",
            Self::Unrelated => "a verdict does not say which submission it answers",
            Self::SeveralVerdicts => "there is more than one verdict",
            Self::OtherType => "an answer is neither an acceptance nor a rejection",
            Self::NotAuthorised => "the answer may not be read with this system user's rights",
            Self::NoDocument => "the answer has no document",
            Self::OtherAddress => "a document's address is not one of this API, year and answer",
            Self::DocumentRefused { status } => {
                return write!(f, "a document could not be fetched (status {status})");
            }
            Self::DocumentTooLarge => "a document is larger than the limit",
            Self::OtherMediaType => "a document has another media type than announced",
            Self::EmptyDocument => "a document has no content",
        })
    }
}

/// A document that answers a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedbackDocument {
    /// Its dispatch.
    pub forsendelse_id: Uuid,
    /// Its id.
    pub dokument_id: Uuid,
    /// The media type that was announced, if it is one.
    pub announced: Option<String>,
    /// When it was announced, if the dialog says so.
    pub created_at: Option<DateTime<Utc>>,
    /// The document itself.
    pub document: Document,
}

impl Finansprodukter {
    /// Follows a submission through Dialogporten.
    ///
    /// One call: polling, at an interval of minutes rather than seconds, is the caller's. The
    /// token for Dialogporten has the scope `digdir:dialogporten`, which the Maskinporten client
    /// must have been granted.
    ///
    /// The rules are partly inferred (which transmission answers which is not documented), so
    /// they are strict: accepted and rejected come only from exactly one answer of exactly that
    /// type, with a document; anything missing, double or of another type
    /// [needs a look](FeedbackState::NeedsALook). Addresses in the dialog are data: ids are taken
    /// from them after their shape has been checked, and no address is called as it stands.
    ///
    /// # Errors
    /// [`Error`] when it is not known what has been announced: no token, no answer, no right. The
    /// feedback can be asked for again.
    pub async fn feedback(&self, receipt: &Receipt) -> Result<Feedback, Error> {
        let base = self.transport.environment().base_url(Api::Finansprodukter)?.clone();
        let dialog = match self.dialog(receipt.dialog_id).await {
            Ok(dialog) => dialog,
            Err(Error::Api(error)) if error.status() == 404 && is_theirs(&error) => return Ok(look(Why::NoDialog)),
            Err(Error::Api(error)) if error.status() == 410 && is_theirs(&error) => {
                return Ok(look(Why::DialogDeleted));
            }
            Err(error) => return Err(error),
        };
        let Announcement {
            verdict,
            mut why,
            documents: announced,
        } = judge(&dialog, receipt, &base);
        let mut documents = Vec::new();
        for found in announced {
            let fetched = self
                .document(receipt.inntektsaar, found.forsendelse_id, found.dokument_id)
                .await;
            let document = match fetched {
                Ok(document) => document,
                Err(error) => match obstacle(&error) {
                    Some(reason) => {
                        why.push(reason);
                        continue;
                    }
                    None => return Err(error),
                },
            };
            if found.media_type.is_some() && found.media_type != document.media_type {
                why.push(Why::OtherMediaType);
            }
            if document.bytes.is_empty() {
                why.push(Why::EmptyDocument);
            }
            documents.push(FeedbackDocument {
                forsendelse_id: found.forsendelse_id,
                dokument_id: found.dokument_id,
                announced: found.media_type,
                created_at: found.created_at,
                document,
            });
        }
        let state = if why.is_empty() {
            verdict
        } else {
            let mut seen = Vec::new();
            for reason in why {
                if !seen.contains(&reason) {
                    seen.push(reason);
                }
            }
            FeedbackState::NeedsALook { why: seen }
        };
        Ok(Feedback { state, documents })
    }

    async fn dialog(&self, id: Uuid) -> Result<Dialog, Error> {
        let answer = self
            .transport
            .send(CallOptions::new(Api::Dialogporten, DIALOG), |call| async move {
                let bindings = Bindings::new_with_client(call.base_url(), call.http(), call.clone());
                bindings.hent_dialog().dialog_id(id).send().await
            })
            .await?;
        answer.value.ok_or_else(|| {
            let found = format!("{} bytes that cannot be read as one", answer.body.len());
            ContractViolation::new(Api::Dialogporten, DIALOG, "", "a dialog", found)
                .with_status(answer.status)
                .with_correlation_id(answer.correlation_id)
                .into()
        })
    }
}

/// An obstacle that will still be there tomorrow. `None`: asking again may help.
fn obstacle(error: &Error) -> Option<Why> {
    match error {
        Error::Api(error) if !error.is_retryable() && error.status() != 401 && is_theirs(error) => {
            Some(Why::DocumentRefused { status: error.status() })
        }
        Error::Transport(error) => {
            matches!(error.kind(), TransportErrorKind::TooLarge { .. }).then_some(Why::DocumentTooLarge)
        }
        _ => None,
    }
}

/// Whether the service itself has answered: its errors are JSON objects. HTML and plain text come
/// from something on the way, which knows nothing about dialogs and documents.
fn is_theirs(error: &ApiError) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(error.body()).is_ok()
}

fn look(why: Why) -> Feedback {
    Feedback {
        state: FeedbackState::NeedsALook { why: vec![why] },
        documents: Vec::new(),
    }
}
