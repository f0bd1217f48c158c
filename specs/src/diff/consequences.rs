//! What a finding does to the generated Rust and to recorded evidence.
//!
//! Both are handed in: the changes of the surface by whoever generated it, the map from
//! operations to conformance cases by the suite. Nothing here is guessed from names alone: a line
//! of the surface counts for a finding only below the operation or type that the finding is about.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::report::{Finding, Report};

/// One change of the generated Rust.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct RustChange {
    /// What it belongs to: `operation hent_versjon`, `type Trekkpaalegg`.
    pub owner: String,
    /// The line of the surface before; absent for something new.
    pub old: Option<String>,
    /// The line of the surface after; absent for something gone.
    pub new: Option<String>,
}

/// Conformance cases and requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stale {
    /// Ids of cases, sorted.
    pub cases: BTreeSet<String>,
    /// Ids of requirements, sorted.
    pub requirements: BTreeSet<String>,
}

/// Which cases and requirements rest on which operation, by `operationId`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// By `operationId`, as the document spells it.
    pub operations: BTreeMap<String, Stale>,
}

/// What one finding does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Consequences {
    /// Changes of the generated Rust that come from it.
    pub rust: Vec<RustChange>,
    /// Conformance cases whose evidence goes stale.
    pub cases: Vec<String>,
    /// Requirements whose evidence goes stale.
    pub requirements: Vec<String>,
}

impl Report {
    /// Adds the changes of the generated Rust, to the report and to the findings they come from.
    pub fn add_rust(&mut self, changes: Vec<RustChange>) {
        for finding in &mut self.findings {
            let owners = owners(finding);
            finding.consequences.rust = changes
                .iter()
                .filter(|change| concerns(finding, &owners, change))
                .cloned()
                .collect();
        }
        self.rust = Some(changes);
    }

    /// Adds the conformance cases and requirements whose evidence goes stale: those of every
    /// operation that more than documentation touches.
    pub fn add_evidence(&mut self, evidence: &Evidence) {
        for finding in &mut self.findings {
            if finding.level == super::Level::Documentation {
                continue;
            }
            let mut all = Stale::default();
            for id in finding.operation_ids.iter() {
                if let Some(stale) = evidence.operations.get(id) {
                    all.cases.extend(stale.cases.iter().cloned());
                    all.requirements.extend(stale.requirements.iter().cloned());
                    self.stale.insert(id.clone(), stale.clone());
                }
            }
            finding.consequences.cases = all.cases.into_iter().collect();
            finding.consequences.requirements = all.requirements.into_iter().collect();
        }
    }
}

/// The operations and types a finding is about, as the surface names them.
fn owners(finding: &Finding) -> BTreeSet<String> {
    let mut owners = BTreeSet::new();
    let in_component = finding
        .location
        .split(['.', '[', ' ', '{'])
        .next()
        .filter(|name| !name.is_empty() && !finding.location.contains('→'));
    match (finding.area.as_str(), in_component) {
        ("schemas" | "properties" | "constraints" | "values" | "composition" | "components", Some(name)) => {
            owners.insert(format!("type {}", pascal(name)));
            if let Some((_, rest)) = finding.location.split_once("(was ") {
                let old = rest.split(')').next().unwrap_or_default();
                owners.insert(format!("type {}", pascal(old)));
            }
        }
        _ => {
            for id in finding.operation_ids.iter() {
                owners.insert(format!("operation {}", snake(id)));
            }
        }
    }
    owners
}

fn concerns(finding: &Finding, owners: &BTreeSet<String>, change: &RustChange) -> bool {
    if !owners.contains(&change.owner) {
        return false;
    }
    let lines = [&change.old, &change.new];
    let whole = lines.iter().any(|line| line.as_ref() == Some(&change.owner));
    match finding.area.as_str() {
        _ if whole => true,
        "operations" | "components" => true,
        // The line of an operation that holds method and address.
        "paths" => lines.into_iter().flatten().any(|line| line.contains(" /")),
        _ => {
            let names = members(finding);
            lines
                .into_iter()
                .flatten()
                .any(|line| words(line).any(|word| names.iter().any(|name| name == word)))
        }
    }
}

/// The parameter or field a finding is about, as the document and as Rust spells it.
fn members(finding: &Finding) -> Vec<String> {
    let last = finding.location.rsplit(['→', '.']).next().unwrap_or_default().trim();
    let last = last.rsplit(' ').next().unwrap_or_default();
    let name = last.trim_end_matches("[]").trim_end_matches("{}");
    let mut names = vec![name.to_owned()];
    if finding.area == "parameters" {
        // A parameter may have had another name.
        names.extend([&finding.old, &finding.new].into_iter().flatten().cloned());
    }
    let rust: Vec<String> = names.iter().map(|name| snake(name)).collect();
    names.extend(rust);
    names
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
}

/// `hentVersjon` → `hent_versjon`, the way the generator names methods and fields.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut after_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            if !out.ends_with('_') {
                out.push('_');
            }
            after_lower = false;
            continue;
        }
        if letter.is_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = letter.is_lowercase() || letter.is_ascii_digit();
        out.extend(letter.to_lowercase());
    }
    out
}

/// `trekk-status` → `TrekkStatus`, the way the generator names types.
fn pascal(name: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            upper = true;
        } else if upper {
            out.extend(letter.to_uppercase());
            upper = false;
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_generator() {
        assert_eq!(snake("hentAlleGjeldende"), "hent_alle_gjeldende");
        assert_eq!(snake("trekkstoerrelseForPeriode"), "trekkstoerrelse_for_periode");
        assert_eq!(pascal("trekk-status"), "TrekkStatus");
        assert_eq!(pascal("Feil"), "Feil");
    }
}
