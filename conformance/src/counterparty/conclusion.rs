//! What the vendor's system concluded: a small JSON document that it writes or posts.
//!
//! Some cases cannot be judged from the wire: which order counts, what would be withheld, whether a
//! report was accepted. A system that tells gets them graded; one that does not gets "not run". The
//! document never reaches a pack.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How a task ended, in the system's own view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "a task ends in one of two ways")]
pub enum Outcome {
    /// Everything was done.
    Ok,
    /// Something could not be done; the messages say what.
    Failed,
}

/// The whole document. Every field may be left out; unknown ones are errors, since a misspelt name
/// would silently say nothing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::exhaustive_structs, reason = "made by vendors' tests")]
pub struct Conclusion {
    /// How the task ended.
    pub outcome: Option<Outcome>,
    /// What the operator is shown, or what is logged.
    pub messages: Option<Vec<String>>,
    /// The orders that count now, one entry per order.
    pub orders: Option<Vec<StoredOrder>>,
    /// Orders that were not taken as they are, and went to a person.
    pub set_aside: Option<Vec<OrderRef>>,
    /// Orders that are followed, with a warning.
    pub warnings: Option<Vec<OrderRef>>,
    /// What would be withheld on the pay dates of the task: one entry per order and date. No entry
    /// means that the order gives no instruction for that date.
    pub withholding: Option<Vec<Withheld>>,
    /// The submissions that the system knows of.
    pub submissions: Option<Vec<StoredSubmission>>,
}

impl fmt::Debug for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conclusion")
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// An order as the system holds it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::exhaustive_structs, reason = "made by vendors' tests")]
pub struct StoredOrder {
    /// `trekkid`, as text.
    pub trekkid: String,
    /// `trekkversjon`.
    pub trekkversjon: u64,
    /// The organisation whose data it is.
    pub organisation: Option<String>,
    /// `kidnummer`.
    pub kidnummer: Option<String>,
    /// `kontonummer`.
    pub kontonummer: Option<String>,
    /// `betalingsmottaker`.
    pub betalingsmottaker: Option<String>,
}

impl fmt::Debug for StoredOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.trekkid, self.trekkversjon)
    }
}

/// An order that something is said about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::exhaustive_structs, reason = "made by vendors' tests")]
pub struct OrderRef {
    /// `trekkid`, as text.
    pub trekkid: String,
}

/// What would be withheld at one payment: exactly one of the two sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::exhaustive_structs, reason = "made by vendors' tests")]
pub struct Withheld {
    /// `trekkid`, as text.
    pub trekkid: String,
    /// The date of the payment.
    pub pay_date: NaiveDate,
    /// Kroner at this payment, as a decimal in text.
    pub amount: Option<String>,
    /// Per cent of gross at this payment, as a decimal in text.
    pub percent: Option<String>,
}

/// A submission as the system holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::exhaustive_structs, reason = "made by vendors' tests")]
pub struct StoredSubmission {
    /// `oppgavegiversLeveranseReferanse`.
    pub reference: String,
    /// Where it stands.
    pub status: SubmissionStatus,
    /// `dialogId` of the receipt.
    pub dialog_id: Option<String>,
    /// `forsendelseId` of the receipt.
    pub forsendelse_id: Option<String>,
    /// `antallOppgaver` of the receipt.
    pub antall_oppgaver: Option<u64>,
    /// SHA-256 of each stored document, hexadecimal.
    pub documents: Vec<String>,
}

/// Where a submission stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_enums, reason = "what a system can know of a submission")]
pub enum SubmissionStatus {
    /// Nothing is known to have arrived.
    #[default]
    NotSent,
    /// There is a receipt, and no feedback.
    Sent,
    /// The feedback accepts it.
    Accepted,
    /// The feedback rejects it.
    Rejected,
    /// The service refused to take it in.
    Refused,
}

impl Conclusion {
    /// Reads the document.
    ///
    /// # Errors
    /// What is wrong, without any of its values.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ConclusionError> {
        serde_json::from_slice(bytes).map_err(|error| ConclusionError {
            line: error.line(),
            column: error.column(),
            kind: match error.classify() {
                serde_json::error::Category::Data => "a field is unknown or of the wrong type",
                _ => "it is no complete JSON",
            },
        })
    }

    /// Whether a message holds one of these texts, whatever the case.
    pub(super) fn says(&self, needles: &[&str]) -> bool {
        self.messages.iter().flatten().any(|message| {
            let message = message.to_lowercase();
            needles.iter().any(|needle| message.contains(&needle.to_lowercase()))
        })
    }

    pub(super) fn failed(&self) -> bool {
        self.outcome == Some(Outcome::Failed)
    }

    /// The version of an order that counts now.
    pub(super) fn version(&self, trekkid: &str) -> Option<u64> {
        let mut orders = self.orders.iter().flatten();
        orders
            .find(|order| order.trekkid == trekkid)
            .map(|order| order.trekkversjon)
    }

    /// Whether an order counts now.
    pub(super) fn holds(&self, trekkid: &str) -> bool {
        self.orders.iter().flatten().any(|order| order.trekkid == trekkid)
    }

    /// Whether an order went to a person.
    pub(super) fn set_aside(&self, trekkid: &str) -> bool {
        self.set_aside.iter().flatten().any(|order| order.trekkid == trekkid)
    }
}

/// A result document that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the result document cannot be used: {kind} (line {line}, column {column}); docs/counterparty.md describes it")]
pub struct ConclusionError {
    line: usize,
    column: usize,
    kind: &'static str,
}
