//! The changes of the generated Rust, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Report};
use crate::diff::consequences::RustChange;

/// What comes from a finding, one line each.
pub(super) fn of_finding(finding: &Finding) -> Vec<String> {
    finding.consequences.rust.iter().map(line).collect()
}

/// What no finding explains, one line each.
pub(super) fn unexplained(report: &Report) -> Vec<String> {
    let explained: BTreeSet<&RustChange> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.consequences.rust)
        .collect();
    report
        .rust
        .iter()
        .flatten()
        .filter(|change| !explained.contains(change))
        .map(line)
        .collect()
}

/// Methods and types that change: `methods: a, b (new)`.
pub(super) fn touched(report: &Report) -> Vec<String> {
    let mut kinds: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for change in report.rust.iter().flatten() {
        let (kind, name) = change.owner.split_once(' ').unwrap_or(("", &change.owner));
        let state = match whole(change) {
            true if change.old.is_some() => " (gone)",
            true => " (new)",
            false => "",
        };
        kinds.entry(kind).or_default().insert(name, state);
    }
    kinds
        .into_iter()
        .map(|(kind, names)| {
            let names: Vec<String> = names
                .into_iter()
                .map(|(name, state)| format!("{name}{state}"))
                .collect();
            let kind = if kind == "operation" { "method" } else { kind };
            format!("{kind}s: {}", names.join(", "))
        })
        .collect()
}

/// Whether all of a method or type is new or gone.
fn whole(change: &RustChange) -> bool {
    change.old.as_ref().or(change.new.as_ref()) == Some(&change.owner)
}

fn line(change: &RustChange) -> String {
    let owner = match change.owner.split_once(' ') {
        Some(("operation", name)) => format!("method {name}"),
        _ => change.owner.clone(),
    };
    if whole(change) {
        let what = if change.old.is_some() { "gone" } else { "new" };
        return format!("{owner}: {what}");
    }
    match (change.old.as_deref().map(bare), change.new.as_deref().map(bare)) {
        (Some(old), Some(new)) if old == new => format!("{owner}: {old} (documentation)"),
        (Some(old), Some(new)) => format!("{owner}: {old} → {new}"),
        (Some(old), None) => format!("{owner}: {old} → gone"),
        (None, Some(new)) => format!("{owner}: new {new}"),
        (None, None) => owner,
    }
}

/// A line of the surface without the hash of its documentation.
fn bare(line: &str) -> &str {
    line.split(" docs:").next().unwrap_or(line)
}
