//! Rules about the files themselves, which no compiler checks. All findings are reported at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

/// A file longer than this holds more than one idea. Data and generated listings are not code.
const MAX_LINES: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Text files of the checkout, without what version control ignores, as (path from the root, text).
fn files() -> Vec<(String, String)> {
    let root = root();
    let mut found: Vec<_> = WalkBuilder::new(&root)
        .hidden(false)
        .filter_entry(|entry| entry.file_name() != ".git" && entry.file_name() != "target")
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let name = entry
                .path()
                .strip_prefix(&root)
                .ok()?
                .to_string_lossy()
                .replace('\\', "/");
            Some((name, fs::read_to_string(entry.path()).ok()?))
        })
        .collect();
    found.sort();
    assert!(found.len() > 50, "only {} files found: the walk is broken", found.len());
    found
}

type Rule = fn(&str, &str) -> Vec<String>;

fn rust(name: &str) -> bool {
    name.ends_with(".rs")
}

fn too_long(name: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if rust(name) && lines > MAX_LINES {
        vec![format!("{name}: {lines} lines, at most {MAX_LINES}; split it by idea")]
    } else {
        Vec::new()
    }
}

fn says_what_it_is(name: &str, text: &str) -> Vec<String> {
    if rust(name) && !text.starts_with("//!") && !text.starts_with("#!") && !text.starts_with("// @generated") {
        vec![format!("{name}: does not start with `//!` and what the file is for")]
    } else {
        Vec::new()
    }
}

fn clean_lines(name: &str, text: &str) -> Vec<String> {
    let checked = rust(name) || name.ends_with(".md") || name.ends_with(".toml") || name.ends_with(".yml");
    if !checked {
        return Vec::new();
    }
    let mut found: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r'))
        .map(|(index, _)| format!("{name}:{}: ends in white space", index + 1))
        .collect();
    if !text.is_empty() && !text.ends_with('\n') {
        found.push(format!("{name}: does not end in a newline"));
    }
    found
}

/// Why a test that `cargo test` leaves out runs all the same: as a process of another test.
const ELSEWHERE: [&str; 1] = ["started by the test below"];

/// A test that is switched off is not noticed when it would pass again.
fn no_switched_off_tests(name: &str, text: &str) -> Vec<String> {
    let attribute = concat!("#[", "ignore");
    text.lines()
        .enumerate()
        .filter(|(_, line)| rust(name) && line.trim_start().starts_with(attribute))
        .filter(|(_, line)| !ELSEWHERE.iter().any(|reason| line.contains(reason)))
        .map(|(index, _)| {
            format!(
                "{name}:{}: assert today's behaviour and say what is wrong with it instead",
                index + 1
            )
        })
        .collect()
}

/// An exception without a reason cannot be judged. `expect` is better than `allow`: it tells the day on which
/// the exception is no longer needed. Where that differs from build to build, `allow` with a reason stays.
fn exceptions_have_reasons(name: &str, text: &str) -> Vec<String> {
    let expect = concat!("#[", "expect(");
    let allow = concat!("#[", "allow(");
    text.lines()
        .enumerate()
        .filter(|(_, line)| rust(name) && line.trim_start().starts_with(allow) && !line.contains("reason = "))
        .map(|(index, _)| format!("{name}:{}: use {expect}…, reason = …)]", index + 1))
        .collect()
}

#[test]
fn tidy() {
    let rules: [Rule; 5] = [
        too_long,
        says_what_it_is,
        clean_lines,
        no_switched_off_tests,
        exceptions_have_reasons,
    ];
    let files = files();
    let findings: Vec<_> = files
        .iter()
        .flat_map(|(name, text)| rules.iter().flat_map(move |rule| rule(name, text)))
        .collect();
    assert!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
}

#[test]
fn every_rule_finds_what_it_looks_for() {
    let long = "//! x\n".repeat(MAX_LINES + 1);
    assert_eq!(too_long("a.rs", &long).len(), 1);
    assert_eq!(too_long("a.json", &long).len(), 0);
    assert_eq!(says_what_it_is("a.rs", "fn main() {}\n").len(), 1);
    assert_eq!(clean_lines("a.md", "a \nb").len(), 2);
    assert_eq!(no_switched_off_tests("a.rs", concat!("    #[", "ignore]\n")).len(), 1);
    assert_eq!(
        exceptions_have_reasons("a.rs", concat!("#[", "allow(dead_code)]\n")).len(),
        1
    );
}

/// Every document that users read names commands that exist.
#[test]
fn commands_in_the_documentation_exist() {
    let commands = [
        "conformance",
        "simulate",
        "evidence",
        "specs",
        "token",
        "trekkpaalegg",
        "finansprodukter",
        "ci",
    ];
    let mut findings = Vec::new();
    let pattern = regex::Regex::new(r"cargo xtask ([a-z-]+)").unwrap();
    for (name, text) in files().iter().filter(|(name, _)| name.ends_with(".md")) {
        for found in pattern.captures_iter(text) {
            if !commands.contains(&&found[1]) {
                findings.push(format!("{name}: `{}` is no command", &found[0]));
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
