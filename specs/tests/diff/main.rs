//! The comparison from outside.
#![cfg(feature = "diff")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod accepted;
mod equivalence;
mod hostile;
mod output;
mod patch;
mod rules;
mod soundness;
mod symmetry;
mod trekkpaalegg;

use serde_json::{Value, json};
use skatteetaten_specs::{
    diff::{Options, Report, Source, diff},
    document::Document,
};

/// Compares two trees.
fn compare(old: &Value, new: &Value) -> Report {
    compare_with(old, new, &Options::default())
}

fn compare_with(old: &Value, new: &Value, options: &Options) -> Report {
    let source = |name: &str, value: &Value| Source::from_document(Document::from_value(name, value.clone()));
    diff(&source("old", old), &source("new", new), options).expect("a comparison")
}

/// Ids of the rules of a report, in its order.
fn ids(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// A document with these paths and components.
fn document(paths: Value, components: Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Orders", "version": "1.0"},
        "paths": paths,
        "components": components,
    })
}

/// A document whose only response has this schema.
fn responding(schema: Value) -> Value {
    document(
        json!({"/orders": {"get": {"operationId": "listOrders", "responses": {"200": {
            "description": "ok", "content": {"application/json": {"schema": schema}}}}}}}),
        json!({}),
    )
}
