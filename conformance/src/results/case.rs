//! The result of one case.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Grade, Provenance, Text, Verdict};

/// The result of one case, with every attempt at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseResult {
    /// The case, for instance `TP-01`.
    pub case_id: String,
    /// The requirements it shows something about.
    pub requirement_ids: Vec<String>,
    /// Who was tested against what; for a case that was not run, the grade it would have had.
    pub grade: Grade,
    /// Whether the case ran to its end.
    pub run_status: RunStatus,
    /// The verdict: that of the last attempt.
    pub verdict: Verdict,
    /// Why, in one or two sentences.
    pub reason: Text,
    /// What was checked, in order. At least one where the verdict rests on checks.
    pub checks: Vec<Check>,
    /// Every attempt, oldest first; the last one gave the verdict. Empty when nothing was tried.
    pub attempts: Vec<Attempt>,
    /// When the last attempt started; absent when nothing was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// How long the last attempt took, in milliseconds.
    pub ms: u64,
    /// The recorded exchanges of all attempts, each `CASE/N` for the file `logg/CASE/N.json`.
    pub exchange_ids: Vec<String>,
    /// What came out of it beside the verdict (a receipt, a count), in a sentence without personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Text>,
    /// The deviation that the vendor has registered for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation_id: Option<String>,
    /// Correlation ids that the authority's support can look up.
    pub correlation_ids: Vec<String>,
}

/// Whether a case ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunStatus {
    /// It ran to its end.
    Finished,
    /// It was stopped before its end.
    Interrupted,
    /// It never started.
    NotStarted,
}

/// One attempt at a case. The first stays visible whatever came later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// When it started.
    pub start: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: Text,
    /// The exchanges recorded in it.
    pub exchange_ids: Vec<String>,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// What was checked.
    pub name: Text,
    /// How it ended.
    pub verdict: Verdict,
    /// Where the rule comes from.
    pub provenance: Provenance,
    /// What the rule asks for.
    pub expected: Text,
    /// What was found; values that could be personal are masked.
    pub found: Text,
}

/// Something in the results that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The case, or `run`.
    pub subject: String,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    pub(super) fn new(subject: &str, message: impl Into<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

impl CaseResult {
    /// A case that was not tried, with the reason: nothing else is known of it.
    #[must_use]
    pub fn untried(
        case_id: impl Into<String>,
        requirement_ids: Vec<String>,
        grade: Grade,
        verdict: Verdict,
        reason: Text,
    ) -> Self {
        Self {
            case_id: case_id.into(),
            requirement_ids,
            grade,
            run_status: RunStatus::NotStarted,
            verdict,
            reason,
            checks: Vec::new(),
            attempts: Vec::new(),
            start: None,
            ms: 0,
            exchange_ids: Vec::new(),
            outcome: None,
            deviation_id: None,
            correlation_ids: Vec::new(),
        }
    }

    /// Takes over the attempts of an earlier result of the same case, so that it stays visible:
    /// its attempts come first, and its exchanges and correlation ids are kept.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        let mut attempts = earlier.attempts.clone();
        for attempt in self.attempts {
            if !attempts
                .iter()
                .any(|known| known.start == attempt.start && known.exchange_ids == attempt.exchange_ids)
            {
                attempts.push(attempt);
            }
        }
        for (number, attempt) in (1..).zip(attempts.iter_mut()) {
            attempt.number = number;
        }
        self.attempts = attempts;
        self.exchange_ids = union(&earlier.exchange_ids, &self.exchange_ids);
        self.correlation_ids = union(&earlier.correlation_ids, &self.correlation_ids);
        self
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say = |message: &str| problems.push(Problem::new(&self.case_id, message));
        if self.verdict.rests_on_checks() && self.checks.is_empty() {
            say("the verdict rests on checks, but none is recorded");
        }
        if self.verdict.is_pass() {
            if self.run_status != RunStatus::Finished {
                say("passed, but it did not run to its end");
            }
            if let Some(check) = self.checks.iter().find(|check| check.verdict.is_finding()) {
                say(&format!(
                    "passed, but the check \"{}\" ended as {}",
                    check.name.en,
                    check.verdict.code()
                ));
            }
        }
        if self.verdict == Verdict::Passed && self.checks.iter().any(|check| check.verdict == Verdict::Remark) {
            say("passed without remark, but a check has one");
        }
        if self.attempts.last().is_some_and(|last| last.verdict != self.verdict) {
            say("the verdict is not that of the last attempt");
        }
        for (number, attempt) in (1..).zip(&self.attempts) {
            if attempt.number != number {
                say("attempts are not numbered from 1");
                break;
            }
        }
        if self.reason.nb.is_empty() || self.reason.en.is_empty() {
            say("the reason is missing in a language");
        }
        problems
    }
}

fn union(first: &[String], second: &[String]) -> Vec<String> {
    let mut all = first.to_vec();
    for item in second {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
    all
}
