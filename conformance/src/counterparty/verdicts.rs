//! What a recording says, for a vendor's own tests.

use std::collections::BTreeSet;

use super::Judgement;
use crate::results::Verdict;

/// What a recording says about every case.
#[derive(Debug, Clone)]
pub struct Verdicts(Vec<Judgement>);

impl Verdicts {
    pub(super) fn new(all: Vec<Judgement>) -> Self {
        Self(all)
    }

    /// Every case that can be judged, in ascending order of id.
    #[must_use]
    pub fn all(&self) -> &[Judgement] {
        &self.0
    }

    /// One case.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Judgement> {
        self.0.iter().find(|judgement| judgement.case_id == id)
    }

    /// The cases with this verdict.
    #[must_use]
    pub fn with(&self, verdict: Verdict) -> BTreeSet<&'static str> {
        self.0
            .iter()
            .filter(|judgement| judgement.verdict == verdict)
            .map(|judgement| judgement.case_id)
            .collect()
    }

    /// Asserts that a case passed, with or without a remark; says otherwise what was found and
    /// what to correct.
    ///
    /// # Panics
    /// When it did not, or no such case is judged: this is for tests.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion, for tests")]
    pub fn assert_passed(&self, id: &str) {
        match self.case(id) {
            Some(judgement) if judgement.verdict.is_pass() => {}
            Some(judgement) => panic!(
                "{id} is {}: {}\n  what to do: {}",
                judgement.verdict.label().en,
                judgement.reason.en,
                judgement.hint.en
            ),
            None => panic!("there is no case {id} that a recording can show"),
        }
    }

    /// Asserts that no case failed. Cases that were not run are no failure.
    ///
    /// # Panics
    /// When one did: this is for tests.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion, for tests")]
    pub fn assert_none_failed(&self) {
        let failed: Vec<String> = self
            .0
            .iter()
            .filter(|judgement| judgement.verdict.is_finding())
            .map(|judgement| {
                format!(
                    "\n  {}: {}\n    what to do: {}",
                    judgement.case_id, judgement.reason.en, judgement.hint.en
                )
            })
            .collect();
        if !failed.is_empty() {
            panic!("{} case(s) failed:{}", failed.len(), failed.concat());
        }
    }
}
