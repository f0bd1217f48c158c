//! What a check found.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{Rule, Severity};

/// One thing that is wrong, or odd, with a submission.
///
/// It holds no value from the body, with one exception: [`Difference`] has the stated and the
/// computed count or control total, since a difference without them helps nobody. `Display`
/// shows them and is meant for the person who owns the file; `Debug` does not.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// JSON pointer to the place; empty for the whole.
    pub pointer: String,
    /// Which rule.
    pub rule: Rule,
    /// How much it weighs here; a rule that the caller has accepted weighs as a remark.
    pub severity: Severity,
    /// What was expected and what was found, without values.
    pub message: String,
    /// The numbers, where the finding is about a count or a control total.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// A count or control total that does not agree.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// What the body states; `None` when it states nothing.
    pub stated: Option<Decimal>,
    /// The exact value over all reports.
    pub computed: Decimal,
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Difference { .. }")
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finding({} {} at {:?})", self.severity, self.rule, self.pointer)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "(the whole)"
        } else {
            &self.pointer
        };
        write!(f, "{} {}: {}: {}", self.severity, self.rule, place, self.message)?;
        if let Some(Difference { stated, computed }) = &self.difference {
            match stated {
                Some(stated) => write!(f, " (stated {stated}, computed {computed})")?,
                None => write!(f, " (not stated, computed {computed})")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remark => "remark",
            Self::Error => "error",
        })
    }
}

/// What a body holds, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Size of the body in bytes.
    pub bytes: usize,
    /// SHA-256 of the body, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// `leveranse.inntektsaar`, if it is there and is a year.
    pub income_year: Option<u16>,
    /// `leveranse.oppgavegiversLeveranseReferanse`, if there.
    #[serde(skip)]
    pub reference: Option<Reference>,
    /// Entries in `oppgave`.
    pub reports: u64,
    /// Entries in `sletteoppgave`.
    pub deletions: u64,
    /// Identity and organisation numbers that are proven synthetic.
    pub synthetic_numbers: u64,
    /// Identity and organisation numbers that can exist and are not proven synthetic.
    pub other_numbers: u64,
}

/// The reporter's own reference for a submission. Free text, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

impl Reference {
    /// Takes the reference as it stands.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The reference.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference(…)")
    }
}

/// Everything that a check found, at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What the body holds.
    pub summary: Summary,
    /// The findings, errors and remarks, in the order of the rules and then of the places.
    pub findings: Vec<Finding>,
    /// How many errors are left out of the list because there are too many.
    pub omitted_errors: usize,
    /// How many remarks are left out of the list because there are too many.
    pub omitted_remarks: usize,
}

impl Report {
    /// Whether nothing stands against sending: no error, in the list or left out of it.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        self.omitted_errors == 0 && self.errors().next().is_none()
    }

    /// The findings that stand against sending.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
    }

    /// How many errors there are, with those that the list leaves out.
    #[must_use]
    pub fn error_count(&self) -> usize {
        self.errors().count() + self.omitted_errors
    }

    /// How many remarks there are, with those that the list leaves out.
    #[must_use]
    pub fn remark_count(&self) -> usize {
        self.remarks().count() + self.omitted_remarks
    }

    /// The findings that do not.
    pub fn remarks(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Remark)
    }

    /// The findings of one rule.
    pub fn of(&self, rule: Rule) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.rule == rule)
    }
}

/// A body that is not sent because of what the check found. `Display` names rules and places,
/// no values; [`InvalidSubmission::report`] has all of it.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidSubmission {
    report: Box<Report>,
}

impl InvalidSubmission {
    pub(crate) fn new(report: Report) -> Self {
        Self {
            report: Box::new(report),
        }
    }

    /// All findings.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// All findings, given away.
    #[must_use]
    pub fn into_report(self) -> Report {
        *self.report
    }
}

impl std::error::Error for InvalidSubmission {}

impl fmt::Debug for InvalidSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidSubmission({self})")
    }
}

impl fmt::Display for InvalidSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        let count = self.report.error_count();
        write!(
            f,
            "the submission is not sent: {count} error{}",
            if count == 1 { "" } else { "s" }
        )?;
        for finding in self.report.errors().take(SHOWN) {
            write!(f, "; {} at {:?}", finding.rule, finding.pointer)?;
        }
        if count > SHOWN {
            write!(f, "; and {} more", count - SHOWN)?;
        }
        Ok(())
    }
}
