//! Every rule over the example of every rule.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;
use skatteetaten_specs::diff::{Catalogue, Profile, Rule};

use super::{compare, ids, patch};

fn pair(rule: &Rule) -> (Value, Value) {
    let base: Value = serde_json::from_str(&rule.example.base).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
    let mut new = base.clone();
    patch::apply(&mut new, &rule.example.patch);
    (base, new)
}

/// The examples are exact: nothing missing, nothing more. The whole table is pinned as well, so
/// that a change of the comparison shows everything it moves.
#[test]
fn each_example_gives_the_findings_it_names() {
    let mut table = String::new();
    let mut faults = Vec::new();
    for rule in Catalogue::embedded().unwrap().rules() {
        let (old, new) = pair(rule);
        let report = compare(&old, &new);
        let found = ids(&report);
        if found != rule.example.expect {
            faults.push(format!(
                "{}: expected {:?}, found {found:?}",
                rule.id, rule.example.expect
            ));
        }
        if !found.contains(&rule.id) {
            faults.push(format!("{}: its own example does not show it", rule.id));
        }
        let fingerprints: Vec<&str> = report
            .findings
            .iter()
            .map(|finding| finding.fingerprint.as_str())
            .collect();
        let unique: BTreeSet<&&str> = fingerprints.iter().collect();
        assert_eq!(unique.len(), fingerprints.len(), "{}", rule.id);
        for finding in &report.findings {
            for hole in ["{subject}", "{old}", "{new}"] {
                assert!(!finding.message.contains(hole), "{}: {}", rule.id, finding.message);
            }
        }
        writeln!(table, "{}: {} | {}", rule.id, found.join(" "), fingerprints.join(" ")).unwrap();
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    insta::assert_snapshot!("table", table);
}

#[test]
fn a_document_compared_with_itself_gives_nothing() {
    for rule in Catalogue::embedded().unwrap().rules() {
        let (old, new) = pair(rule);
        for document in [&old, &new] {
            let report = compare(document, document);
            assert!(report.findings.is_empty(), "{}: {:?}", rule.id, report.findings);
        }
    }
}

#[test]
fn rules_are_complete_and_consistent() {
    let rules = Catalogue::embedded().unwrap().rules();
    assert!(rules.len() >= 160, "{} rules", rules.len());
    for rule in rules {
        let kebab = rule
            .id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(kebab, "{}", rule.id);
        for (what, text) in [
            ("title", &rule.title),
            ("message", &rule.message),
            ("explanation", &rule.explanation),
            ("remedy", &rule.remedy),
            ("area", &rule.area),
            ("kind", &rule.kind),
        ] {
            assert!(!text.trim().is_empty(), "{}: {what} is empty", rule.id);
        }
        let strictest = rule.level.of(Profile::Strict);
        let wire = rule.level.of(Profile::Wire);
        assert!(strictest >= wire, "{}: strict is milder than wire", rule.id);
    }
}

/// What reverses must reverse: the effect of a rule's example, read backwards, is the opposite.
#[test]
fn reversing_an_example_reverses_its_effect() {
    use skatteetaten_specs::diff::Effect;
    let catalogue = Catalogue::embedded().unwrap();
    let effect = |id: &str| catalogue.get(id).unwrap().effect;
    let mut checked = 0;
    let mut faults = Vec::new();
    for rule in catalogue.rules() {
        let opposite = match rule.effect {
            Effect::Narrows => Effect::Widens,
            Effect::Widens => Effect::Narrows,
            _ => continue,
        };
        let (old, new) = pair(rule);
        let forth: Vec<Effect> = ids(&compare(&old, &new)).into_iter().map(effect).collect();
        // Only where the example is about one thing can it be read backwards.
        if forth.iter().filter(|effect| **effect != Effect::None).count() != 1 {
            continue;
        }
        let back = compare(&new, &old);
        let back: Vec<Effect> = ids(&back)
            .into_iter()
            .map(effect)
            .filter(|effect| *effect != Effect::None)
            .collect();
        // What is both ways neither is told as such: it does not contradict.
        let agrees = back
            .iter()
            .all(|effect| *effect == opposite || matches!(effect, Effect::Both | Effect::Undecided));
        if !agrees || back.is_empty() {
            faults.push(format!("{}: backwards {back:?}", rule.id));
        }
        checked += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(checked > 100, "only {checked} examples were read backwards");
}
