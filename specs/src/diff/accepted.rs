//! Findings that somebody has accepted, with a reason and an expiry.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::Finding;

/// A list of accepted findings: `[[accepted]]` tables in TOML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    #[serde(default)]
    accepted: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: String,
    /// Optional, for people; must be the finding's when it is given.
    rule: Option<String>,
    reason: String,
    expires: String,
}

/// Why and until when a finding is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acceptance {
    /// In the words of who accepted it.
    pub reason: String,
    /// Last day on which the acceptance counts, `YYYY-MM-DD`.
    pub expires: String,
}

/// A list of accepted findings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the list of accepted findings cannot be used: {0}; an entry is `[[accepted]]` with `fingerprint`, `reason`, `expires = \"YYYY-MM-DD\"` and optionally `rule`"
)]
pub struct AcceptedError(String);

impl Accepted {
    /// Reads the list.
    ///
    /// # Errors
    /// [`AcceptedError`] when it is not TOML of this shape, a reason is empty, a date is none, or
    /// a fingerprint stands twice.
    pub fn parse(text: &str) -> Result<Self, AcceptedError> {
        let list: Self = toml::from_str(text).map_err(|error| AcceptedError(error.to_string()))?;
        let mut seen = std::collections::BTreeSet::new();
        for entry in &list.accepted {
            let fault = |problem: &str| Err(AcceptedError(format!("the entry for {}: {problem}", entry.fingerprint)));
            if entry.reason.trim().is_empty() {
                return fault("its reason is empty");
            }
            if entry.expires.parse::<NaiveDate>().is_err() {
                return fault("its expiry is no date");
            }
            if !seen.insert(&entry.fingerprint) {
                return fault("it stands there twice");
            }
        }
        Ok(list)
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &str> {
        self.accepted.iter().filter_map(|entry| entry.rule.as_deref())
    }
}

/// Marks accepted findings, and returns what is wrong with the list: an entry that matches no
/// finding would accept tomorrow's by surprise, one that has expired accepts nothing.
pub(crate) fn apply(list: &Accepted, findings: &mut [Finding], today: Option<NaiveDate>) -> Vec<String> {
    let mut faults = Vec::new();
    for entry in &list.accepted {
        let expired = entry
            .expires
            .parse::<NaiveDate>()
            .is_ok_and(|last| today.is_some_and(|today| last < today));
        let found = findings.iter_mut().find(|finding| {
            finding.fingerprint == entry.fingerprint && entry.rule.as_ref().is_none_or(|rule| *rule == finding.rule)
        });
        match found {
            None => faults.push(format!(
                "accepted finding {} matches nothing: remove the entry (its reason was: {})",
                entry.fingerprint, entry.reason
            )),
            Some(_) if expired => faults.push(format!(
                "accepted finding {} expired on {}: mend it, or accept it again with a new date (its reason was: {})",
                entry.fingerprint, entry.expires, entry.reason
            )),
            Some(finding) => {
                finding.accepted = Some(Acceptance {
                    reason: entry.reason.clone(),
                    expires: entry.expires.clone(),
                });
            }
        }
    }
    faults
}
