//! The receipt of a submission. It is not the verdict.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::submission::Submission;
use crate::error::ContractViolation;
use crate::generated::finansprodukter::types::Leveransebekreftelse;

/// What the API answers to a submission that it has received, and what of ours it belongs to.
///
/// **Received is not accepted**: whether the reports are accepted is told later, in a document;
/// see [`Finansprodukter::feedback`](super::Finansprodukter::feedback). Keep the receipt until
/// then; it can be written to and read from JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Receipt {
    /// Id of the dialog in Dialogporten where feedback is announced.
    pub dialog_id: Uuid,
    /// Id of the dispatch that the submission became.
    pub forsendelse_id: Uuid,
    /// The reference as the API gives it back; not always the one that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oppgavegivers_leveranse_referanse: Option<String>,
    /// How many reports the API has counted.
    pub antall_oppgaver: i64,
    /// How many deletions the API has counted, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antall_sletteoppgaver: Option<i64>,
    /// The income year of the submission; the API does not repeat it.
    pub inntektsaar: u16,
    /// The idempotency key of the submission.
    pub idempotency_key: Uuid,
    /// SHA-256 of the bytes that were sent.
    pub sha256: String,
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("dialog_id", &self.dialog_id)
            .field("forsendelse_id", &self.forsendelse_id)
            .field("antall_oppgaver", &self.antall_oppgaver)
            .field("inntektsaar", &self.inntektsaar)
            .field("idempotency_key", &self.idempotency_key)
            .finish_non_exhaustive()
    }
}

impl Receipt {
    pub(crate) fn new(submission: &Submission, answer: Leveransebekreftelse) -> Self {
        Self {
            dialog_id: answer.dialog_id,
            forsendelse_id: answer.forsendelse_id,
            oppgavegivers_leveranse_referanse: answer.oppgavegivers_leveranse_referanse,
            antall_oppgaver: answer.antall_oppgaver,
            antall_sletteoppgaver: answer.antall_sletteoppgaver,
            inntektsaar: submission.income_year(),
            idempotency_key: submission.key(),
            sha256: submission.sha256().to_owned(),
        }
    }

    /// What does not agree between the receipt and the submission it is for.
    #[must_use]
    pub fn compare(&self, submission: &Submission) -> Vec<ReceiptRemark> {
        let mut remarks = Vec::new();
        let differs = |sent: u64, received: i64| i128::from(sent) != i128::from(received);
        if differs(submission.reports(), self.antall_oppgaver) {
            remarks.push(ReceiptRemark::Reports {
                sent: submission.reports(),
                received: self.antall_oppgaver,
            });
        }
        if let Some(received) = self.antall_sletteoppgaver
            && differs(submission.deletions(), received)
        {
            remarks.push(ReceiptRemark::Deletions {
                sent: submission.deletions(),
                received,
            });
        }
        if submission.reference() != self.oppgavegivers_leveranse_referanse.as_deref() {
            remarks.push(ReceiptRemark::Reference);
        }
        remarks
    }
}

/// Something in a receipt that a person should look at. The submission has been received all the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptRemark {
    /// The API has counted another number of reports than were sent.
    Reports {
        /// Reports in the submission.
        sent: u64,
        /// Reports according to the receipt.
        received: i64,
    },
    /// The API has counted another number of deletions than were sent.
    Deletions {
        /// Deletions in the submission.
        sent: u64,
        /// Deletions according to the receipt.
        received: i64,
    },
    /// The reference in the receipt is not the one that was sent. The service's own published
    /// example has this, so it is no proof of a mix-up.
    Reference,
}

impl fmt::Display for ReceiptRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reports { sent, received } => write!(
                f,
                "the receipt counts {received} reports, but {sent} were sent: ask the authority \
                 with the receipt's ids before anything is sent again"
            ),
            Self::Deletions { sent, received } => write!(
                f,
                "the receipt counts {received} deletions, but {sent} were sent: ask the authority \
                 with the receipt's ids before anything is sent again"
            ),
            Self::Reference => {
                f.write_str("the receipt's oppgavegiversLeveranseReferanse is not the one that was sent")
            }
        }
    }
}

/// The receipt that the bindings could not read: what is wrong, without its values.
pub(crate) fn unreadable(body: &[u8], operation: &'static str) -> ContractViolation {
    let api = crate::Api::Finansprodukter;
    let expected = "a receipt with dialogId and forsendelseId (UUID) and antallOppgaver (integer)";
    let found = match serde_json::from_slice::<serde_json::Value>(body) {
        Err(_) if body.is_empty() => "an empty body".to_owned(),
        Err(_) => format!("{} bytes that are not JSON", body.len()),
        Ok(serde_json::Value::Object(members)) => {
            let wrong = ["dialogId", "forsendelseId", "antallOppgaver"]
                .into_iter()
                .find(|name| {
                    let value = members.get(*name);
                    if *name == "antallOppgaver" {
                        value.and_then(serde_json::Value::as_i64).is_none()
                    } else {
                        value
                            .and_then(serde_json::Value::as_str)
                            .is_none_or(|text| Uuid::parse_str(text).is_err())
                    }
                });
            match wrong {
                Some(name) => format!("an object whose {name} is missing or of another kind"),
                None => "an object with a member of another kind".to_owned(),
            }
        }
        Ok(_) => "JSON that is no object".to_owned(),
    };
    ContractViolation::new(api, operation, "", expected, found)
}
