//! How the comparison grows with the documents: made documents 1, 2, 4 and 8 times as large, and
//! any two documents given with `DIFF_OLD` and `DIFF_NEW`.
//!
//! `cargo bench -p skatteetaten-specs --features diff --bench diff`
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has failed")]

use std::{
    env, fs,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};
use skatteetaten_specs::diff::{Options, Report, Source, diff};

/// Operations of the smallest document.
const OPERATIONS: usize = 150;
/// Schemas for each operation.
const SCHEMAS: usize = 3;
const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` only wants to know whether it runs.
    let measured = env::args().any(|argument| argument == "--bench");
    let factors: &[usize] = if measured { &[1, 2, 4, 8] } else { &[1] };
    println!("factor       MB   findings        ms    growth   ms/MB   peak MB");
    let mut before: Option<Duration> = None;
    for factor in factors {
        let (old, new) = (document(*factor, false), document(*factor, true));
        let rounds = if measured { ROUNDS } else { 1 };
        let (took, report) = best(rounds, &old, &new);
        let megabytes = megabytes(old.len() + new.len());
        let growth = before.map_or(1.0, |before| took.as_secs_f64() / before.as_secs_f64());
        println!(
            "{factor:>5}x {megabytes:>8.2} {:>10} {:>9.1} {growth:>8.2}x {:>7.1} {:>9}",
            report.findings.len(),
            milliseconds(took),
            milliseconds(took) / megabytes,
            peak().map_or_else(|| "?".to_owned(), |peak| format!("{:.0}", megabytes_f(peak))),
        );
        before = Some(took);
    }
    if let (Ok(old), Ok(new)) = (env::var("DIFF_OLD"), env::var("DIFF_NEW")) {
        let read = |name: &str| fs::read(name).expect("a readable document");
        let (old, new) = (read(&old), read(&new));
        let (took, report) = best(ROUNDS, &old, &new);
        println!(
            "given  {:>8.2} {:>10} {:>9.1}",
            megabytes(old.len() + new.len()),
            report.findings.len(),
            milliseconds(took)
        );
    }
}

/// Reading and comparing, the fastest of several rounds.
fn best(rounds: usize, old: &[u8], new: &[u8]) -> (Duration, Report) {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let old = Source::parse("old.json", old).expect("a document");
            let new = Source::parse("new.json", new).expect("a document");
            let report = diff(&old, &new, &Options::default()).expect("a comparison");
            (start.elapsed(), report)
        })
        .min_by_key(|(took, _)| *took)
        .expect("at least one round")
}

/// Operations that share schemas which refer to each other, so that there are far more ways
/// through the document than places in it. Every seventh schema changes.
fn document(factor: usize, changed: bool) -> Vec<u8> {
    let operations = OPERATIONS * factor;
    let schemas = operations * SCHEMAS;
    let reference = |index: usize| json!({"$ref": format!("#/components/schemas/Schema{}", index % schemas)});
    let mut components = Map::new();
    for index in 0..schemas {
        let kind = if changed && index % 7 == 0 { "string" } else { "integer" };
        let required = if changed && index % 11 == 0 {
            json!(["id"])
        } else {
            json!(["id", "name"])
        };
        components.insert(
            format!("Schema{index}"),
            json!({
                "type": "object",
                "description": format!("Schema number {index}, which refers to three others."),
                "required": required,
                "properties": {
                    "id": {"type": kind, "example": 1},
                    "name": {"type": "string", "maxLength": 100, "description": "A name."},
                    "state": {"type": "string", "enum": ["new", "open", "closed"]},
                    "next": reference(index + 1),
                    "other": reference(index * 7 + 3),
                    "list": {"type": "array", "items": reference(index * 13 + 5)},
                    "either": {"oneOf": [reference(index + 2), {"type": "string"}]},
                },
            }),
        );
    }
    let mut paths = Map::new();
    for index in 0..operations {
        paths.insert(
            format!("/resources{index}/{{id}}"),
            json!({"post": {
                "operationId": format!("operation{index}"),
                "summary": "Does something.",
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                ],
                "requestBody": {"content": {"application/json": {"schema": reference(index * SCHEMAS)}}},
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": reference(index * SCHEMAS + 1)}}},
                    "404": {"description": "not found", "content": {"application/json": {"schema": reference(0)}}},
                },
            }}),
        );
    }
    let document: Value = json!({
        "openapi": "3.0.3",
        "info": {"title": "Made", "version": if changed { "2.0" } else { "1.0" }},
        "paths": paths,
        "components": {"schemas": components},
    });
    serde_json::to_vec_pretty(&document).expect("JSON")
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn megabytes(bytes: usize) -> f64 {
    megabytes_f(u32::try_from(bytes).map_or(f64::MAX, f64::from))
}

fn megabytes_f(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

/// The most memory the process has held so far, in bytes, where the system tells.
fn peak() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0)
}
