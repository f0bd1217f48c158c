//! Annotations: what people and generators read and values do not depend on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Change, Context, Engine, shown};
use crate::diff::model::{Loc, shape::Keyword};

/// The rule for a change of an annotation of any object of the document.
fn rule(name: &str) -> &'static str {
    match name {
        "description" => "description-changed",
        "summary" => "summary-changed",
        "title" => "title-changed",
        "example" | "examples" => "example-changed",
        "externalDocs" => "external-docs-changed",
        "xml" => "xml-changed",
        "x-enum-varnames" | "x-enumNames" | "x-enum-names" => "enum-names-changed",
        _ if name.starts_with("x-") => "extension-changed",
        _ => super::super::rules::UNHANDLED,
    }
}

impl<'a> Engine<'a> {
    /// Compares annotations of a schema. `default` has effects and is compared beside them.
    pub(crate) fn notes(
        &mut self,
        context: &Context<'a>,
        old: &BTreeMap<&'a str, Keyword<'a>>,
        new: &BTreeMap<&'a str, Keyword<'a>>,
    ) {
        if self.is_judging() {
            return;
        }
        for (name, (old_at, old_value)) in old {
            match new.get(name) {
                None => self.note(context, name, Some((old_at, old_value)), None),
                Some((new_at, new_value)) if old_value != new_value => {
                    self.note(context, name, Some((old_at, old_value)), Some((new_at, new_value)))
                }
                Some(_) => {}
            }
        }
        for (name, (new_at, new_value)) in new {
            if !old.contains_key(name) {
                self.note(context, name, None, Some((new_at, new_value)));
            }
        }
    }

    fn note(
        &mut self,
        context: &Context<'a>,
        name: &'a str,
        old: Option<(&Loc<'a>, &Value)>,
        new: Option<(&Loc<'a>, &Value)>,
    ) {
        let change = Change {
            subject: name.to_owned(),
            old: old.map(|(_, value)| shown(value)),
            new: new.map(|(_, value)| shown(value)),
            old_at: old.map(|(at, _)| at),
            new_at: new.map(|(at, _)| at),
        };
        if name == "default" {
            let action = match (old, new) {
                (None, _) => "default-added",
                (_, None) => "default-removed",
                _ => "default-changed",
            };
            self.emit_schema(context, action, change);
        } else {
            self.emit(context, rule(name), change);
        }
    }

    /// Compares what is left of two objects of the document: annotations and extensions by their
    /// rules; a member that neither `known` nor a rule names is unhandled, never safe.
    pub(crate) fn leftovers(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>, known: &[&str]) {
        let names: Vec<&'a str> = {
            let mut names: Vec<&'a str> = old.members().map(|(name, _)| name).collect();
            names.extend(
                new.members()
                    .map(|(name, _)| name)
                    .filter(|name| old.value.get(*name).is_none()),
            );
            names
        };
        for name in names {
            if known.contains(&name) {
                continue;
            }
            let (before, after) = (old.get(name), new.get(name));
            let values = (
                before.as_ref().map(|loc| loc.value),
                after.as_ref().map(|loc| loc.value),
            );
            if values.0 == values.1 {
                continue;
            }
            self.emit(
                context,
                rule(name),
                Change {
                    subject: name.to_owned(),
                    old: values.0.map(shown),
                    new: values.1.map(shown),
                    old_at: before.as_ref(),
                    new_at: after.as_ref(),
                },
            );
        }
    }
}
