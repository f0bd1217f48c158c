//! `specs lower` on documents of its own, pinned ones, and such as it has to refuse.

use std::{fs, path::Path, process::Command};

use super::{Run, write};

fn lower(arguments: &[&str]) -> Run {
    let program = env!("CARGO_BIN_EXE_skatt-conformance");
    let output = Command::new(program).args(["specs", "lower"]).args(arguments).output();
    Run::from(output.unwrap())
}

/// One operation with two error schemas, which progenitor panics on, and a field of this schema.
fn document(field: &str) -> String {
    format!(
        r##"{{"openapi": "3.0.1", "info": {{"title": "T", "version": "1"}}, "paths": {{"/ting": {{"get": {{
  "operationId": "hentTing", "responses": {{
    "200": {{"description": "ok", "content": {{"*/*": {{"schema": {{"$ref": "#/components/schemas/Ting"}}}}}}}},
    "400": {{"description": "bad", "content": {{"application/json": {{"schema": {{"$ref": "#/components/schemas/Feil"}}}}}}}},
    "404": {{"description": "none", "content": {{"application/json": {{"schema": {{"type": "integer"}}}}}}}}
  }}}}}}}},
  "components": {{"schemas": {{
    "Ting": {{"type": "object", "properties": {{"felt": {field}}}}},
    "Feil": {{"type": "object", "properties": {{"kode": {{"type": "string"}}}}}}
  }}}}}}"##
    )
}

fn file(folder: &Path, field: &str) -> String {
    write(folder, "ting.json", &document(field))
}

#[test]
fn every_rewrite_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), r#"{"type": "number"}"#);
    let run = lower(&[&file, "--explain"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.out
            .contains("decimals at /components/schemas/Ting/properties/felt\n"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("answers at /paths/~1ting/get/responses\n"),
        "{}",
        run.out
    );
    assert_eq!(
        run.out.matches("\n  why:  ").count(),
        run.out.matches("\n  Rust: ").count()
    );
    assert!(run.out.trim_end().ends_with("lines of Rust"), "{}", run.out);

    let json = lower(&[&file, "--json"]);
    let pointers: Vec<String> = json
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|rewrite| rewrite["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert!(pointers.contains(&"/components/schemas/Ting/properties/felt".to_owned()));
}

#[test]
fn the_rust_starts_with_the_dependencies_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), r#"{"type": "string", "format": "uuid"}"#);
    let out = folder.path().join("ting.rs");
    let run = lower(&[&file, "--rust", out.to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let code = fs::read_to_string(&out).unwrap();
    let dependencies: Vec<&str> = code
        .lines()
        .skip_while(|line| *line != "// [dependencies]")
        .skip(1)
        .map_while(|line| line.strip_prefix("// "))
        .collect();
    let table: toml::Table = dependencies.join("\n").parse().unwrap();
    let names: Vec<&str> = table.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["bytes", "progenitor-client", "reqwest", "serde", "serde_json", "uuid"]
    );
    // What it names it uses, and what it uses it names.
    for (name, path) in [
        ("chrono", "::chrono::"),
        ("rust_decimal", "::rust_decimal::"),
        ("uuid", "::uuid::"),
    ] {
        assert_eq!(table.contains_key(name), code.contains(path), "{name}");
    }
    assert!(code.lines().all(|line| line.trim_end() == line), "formatted");
}

#[test]
fn a_pinned_document_is_named_by_api_and_version() {
    let run = lower(&["trekkpaalegg-app@1.4"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.starts_with("trekkpaalegg-app@1.4: "), "{}", run.out);
}

#[test]
fn what_is_not_understood_names_document_place_problem_and_way_out() {
    let folder = tempfile::tempdir().unwrap();
    for (field, pointer, problem) in [
        (
            r#"{"type": "date"}"#,
            "properties/felt/type",
            "does not exist in OpenAPI 3.0",
        ),
        (
            r##"{"$ref": "andre.yaml#/X"}"##,
            "properties/felt",
            "leads out of the document",
        ),
        (
            r##"{"$ref": "#/components/schemas/Ingen"}"##,
            "properties/felt",
            "leads to nothing",
        ),
        (
            r#"{"allOf": [{"type": "string"}, {"type": "integer"}]}"#,
            "properties/felt/allOf",
            "no value is both",
        ),
    ] {
        let file = file(folder.path(), field);
        let place = format!("/components/schemas/Ting/{pointer}");
        let out = folder.path().join("out.rs");
        let run = lower(&[&file, "--rust", out.to_str().unwrap()]);
        run.refused(2, &[&file, &place, problem]);
        // The way out comes last, and is a sentence.
        assert!(
            run.err
                .split(&format!("(at {place}). "))
                .nth(1)
                .is_some_and(|rest| rest.len() > 10),
            "{}",
            run.err
        );
        assert!(!out.exists(), "nothing is written for a document that is refused");
    }
}

#[test]
fn what_is_no_openapi_3_0_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    for (text, parts) in [
        (r#"{"openapi": "3.1.0", "paths": {}}"#, ["3.1.0", "3.0"]),
        (r#"{"swagger": "2.0", "paths": {}}"#, ["2.0", "3.0"]),
        (r#"{"paths": {}}"#, ["openapi", "not an OpenAPI document"]),
        ("{", ["cannot be parsed", "line 1"]),
    ] {
        let file = write(folder.path(), "annet.json", text);
        lower(&[&file]).refused(2, &[&file, parts[0], parts[1]]);
    }
    lower(&["finnes-ikke.json"]).refused(2, &["finnes-ikke.json", "specs status"]);
}

#[test]
fn yaml_with_a_byte_order_mark_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get: {responses: {200: {description: ok}}}\n";
    let file = write(folder.path(), "a.yaml", text);
    assert_eq!(lower(&[&file]).code, Some(0));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), "{}");
    let out = folder.path().join("ingen/mappe.rs");
    lower(&[&file, "--rust", out.to_str().unwrap()]).refused(2, &["mappe.rs", "directory"]);
}
