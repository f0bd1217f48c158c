//! Turns an OpenAPI 3.0 document into one that progenitor generates good code from.
//!
//! [`lower`] runs a list of small rewrites, each in a file of its own. A rewrite changes the
//! document only where its construct occurs and records a [`Rewrite`] for every place it touched,
//! so that `specs lower --explain` can say what was changed, why, and what it does to the Rust
//! code. What no rewrite understands is a [`LowerError`], never a panic and never a guess.
//!
//! While the rewrites run, every schema, parameter, response, body and operation carries
//! `x-origin`, the JSON pointer at which the author wrote it. Moving an object keeps it, so that
//! reports and errors always name the original document. It is removed at the end.

use serde_json::Value;

use crate::document::Document;

mod aliases;
mod all_of;
mod answers;
mod choices;
mod constant_tags;
mod constraints;
mod decimals;
mod discriminators;
mod enums;
mod field_names;
mod finish;
mod formats;
mod hoist;
mod inheritance;
mod media_types;
pub(crate) mod names;
mod nullable;
mod open_objects;
mod operation_ids;
mod optional_collections;
mod parameters;
mod references;
mod required_groups;
#[cfg(test)]
mod testing;
mod tidy_schemas;
pub(crate) mod tree;
mod unions;
mod usage;

pub(crate) use answers::AnswerSpec;
pub(crate) use enums::EnumSpec;
pub(crate) use parameters::COOKIE;
pub(crate) use unions::{Branch, UnionSpec};

/// A lowered document: what progenitor reads, and what was done to get there.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    name: String,
    value: Value,
    rewrites: Vec<Rewrite>,
}

impl Lowered {
    /// What messages call the document.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lowered OpenAPI document. Components with the key `x-bindings` are types that the
    /// generator writes itself.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Every change, in the order in which it was made.
    #[must_use]
    pub fn rewrites(&self) -> &[Rewrite] {
        &self.rewrites
    }
}

/// One change to the document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rewrite {
    /// Name of the rewrite, for instance `required-groups`.
    pub name: &'static str,
    /// JSON pointer into the *original* document.
    pub pointer: String,
    /// Why the document could not stay as it was.
    pub reason: String,
    /// What it does to the Rust code.
    pub effect: String,
}

/// A construct that no rewrite understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{document}: {problem} (at {pointer}). {way_out}")]
#[non_exhaustive]
pub struct LowerError {
    /// What messages call the document.
    pub document: String,
    /// JSON pointer into the original document.
    pub pointer: String,
    /// What is wrong there.
    pub problem: String,
    /// What to do about it.
    pub way_out: String,
}

/// The document on its way, and the record of what was done.
pub(crate) struct Lowering {
    pub(crate) name: String,
    pub(crate) value: Value,
    rewrites: Vec<Rewrite>,
}

impl Lowering {
    pub(crate) fn new(name: &str, value: Value) -> Self {
        Self {
            name: name.to_owned(),
            value,
            rewrites: Vec::new(),
        }
    }

    /// Records one change.
    pub(crate) fn record(
        &mut self,
        name: &'static str,
        pointer: impl Into<String>,
        reason: impl Into<String>,
        effect: impl Into<String>,
    ) {
        self.rewrites.push(Rewrite {
            name,
            pointer: pointer.into(),
            reason: reason.into(),
            effect: effect.into(),
        });
    }

    /// An error about this document.
    pub(crate) fn error(
        &self,
        pointer: impl Into<String>,
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> LowerError {
        LowerError {
            document: self.name.clone(),
            pointer: pointer.into(),
            problem: problem.into(),
            way_out: way_out.into(),
        }
    }
}

type Pass = fn(&mut Lowering) -> Result<(), LowerError>;

/// Every rewrite, in the order in which they run.
const PASSES: &[Pass] = &[
    references::apply,
    tidy_schemas::apply,
    operation_ids::apply,
    required_groups::apply,
    inheritance::apply,
    all_of::apply,
    nullable::apply,
    choices::apply,
    discriminators::apply,
    parameters::apply,
    media_types::apply,
    formats::apply,
    constraints::apply,
    hoist::apply,
    aliases::apply,
    constant_tags::apply,
    open_objects::apply,
    answers::apply,
    unions::apply,
    enums::apply,
    decimals::apply,
    field_names::apply,
    optional_collections::apply,
    finish::apply,
];

/// Lowers a document.
///
/// # Errors
/// [`LowerError`] names the place of the first construct that no rewrite understands.
pub fn lower(document: &Document) -> Result<Lowered, LowerError> {
    let mut lowering = Lowering::new(document.name(), document.value().clone());
    tree::annotate(&mut lowering.value);
    for pass in PASSES {
        pass(&mut lowering)?;
    }
    tree::strip(&mut lowering.value);
    Ok(Lowered {
        name: lowering.name,
        value: lowering.value,
        rewrites: lowering.rewrites,
    })
}
