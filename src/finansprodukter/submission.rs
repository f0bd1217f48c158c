//! A submission: its idempotency key and its exact bytes.

use std::fmt;

use bytes::Bytes;
use uuid::Uuid;

use super::check::{Checker, Finding, InvalidSubmission, Reference, Report, Summary};

/// One request to the API: exact bytes, and the idempotency key that was made with them.
///
/// Both stay what they are for as long as the submission lives, so sending it again is safe: the
/// API processes the same bytes under the same key once. A *corrected* body is another
/// submission, with a key of its own.
///
/// `Debug` shows neither the bytes nor the reference.
#[derive(Clone)]
pub struct Submission {
    key: Uuid,
    bytes: Bytes,
    content: Content,
    remarks: Vec<Finding>,
}

/// What is known of a submission beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) sha256: String,
    pub(crate) year: u16,
    pub(crate) reports: u64,
    pub(crate) deletions: u64,
    pub(crate) reference: Option<Reference>,
}

impl Content {
    fn new(summary: Summary, year: u16) -> Self {
        let Summary {
            sha256,
            reference,
            reports,
            deletions,
            ..
        } = summary;
        Self {
            sha256,
            year,
            reports,
            deletions,
            reference,
        }
    }
}

impl Submission {
    /// Takes over a body exactly as it is, after checking it with every rule.
    ///
    /// # Errors
    /// [`InvalidSubmission`], with all findings at once.
    pub fn from_json(bytes: impl Into<Bytes>) -> Result<Self, InvalidSubmission> {
        Self::checked(bytes, &Checker::new())
    }

    /// Takes over a body exactly as it is, after checking it with the rules that the checker
    /// holds against it.
    ///
    /// # Errors
    /// [`InvalidSubmission`], with all findings at once.
    pub fn checked(bytes: impl Into<Bytes>, checker: &Checker) -> Result<Self, InvalidSubmission> {
        let bytes = bytes.into();
        let report = checker.check(&bytes);
        // Without a year there is no address to send to; the check has an error then.
        let Some(year) = report.summary.income_year.filter(|_| report.is_sendable()) else {
            return Err(InvalidSubmission::new(report));
        };
        let Report { summary, findings, .. } = report;
        Ok(Self {
            key: Uuid::new_v4(),
            bytes,
            content: Content::new(summary, year),
            remarks: findings,
        })
    }

    /// A submission that was written down earlier, under the key that it had: for a
    /// [`Journal`](super::Journal) of your own. Nothing stands against it here, because what may
    /// have been sent must be sent again as it is, whatever today's rules say.
    ///
    /// # Errors
    /// [`InvalidSubmission`] when the bytes state no income year, and so were never a submission.
    pub fn restore(key: Uuid, bytes: impl Into<Bytes>) -> Result<Self, InvalidSubmission> {
        let bytes = bytes.into();
        let report = Checker::new().check(&bytes);
        match report.summary.income_year {
            Some(year) => Ok(Self::restored(key, bytes, Content::new(report.summary, year))),
            None => Err(InvalidSubmission::new(report)),
        }
    }

    /// The same where the content is known already.
    pub(crate) fn restored(key: Uuid, bytes: Bytes, content: Content) -> Self {
        Self {
            key,
            bytes,
            content,
            remarks: Vec::new(),
        }
    }

    /// The same bytes as a submission of its own, under a new key, so that the API processes them
    /// again. Never the way out of an error: after one, the same key is what prevents a second
    /// submission.
    #[must_use]
    pub fn with_new_key(&self) -> Self {
        Self {
            key: Uuid::new_v4(),
            ..self.clone()
        }
    }

    /// The idempotency key.
    #[must_use]
    pub fn key(&self) -> Uuid {
        self.key
    }

    /// The body. It holds personal data: keep it out of logs.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of the body, as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.content.sha256
    }

    /// The income year it is for, and is sent under.
    #[must_use]
    pub fn income_year(&self) -> u16 {
        self.content.year
    }

    /// How many reports (`oppgave`) it holds.
    #[must_use]
    pub fn reports(&self) -> u64 {
        self.content.reports
    }

    /// How many deletions (`sletteoppgave`) it holds.
    #[must_use]
    pub fn deletions(&self) -> u64 {
        self.content.deletions
    }

    /// The reporter's own reference, if it has one.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.content.reference.as_ref().map(Reference::as_str)
    }

    /// What the check found without standing against sending.
    #[must_use]
    pub fn remarks(&self) -> &[Finding] {
        &self.remarks
    }
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("key", &self.key)
            .field("bytes", &self.bytes.len())
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}
