//! Counting verdicts without ever mixing what must not be mixed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::results::{CaseResult, Grade, Verdict};

/// Number of cases by grade and verdict. There is no sum over all grades: a self-check (grade E)
/// is not evidence and is never added to anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Grade, BTreeMap<Verdict, usize>>);

impl Counts {
    /// Counts results.
    #[must_use]
    pub fn of<'a>(results: impl IntoIterator<Item = &'a CaseResult>) -> Self {
        let mut counts = Self::default();
        for result in results {
            *counts
                .0
                .entry(result.grade)
                .or_default()
                .entry(result.verdict)
                .or_default() += 1;
        }
        counts
    }

    /// Cases of one grade with one verdict.
    #[must_use]
    pub fn get(&self, grade: Grade, verdict: Verdict) -> usize {
        self.0
            .get(&grade)
            .and_then(|verdicts| verdicts.get(&verdict))
            .copied()
            .unwrap_or_default()
    }

    /// Cases of one grade, whatever the verdict.
    #[must_use]
    pub fn of_grade(&self, grade: Grade) -> usize {
        self.0
            .get(&grade)
            .map(|verdicts| verdicts.values().sum())
            .unwrap_or_default()
    }

    /// Cases of one grade that passed, with or without remark.
    #[must_use]
    pub fn passed(&self, grade: Grade) -> usize {
        self.get(grade, Verdict::Passed) + self.get(grade, Verdict::Remark)
    }

    /// Cases with one verdict, over all grades that count: E is left out.
    #[must_use]
    pub fn counted(&self, verdict: Verdict) -> usize {
        Grade::ALL
            .into_iter()
            .filter(|grade| grade.counts())
            .map(|grade| self.get(grade, verdict))
            .sum()
    }

    /// Whether any result, self-checks included, is a finding: the exit code is then 100.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        self.0
            .values()
            .any(|verdicts| verdicts.iter().any(|(verdict, n)| verdict.is_finding() && *n > 0))
    }

    /// The grades that occur, strongest first.
    pub fn grades(&self) -> impl Iterator<Item = Grade> + '_ {
        self.0.keys().copied()
    }
}
