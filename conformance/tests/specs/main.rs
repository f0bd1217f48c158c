//! The commands `specs …`, as programs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod checkout;
mod diff;
mod lower;
mod pinned;
mod readme;
mod registry;
mod web;

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

/// `skatt-conformance specs diff` with these arguments.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"));
    command
        .args(["specs", "diff"])
        .args(arguments)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Run {
    Run::from(program(arguments).output().unwrap())
}

/// With something on standard input.
fn run_with(arguments: &[&str], input: &str) -> Run {
    let mut child = program(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Run::from(child.wait_with_output().unwrap())
}

/// What a run left behind.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// What was printed, without its line breaks: where they fall depends on how long paths are.
    fn flat(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Refused, with a message that holds each of these.
    #[track_caller]
    fn refused(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.out.is_empty(), "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in {}", self.err);
        }
    }
}

/// A small document whose response has this schema.
fn document(schema: &str) -> String {
    format!(
        r#"{{
  "openapi": "3.0.3",
  "info": {{"title": "Orders", "version": "1.0"}},
  "paths": {{"/orders": {{"get": {{
    "operationId": "listOrders",
    "responses": {{"200": {{"description": "ok", "content": {{"application/json": {{"schema": {schema}}}}}}}}}
  }}}}}}
}}"#
    )
}

const NUMBER: &str = r#"{"type": "object", "properties": {"amount": {"type": "integer"}}}"#;
const TEXT: &str = r#"{"type": "object", "properties": {"amount": {"type": "string"}}}"#;

/// Two files that differ in a way that breaks.
fn pair(folder: &Path) -> (String, String) {
    (
        write(folder, "old.json", &document(NUMBER)),
        write(folder, "new.json", &document(TEXT)),
    )
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
