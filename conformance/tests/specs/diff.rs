//! `specs diff` on files, pinned documents and standard input.

use serde_json::Value;

use super::{NUMBER, TEXT, document, pair, run, run_with, write};

#[test]
fn exit_codes_follow_the_level_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = pair(folder.path());
    let same = run(&[&old, &old]);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(
        same.out.contains("no differences") && same.out.contains("passes"),
        "{}",
        same.out
    );
    let found = run(&[&old, &new]);
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(
        found.out.contains("response-type-changed") && found.out.contains("fails"),
        "{}",
        found.out
    );
    assert!(!found.out.contains('\u{1b}'), "colours are for terminals");
    assert_eq!(run(&[&old, &new, "--fail-on", "none"]).code, Some(0));

    let described = document(NUMBER).replace(r#""description": "ok""#, r#""description": "fine""#);
    let described = write(folder.path(), "described.json", &described);
    assert_eq!(run(&[&old, &described]).code, Some(0));
    assert_eq!(run(&[&old, &described, "--fail-on", "documentation"]).code, Some(100));
}

#[test]
fn profiles_judge_differently() {
    let folder = tempfile::tempdir().unwrap();
    let old = write(folder.path(), "old.json", &document(NUMBER));
    let renamed = document(NUMBER).replace("listOrders", "allOrders");
    let new = write(folder.path(), "new.json", &renamed);
    assert_eq!(run(&[&old, &new]).code, Some(100), "a method of the bindings is gone");
    assert_eq!(
        run(&[&old, &new, "--profile", "wire"]).code,
        Some(0),
        "the wire does not change"
    );
}

#[test]
fn standard_input_is_one_of_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let (old, _) = pair(folder.path());
    let found = run_with(&[&old, "-"], &document(TEXT));
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.out.contains("standard input:6:"), "{}", found.out);
    run(&["-", "-"]).refused(2, &["one of the documents"]);
}

#[test]
fn what_is_no_document_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (old, _) = pair(folder.path());
    let broken = |name: &str, text: &str| write(folder.path(), name, text);
    run(&[&old, &broken("a.json", "{\"openapi\": ")]).refused(2, &["a.json", "line 1"]);
    run(&[&old, &broken("b.json", r#"{"swagger": "2.0"}"#)]).refused(2, &["b.json", "2.0"]);
    run(&[&old, &broken("c.json", "[]")]).refused(2, &["c.json"]);
    run(&[&old, &format!("{old}.missing.json")]).refused(2, &["there is no file", "missing.json"]);
    run(&[&old, "trekkpaalegg-app@0.9"]).refused(2, &["trekkpaalegg-app@0.9", "trekkpaalegg-app@1.4"]);
    run(&[&old]).refused(2, &["<NEW>"]);
}

#[test]
fn every_form_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = pair(folder.path());
    let form = |format: &str| {
        let found = run(&[&old, &new, "--format", format]);
        assert_eq!(found.code, Some(100), "{format}: {found:?}");
        found.out
    };
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    assert_eq!(json["findings"][0]["rule"], "response-type-changed");
    let schema: Value = serde_json::from_str(&run(&["--schema"]).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json));
    assert!(form("markdown").starts_with("## Orders 1.0 → 1.0\n"));
    assert!(form("html").starts_with("<!DOCTYPE html>"));
    let junit = form("junit");
    assert!(junit.starts_with("<?xml") && junit.contains("<failure") && junit.contains("path-removed"));
    assert!(form("github").lines().all(|line| line.starts_with("::")));
    run(&[&old, &new, "--format", "yaml"]).refused(2, &["`yaml` is no format"]);
}

#[test]
fn annotations_name_the_files_of_pinned_documents() {
    let found = run(&["trekkpaalegg-app@2024-10", "trekkpaalegg-app@1.4", "--format", "github"]);
    assert!(
        found.out.contains("file=specs/trekkpaalegg-app/1.4.json,line="),
        "{}",
        found.out
    );
    assert!(
        found.out.contains("file=specs/trekkpaalegg-app/2024-10.json,line="),
        "{}",
        found.out
    );
}

#[test]
fn a_file_receives_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = pair(folder.path());
    let target = folder.path().join("report.md");
    let target = target.to_str().unwrap();
    let found = run(&[&old, &new, "--format", "markdown", "--output", target]);
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.out.is_empty(), "{found:?}");
    assert_eq!(
        std::fs::read_to_string(target).unwrap(),
        run(&[&old, &new, "--format", "markdown"]).out
    );
    let nowhere = folder.path().join("nowhere").join("report.md");
    run(&[&old, &new, "--output", nowhere.to_str().unwrap()]).refused(2, &["cannot be written"]);
}

#[test]
fn accepted_findings_need_a_reason_a_date_and_a_match() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = pair(folder.path());
    let json: Value = serde_json::from_str(&run(&[&old, &new, "--format", "json"]).out).unwrap();
    let fingerprint = json["findings"][0]["fingerprint"].as_str().unwrap();
    let with = |fingerprint: &str, expires: &str| {
        let text = format!(
            "[[accepted]]\nfingerprint = \"{fingerprint}\"\nreason = \"read as text already\"\nexpires = \"{expires}\"\n"
        );
        let file = write(folder.path(), "accepted.toml", &text);
        run(&[&old, &new, "--accepted", &file])
    };
    let found = with(fingerprint, "9999-12-31");
    assert_eq!(found.code, Some(0), "{found:?}");
    assert!(found.flat().contains("read as text already"), "{}", found.out);
    let found = with(fingerprint, "2020-01-31");
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.flat().contains("expired on 2020-01-31"), "{}", found.out);
    let found = with("0123456789abcdef", "9999-12-31");
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.flat().contains("matches nothing"), "{}", found.out);
    with(fingerprint, "soon").refused(2, &["accepted.toml", "no date"]);
    let without_reason = write(
        folder.path(),
        "b.toml",
        "[[accepted]]\nfingerprint = \"a\"\nexpires = \"9999-12-31\"\n",
    );
    run(&[&old, &new, "--accepted", &without_reason]).refused(2, &["reason"]);
    run(&[&old, &new, "--accepted", "no-such-file.toml"]).refused(2, &["no-such-file.toml", "cannot be read"]);
}

#[test]
fn levels_can_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = pair(folder.path());
    let set = |level: &str| run(&[&old, &new, "--level", level]);
    assert_eq!(set("response-type-changed=documentation").code, Some(0));
    assert_eq!(set("path-removed=documentation").code, Some(100));
    set("response-type-change=risky").refused(2, &["did you mean `response-type-changed`"]);
    set("response-type-changed").refused(2, &["RULE=LEVEL"]);
    set("response-type-changed=awful").refused(2, &["`awful` is no level"]);
}

#[test]
fn rules_are_listed_and_explained() {
    let list = run(&["--rules"]);
    assert_eq!(list.code, Some(0));
    assert!(list.out.lines().count() > 160);
    for rule in list.out.lines().skip(1).step_by(40) {
        let id = rule.split(' ').next().unwrap();
        let explained = run(&["--explain", id]);
        assert_eq!(explained.code, Some(0), "{id}");
        assert!(explained.out.starts_with(&format!("{id}: ")), "{}", explained.out);
    }
    run(&["--explain", "no-such-rule"]).refused(2, &["no-such-rule"]);
}

#[test]
fn consequences_come_from_the_two_surfaces() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = pair(folder.path());
    let found = run(&[&old, &new]);
    assert!(
        !found.out.contains("RUST"),
        "only for pinned documents, or when asked: {}",
        found.out
    );
    let found = run(&[&old, &new, "--consequences"]);
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.out.contains("RUST 1 change"), "{}", found.out);
    assert!(
        found.out.contains("amount: Option<i64> → amount: Option<String>"),
        "{}",
        found.out
    );
}

/// What is touched is what the catalogue of cases says of the operations.
#[test]
fn stale_evidence_is_named_by_operation() {
    let found = run(&["trekkpaalegg-app@2024-10", "trekkpaalegg-app@1.4", "--format", "json"]);
    let report: Value = serde_json::from_str(&found.out).unwrap();
    let catalogue = skatteetaten_conformance::catalogue::Catalogue::builtin().unwrap();
    let stale = report["stale"].as_object().unwrap();
    assert_eq!(stale.keys().collect::<Vec<_>>(), ["hentAlleGjeldende", "hentVersjon"]);
    for (operation, stale) in stale {
        assert_eq!(
            stale["cases"],
            serde_json::json!(catalogue.cases_for_operation(operation))
        );
        assert!(!stale["requirements"].as_array().unwrap().is_empty());
    }
    let finding = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["location"] == "Trekkpaalegg.saksnummer")
        .unwrap();
    let cases = finding["consequences"]["cases"].as_array().unwrap();
    assert!(cases.contains(&"TP-11".into()), "{cases:?}");
    // Documentation makes no evidence stale.
    for finding in report["findings"].as_array().unwrap() {
        if finding["level"] == "documentation" {
            assert_eq!(finding["consequences"]["cases"], serde_json::json!([]));
        }
    }
    let text = run(&["trekkpaalegg-app@2024-10", "trekkpaalegg-app@1.4"]).flat();
    assert!(
        text.contains("STALE EVIDENCE of 2 operations hentAlleGjeldende cases: "),
        "{text}"
    );
}

/// The comparison stands, whether bindings can be made or not.
#[test]
fn a_document_without_bindings_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (old, _) = pair(folder.path());
    let odd = TEXT.replace(
        "{\"amount\"",
        r##"{"lost": {"$ref": "#/components/schemas/Lost"}, "amount""##,
    );
    let new = write(folder.path(), "odd.json", &document(&odd));
    let found = run(&[&old, &new, "--consequences"]);
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.flat().contains("no bindings can be generated"), "{}", found.out);
    assert!(found.out.contains("response-type-changed"), "{}", found.out);
}
