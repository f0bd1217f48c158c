//! Innrapportering finansprodukter (RF-1301): reports from financial institutions.
//!
//! From a file to a receipt, and from the receipt to the verdict:
//!
//! ```no_run
//! use skatteetaten_client::Client;
//! use skatteetaten_client::finansprodukter::{FeedbackState, FileJournal, Repeat, Submission};
//!
//! # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! let submission = Submission::from_json(std::fs::read("report.json")?)?; // checked, all findings at once
//! let journal = FileJournal::open("journal").await?; // written down before it is sent
//! let api = client.finansprodukter();
//! let submitted = api.submit_with(&submission, &journal, Repeat::Never).await?;
//!
//! // Later: received is not accepted.
//! match api.feedback(&submitted.receipt).await?.state {
//!     FeedbackState::Accepted => println!("accepted"),
//!     FeedbackState::Rejected => println!("rejected"),
//!     other => println!("{other}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Everyday work looks like this:
//!
//! * **a correction** is a submission of its own, with the whole corrected report;
//! * **a deletion** names owner and account in `sletteoppgave`; it counts in no total;
//! * **nothing to report** is `leveransetype` `ingenOppgaver` without reports;
//! * **several parts**: each is complete in itself; see [`SubmissionBuilder::build_parts`].

/// The guide's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/file-to-receipt.md")]
struct Guide;

mod api;
mod builder;
pub mod check;
mod document;
mod feedback;
mod journal;
mod receipt;
mod submission;
mod submit;

pub use crate::generated::finansprodukter::types;

pub use api::Finansprodukter;
pub use builder::{BuildError, SubmissionBuilder};
pub use check::{Checker, Finding, InvalidSubmission, MAX_BYTES, Report, Rule, Severity, check};
pub use document::Document;
pub use feedback::{Feedback, FeedbackDocument, FeedbackState, Why};
pub use journal::{Entry, FileJournal, Journal, JournalError, Outcome, Repeat};
pub use receipt::{Receipt, ReceiptRemark};
pub use submission::Submission;
pub use submit::{SubmitError, Submitted};
