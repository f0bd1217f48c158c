//! Accepted findings and levels of one's own.

use std::collections::BTreeMap;

use serde_json::json;
use skatteetaten_specs::diff::{Accepted, DiffError, FailOn, Level, Options, Source, diff};

use super::{compare, compare_with, responding};

fn pair() -> (serde_json::Value, serde_json::Value) {
    let object = |required: serde_json::Value| {
        responding(json!({"type": "object", "required": required, "properties": {"a": {"type": "string"}}}))
    };
    let mut new = object(json!([]));
    new["info"]["version"] = json!("2.0");
    (object(json!(["a"])), new)
}

fn list(fingerprint: &str, expires: &str) -> Accepted {
    Accepted::parse(&format!(
        "[[accepted]]\nfingerprint = \"{fingerprint}\"\nreason = \"agreed\"\nexpires = \"{expires}\"\n"
    ))
    .unwrap()
}

fn options(accepted: Accepted) -> Options {
    Options {
        accepted,
        today: chrono::NaiveDate::from_ymd_opt(2026, 11, 21),
        ..Options::default()
    }
}

#[test]
fn an_accepted_finding_no_longer_fails_until_it_expires() {
    let (old, new) = pair();
    let plain = compare(&old, &new);
    assert!(plain.fails(FailOn::Breaking));
    let fingerprint = &plain.findings[0].fingerprint;

    let report = compare_with(&old, &new, &options(list(fingerprint, "2026-11-21")));
    assert!(!report.fails(FailOn::Breaking), "the last day counts");
    assert_eq!((report.summary.breaking, report.summary.accepted), (0, 1));

    let report = compare_with(&old, &new, &options(list(fingerprint, "2026-11-20")));
    assert!(report.fails(FailOn::Breaking));
    assert!(report.accepted_faults[0].contains("expired on 2026-11-20"));
}

#[test]
fn an_entry_that_matches_nothing_fails() {
    let (old, new) = pair();
    let fingerprint = compare(&old, &new).findings[0].fingerprint.clone();
    let report = compare_with(&old, &old, &options(list(&fingerprint, "2030-01-01")));
    assert!(report.findings.is_empty());
    assert!(report.fails(FailOn::Breaking));
    assert!(report.accepted_faults[0].contains("matches nothing"));
    assert!(!report.fails(FailOn::None));
}

#[test]
fn entries_are_checked() {
    for (text, says) in [
        (
            "[[accepted]]\nfingerprint=\"a\"\nreason=\" \"\nexpires=\"2030-01-01\"",
            "reason is empty",
        ),
        (
            "[[accepted]]\nfingerprint=\"a\"\nreason=\"r\"\nexpires=\"soon\"",
            "expiry is no date",
        ),
        ("[[accepted]]\nfingerprint=\"a\"\nreason=\"r\"", "expires"),
        (
            "[[accepted]]\nfingerprint=\"a\"\nreason=\"r\"\nexpires=\"2030-01-01\"\nwho=\"x\"",
            "who",
        ),
        ("accept = 1", "accept"),
    ] {
        let error = Accepted::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn levels_can_be_set_for_known_rules_only() {
    let (old, new) = pair();
    let with = |rule: &str, level: Level| Options {
        levels: BTreeMap::from([(rule.to_owned(), level)]),
        ..Options::default()
    };
    let lowered = compare_with(&old, &new, &with("response-property-became-optional", Level::Risky));
    assert!(!lowered.fails(FailOn::Breaking));
    assert!(lowered.fails(FailOn::Risky));

    let source = Source::parse("a.json", old.to_string().as_bytes()).unwrap();
    let error = diff(
        &source,
        &source,
        &with("response-property-became-optionl", Level::Risky),
    )
    .unwrap_err();
    let DiffError::UnknownRule { suggestion, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(suggestion.as_deref(), Some("response-property-became-optional"));
}
