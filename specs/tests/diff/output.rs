//! The forms of a report.

use serde_json::{Value, json};
use skatteetaten_specs::diff::{
    Options, Report, Source, diff,
    output::{Format, Style, write},
};

const OLD: &str = r#"{
  "openapi": "3.0.3",
  "info": {"title": "Orders <b>", "version": "1.0"},
  "paths": {
    "/orders": {"get": {
      "operationId": "listOrders", "description": "a",
      "parameters": [{"name": "X-Old", "in": "header", "schema": {"type": "string"}}],
      "responses": {"200": {"description": "ok", "content": {"application/json": {"schema":
        {"type": "object", "required": ["a|b"], "properties": {"a|b": {"type": "string", "pattern": "^<x>$"}}}}}}}
    }},
    "/bills": {"get": {
      "operationId": "listBills",
      "parameters": [{"name": "X-Old", "in": "header", "schema": {"type": "string"}}],
      "responses": {}
    }}
  }
}
"#;

fn report() -> Report {
    let new = OLD
        .replace(r#""required": ["a|b"], "#, "")
        .replace("^<x>$", "^<y>$")
        .replace(r#""description": "a""#, r#""description": "b""#)
        .replace(r#"{"name": "X-Old", "in": "header", "schema": {"type": "string"}}"#, "");
    let source = |name: &str, text: &str| Source::parse(name, text.as_bytes()).unwrap();
    diff(&source("old.json", OLD), &source("new.json", &new), &Options::default()).unwrap()
}

fn written(format: Format) -> String {
    write(&report(), format, &Style::default()).unwrap()
}

#[test]
fn text() {
    insta::assert_snapshot!("text", written(Format::Text));
    let coloured = write(
        &report(),
        Format::Text,
        &Style {
            colour: true,
            width: 50,
            ..Style::default()
        },
    )
    .unwrap();
    assert!(coloured.contains("\u{1b}[1;31m"));
    assert!(!written(Format::Text).contains('\u{1b}'));
}

#[test]
fn the_same_header_gone_from_two_operations_is_one_finding() {
    let report = report();
    let gone: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.rule == "header-parameter-removed")
        .collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].operations.len(), 2);
    assert!(
        gone[0].new_place.is_none(),
        "nothing stands there, so there is no place"
    );
}

#[test]
fn documentation_is_counted_and_listed_on_demand() {
    let short = written(Format::Text);
    assert!(short.contains("description-changed 1"));
    let long = write(
        &report(),
        Format::Text,
        &Style {
            verbose: true,
            ..Style::default()
        },
    )
    .unwrap();
    assert!(long.contains("`description` changed."));
}

#[test]
fn json_follows_its_published_schema() {
    let value: Value = serde_json::from_str(&written(Format::Json)).unwrap();
    let schema = Report::json_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&value));
    // The check can fail.
    let mut wrong = value;
    wrong["findings"][0]["level"] = json!("dreadful");
    assert!(!validator.is_valid(&wrong));
    let published: Value = serde_json::from_str(include_str!("../../schema/diff.schema.json")).unwrap();
    assert_eq!(
        schema, published,
        "`specs diff --schema > specs/schema/diff.schema.json` writes it"
    );
}

#[test]
fn markdown() {
    let text = written(Format::Markdown);
    assert!(!text.contains("Orders <b>"), "text of a document is no markup");
    insta::assert_snapshot!("markdown", text);
}

#[test]
fn html_is_one_safe_page() {
    let page = written(Format::Html);
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert!(!page.contains("<b>") && page.contains("Orders &lt;b&gt;"));
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    for finding in &report().findings {
        assert!(page.contains(&finding.fingerprint), "{}", finding.rule);
    }
}

#[test]
fn junit_lists_what_passed_too() {
    let text = written(Format::Junit);
    let report = report();
    let failures = text.matches("<failure").count();
    assert_eq!(failures, report.summary.breaking + report.summary.undecided);
    let cases = text.matches("<testcase").count();
    assert!(cases > 300, "{cases}");
    assert!(text.contains("path-removed: Path removed"));
}

#[test]
fn github_names_file_and_line() {
    let text = written(Format::Github);
    assert!(text.contains("::error file=new.json,line=9,col="), "{text}");
    assert!(
        text.contains("::warning file=old.json,line="),
        "gone: only the old document has a line\n{text}"
    );
    assert!(text.lines().all(|line| line.starts_with("::")));
}
