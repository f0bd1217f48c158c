//! Results of cases that this tool does not carry out: statements, and what is not tried.

use super::{
    Options,
    plan::{Planned, PlannedCase},
};
use crate::results::{Attestation, CaseResult, Check, Deviation, Grade, Provenance, RunStatus, Text, Verdict};

/// The deviation that explains a case.
pub(super) fn deviation_of(deviations: &[Deviation], case_id: &str) -> Option<String> {
    let found = deviations.iter().find(|deviation| deviation.case_id == case_id);
    found.map(|deviation| deviation.id.clone())
}

/// The result of a case that is not carried out by this tool; `None` for one that is.
pub(super) fn without_running(case: &PlannedCase, options: &Options) -> Option<CaseResult> {
    let mut result = match &case.planned {
        Planned::Drive | Planned::Inspect => return None,
        Planned::Untried { verdict, reason } => CaseResult::untried(
            &case.id,
            case.requirement_ids.clone(),
            case.grade,
            *verdict,
            reason.clone(),
        ),
        Planned::Statement => statement(&case.id, case.requirement_ids.clone(), &options.attestations),
    };
    result.deviation_id = deviation_of(&options.deviations, &case.id);
    Some(result)
}

/// The result of a case that a person states.
pub(crate) fn statement(case_id: &str, requirement_ids: Vec<String>, attestations: &[Attestation]) -> CaseResult {
    let untried = |verdict: Verdict, reason: Text| {
        CaseResult::untried(case_id, requirement_ids.clone(), Grade::D, verdict, reason)
    };
    match attestations.iter().find(|entry| entry.case_id == case_id) {
        Some(entry) if entry.answer => untried(
            Verdict::Attested,
            Text::new(
                format!("Egenerklært {}, {}.", entry.date, entry.role),
                format!("Attested {}, {}.", entry.date, entry.role),
            ),
        ),
        Some(entry) => {
            let mut result = untried(
                Verdict::Failed,
                Text::new("Erklæringen er besvart med nei.", "The statement was answered with no."),
            );
            result.run_status = RunStatus::Finished;
            result.checks.push(Check {
                name: entry.statement.clone(),
                verdict: Verdict::Failed,
                provenance: Provenance::Published,
                expected: Text::new("ja", "yes"),
                found: Text::new("nei", "no"),
            });
            result
        }
        None => untried(
            Verdict::NotRun,
            Text::new(
                "Ingen har avgitt erklæringen: se --attestations.",
                "Nobody has made the statement: see --attestations.",
            ),
        ),
    }
}
