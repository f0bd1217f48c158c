//! Servers: where the API is.

use std::collections::BTreeMap;

use super::{Change, Context, Engine, paths::Entry};
use crate::diff::model::Loc;

impl<'a> Engine<'a> {
    /// The servers of the whole document.
    pub(super) fn servers(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        let context = self.document_context("servers");
        self.server_lists(&context, &old, &new);
    }

    /// Servers that an operation or its path names for itself.
    pub(super) fn operation_servers(&mut self, context: &Context<'a>, old: &Entry<'a>, new: &Entry<'a>) {
        let own = |entry: &Entry<'a>| {
            [&entry.operation, &entry.item]
                .into_iter()
                .find(|loc| loc.value.get("servers").is_some())
                .cloned()
        };
        let (before, after) = (own(old), own(new));
        if before.is_none() && after.is_none() {
            self.concerns("servers".to_owned(), context.node);
            return;
        }
        let holders = (
            before.unwrap_or_else(|| self.old.root()),
            after.unwrap_or_else(|| self.new.root()),
        );
        self.server_lists(context, &holders.0, &holders.1);
    }

    fn server_lists(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let (olds, news) = (servers(old), servers(new));
        let both = (place(old), place(new));
        let mut unpaired: Vec<&(String, Loc<'a>)> = news
            .iter()
            .filter(|(address, _)| !olds.iter().any(|(known, _)| known == address))
            .collect();
        for (address, one) in &olds {
            if let Some((_, other)) = news.iter().find(|(known, _)| known == address) {
                self.variables(context, one, other);
                self.leftovers(context, one, other, &["url", "variables"]);
                continue;
            }
            // The same host elsewhere is the server that changed.
            let near = unpaired.iter().position(|(other, _)| {
                host_of(other) == host_of(address)
                    || path_of(other) == path_of(address) && olds.len() == 1 && news.len() == 1
            });
            let (rule, found) = match near.map(|index| unpaired.remove(index)) {
                Some(found) if host_of(&found.0) != host_of(address) => {
                    unpaired.push(found);
                    ("server-removed", None)
                }
                Some(found) if is_downgrade(address, &found.0) => ("server-scheme-downgraded", Some(found)),
                Some(found) if path_of(&found.0) == path_of(address) => ("server-scheme-changed", Some(found)),
                Some(found) if self.same_addresses(address, &found.0) => continue,
                Some(found) => ("server-base-path-changed", Some(found)),
                None => ("server-removed", None),
            };
            self.emit(
                context,
                rule,
                Change {
                    subject: address.clone(),
                    old: Some(address.clone()),
                    new: found.map(|(other, _)| other.clone()),
                    old_at: Some(one),
                    new_at: found.map(|(_, loc)| loc).or(Some(&both.1)),
                },
            );
            if let Some((_, other)) = found {
                self.variables(context, one, other);
            }
        }
        for (address, other) in unpaired {
            self.emit(
                context,
                "server-added",
                Change {
                    subject: address.clone(),
                    old_at: Some(&both.0),
                    new_at: Some(other),
                    ..Change::default()
                },
            );
        }
    }

    /// Whether a prefix only moved between the paths and the server: every address stays.
    fn same_addresses(&self, old: &str, new: &str) -> bool {
        let joined = |root: &Loc<'a>, base: &str| {
            let mut all: Vec<String> = root
                .get("paths")
                .into_iter()
                .flat_map(|paths| paths.members())
                .map(|(path, _)| format!("{base}{path}"))
                .collect();
            all.sort_unstable();
            all
        };
        let before = joined(&self.old.root(), &path_of(old));
        !before.is_empty() && before == joined(&self.new.root(), &path_of(new))
    }

    fn variables(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let list = |loc: &Loc<'a>| -> BTreeMap<&'a str, Loc<'a>> {
            loc.get("variables").into_iter().flat_map(|all| all.members()).collect()
        };
        let (olds, news) = (list(old), list(new));
        let names: std::collections::BTreeSet<&'a str> = olds.keys().chain(news.keys()).copied().collect();
        for name in names {
            let (one, other) = (olds.get(name), news.get(name));
            let value = |loc: Option<&Loc<'a>>| loc.map(|loc| (loc.value.get("default"), loc.value.get("enum")));
            if value(one) != value(other) {
                self.emit(
                    context,
                    "server-variable-changed",
                    Change {
                        subject: name.to_owned(),
                        old: one.map(|loc| super::shown(loc.value)),
                        new: other.map(|loc| super::shown(loc.value)),
                        old_at: one.or(Some(old)),
                        new_at: other.or(Some(new)),
                    },
                );
            }
        }
    }
}

fn place<'a>(holder: &Loc<'a>) -> Loc<'a> {
    holder.get("servers").unwrap_or_else(|| holder.clone())
}

fn servers<'a>(holder: &Loc<'a>) -> Vec<(String, Loc<'a>)> {
    holder
        .get("servers")
        .into_iter()
        .flat_map(|list| list.elements())
        .map(|server| (address(&server), server))
        .collect()
}

/// The address with the defaults of its variables filled in, without its last slash.
pub(super) fn address(server: &Loc<'_>) -> String {
    let mut url = server.text("url").unwrap_or_default().to_owned();
    if let Some(variables) = server.value.get("variables").and_then(serde_json::Value::as_object) {
        for (name, variable) in variables {
            if let Some(default) = variable.get("default").and_then(serde_json::Value::as_str) {
                url = url.replace(&format!("{{{name}}}"), default);
            }
        }
    }
    url.trim_end_matches('/').to_owned()
}

fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    if address.contains("://") {
        rest.split('/').next().unwrap_or_default()
    } else {
        ""
    }
}

/// The path of an address, without its last slash.
pub(super) fn path_of(address: &str) -> String {
    match address.split_once("://") {
        Some((_, rest)) => rest
            .split_once('/')
            .map_or_else(String::new, |(_, path)| format!("/{path}")),
        None => address.to_owned(),
    }
}

fn is_downgrade(old: &str, new: &str) -> bool {
    old.starts_with("https://") && new.starts_with("http://")
}
