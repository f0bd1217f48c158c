//! The comparison itself.
//!
//! One [`Engine`] walks both documents from their operations. A pair of components that meets is
//! put on a list and compared once for each direction, so the work grows with the documents and
//! not with the ways through them; cycles need no care. While the engine *judges* (is this branch
//! the same as that one?) nothing is reported and only the effect on the set is kept.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    rc::Rc,
};

use chrono::NaiveDate;

use super::{
    model::{Pointer, Side},
    rules::{Action, Catalogue},
};

mod callbacks;
mod components;
mod composition;
mod constraints;
mod content;
mod discriminator;
mod document;
mod notes;
mod operation;
mod parameters;
mod parts;
mod paths;
mod properties;
mod responses;
mod schema;
mod security;
mod servers;
mod trail;
mod values;

pub(crate) use parts::{Change, Moves, Node, Operation, Pair, Raw};
pub(crate) use trail::Trail;

/// Which way data flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Direction {
    Request,
    Response,
}

impl Direction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// An operation, or a pair of components in one direction.
pub(crate) type NodeId = usize;

/// Where the comparison is.
#[derive(Debug, Clone)]
pub(crate) struct Context<'a> {
    pub(crate) trail: Trail<'a>,
    pub(crate) direction: Direction,
    pub(crate) node: NodeId,
    /// Directly in a parameter's schema: its changes have rules of their own.
    pub(crate) parameter: bool,
}

impl<'a> Context<'a> {
    pub(crate) fn down(&self, trail: Trail<'a>) -> Self {
        Self {
            trail,
            parameter: false,
            ..self.clone()
        }
    }
}

type PairKey = (Rc<str>, Rc<str>, Direction);
/// Rule, places in both documents, location and texts: what makes two findings one.
type Identity = (
    usize,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
);

/// Steps that judging may take in all, so that hostile alternatives end as undecided.
const JUDGING_BUDGET: usize = 50_000;

/// The comparison of two documents.
pub(crate) struct Engine<'a> {
    pub(crate) old: Side<'a>,
    pub(crate) new: Side<'a>,
    pub(crate) catalogue: &'a Catalogue,
    /// The day on which sunsets are judged.
    today: NaiveDate,
    pub(crate) raws: Vec<Raw<'a>>,
    seen: HashMap<Identity, usize>,
    pub(crate) nodes: Vec<Node<'a>>,
    pairs: HashMap<PairKey, NodeId>,
    queue: VecDeque<NodeId>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) remarks: Vec<String>,
    /// Names of component schemas that met under another name, old to new.
    pub(crate) renamed: BTreeMap<String, String>,
    judging: Vec<Moves>,
    judged: HashMap<PairKey, Moves>,
    in_progress: Vec<PairKey>,
    /// Smallest index into `in_progress` that was taken for equal.
    assumed: usize,
    budget: usize,
    /// Operations that a part of the document concerns, by the part's location.
    parts: BTreeMap<String, BTreeSet<NodeId>>,
    callbacks_seen: HashSet<(String, String)>,
    /// Operations that were compared.
    pub(crate) compared: usize,
}

/// The node of what belongs to no operation.
pub(crate) const DOCUMENT: NodeId = 0;

impl<'a> Engine<'a> {
    pub(crate) fn new(old: Side<'a>, new: Side<'a>, catalogue: &'a Catalogue, today: NaiveDate) -> Self {
        Self {
            old,
            new,
            catalogue,
            today,
            raws: Vec::new(),
            seen: HashMap::new(),
            nodes: vec![Node {
                parents: BTreeSet::new(),
                operation: None,
                pair: None,
            }],
            pairs: HashMap::new(),
            queue: VecDeque::new(),
            operations: Vec::new(),
            remarks: Vec::new(),
            renamed: BTreeMap::new(),
            judging: Vec::new(),
            judged: HashMap::new(),
            in_progress: Vec::new(),
            assumed: usize::MAX,
            budget: JUDGING_BUDGET,
            parts: BTreeMap::new(),
            callbacks_seen: HashSet::new(),
            compared: 0,
        }
    }

    /// Compares everything.
    pub(crate) fn run(&mut self) {
        self.document();
        self.paths();
        self.drain();
        self.components();
        self.drain();
        self.version_steps();
        self.spread();
    }

    /// Notes that an operation depends on a part of the document.
    fn concerns(&mut self, part: String, node: NodeId) {
        self.parts.entry(part).or_default().insert(node);
    }

    /// What changed in such a part touches the operations that depend on it; what is only new
    /// there touches none.
    fn spread(&mut self) {
        for raw in &mut self.raws {
            let rule = &self.catalogue.rules()[raw.rule];
            if raw.nodes.contains(&DOCUMENT)
                && rule.action != Action::Added
                && let Some(nodes) = self.parts.get(&raw.location)
            {
                raw.nodes.extend(nodes);
            }
        }
    }

    fn drain(&mut self) {
        while let Some(node) = self.queue.pop_front() {
            let Some((pair, direction)) = self.nodes[node].pair.clone() else {
                continue;
            };
            let context = Context {
                trail: pair.trail,
                direction,
                node,
                parameter: false,
            };
            self.inline(&context, &pair.old.1, &pair.new.1);
        }
    }

    /// The context of an operation that both documents, or one of them, have.
    pub(crate) fn operation_node(&mut self, operation: Operation) -> Context<'a> {
        let trail = Trail::text(operation.label.clone());
        self.operations.push(operation);
        self.nodes.push(Node {
            parents: BTreeSet::new(),
            operation: Some(self.operations.len() - 1),
            pair: None,
        });
        Context {
            trail,
            direction: Direction::Request,
            node: self.nodes.len() - 1,
            parameter: false,
        }
    }

    pub(crate) fn document_context(&self, what: &str) -> Context<'a> {
        Context {
            trail: Trail::text(what.to_owned()),
            direction: Direction::Request,
            node: DOCUMENT,
            parameter: false,
        }
    }

    /// Puts a pair on the list, once for each direction.
    fn enqueue(&mut self, context: &Context<'a>, pair: Pair<'a>) {
        let key = (pair.old.0.clone(), pair.new.0.clone(), context.direction);
        let node = *self.pairs.entry(key).or_insert_with(|| {
            self.nodes.push(Node {
                parents: BTreeSet::new(),
                operation: None,
                pair: Some((pair, context.direction)),
            });
            self.queue.push_back(self.nodes.len() - 1);
            self.nodes.len() - 1
        });
        self.nodes[node].parents.insert(context.node);
    }

    pub(crate) fn is_judging(&self) -> bool {
        !self.judging.is_empty()
    }

    /// Reports a change, or only its effect while judging.
    pub(crate) fn emit(&mut self, context: &Context<'a>, rule: impl Into<Cow<'static, str>>, change: Change<'_, 'a>) {
        let wanted = rule.into();
        let rule = self.catalogue.or_unhandled(&wanted);
        if let Some(moves) = self.judging.last_mut() {
            moves.add(self.catalogue.rules()[rule].effect);
            return;
        }
        let old_at = change.old_at.map(|loc| loc.at.clone());
        let new_at = change.new_at.map(|loc| loc.at.clone());
        let shared = [&old_at, &new_at]
            .into_iter()
            .flatten()
            .map(Pointer::text)
            .find(|pointer| pointer.starts_with("/components/"));
        // The operation in which a shared definition happens to be met first is no part of where
        // it is.
        let location = shared
            .filter(|_| self.nodes[context.node].operation.is_some())
            .and_then(|pointer| {
                let below = context.trail.below_operation()?;
                Some(if below.is_empty() {
                    pointer.trim_start_matches("/components/").to_owned()
                } else {
                    below
                })
            })
            .unwrap_or_else(|| context.trail.to_string());
        // A definition that several operations share is one finding, wherever it was met; what
        // has no place in either document belongs to where it was met.
        let shared = old_at.is_some() || new_at.is_some();
        let identity = (
            rule,
            old_at.as_ref().map(Pointer::text),
            new_at.as_ref().map(Pointer::text),
            if shared { String::new() } else { location.clone() },
            change.subject.clone(),
            change.old.clone(),
            change.new.clone(),
        );
        if let Some(index) = self.seen.get(&identity) {
            self.raws[*index].nodes.insert(context.node);
            return;
        }
        self.seen.insert(identity, self.raws.len());
        self.raws.push(Raw {
            rule,
            wanted,
            direction: context.direction,
            location,
            subject: change.subject,
            old: change.old,
            new: change.new,
            old_at,
            new_at,
            nodes: BTreeSet::from([context.node]),
            hints: Vec::new(),
        });
    }

    /// Reports a change of a schema; inside a parameter under the parameter's own rule.
    pub(crate) fn emit_schema(&mut self, context: &Context<'a>, name: &str, change: Change<'_, 'a>) {
        let rule = if context.parameter
            && let Some(own) = parameter_rule(name)
        {
            format!("parameter-{own}")
        } else {
            format!("{}-{name}", context.direction.name())
        };
        self.emit(context, rule, change);
    }
}

/// The rule for a parameter when this happens to its schema.
fn parameter_rule(name: &str) -> Option<&str> {
    Some(match name {
        "type-changed"
        | "type-narrowed"
        | "type-widened"
        | "became-enum"
        | "enum-dropped"
        | "enum-value-removed"
        | "enum-value-added"
        | "became-nullable"
        | "became-not-nullable"
        | "default-changed"
        | "default-added"
        | "default-removed"
        | "pattern-changed"
        | "format-added"
        | "format-removed"
        | "format-changed" => name,
        "type-added" => "type-narrowed",
        "type-removed" => "type-widened",
        _ => {
            let keyword = name.strip_suffix("-set").or_else(|| name.strip_suffix("-tightened"));
            if keyword.is_some() {
                return Some("constraint-tightened");
            }
            let keyword = name.strip_suffix("-unset").or_else(|| name.strip_suffix("-loosened"));
            if keyword.is_some() {
                return Some("constraint-loosened");
            }
            return None;
        }
    })
}

/// A value as a finding shows it: short, on one line.
pub(crate) fn shown(value: &serde_json::Value) -> String {
    const LONGEST: usize = 80;
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let flat: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if flat.chars().count() <= LONGEST {
        return flat;
    }
    let mut short: String = flat.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}
