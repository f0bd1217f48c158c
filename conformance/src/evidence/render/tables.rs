//! The tables for a spreadsheet: `sporbarhet.csv` and `avvik.csv` (RFC 4180, UTF-8).

use std::borrow::Cow;

use crate::{
    evidence::{EvidenceError, PackData},
    results::{CaseResult, Deviation, Requirement, ShownBy, Text},
};

/// One requirement, the cases that show it and what came of them.
pub(super) struct TraceRow<'a> {
    pub(super) requirement: &'a Requirement,
    pub(super) cases: Vec<(&'a str, Option<&'a CaseResult>)>,
    /// Why nothing shows it.
    pub(super) reason: Option<&'a Text>,
}

/// From requirement to result.
pub(super) fn trace(data: &PackData) -> Vec<TraceRow<'_>> {
    data.requirements
        .requirements
        .iter()
        .map(|requirement| {
            let (ids, reason) = match &requirement.shown_by {
                ShownBy::Cases { ids } | ShownBy::Attestation { ids } => (ids.as_slice(), None),
                ShownBy::NotTestable { reason } => (&[][..], Some(reason)),
            };
            TraceRow {
                requirement,
                cases: ids.iter().map(|id| (id.as_str(), data.results.case(id))).collect(),
                reason,
            }
        })
        .collect()
}

/// `sporbarhet.csv`.
pub(super) fn traceability(data: &PackData) -> Result<Vec<u8>, EvidenceError> {
    let mut rows = vec![
        [
            "requirement",
            "strength",
            "text_nb",
            "text_en",
            "source",
            "case",
            "verdict",
            "grade",
            "counted",
            "reason_nb",
            "reason_en",
        ]
        .map(str::to_owned),
    ];
    for row in trace(data) {
        let requirement = row.requirement;
        let line = |case: &str, verdict: &str, grade: &str, counted: &str, reason: &Text| {
            [
                requirement.id.clone(),
                requirement.strength.label().en,
                requirement.text.nb.clone(),
                requirement.text.en.clone(),
                requirement.source.url.clone(),
                case.to_owned(),
                verdict.to_owned(),
                grade.to_owned(),
                counted.to_owned(),
                reason.nb.clone(),
                reason.en.clone(),
            ]
        };
        if let Some(reason) = row.reason {
            rows.push(line("", "notTestable", "", "no", reason));
        }
        for (id, result) in row.cases {
            rows.push(match result {
                Some(result) => line(
                    id,
                    result.verdict.code(),
                    result.grade.letter(),
                    if result.grade.counts() { "yes" } else { "no" },
                    &result.reason,
                ),
                None => line(
                    id,
                    "notRun",
                    "",
                    "no",
                    &Text::new("Ikke med i denne kjøringen.", "Not part of this run."),
                ),
            });
        }
    }
    encode("sporbarhet.csv", rows)
}

/// `avvik.csv`.
pub(super) fn deviations(deviations: &[Deviation]) -> Result<Vec<u8>, EvidenceError> {
    let mut rows = vec![
        [
            "id",
            "case",
            "requirement",
            "severity",
            "description_nb",
            "description_en",
            "impact_nb",
            "impact_en",
            "owner",
            "plan_nb",
            "plan_en",
            "due",
            "status",
            "first_seen",
            "retest_run",
            "fault",
        ]
        .map(str::to_owned),
    ];
    for deviation in deviations {
        rows.push([
            deviation.id.clone(),
            deviation.case_id.clone(),
            deviation.requirement_id.clone().unwrap_or_default(),
            deviation.severity.label().en,
            deviation.description.nb.clone(),
            deviation.description.en.clone(),
            deviation.impact.nb.clone(),
            deviation.impact.en.clone(),
            deviation.owner.clone(),
            deviation.plan.nb.clone(),
            deviation.plan.en.clone(),
            deviation.due.map(|due| due.to_string()).unwrap_or_default(),
            deviation.status.label().en,
            deviation.first_seen.to_string(),
            deviation.retest_run.clone().unwrap_or_default(),
            deviation.fault.label().en,
        ]);
    }
    encode("avvik.csv", rows)
}

fn encode<const N: usize>(file: &str, rows: Vec<[String; N]>) -> Result<Vec<u8>, EvidenceError> {
    let failed = |detail: String| EvidenceError::Render {
        file: file.to_owned(),
        detail,
    };
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| harmless(cell).into_owned()))
            .map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

/// A spreadsheet takes a cell that starts like a formula for one; a quote in front prevents it.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_become_a_formula() {
        let bytes = encode("x.csv", vec![["=1+1".to_owned(), "æ, \"ø\"\n".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "'=1+1,\"æ, \"\"ø\"\"\n\"\r\n");
    }
}
