//! Submissions built from typed values, whole and in parts.

use serde_json::Value;
use skatteetaten_client::finansprodukter::{BuildError, Submission, SubmissionBuilder, check, types};

use super::{ORGANISATION, PERSONS, report};

fn builder() -> SubmissionBuilder {
    let reporter = types::Oppgavegiver::builder()
        .organisasjonsnummer(ORGANISATION)
        .try_into()
        .unwrap();
    SubmissionBuilder::new("Test 1.0", reporter, 2024).reference("ref")
}

fn reports(count: usize) -> impl Iterator<Item = types::Oppgave> {
    (0..count).map(|number| {
        let mut report = report(PERSONS[number % 3], &format!("{number}.25"), "-1");
        report["konto"]["kontonummer"] = format!("NO{number:010}").into();
        serde_json::from_value(report).unwrap()
    })
}

fn stated(submission: &Submission, pointer: &str) -> Value {
    let body: Value = serde_json::from_slice(submission.bytes()).unwrap();
    body.pointer(pointer).cloned().unwrap()
}

#[test]
fn counts_and_totals_follow_from_the_reports() {
    let deletion: types::Sletteoppgave =
        serde_json::from_str(r#"{"kontonummer":"1","oppgaveeierAlternativIdentifikator":"a"}"#).unwrap();
    let submission = builder().reports(reports(4)).deletion(deletion).build().unwrap();
    assert_eq!((submission.reports(), submission.deletions()), (4, 1));
    assert_eq!(stated(&submission, "/leveranse/oppgaveoppsummering/antallOppgaver"), 4);
    assert_eq!(
        stated(&submission, "/leveranse/oppgaveoppsummering/sumFormuesverdi"),
        "7"
    );
    assert_eq!(stated(&submission, "/leveranse/oppgaveoppsummering/sumGevinst"), "-4");
    assert!(check(submission.bytes()).findings.is_empty());
}

#[test]
fn nothing_to_report_says_so() {
    let submission = builder().build().unwrap();
    assert_eq!(stated(&submission, "/leveranse/leveransetype"), "ingenOppgaver");
    assert_eq!(stated(&submission, "/leveranse/oppgaveoppsummering/antallOppgaver"), 0);
}

#[test]
fn parts_are_complete_in_themselves_and_lose_nothing() {
    let whole = builder().reports(reports(100)).build().unwrap();
    let parts = builder().reports(reports(100)).build_parts(6_000).unwrap();
    assert!(parts.len() > 3);
    let mut accounts = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        assert!(part.bytes().len() <= 6_000);
        assert!(check(part.bytes()).findings.is_empty());
        assert_eq!(part.reference(), Some(format!("ref-{}", index + 1).as_str()));
        accounts.extend(stated(part, "/leveranse/oppgave").as_array().unwrap().clone());
    }
    assert_eq!(Value::Array(accounts), stated(&whole, "/leveranse/oppgave"));
    let mut keys: Vec<_> = parts.iter().map(Submission::key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), parts.len());
    let single = builder().reports(reports(2)).build_parts(6_000).unwrap();
    assert_eq!((single.len(), single[0].reference()), (1, Some("ref")));
}

#[test]
fn a_report_that_fits_nowhere_is_an_error() {
    let error = builder().reports(reports(2)).build_parts(900).unwrap_err();
    assert!(matches!(error, BuildError::TooLarge(_)), "{error}");
}
