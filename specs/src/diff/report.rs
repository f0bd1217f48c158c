//! The result of a comparison, as it is written to JSON.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Options, Source,
    accepted::{self, Acceptance},
    compare::{self, Engine},
    consequences::{Consequences, RustChange, Stale},
    fingerprint,
    level::{FailOn, Level, Profile},
    position::Position,
    rules::{Flow, Rule},
    touched::{Names, Touched},
};

/// Which way data flows, seen from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What the client sends.
    Request,
    /// What the client receives.
    Response,
}

/// A place in one of the documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// JSON pointer; behind the address of another document and `#` when it stands there.
    pub pointer: String,
    /// Line and column, when the text of the document is known.
    pub position: Option<Position>,
}

/// One difference that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// What happened, in a few words: the rule's title.
    pub title: String,
    /// How bad it is under the profile and the overrides.
    pub level: Level,
    /// Which way the data flows; absent where neither applies.
    pub direction: Option<Direction>,
    /// Where, in words: an operation and its part, or a component and its property.
    pub location: String,
    /// What happened, as a sentence.
    pub message: String,
    /// What to do about it in a client generated from the document.
    pub remedy: String,
    /// The value before, where there is one to show.
    pub old: Option<String>,
    /// The value after, where there is one to show.
    pub new: Option<String>,
    /// Where it stands in the old document; absent when nothing stands there.
    pub old_place: Option<Place>,
    /// Where it stands in the new document; absent when nothing stands there.
    pub new_place: Option<Place>,
    /// The operations it touches, as `GET /path (operationId)`.
    #[serde(serialize_with = "shared")]
    #[schemars(with = "Vec<String>")]
    pub operations: Arc<Vec<String>>,
    /// Likely explanations; they change no level.
    pub hints: Vec<String>,
    /// Sixteen hexadecimal digits that stay the same when only wording or line numbers change.
    pub fingerprint: String,
    /// Who accepted it until when, if somebody has.
    pub accepted: Option<Acceptance>,
    /// What it does to the bindings and to recorded evidence.
    pub consequences: Consequences,
    #[serde(skip)]
    pub(crate) area: String,
    #[serde(skip)]
    pub(crate) operation_ids: Arc<Vec<String>>,
    #[serde(skip)]
    pub(crate) subject: String,
}

/// How many findings of each level, accepted ones aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// Of level breaking.
    pub breaking: usize,
    /// Of level undecided.
    pub undecided: usize,
    /// Of level risky.
    pub risky: usize,
    /// Of level non-breaking.
    pub non_breaking: usize,
    /// Of level documentation.
    pub documentation: usize,
    /// Accepted, of any level.
    pub accepted: usize,
}

impl Summary {
    /// The number of findings of this level.
    #[must_use]
    pub fn of(&self, level: Level) -> usize {
        match level {
            Level::Breaking => self.breaking,
            Level::Undecided => self.undecided,
            Level::Risky => self.risky,
            Level::NonBreaking => self.non_breaking,
            Level::Documentation => self.documentation,
        }
    }
}

/// One of the two documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compared {
    /// What messages call it.
    pub name: String,
    /// The file it stands in, where that is not its name.
    pub file: Option<String>,
    /// `info.title`.
    pub title: String,
    /// `info.version`.
    pub version: String,
    /// Operations in it.
    pub operations: usize,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "Report of `specs diff`")]
pub struct Report {
    /// Version of this format; it grows when a field changes its meaning.
    pub format: u32,
    /// The old document.
    pub old: Compared,
    /// The new document.
    pub new: Compared,
    /// Whose eyes the levels are for.
    pub profile: Profile,
    /// Counts by level.
    pub summary: Summary,
    /// Worst first; within a level calls first, then what is sent, then what comes back.
    pub findings: Vec<Finding>,
    /// Rules that were looked for.
    pub rules_checked: usize,
    /// Operations that both documents have and that were compared.
    pub operations_compared: usize,
    /// What could not be seen, and other remarks on the comparison itself.
    pub remarks: Vec<String>,
    /// Faults of the list of accepted findings: entries that match nothing, or have expired.
    pub accepted_faults: Vec<String>,
    /// Every change of the generated Rust, when the two surfaces were compared.
    pub rust: Option<Vec<RustChange>>,
    /// Conformance cases and requirements whose evidence goes stale, for each operation touched.
    pub stale: BTreeMap<String, Stale>,
}

impl Report {
    /// Whether the comparison fails: a finding that counts and is not accepted, or a fault of the
    /// list of accepted findings.
    #[must_use]
    pub fn fails(&self, fail_on: FailOn) -> bool {
        fail_on != FailOn::None
            && (!self.accepted_faults.is_empty()
                || self
                    .findings
                    .iter()
                    .any(|finding| finding.accepted.is_none() && fail_on.fails(finding.level)))
    }

    /// JSON Schema of the JSON output.
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

pub(crate) fn build(engine: Engine<'_>, old: &Source, new: &Source, options: &Options) -> Report {
    let mut touched = Touched::new(&engine);
    let rules = engine.catalogue.rules();
    let mut remarks = engine.remarks.clone();
    remarks.extend(unresolved(&engine));
    let mut findings: Vec<Finding> = engine
        .raws
        .iter()
        .map(|raw| finding(touched.by(raw, &engine.operations), &rules[raw.rule], raw, options))
        .collect();
    merge(&mut findings);
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| {
            (
                std::cmp::Reverse(finding.level),
                rank(&finding.area),
                finding.location.clone(),
                finding.rule.clone(),
                finding.subject.clone(),
                finding.fingerprint.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    place(&mut findings, old, new);
    let accepted_faults = accepted::apply(&options.accepted, &mut findings, options.today);
    let mut report = Report {
        format: 1,
        old: compared(old),
        new: compared(new),
        profile: options.profile,
        summary: Summary::default(),
        rules_checked: rules.len(),
        operations_compared: engine.compared,
        findings,
        remarks,
        accepted_faults,
        rust: None,
        stale: BTreeMap::new(),
    };
    report.summary = summary(&report.findings);
    report
}

/// What a reader wants to know first: where the calls go, how to get in, what to send, what comes
/// back. Below that the place decides, so that what happens to one type stands together.
const READING_ORDER: [&str; 8] = [
    "operations",
    "paths",
    "servers",
    "security",
    "parameters",
    "bodies",
    "responses",
    "headers",
];

fn rank(area: &str) -> usize {
    READING_ORDER
        .iter()
        .position(|known| *known == area)
        .unwrap_or(READING_ORDER.len())
}

fn summary(findings: &[Finding]) -> Summary {
    let mut summary = Summary::default();
    for finding in findings {
        let count = if finding.accepted.is_some() {
            &mut summary.accepted
        } else {
            match finding.level {
                Level::Breaking => &mut summary.breaking,
                Level::Undecided => &mut summary.undecided,
                Level::Risky => &mut summary.risky,
                Level::NonBreaking => &mut summary.non_breaking,
                Level::Documentation => &mut summary.documentation,
            }
        };
        *count += 1;
    }
    summary
}

fn compared(source: &Source) -> Compared {
    let document = source.document();
    let title = document.value().pointer("/info/title");
    Compared {
        name: document.name().to_owned(),
        file: source.file().map(str::to_owned),
        title: title.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
        version: document.api_version().to_owned(),
        operations: document.operations().count(),
    }
}

/// Shared lists are written as lists.
fn shared<S: serde::Serializer>(list: &Arc<Vec<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    list.as_slice().serialize(serializer)
}

fn finding(names: Names, rule: &Rule, raw: &compare::Raw<'_>, options: &Options) -> Finding {
    let level = options
        .levels
        .get(rule.id)
        .copied()
        .unwrap_or_else(|| rule.level.of(options.profile));
    let filled = |text: &str| {
        text.replace("{subject}", &raw.subject)
            .replace("{old}", raw.old.as_deref().unwrap_or("nothing"))
            .replace("{new}", raw.new.as_deref().unwrap_or("nothing"))
    };
    let mut message = filled(&rule.message);
    if raw.wanted != rule.id {
        message = format!("{message} ({})", raw.wanted);
    }
    let place = |at: &Option<crate::diff::model::Pointer<'_>>| {
        at.as_ref().map(|pointer| Place {
            pointer: pointer.text(),
            position: None,
        })
    };
    Finding {
        rule: rule.id.to_owned(),
        title: rule.title.clone(),
        level,
        direction: match rule.flow {
            Flow::Any => None,
            Flow::Request => Some(Direction::Request),
            Flow::Response => Some(Direction::Response),
        },
        location: raw.location.clone(),
        message,
        remedy: rule.remedy.clone(),
        old: raw.old.clone(),
        new: raw.new.clone(),
        old_place: place(&raw.old_at),
        new_place: place(&raw.new_at),
        operations: names.labels,
        hints: raw.hints.clone(),
        fingerprint: fingerprint::of(rule, raw),
        accepted: None,
        consequences: Consequences::default(),
        area: rule.area.clone(),
        operation_ids: names.ids,
        subject: raw.subject.clone(),
    }
}

/// The same thing said of several operations is one finding that lists them.
fn merge(findings: &mut Vec<Finding>) {
    let mut first: BTreeMap<(String, String, String, String), usize> = BTreeMap::new();
    let mut parts: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        // Only what stands in an operation can repeat; components are met once.
        let part = finding
            .operations
            .iter()
            .find_map(|operation| {
                let label = operation.split(" (").next().unwrap_or_default();
                finding.location.strip_prefix(label)
            })
            .map(str::to_owned);
        let mergeable = part.is_some() && !matches!(finding.area.as_str(), "paths" | "operations" | "documentation");
        let key = (
            finding.rule.clone(),
            part.clone().unwrap_or_default(),
            finding.message.clone(),
            finding.hints.join("\n"),
        );
        match first.get(&key).filter(|_| mergeable) {
            Some(index) => {
                let known: &mut Finding = &mut kept[*index];
                for operation in finding.operations.iter() {
                    if !known.operations.contains(operation) {
                        Arc::make_mut(&mut known.operations).push(operation.clone());
                    }
                }
                Arc::make_mut(&mut known.operation_ids).extend_from_slice(&finding.operation_ids);
                parts
                    .entry(*index)
                    .or_insert_with(|| BTreeSet::from([known.fingerprint.clone()]))
                    .insert(finding.fingerprint);
                let part = part.unwrap_or_default();
                known.location = if part.is_empty() {
                    format!("{} operations", known.operations.len())
                } else {
                    format!("{} operations{part}", known.operations.len())
                };
            }
            None => {
                if mergeable {
                    first.insert(key, kept.len());
                }
                kept.push(finding);
            }
        }
    }
    for (index, parts) in parts {
        kept[index].fingerprint = fingerprint::all(&parts);
    }
    *findings = kept;
}

fn place(findings: &mut [Finding], old: &Source, new: &Source) {
    let wanted = |pick: fn(&Finding) -> &Option<Place>| -> BTreeSet<String> {
        findings
            .iter()
            .filter_map(|finding| Some(pick(finding).as_ref()?.pointer.clone()))
            .collect()
    };
    let positions = (
        old.positions(&wanted(|finding| &finding.old_place)),
        new.positions(&wanted(|finding| &finding.new_place)),
    );
    for finding in findings {
        for (place, positions) in [
            (&mut finding.old_place, &positions.0),
            (&mut finding.new_place, &positions.1),
        ] {
            if let Some(place) = place {
                place.position = positions.get(&place.pointer).copied();
            }
        }
    }
}

fn unresolved(engine: &Engine<'_>) -> Vec<String> {
    [&engine.old, &engine.new]
        .into_iter()
        .flat_map(|side| {
            let name = side.source().document().name().to_owned();
            side.unresolved().into_iter().map(move |reference| {
                let why = if reference.starts_with('#') {
                    "leads to nothing"
                } else {
                    "was not followed"
                };
                format!("{name}: the reference `{reference}` {why}, so what it stands for was not compared")
            })
        })
        .collect()
}
