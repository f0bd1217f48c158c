//! Component schemas by name: they are type names in generated code.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Engine};
use crate::{
    diff::{
        load::collect,
        model::{
            Loc, Side,
            pointer::{escape, unescape},
        },
    },
    document::METHODS,
};

impl<'a> Engine<'a> {
    pub(super) fn components(&mut self) {
        self.other_components();
        let (olds, news) = (schemas(&self.old), schemas(&self.new));
        let used = (reachable(&self.old), reachable(&self.new));
        self.find_renamed(&olds, &news);
        let renamed: BTreeSet<String> = self.renamed.values().cloned().collect();
        for (name, one) in &olds {
            let context = self.document_context(name);
            match news.get(name) {
                Some(other) => {
                    // Neither document uses it, so no operation has compared it.
                    let idle = !used.0.contains(*name) && !used.1.contains(*name);
                    if idle && one.value != other.value {
                        self.emit(
                            &context,
                            "component-schema-changed-unused",
                            Change {
                                subject: (*name).to_owned(),
                                old_at: Some(one),
                                new_at: Some(other),
                                ..Change::default()
                            },
                        );
                    }
                }
                None => {
                    let now = self.renamed.get(*name).cloned();
                    let rule = match (&now, used.0.contains(*name)) {
                        (Some(_), _) => "component-schema-renamed",
                        (None, true) => "component-schema-removed",
                        (None, false) => "component-schema-removed-unused",
                    };
                    let new_at = now.as_deref().and_then(|now| news.get(now));
                    self.emit(
                        &context,
                        rule,
                        Change {
                            subject: (*name).to_owned(),
                            old: Some((*name).to_owned()),
                            new: now.clone(),
                            old_at: Some(one),
                            new_at,
                        },
                    );
                }
            }
        }
        for (name, other) in &news {
            if !olds.contains_key(name) && !renamed.contains(*name) {
                let context = self.document_context(name);
                self.emit(
                    &context,
                    "component-schema-added",
                    Change {
                        subject: (*name).to_owned(),
                        new_at: Some(other),
                        ..Change::default()
                    },
                );
            }
        }
    }

    /// Parameters, responses and the like have no names in generated code: those in use were
    /// compared where they are used.
    fn other_components(&mut self) {
        let root = |side: &Side<'a>| side.root().get("components");
        let (Some(old), Some(new)) = (root(&self.old), root(&self.new)) else {
            return;
        };
        let context = self.document_context("components");
        let mut known = vec!["schemas"];
        known.extend(OTHERS);
        self.leftovers(&context, &old, &new, &known);
        let used = (used_pointers(&self.old), used_pointers(&self.new));
        for section in OTHERS {
            let list = |side: &Loc<'a>| -> BTreeMap<&'a str, Loc<'a>> {
                side.get(section).into_iter().flat_map(|all| all.members()).collect()
            };
            let (olds, news) = (list(&old), list(&new));
            let names: BTreeSet<&'a str> = olds.keys().chain(news.keys()).copied().collect();
            for name in names {
                let pointer = format!("/components/{section}/{}", escape(name));
                let (one, other) = (olds.get(name), news.get(name));
                let same = one.map(|loc| loc.value) == other.map(|loc| loc.value);
                // Examples are data: where one is used it is not compared again.
                let (example, idle) = (
                    section == "examples",
                    !used.0.contains(&pointer) && !used.1.contains(&pointer),
                );
                if !same && (example || idle) {
                    self.emit(
                        &context,
                        if example {
                            "example-changed"
                        } else {
                            "component-changed-unused"
                        },
                        Change {
                            subject: format!("{section}/{name}"),
                            old_at: one,
                            new_at: other,
                            ..Change::default()
                        },
                    );
                }
            }
        }
    }

    /// A name that is gone and one that is new, which stand for the same schema: because they met
    /// in the same place, or because their text is the same.
    fn find_renamed(&mut self, olds: &BTreeMap<&'a str, Loc<'a>>, news: &BTreeMap<&'a str, Loc<'a>>) {
        let gone: Vec<&str> = olds.keys().filter(|name| !news.contains_key(*name)).copied().collect();
        let mut fresh: Vec<&str> = news.keys().filter(|name| !olds.contains_key(*name)).copied().collect();
        let met: BTreeSet<(String, String)> = self.met_pairs();
        for name in gone {
            let found = fresh.iter().position(|new| {
                met.contains(&(name.to_owned(), (*new).to_owned()))
                    || olds.get(name).map(|loc| loc.value) == news.get(new).map(|loc| loc.value)
            });
            if let Some(index) = found {
                let new = fresh.remove(index);
                self.renamed.insert(name.to_owned(), new.to_owned());
            }
        }
    }

    /// Names of component schemas that were compared with each other.
    fn met_pairs(&self) -> BTreeSet<(String, String)> {
        self.pairs
            .keys()
            .filter_map(|(old, new, _)| Some((schema_name(old)?, schema_name(new)?)))
            .filter(|(old, new)| old != new)
            .collect()
    }
}

fn schema_name(key: &str) -> Option<String> {
    let name = key.strip_prefix("0#/components/schemas/")?;
    (!name.contains('/')).then(|| unescape(name))
}

fn schemas<'a>(side: &Side<'a>) -> BTreeMap<&'a str, Loc<'a>> {
    side.root()
        .get("components")
        .and_then(|components| components.get("schemas"))
        .into_iter()
        .flat_map(|all| all.members())
        .collect()
}

/// The sections of components beside the schemas.
const OTHERS: [&str; 9] = [
    "parameters",
    "headers",
    "responses",
    "requestBodies",
    "securitySchemes",
    "links",
    "callbacks",
    "examples",
    "pathItems",
];

/// Names of the component schemas that some operation uses, directly or through others.
fn reachable(side: &Side<'_>) -> BTreeSet<String> {
    used_pointers(side)
        .iter()
        .filter_map(|pointer| pointer.strip_prefix("/components/schemas/"))
        .filter_map(|rest| rest.split('/').next())
        .map(unescape)
        .collect()
}

/// Pointers of everything that some operation refers to, directly or through others.
pub(super) fn used_pointers(side: &Side<'_>) -> BTreeSet<String> {
    let root = side.root();
    let mut open: Vec<String> = Vec::new();
    for section in ["paths", "webhooks"] {
        if let Some(section) = root.value.get(section) {
            collect(section, &mut |reference| open.push(reference.to_owned()));
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(reference) = open.pop() {
        let Some(pointer) = reference.strip_prefix('#') else {
            continue;
        };
        if !seen.insert(pointer.to_owned()) {
            continue;
        }
        if let Some(value) = root.value.pointer(pointer) {
            collect(value, &mut |reference| open.push(reference.to_owned()));
            for target in mapping_targets(value) {
                open.push(target);
            }
        }
    }
    for holder in [Some(root.value), root.value.get("paths")].into_iter().flatten() {
        schemes_in(holder, &mut seen);
    }
    seen
}

/// Security schemes are named by requirements, not by references.
fn schemes_in(value: &serde_json::Value, seen: &mut BTreeSet<String>) {
    let Some(members) = value.as_object() else {
        return;
    };
    let requirements = members.get("security").and_then(serde_json::Value::as_array);
    for name in requirements
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_object)
        .flat_map(serde_json::Map::keys)
    {
        seen.insert(format!("/components/securitySchemes/{}", escape(name)));
    }
    for (name, member) in members {
        if name.starts_with('/') || METHODS.contains(&name.as_str()) {
            schemes_in(member, seen);
        }
    }
}

/// Schemas that a discriminator names.
fn mapping_targets(value: &serde_json::Value) -> Vec<String> {
    value
        .pointer("/discriminator/mapping")
        .and_then(serde_json::Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.as_str())
        .map(|target| {
            if target.starts_with('#') {
                target.to_owned()
            } else {
                format!("#/components/schemas/{target}")
            }
        })
        .collect()
}
