//! What the results add up to: which cases count as tested, the checklist, the conclusion.

use std::collections::BTreeMap;

use crate::{
    evidence::{Counts, PackData},
    results::{CaseResult, ChecklistItem, Deviation, Grade, Verdict},
};

/// Whether a result says something about the vendor's case: it was tried (or stated) and counts.
pub(super) fn counts_as_tested(result: &CaseResult) -> bool {
    result.grade.counts()
        && matches!(
            result.verdict,
            Verdict::Passed | Verdict::Remark | Verdict::Failed | Verdict::NeedsReview | Verdict::Attested
        )
}

/// Numbers for the first page. Self-checks are in none of them but the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) counts: Counts,
    /// Cases of grades A to D that were tried, whatever came of it.
    pub(super) tried: usize,
    /// Those of them that failed, were blocked or ended in a tool error.
    pub(super) findings: usize,
    /// Cases of the catalogue without a result that counts as tested.
    pub(super) untested: usize,
    /// Cases of the catalogue.
    pub(super) all: usize,
    /// Deviations that are not shown corrected.
    pub(super) open: usize,
    /// Self-checks that were made.
    pub(super) selfchecks: usize,
}

impl Status {
    pub(super) fn of(data: &PackData) -> Self {
        let results = &data.results.results;
        let by_case: BTreeMap<&str, &CaseResult> =
            results.iter().map(|result| (result.case_id.as_str(), result)).collect();
        let mut all: Vec<&str> = data
            .catalogue
            .cases
            .iter()
            .map(|case| case.id.as_str())
            .chain(by_case.keys().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        let counted = || {
            results
                .iter()
                .filter(|result| result.grade.counts() && was_tried(result))
        };
        Self {
            counts: Counts::of(results),
            tried: counted().count(),
            findings: counted().filter(|result| result.verdict.is_finding()).count(),
            untested: all
                .iter()
                .filter(|id| !by_case.get(*id).is_some_and(|result| counts_as_tested(result)))
                .count(),
            all: all.len(),
            open: open(&data.deviations).count(),
            selfchecks: results
                .iter()
                .filter(|result| result.grade == Grade::E && was_tried(result))
                .count(),
        }
    }
}

/// Whether anything was tried at all.
pub(super) fn was_tried(result: &CaseResult) -> bool {
    !matches!(result.verdict, Verdict::NotRun | Verdict::NotApplicable)
}

/// Deviations that are not shown corrected, worst first.
pub(super) fn open(deviations: &[Deviation]) -> impl Iterator<Item = &Deviation> {
    let mut open: Vec<&Deviation> = deviations
        .iter()
        .filter(|deviation| deviation.status.is_open())
        .collect();
    open.sort_by(|a, b| a.severity.cmp(&b.severity).then_with(|| a.id.cmp(&b.id)));
    open.into_iter()
}

/// Results that are findings and have no deviation in the list.
pub(super) fn unregistered(data: &PackData) -> Vec<&CaseResult> {
    data.results
        .results
        .iter()
        .filter(|result| {
            result.verdict.is_finding()
                && !data
                    .deviations
                    .iter()
                    .any(|deviation| deviation.case_id == result.case_id && deviation.status.is_open())
        })
        .collect()
}

/// How far a line of the checklist has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineState {
    /// Shown by cases that passed and count.
    Done,
    /// Stated by the vendor.
    Attested,
    /// A case that should show it failed, was blocked or ended in a tool error.
    Failed,
    /// Only self-checks say something.
    SelfCheck,
    /// Nothing shows it, or not all that should.
    NotDone,
}

impl LineState {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Done => "st_done",
            Self::Attested => "st_attested",
            Self::Failed => "st_failed",
            Self::SelfCheck => "st_selfcheck",
            Self::NotDone => "st_not_done",
        }
    }

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Done => "passed",
            Self::Attested => "attested",
            Self::Failed => "failed",
            Self::SelfCheck | Self::NotDone => "notRun",
        }
    }
}

/// The state of a line. It is done only when every case that shows it has passed in a grade that
/// counts; cases that do not apply are left out.
pub(super) fn line_state(item: &ChecklistItem, data: &PackData) -> LineState {
    let results: Vec<Option<&CaseResult>> = item
        .case_ids
        .iter()
        .map(|id| data.results.case(id))
        .filter(|result| !result.is_some_and(|result| result.verdict == Verdict::NotApplicable))
        .collect();
    let counted = |wanted: fn(&CaseResult) -> bool| {
        results
            .iter()
            .flatten()
            .filter(move |result| result.grade.counts() && wanted(result))
            .count()
    };
    let shown = counted(|result| result.verdict.is_pass());
    let stated = counted(|result| result.verdict == Verdict::Attested);
    if counted(|result| result.verdict.is_finding()) > 0 {
        LineState::Failed
    } else if results.is_empty() || shown + stated < results.len() {
        let only_selfchecks = !results.is_empty()
            && results
                .iter()
                .all(|result| result.is_some_and(|result| result.grade == Grade::E && was_tried(result)));
        if only_selfchecks {
            LineState::SelfCheck
        } else {
            LineState::NotDone
        }
    } else if shown == 0 {
        LineState::Attested
    } else {
        LineState::Done
    }
}
