//! For build servers. What was looked for and not found is listed too, as passed.

use std::collections::BTreeSet;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{Format, OutputError, Report, Style, heading, spots};
use crate::diff::Catalogue;

pub(super) fn write(report: &Report, style: &Style) -> Result<String, OutputError> {
    let fault = |error: &dyn std::fmt::Display| OutputError::new(Format::Junit, error);
    let catalogue = Catalogue::embedded().map_err(|error| fault(&error))?;
    let mut junit = Junit::new("specs diff");
    let mut suite = TestSuite::new(heading(report));
    let mut failed: BTreeSet<&str> = BTreeSet::new();
    for finding in &report.findings {
        let counts = finding.accepted.is_none() && style.fail_on.fails(finding.level);
        if !counts {
            continue;
        }
        failed.insert(&finding.rule);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(clean(&finding.message));
        status.set_type(finding.level.name());
        status.set_description(clean(&format!(
            "{}\n{}\n{}\nfingerprint {}",
            finding.location,
            spots(report, finding),
            finding.remedy,
            finding.fingerprint
        )));
        let mut case = TestCase::new(clean(&format!("{}: {}", finding.rule, finding.location)), status);
        case.set_classname(finding.rule.clone());
        suite.add_test_case(case);
    }
    for (index, text) in report.accepted_faults.iter().enumerate() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(clean(text));
        suite.add_test_case(TestCase::new(format!("accepted findings: {}", index + 1), status));
    }
    for rule in catalogue.rules() {
        if !failed.contains(rule.id) {
            let mut case = TestCase::new(format!("{}: {}", rule.id, rule.title), TestCaseStatus::success());
            case.set_classname(rule.id);
            suite.add_test_case(case);
        }
    }
    junit.add_test_suite(suite);
    let mut text = junit.to_string().map_err(|error| fault(&error))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Control characters have no place in XML.
fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() && letter != '\n' {
                ' '
            } else {
                letter
            }
        })
        .collect()
}
