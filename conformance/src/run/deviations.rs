//! Deviations that say something else than the run.

use chrono::Utc;

use crate::results::{CaseResult, Deviation, DeviationStatus, Verdict};

/// Each deviation that is past its date, is about a case that shows no error, or is said to be
/// corrected although its case fails again; in a sentence that says what to do.
pub(crate) fn stale(deviations: &[Deviation], results: &[CaseResult]) -> Vec<String> {
    let today = Utc::now().date_naive();
    let mut stale = Vec::new();
    for deviation in deviations {
        let id = &deviation.id;
        let case = &deviation.case_id;
        let verdict = results
            .iter()
            .find(|result| result.case_id == *case)
            .map(|result| result.verdict);
        if deviation.status == DeviationStatus::Retested {
            if verdict.is_some_and(Verdict::is_finding) {
                stale.push(format!(
                    "deviation {id} is said to be corrected and retested, but {case} fails: set its status to open"
                ));
            }
            continue;
        }
        if let Some(due) = deviation.due.filter(|due| *due < today) {
            stale.push(format!(
                "deviation {id} was due {due} and is not retested: correct it, or agree on a new date"
            ));
        }
        if matches!(verdict, Some(Verdict::Passed | Verdict::Attested)) {
            stale.push(format!(
                "deviation {id} matches nothing: {case} shows no error; set its status to retested with this run's id, or remove it"
            ));
        }
    }
    stale
}
