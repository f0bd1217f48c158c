//! Two packs side by side: what was fixed, what regressed, what is new, what vanished.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::results::{CaseResult, Grade, Results, Verdict};

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It was no finding and is one now.
    Regressed,
    /// It is new, and a finding.
    NewFinding,
    /// It was a finding and passes now.
    Fixed,
    /// It was a finding and still is.
    StillFinding,
    /// It is new.
    New,
    /// It is no longer there.
    Vanished,
    /// Its verdict changed in another way.
    Other,
    /// Only its grade changed: another subject was tested, or against something else.
    Regraded,
}

/// One case in both packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseChange {
    /// The case.
    pub case_id: String,
    /// What became of it.
    pub change: Change,
    /// Verdict and grade in the first pack.
    pub before: Option<(Verdict, Grade)>,
    /// Verdict and grade in the second pack.
    pub after: Option<(Verdict, Grade)>,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Every case that changed or is still a finding, by change and case id.
    pub changes: Vec<CaseChange>,
    /// Cases that are as they were.
    pub unchanged: usize,
    /// Requirements that had a passing case which counts, and have none now.
    pub requirements_lost: Vec<String>,
}

impl Comparison {
    /// Whether something got worse: a regression or a new finding.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change.change, Change::Regressed | Change::NewFinding))
    }

    /// Cases with one kind of change.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &CaseChange> {
        self.changes.iter().filter(move |case| case.change == change)
    }
}

/// Compares the results of two packs.
#[must_use]
pub fn compare(before: &Results, after: &Results) -> Comparison {
    let ids: BTreeSet<&str> = before
        .results
        .iter()
        .chain(&after.results)
        .map(|result| result.case_id.as_str())
        .collect();
    let mut changes = Vec::new();
    let mut unchanged = 0;
    for id in ids {
        let (old, new) = (before.case(id), after.case(id));
        match change(old, new) {
            Some(change) => changes.push(CaseChange {
                case_id: id.to_owned(),
                change,
                before: old.map(|result| (result.verdict, result.grade)),
                after: new.map(|result| (result.verdict, result.grade)),
            }),
            None => unchanged += 1,
        }
    }
    changes.sort_by(|a, b| a.change.cmp(&b.change).then_with(|| a.case_id.cmp(&b.case_id)));
    let (had, has) = (shown(before), shown(after));
    Comparison {
        changes,
        unchanged,
        requirements_lost: had.difference(&has).map(|id| (*id).to_owned()).collect(),
    }
}

fn change(before: Option<&CaseResult>, after: Option<&CaseResult>) -> Option<Change> {
    match (before, after) {
        (None, None) => None,
        (None, Some(new)) if new.verdict.is_finding() => Some(Change::NewFinding),
        (None, Some(_)) => Some(Change::New),
        (Some(_), None) => Some(Change::Vanished),
        (Some(old), Some(new)) => match (old.verdict.is_finding(), new.verdict.is_finding()) {
            (false, true) => Some(Change::Regressed),
            (true, true) => Some(Change::StillFinding),
            // Not trying a case again does not mend it.
            (true, false) if new.verdict.is_pass() => Some(Change::Fixed),
            _ if old.verdict != new.verdict => Some(Change::Other),
            _ if old.grade != new.grade => Some(Change::Regraded),
            _ => None,
        },
    }
}

/// Requirements that a passing case shows, in a grade that counts.
fn shown(results: &Results) -> BTreeSet<&str> {
    results
        .results
        .iter()
        .filter(|result| result.grade.counts() && (result.verdict.is_pass() || result.verdict == Verdict::Attested))
        .flat_map(|result| result.requirement_ids.iter().map(String::as_str))
        .collect()
}
