//! Input that is wrong, deep, circular or made to hurt: a message or a report, never a crash.

use std::fmt::Write as _;

use serde_json::{Value, json};
use skatteetaten_specs::{
    diff::{FailOn, Options, Source, diff},
    document::DocumentError,
};

use super::{compare, document, ids, responding};

#[test]
fn what_is_no_openapi_document_is_said() {
    let refused = |text: &str| Source::parse("x", text.as_bytes()).unwrap_err();
    assert!(matches!(refused("{"), DocumentError::Syntax { .. }));
    assert!(matches!(refused("[]"), DocumentError::NotAnObject { .. }));
    assert!(matches!(refused("{}"), DocumentError::NoVersion { .. }));
    assert!(matches!(
        refused(r#"{"swagger":"2.0"}"#),
        DocumentError::Swagger2 { .. }
    ));
    assert!(matches!(refused(r#"{"openapi":"3.2.0"}"#), DocumentError::Newer { .. }));
    assert!(matches!(
        refused(r#"{"openapi":"4.0.0"}"#),
        DocumentError::OtherVersion { .. }
    ));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(refused(&deep), DocumentError::Syntax { .. }));
}

#[test]
fn fields_of_the_wrong_kind_are_survived() {
    for broken in [
        json!({"openapi": "3.0.3"}),
        json!({"openapi": "3.0.3", "paths": []}),
        json!({"openapi": "3.0.3", "info": 3, "paths": {"/a": 1, "/b": {"get": []}}}),
        json!({"openapi": "3.0.3", "paths": {"/a": {"get": {"parameters": {"x": 1}, "responses": []}}}}),
        json!({"openapi": "3.0.3", "paths": {"/a": {"get": {"parameters": [7, {"in": "query"}], "security": 3}}}}),
        json!({"openapi": "3.0.3", "components": {"schemas": []}, "servers": {"url": 1}}),
    ] {
        let good = responding(json!({"type": "string"}));
        compare(&broken, &good);
        compare(&good, &broken);
        assert!(compare(&broken, &broken).findings.is_empty());
    }
}

#[test]
fn references_in_circles_end() {
    let with = |schemas: Value| {
        let mut document = responding(json!({"$ref": "#/components/schemas/A"}));
        document["components"] = json!({"schemas": schemas});
        document
    };
    let itself = with(json!({"A": {"$ref": "#/components/schemas/A"}}));
    let two = with(json!({"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}));
    let parts = with(json!({"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object"}]}}));
    let tree = with(json!({"A": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/A"}}}}));
    let either = with(
        json!({"A": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/components/schemas/A"}}]}}),
    );
    let not = with(json!({"A": {"not": {"$ref": "#/components/schemas/A"}}}));
    let all = [itself, two, parts, tree, either, not];
    for old in &all {
        for new in &all {
            let report = compare(old, new);
            assert_eq!(
                old == new,
                report.findings.is_empty(),
                "{old}\n{new}\n{:?}",
                ids(&report)
            );
        }
    }
}

#[test]
fn a_change_deep_in_a_circle_is_found_once_for_each_direction() {
    let with = |kind: &str| {
        document(
            json!({"/a": {"post": {
                "operationId": "a",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}},
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}}
            }}}),
            json!({"schemas": {"Node": {"type": "object", "properties": {
                "value": {"type": kind}, "next": {"$ref": "#/components/schemas/Node"}}}}}),
        )
    };
    let report = compare(&with("integer"), &with("number"));
    assert_eq!(
        ids(&report),
        [
            "response-type-widened",
            "request-type-widened",
            "api-version-not-bumped"
        ]
    );
    assert_eq!(*report.findings[0].operations, ["POST /a (a)"]);
}

#[test]
fn callbacks_that_contain_themselves_end() {
    let with = |kind: &str| {
        document(
            json!({"/a": {"get": {"operationId": "a", "responses": {}, "callbacks": {"c": {"$ref": "#/components/callbacks/C"}}}}}),
            json!({"callbacks": {"C": {"{$url}": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": kind}}}},
                "responses": {},
                "callbacks": {"c": {"$ref": "#/components/callbacks/C"}}}}}}}),
        )
    };
    let report = compare(&with("integer"), &with("number"));
    assert_eq!(
        ids(&report),
        ["response-type-widened", "api-version-not-bumped"],
        "the server sends it, so it widens what arrives"
    );
}

/// Each schema names the next twice: 2^40 ways through, 40 schemas.
#[test]
fn the_number_of_ways_through_a_document_does_not_count() {
    let with = |last: &str| {
        let mut schemas = serde_json::Map::new();
        for index in 0..40 {
            let next = json!({"$ref": format!("#/components/schemas/S{}", index + 1)});
            schemas.insert(
                format!("S{index}"),
                json!({"type": "object", "properties": {"a": next, "b": next}, "allOf": [next, next],
                       "oneOf": [next, {"type": "array", "items": next}]}),
            );
        }
        schemas.insert("S40".to_owned(), json!({"type": last}));
        let mut document = responding(json!({"$ref": "#/components/schemas/S0"}));
        document["components"] = json!({"schemas": schemas});
        document
    };
    let report = compare(&with("object"), &with("object"));
    assert!(report.findings.is_empty());
    let report = compare(&with("object"), &with("string"));
    assert!(report.fails(FailOn::Breaking));
}

#[test]
fn a_long_chain_of_components_needs_no_deep_stack() {
    let with = |last: &str| {
        let mut schemas = serde_json::Map::new();
        for index in 0..5_000 {
            let next = json!({"$ref": format!("#/components/schemas/S{}", index + 1)});
            schemas.insert(
                format!("S{index}"),
                json!({"type": "object", "properties": {"n": next}}),
            );
        }
        schemas.insert("S5000".to_owned(), json!({"type": last}));
        let mut document = responding(json!({"$ref": "#/components/schemas/S0"}));
        document["components"] = json!({"schemas": schemas});
        document
    };
    let report = compare(&with("integer"), &with("string"));
    assert_eq!(ids(&report), ["response-type-changed", "api-version-not-bumped"]);
    assert_eq!(*report.findings[0].operations, ["GET /orders (listOrders)"]);
}

#[test]
fn remote_references_are_not_followed_and_that_is_said() {
    let with = |version: u8| responding(json!({"$ref": format!("https://schemas.example/v{version}.json#/A")}));
    let same = compare(&with(1), &with(1));
    assert!(same.findings.is_empty());
    assert!(same.remarks[0].contains("was not followed"), "{:?}", same.remarks);
    let other = compare(&with(1), &with(2));
    assert_eq!(ids(&other), ["response-reference-unresolved"]);
    assert!(other.fails(FailOn::Breaking), "unknown is never safe");
}

#[test]
fn attached_documents_are_compared() {
    let with = |kind: &str| {
        let text = responding(json!({"$ref": "https://schemas.example/a.json#/A"})).to_string();
        let mut source = Source::parse("x.json", text.as_bytes()).unwrap();
        let open = source.open_references();
        assert_eq!(open, [(0, "https://schemas.example/a.json".to_owned())]);
        source.attach(
            0,
            &open[0].1,
            "https://schemas.example/a.json",
            json!({"A": {"type": kind}}),
        );
        assert!(source.open_references().is_empty());
        source
    };
    let report = diff(&with("integer"), &with("string"), &Options::default()).unwrap();
    assert_eq!(ids(&report), ["response-type-changed", "api-version-not-bumped"]);
    let place = report.findings[0].old_place.as_ref().unwrap();
    assert_eq!(place.pointer, "https://schemas.example/a.json#/A");
    assert_eq!(place.position, None);
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = String::from("openapi: 3.0.3\na0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = level - 1;
        writeln!(text, "a{level}: &a{level} [*a{before},*a{before},*a{before},*a{before},*a{before},*a{before},*a{before},*a{before}]").unwrap();
    }
    // Either the reader has YAML and sees through it, or it has not and refuses YAML.
    assert!(matches!(
        Source::parse("bomb.yaml", text.as_bytes()),
        Err(DocumentError::Syntax { .. })
    ));
}
