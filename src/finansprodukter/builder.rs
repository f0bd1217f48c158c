//! Builds submissions from typed values; counts and control totals are computed.

use serde_json::Value;

use super::check::{Checker, InvalidSubmission, MAX_BYTES, totals_of};
use super::submission::Submission;
use crate::error::Misuse;
use crate::generated::finansprodukter::types::{
    Innsending, Leveranse, Leveransetype, Oppgave, Oppgavegiver, Oppgaveoppsummering, Sletteoppgave,
};

/// Builds a submission, or several parts, from typed values.
///
/// `leveransetype`, `antallOppgaver` and every control total follow from the reports; they cannot
/// be set, so they cannot differ.
///
/// ```
/// use skatteetaten_client::finansprodukter::{SubmissionBuilder, types};
///
/// let reporter: types::Oppgavegiver = types::Oppgavegiver::builder()
///     .organisasjonsnummer("312345676")
///     .try_into()?;
/// let submission = SubmissionBuilder::new("Example 1.0", reporter, 2025)
///     .reference("2025-nothing-to-report")
///     .build()?;
/// assert_eq!(submission.reports(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SubmissionBuilder {
    source: String,
    reporter: Oppgavegiver,
    year: u16,
    reference: Option<String>,
    reports: Vec<Oppgave>,
    deletions: Vec<Sletteoppgave>,
    checker: Checker,
}

impl SubmissionBuilder {
    /// A submission of `reporter` for one income year, without anything in it yet: as it is, it
    /// says that there is nothing to report. `source` is the name and version of the submitting
    /// system (`kildesystem`).
    pub fn new(source: impl Into<String>, reporter: Oppgavegiver, income_year: u16) -> Self {
        Self {
            source: source.into(),
            reporter,
            year: income_year,
            reference: None,
            reports: Vec::new(),
            deletions: Vec::new(),
            checker: Checker::new(),
        }
    }

    /// The reporter's own reference, which comes back in the receipt.
    pub fn reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// Adds a report: a new one, or one that replaces an earlier one with the same owner and
    /// account.
    pub fn report(mut self, report: Oppgave) -> Self {
        self.reports.push(report);
        self
    }

    /// Adds reports.
    pub fn reports(mut self, reports: impl IntoIterator<Item = Oppgave>) -> Self {
        self.reports.extend(reports);
        self
    }

    /// Adds a deletion, which withdraws a report sent earlier.
    pub fn deletion(mut self, deletion: Sletteoppgave) -> Self {
        self.deletions.push(deletion);
        self
    }

    /// Checks with this checker instead of every rule.
    pub fn checker(mut self, checker: Checker) -> Self {
        self.checker = checker;
        self
    }

    /// One submission.
    ///
    /// # Errors
    /// [`InvalidSubmission`], with all findings at once.
    pub fn build(self) -> Result<Submission, InvalidSubmission> {
        let bytes = self.bytes(self.reference.clone(), &self.reports, &self.deletions);
        Submission::checked(bytes, &self.checker)
    }

    /// As many submissions as it takes, none larger than `max_bytes` (at most [`MAX_BYTES`]),
    /// each complete in itself: with its own key, count and totals, and the reference followed by
    /// `-1`, `-2` and so on. One that is small enough for a single part keeps its reference.
    ///
    /// What the authority makes of several submissions for one year is not published: ask before
    /// you rely on it.
    ///
    /// # Errors
    /// [`BuildError::Invalid`] for the first part with findings; [`BuildError::TooLarge`] when a
    /// single report does not fit. No part has been sent then.
    pub fn build_parts(self, max_bytes: usize) -> Result<Vec<Submission>, BuildError> {
        let limit = max_bytes.min(MAX_BYTES);
        let whole = self.bytes(self.reference.clone(), &self.reports, &self.deletions);
        if whole.len() <= limit {
            return Ok(vec![Submission::checked(whole, &self.checker)?]);
        }
        // Everything around the reports, with the longest reference and totals that can occur.
        let frame = self
            .bytes(self.reference.as_ref().map(|text| format!("{text}-999999")), &[], &[])
            .len()
            + 600;
        let room = limit.checked_sub(frame).ok_or_else(|| too_large(0, limit))?;
        let mut parts = Vec::new();
        let mut pending: (Vec<Oppgave>, Vec<Sletteoppgave>, usize) = Default::default();
        let mut close = |pending: &mut (Vec<Oppgave>, Vec<Sletteoppgave>, usize)| {
            let (reports, deletions, _) = std::mem::take(pending);
            let number = parts.len() + 1;
            let reference = self.reference.as_ref().map(|text| format!("{text}-{number}"));
            let bytes = self.bytes(reference, &reports, &deletions);
            Submission::checked(bytes, &self.checker).map(|part| parts.push(part))
        };
        for (index, report) in self.reports.iter().enumerate() {
            let size = json_size(report) + 1;
            if size > room {
                return Err(too_large(index, limit));
            }
            if pending.2 + size > room {
                close(&mut pending)?;
            }
            pending.2 += size;
            pending.0.push(report.clone());
        }
        for deletion in &self.deletions {
            let size = json_size(deletion) + 1;
            if size > room {
                return Err(too_large(self.reports.len(), limit));
            }
            if pending.2 + size > room {
                close(&mut pending)?;
            }
            pending.2 += size;
            pending.1.push(deletion.clone());
        }
        close(&mut pending)?;
        Ok(parts)
    }

    fn bytes(&self, reference: Option<String>, reports: &[Oppgave], deletions: &[Sletteoppgave]) -> Vec<u8> {
        let is_empty = reports.is_empty() && deletions.is_empty();
        let body = Innsending {
            leveranse: Leveranse {
                inntektsaar: self.year.into(),
                kildesystem: self.source.clone(),
                leveransetype: if is_empty {
                    Leveransetype::IngenOppgaver
                } else {
                    Leveransetype::Ordinaer
                },
                oppgave: (!reports.is_empty()).then(|| reports.to_vec()),
                oppgavegiver: self.reporter.clone(),
                oppgavegivers_leveranse_referanse: reference,
                oppgaveoppsummering: no_totals(reports.len()),
                sletteoppgave: (!deletions.is_empty()).then(|| deletions.to_vec()),
            },
        };
        // Serialising plain structs of text and integers to memory cannot fail; were it to, the
        // check refuses the empty body.
        let mut body = serde_json::to_value(&body).unwrap_or_default();
        let totals = totals_of(&body);
        if let Some(stated) = body
            .pointer_mut("/leveranse/oppgaveoppsummering")
            .and_then(Value::as_object_mut)
        {
            stated.extend(totals.into_iter().map(|(name, total)| (name.to_owned(), total.into())));
        }
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// A summary that states the count and no total.
pub(super) fn no_totals(reports: usize) -> Oppgaveoppsummering {
    Oppgaveoppsummering {
        antall_oppgaver: i64::try_from(reports).unwrap_or(i64::MAX),
        sum_annen_inntekt_eller_utbetaling: None,
        sum_anvendt_skjerming: None,
        sum_formuesverdi: None,
        sum_gevinst: None,
        sum_renteinntekt: None,
        sum_salgsvederlag: None,
        sum_skattepliktig_utbytte: None,
        sum_tap: None,
        sum_utdelt_utbytte: None,
    }
}

fn json_size(value: &impl serde::Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 2, |bytes| bytes.len())
}

fn too_large(index: usize, limit: usize) -> BuildError {
    BuildError::TooLarge(Misuse::new(
        format!("report {index} alone does not fit in {limit} bytes"),
        "use the authority's separate file-upload API for it, or a larger limit",
    ))
}

/// Why no parts could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A part has findings.
    #[error(transparent)]
    Invalid(#[from] InvalidSubmission),
    /// A single report is larger than a part may be.
    #[error(transparent)]
    TooLarge(Misuse),
}
