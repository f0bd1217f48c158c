//! The results for other tools: JUnit XML and CTRF.
//!
//! | verdict | JUnit | CTRF |
//! |---|---|---|
//! | passed | pass | passed |
//! | remark, attested | pass, with a property | passed |
//! | failed, blocked | failure | failed |
//! | tool error | error | other |
//! | not run, not applicable, needs review | skipped, with a message | skipped |
//! | grade E: passed, remark | skipped, with a message: a self-check is never counted as passed | skipped |
//!
//! A self-check that failed is shown as what it is: nobody is misled by it.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::{
    evidence::{EvidenceError, PackData},
    results::{CaseResult, Grade, Verdict},
};

const MAPPING: &str = "failed, blocked: failure; tool error: error; not run, not applicable, needs review: skipped; \
                       remark, attested: pass with a property; grade E (self-check): skipped when passed, never counted";

/// What a result becomes.
enum Status {
    Pass,
    Failure,
    Error,
    Skipped,
}

fn status(result: &CaseResult) -> Status {
    match result.verdict {
        Verdict::Passed | Verdict::Remark if result.grade == Grade::E => Status::Skipped,
        Verdict::Passed | Verdict::Remark | Verdict::Attested => Status::Pass,
        Verdict::Failed | Verdict::Blocked => Status::Failure,
        Verdict::ToolError => Status::Error,
        Verdict::NotRun | Verdict::NotApplicable | Verdict::NeedsReview => Status::Skipped,
    }
}

fn message(result: &CaseResult) -> String {
    let verdict = result.verdict.label().en;
    if result.grade == Grade::E {
        format!("self-check, not counted: {verdict}: {}", result.reason.en)
    } else {
        format!("{verdict}: {}", result.reason.en)
    }
}

fn name(data: &PackData, result: &CaseResult) -> String {
    let title = super::cases::title(data, &result.case_id, crate::results::Lang::En);
    format!("{} {title}", result.case_id)
}

/// `resultater.junit.xml`: one suite for each grade.
pub(super) fn junit(data: &PackData) -> Result<Vec<u8>, EvidenceError> {
    let run = &data.results.run;
    let mut report = Report::new(format!("{} {}", run.system.name, run.system.version));
    for grade in Grade::ALL {
        let results: Vec<&CaseResult> = data
            .results
            .results
            .iter()
            .filter(|result| result.grade == grade)
            .collect();
        if results.is_empty() {
            continue;
        }
        let mut suite = TestSuite::new(format!("{}: {}", grade.letter(), grade.label().en));
        suite.set_timestamp(run.start.fixed_offset());
        suite.add_property(Property::new("mapping", MAPPING));
        suite.add_property(Property::new("runId", run.id.as_str()));
        suite.add_property(Property::new(
            "notice",
            "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten.",
        ));
        for result in results {
            let kind = |kind| {
                let mut status = TestCaseStatus::non_success(kind);
                status.set_message(message(result));
                status
            };
            let status = match status(result) {
                Status::Pass => TestCaseStatus::success(),
                Status::Failure => kind(NonSuccessKind::Failure),
                Status::Error => kind(NonSuccessKind::Error),
                Status::Skipped => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(message(result));
                    status
                }
            };
            let mut case = TestCase::new(name(data, result), status);
            case.set_classname(result.case_id.as_str());
            case.set_time(Duration::from_millis(result.ms));
            case.add_property(Property::new("verdict", result.verdict.code()));
            case.add_property(Property::new("grade", grade.letter()));
            case.add_property(Property::new("reason", result.reason.en.as_str()));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report
        .to_string()
        .map(String::into_bytes)
        .map_err(|error| EvidenceError::Render {
            file: "resultater.junit.xml".to_owned(),
            detail: error.to_string(),
        })
}

/// `resultater.ctrf.json`: Common Test Report Format.
pub(super) fn ctrf(data: &PackData) -> Value {
    let run = &data.results.run;
    let word = |result: &CaseResult| match status(result) {
        Status::Pass => "passed",
        Status::Failure => "failed",
        Status::Error => "other",
        Status::Skipped => "skipped",
    };
    let results = &data.results.results;
    let count = |wanted: &str| results.iter().filter(|result| word(result) == wanted).count();
    json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "results": {
            "tool": {"name": run.tool.name, "version": run.tool.version},
            "summary": {
                "tests": results.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "pending": 0,
                "skipped": count("skipped"),
                "other": count("other"),
                "start": run.start.timestamp_millis(),
                "stop": run.end.unwrap_or(run.start).timestamp_millis(),
            },
            "tests": results.iter().map(|result| json!({
                "name": name(data, result),
                "status": word(result),
                "duration": result.ms,
                "message": message(result),
                "rawStatus": result.verdict.code(),
                "suite": format!("{}: {}", result.grade.letter(), result.grade.label().en),
                "retries": result.attempts.len().saturating_sub(1),
                "extra": {"grade": result.grade.letter(), "counted": result.grade.counts()},
            })).collect::<Vec<_>>(),
            "environment": {
                "appName": run.system.name,
                "appVersion": run.system.version,
                "testEnvironment": run.target.description.en,
            },
            "extra": {
                "mapping": MAPPING,
                "runId": run.id,
                "notice": "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten. / Supplier's own test. Not an approval by the Tax Administration.",
            },
        },
    })
}
