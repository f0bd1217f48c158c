//! Which operation of the new document is which of the old one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Context, Engine, Operation};
use crate::{
    diff::model::{Loc, Side},
    document::METHODS,
};

/// An operation of one document.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) path: &'a str,
    pub(super) method: &'a str,
    pub(super) item: Loc<'a>,
    pub(super) operation: Loc<'a>,
    /// The template with nameless parameters.
    template: String,
    /// The same, behind the path of the first server.
    joined: String,
}

impl<'a> Entry<'a> {
    pub(super) fn id(&self) -> Option<&'a str> {
        self.operation.text("operationId")
    }

    fn label(&self) -> String {
        format!("{} {}", self.method.to_ascii_uppercase(), self.path)
    }

    /// Case and slashes aside.
    fn folded(&self) -> String {
        self.template
            .to_lowercase()
            .split('/')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// How two operations were recognised as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    SamePlace,
    /// The prefix went from the paths to the servers, or back.
    Joined,
    CaseOrSlash,
    /// Same `operationId`, other path.
    Moved,
}

impl<'a> Engine<'a> {
    pub(super) fn paths(&mut self) {
        if let (Some(old), Some(new)) = (self.old.root().get("paths"), self.new.root().get("paths")) {
            let context = self.document_context("paths");
            let addresses: Vec<&str> = old
                .members()
                .chain(new.members())
                .map(|(name, _)| name)
                .filter(|name| name.starts_with('/'))
                .collect();
            self.leftovers(&context, &old, &new, &addresses);
        }
        let bases = (base_path(&self.old), base_path(&self.new));
        let olds = entries(&self.old, &bases.0);
        let mut news: Vec<Option<Entry<'a>>> = entries(&self.new, &bases.1).into_iter().map(Some).collect();
        let mut found: Vec<Option<(Found, Entry<'a>)>> = vec![None; olds.len()];
        let mut match_by =
            |kind: Found, same: &dyn Fn(&Entry<'a>, &Entry<'a>) -> bool, index: &dyn Fn(&Entry<'a>) -> String| {
                let mut table: BTreeMap<String, Vec<usize>> = BTreeMap::new();
                for (at, new) in news.iter().enumerate() {
                    if let Some(new) = new {
                        table.entry(index(new)).or_default().push(at);
                    }
                }
                for (old, slot) in olds.iter().zip(found.iter_mut()) {
                    if slot.is_some() {
                        continue;
                    }
                    let Some(candidates) = table.get(&index(old)) else {
                        continue;
                    };
                    let hit = candidates
                        .iter()
                        .copied()
                        .find(|at| news[*at].as_ref().is_some_and(|new| same(old, new)));
                    if let Some(new) = hit.and_then(|at| news[at].take()) {
                        *slot = Some((kind, new));
                    }
                }
            };
        let method = |old: &Entry<'a>, new: &Entry<'a>| old.method == new.method;
        let whole = |entry: &Entry<'a>| format!("{} {}", entry.method, entry.joined);
        let place = |entry: &Entry<'a>| format!("{} {}", entry.method, entry.template);
        if bases.0 == bases.1 {
            match_by(Found::SamePlace, &method, &place);
        } else {
            match_by(
                Found::Joined,
                &|old, new| method(old, new) && old.template != new.template,
                &whole,
            );
            match_by(Found::SamePlace, &method, &place);
        }
        match_by(Found::CaseOrSlash, &method, &|entry| {
            format!("{} {}", entry.method, entry.folded())
        });
        match_by(
            Found::Moved,
            &|old, new| old.id().is_some() && old.id() == new.id(),
            &|entry| entry.id().unwrap_or_default().to_owned(),
        );

        let kept: BTreeSet<&str> = found
            .iter()
            .zip(&olds)
            .filter(|(hit, _)| matches!(hit, Some((kind, _)) if *kind != Found::Moved))
            .map(|(_, old)| old.template.as_str())
            .collect();
        let mut gone: BTreeMap<&str, Vec<&Entry<'a>>> = BTreeMap::new();
        let mut moved_to: Vec<(Entry<'a>, Entry<'a>)> = Vec::new();
        for (old, hit) in olds.iter().zip(&found) {
            match hit {
                Some((kind, new)) => {
                    if *kind == Found::Moved {
                        moved_to.push((old.clone(), new.clone()));
                    }
                    self.matched(*kind, old, new);
                }
                None => gone.entry(&old.template).or_default().push(old),
            }
        }
        for (template, entries) in gone {
            self.gone(&entries, kept.contains(template));
        }
        let known: BTreeSet<String> = olds.iter().map(|old| old.template.clone()).collect();
        let fresh: Vec<Entry<'a>> = news.into_iter().flatten().collect();
        self.added(&known, &fresh, &moved_to);
    }

    fn matched(&mut self, kind: Found, old: &Entry<'a>, new: &Entry<'a>) {
        let context = self.operation_node(Operation {
            label: new.label(),
            old_id: old.id().map(str::to_owned),
            new_id: new.id().map(str::to_owned),
        });
        let rule = match kind {
            Found::SamePlace => None,
            Found::Joined => Some("server-prefix-moved"),
            Found::CaseOrSlash => Some("path-case-or-slash-changed"),
            Found::Moved => Some("operation-moved"),
        };
        if let Some(rule) = rule {
            let subject = new.id().or(old.id()).unwrap_or(new.path);
            self.emit(
                &context,
                rule,
                Change {
                    subject: subject.to_owned(),
                    old: Some(old.label()),
                    new: Some(new.label()),
                    old_at: Some(&old.operation),
                    new_at: Some(&new.operation),
                },
            );
        }
        let names = template_names(&context, self, kind, old, new);
        self.operation(&context, old, new, &names);
    }

    fn gone(&mut self, entries: &[&Entry<'a>], path_stays: bool) {
        let today = self.today.to_string();
        let whole_path = !path_stays && !entries.iter().any(|entry| entry.operation.flag("deprecated"));
        for entry in entries {
            let context = self.operation_node(Operation {
                label: entry.label(),
                old_id: entry.id().map(str::to_owned),
                new_id: None,
            });
            let sunset = entry.operation.text("x-sunset");
            let rule = match (entry.operation.flag("deprecated"), sunset) {
                (true, Some(date)) if date <= today.as_str() => "operation-removed-after-deprecation",
                (_, Some(_)) => "operation-removed-before-sunset",
                _ if whole_path => "path-removed",
                _ => "operation-removed",
            };
            let at = if rule == "path-removed" {
                &entry.item
            } else {
                &entry.operation
            };
            self.emit(
                &context,
                rule,
                Change {
                    subject: entry.label(),
                    old: sunset.map(str::to_owned),
                    old_at: Some(at),
                    ..Change::default()
                },
            );
        }
    }

    fn added(&mut self, known: &BTreeSet<String>, fresh: &[Entry<'a>], moved: &[(Entry<'a>, Entry<'a>)]) {
        for entry in fresh {
            let context = self.operation_node(Operation {
                label: entry.label(),
                old_id: None,
                new_id: entry.id().map(str::to_owned),
            });
            let rule = if known.contains(&entry.template) {
                "operation-added"
            } else {
                "path-added"
            };
            self.emit(
                &context,
                rule,
                Change {
                    subject: entry.label(),
                    new_at: Some(&entry.operation),
                    ..Change::default()
                },
            );
        }
        for (old, new) in moved {
            if known.contains(&new.template) {
                continue;
            }
            let context = self.document_context("paths");
            self.emit(
                &context,
                "path-added",
                Change {
                    subject: new.label(),
                    new_at: Some(&new.item),
                    ..Change::default()
                },
            );
            let hint = format!(
                "likely not new: it has the operationId of {}, which is gone",
                old.label()
            );
            if let Some(raw) = self.raws.last_mut() {
                raw.hints.push(hint);
            }
        }
    }
}

/// The names of the path parameters, old to new, by position; only where the templates match.
fn template_names<'a>(
    context: &Context<'a>,
    engine: &mut Engine<'a>,
    kind: Found,
    old: &Entry<'a>,
    new: &Entry<'a>,
) -> BTreeMap<&'a str, &'a str> {
    if kind == Found::Moved {
        return BTreeMap::new();
    }
    let mut map = BTreeMap::new();
    for (before, after) in names(old.path).zip(names(new.path)) {
        if before != after {
            engine.emit(
                context,
                "path-parameter-renamed",
                Change {
                    subject: after.to_owned(),
                    old: Some(before.to_owned()),
                    new: Some(after.to_owned()),
                    old_at: Some(&old.operation),
                    new_at: Some(&new.operation),
                },
            );
        }
        map.insert(before, after);
    }
    map
}

/// The names in a path template, in order.
pub(super) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

fn nameless(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut parts = path.split('{');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("{}");
        out.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    out
}

fn entries<'a>(side: &Side<'a>, base: &str) -> Vec<Entry<'a>> {
    let mut list = Vec::new();
    let Some(paths) = side.root().get("paths") else {
        return list;
    };
    for (path, item) in paths.members() {
        let Some(item) = side.follow(&item).filter(|_| path.starts_with('/')) else {
            continue;
        };
        let template = nameless(path);
        for method in METHODS {
            if let Some(operation) = item.get(method).filter(|loc| loc.value.is_object()) {
                list.push(Entry {
                    path,
                    method,
                    item: item.clone(),
                    operation,
                    joined: format!("{base}{template}"),
                    template: template.clone(),
                });
            }
        }
    }
    list
}

/// The path of the first server's address, without its last slash.
pub(super) fn base_path(side: &Side<'_>) -> String {
    let root = side.root();
    let first = root.get("servers").and_then(|list| list.elements().next());
    first.map_or_else(String::new, |server| {
        super::servers::path_of(&super::servers::address(&server))
    })
}
