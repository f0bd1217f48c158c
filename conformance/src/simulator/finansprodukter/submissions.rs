//! What has been submitted, and the dispatches and documents that came of it.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A submission that was received.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    /// The system user's organisation.
    pub(crate) organisation: String,
    /// The reporter, `oppgavegiver`.
    pub(crate) reporter: String,
    pub(crate) year: i64,
    pub(crate) dialog_id: String,
    /// `forsendelseId` of the report itself.
    pub(crate) dispatch_id: String,
    /// `forsendelseId` of the feedback.
    pub(crate) feedback_id: String,
    pub(crate) received: DateTime<Utc>,
    pub(crate) documents: Vec<Document>,
    /// The receipt's body.
    pub(crate) receipt: Bytes,
}

/// A document of a dispatch.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) id: String,
    /// The dispatch it belongs to: the report's or the feedback's.
    pub(crate) dispatch_id: String,
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) body: Bytes,
}

/// All submissions of one simulator.
#[derive(Debug, Default)]
pub(crate) struct Submissions {
    all: Vec<Submission>,
    /// Organisation and idempotency key → digest of the body, and place in `all`.
    keys: HashMap<(String, Uuid), ([u8; 32], usize)>,
    /// Reporter and year → dialog.
    dialogs: BTreeMap<(String, i64), String>,
}

/// What is known of an idempotency key.
pub(crate) enum Key<'submissions> {
    /// Never used.
    New,
    /// Used with the same body.
    Same(&'submissions Submission),
    /// Used with another body.
    Other,
}

impl Submissions {
    /// What an organisation has used a key for.
    pub(crate) fn key(&self, organisation: &str, key: Uuid, digest: &[u8; 32]) -> Key<'_> {
        match self.keys.get(&(organisation.to_owned(), key)) {
            None => Key::New,
            Some((known, place)) if known == digest => self.all.get(*place).map_or(Key::New, Key::Same),
            Some(_) => Key::Other,
        }
    }

    /// The dialog for a reporter and year, made when it is first asked for.
    pub(crate) fn dialog_for(&mut self, reporter: &str, year: i64) -> String {
        self.dialogs
            .entry((reporter.to_owned(), year))
            .or_insert_with(|| Uuid::new_v4().to_string())
            .clone()
    }

    /// Keeps a submission under its key.
    pub(crate) fn add(&mut self, key: Uuid, digest: [u8; 32], submission: Submission) {
        let name = (submission.organisation.clone(), key);
        self.keys.insert(name, (digest, self.all.len()));
        self.all.push(submission);
    }

    /// The submission with this dispatch, its own or its feedback's; with the documents of that
    /// dispatch only.
    pub(crate) fn dispatch(&self, id: &str) -> Option<Submission> {
        let mut found = self
            .all
            .iter()
            .find(|submission| submission.dispatch_id == id || submission.feedback_id == id)?
            .clone();
        found.documents.retain(|document| document.dispatch_id == id);
        Some(found)
    }

    /// The submissions in a dialog, oldest first.
    pub(crate) fn dialog(&self, id: &str) -> Vec<Submission> {
        self.all
            .iter()
            .filter(|submission| submission.dialog_id == id)
            .cloned()
            .collect()
    }

    /// How many have been taken in.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }
}
