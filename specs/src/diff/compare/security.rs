//! What a client must show to be let in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Change, Context, Engine, components::used_pointers};
use crate::diff::model::{Loc, Side, pointer::escape};

/// Stands for what is no scope: nobody knows what is meant, so it is not passed over.
const UNREADABLE: &str = "(not a scope)";

/// One way in: schemes that are all needed, each with its scopes.
type Alternative<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

impl<'a> Engine<'a> {
    pub(super) fn security(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let (olds, old_at) = effective(&self.old, old);
        let (mut news, new_at) = effective(&self.new, new);
        let aliases = self.scheme_aliases();
        for name in olds.iter().flat_map(BTreeMap::keys) {
            self.concerns(format!("security scheme {name}"), context.node);
        }
        for alternative in &mut news {
            *alternative = std::mem::take(alternative)
                .into_iter()
                .map(|(name, scopes)| (*aliases.get(name).unwrap_or(&name), scopes))
                .collect();
        }
        let open = |list: &[Alternative<'a>]| list.iter().all(BTreeMap::is_empty);
        let change = |subject: String, scopes: Option<String>| Change {
            subject,
            old: scopes.clone(),
            new: scopes,
            old_at: Some(&old_at),
            new_at: Some(&new_at),
        };
        match (open(&olds), open(&news)) {
            (true, true) => return,
            (true, false) => {
                let names: Vec<String> = news.iter().map(name_of).collect();
                self.emit(context, "security-added", change(names.join(" or "), None));
                return;
            }
            (false, true) => {
                let names: Vec<String> = olds.iter().map(name_of).collect();
                self.emit(context, "security-removed", change(names.join(" or "), None));
                return;
            }
            (false, false) => {}
        }
        let schemes = |alternative: &Alternative<'a>| alternative.keys().copied().collect::<Vec<&str>>();
        let mut left: Vec<&Alternative<'a>> = news.iter().filter(|new| !olds.contains(new)).collect();
        for one in olds.iter().filter(|old| !news.contains(old)) {
            let found = left.iter().position(|new| schemes(new) == schemes(one));
            let Some(other) = found.map(|index| left.remove(index)) else {
                if news.iter().any(|new| lets_in(new, one)) {
                    continue;
                }
                self.emit(context, "security-alternative-removed", change(name_of(one), None));
                continue;
            };
            for (name, scopes) in one {
                let empty = BTreeSet::new();
                let now = other.get(name).unwrap_or(&empty);
                let list = |set: Vec<&&str>| {
                    let all: Vec<&str> = set.into_iter().copied().collect();
                    all.join(", ")
                };
                let fresh = list(now.difference(scopes).collect());
                if !fresh.is_empty() {
                    self.emit(context, "security-scope-added", change(fresh, Some((*name).to_owned())));
                }
                let gone = list(scopes.difference(now).collect());
                if !gone.is_empty() {
                    self.emit(
                        context,
                        "security-scope-removed",
                        change(gone, Some((*name).to_owned())),
                    );
                }
            }
        }
        for other in left {
            self.emit(context, "security-alternative-added", change(name_of(other), None));
        }
    }

    /// New names of schemes to old ones, where only the name changed.
    fn scheme_aliases(&self) -> BTreeMap<&'a str, &'a str> {
        let (olds, news) = (schemes(&self.old), schemes(&self.new));
        let mut aliases = BTreeMap::new();
        for (name, scheme) in &news {
            if olds.contains_key(name) {
                continue;
            }
            let same = olds
                .iter()
                .find(|(old, other)| !news.contains_key(*old) && essence(other.value) == essence(scheme.value));
            if let Some((old, _)) = same {
                aliases.insert(*name, *old);
            }
        }
        aliases
    }

    /// The schemes themselves.
    pub(super) fn security_schemes(&mut self) {
        let (olds, news) = (schemes(&self.old), schemes(&self.new));
        let aliases = self.scheme_aliases();
        for (name, one) in &olds {
            let other = news.get(name).or_else(|| {
                let (new, _) = aliases.iter().find(|(_, old)| *old == name)?;
                news.get(new)
            });
            if let Some(other) = other {
                let context = self.document_context(&format!("security scheme {name}"));
                self.scheme(&context, name, one, other);
            }
        }
        self.undescribed_schemes(&olds, &news);
    }

    /// Schemes that requirements name in both documents and only one describes.
    fn undescribed_schemes(&mut self, olds: &BTreeMap<&'a str, Loc<'a>>, news: &BTreeMap<&'a str, Loc<'a>>) {
        let used = (used_pointers(&self.old), used_pointers(&self.new));
        let names: BTreeSet<&'a str> = olds.keys().chain(news.keys()).copied().collect();
        for name in names {
            let pointer = format!("/components/securitySchemes/{}", escape(name));
            let (one, other) = (olds.get(name), news.get(name));
            if one.is_some() == other.is_some() || !used.0.contains(&pointer) || !used.1.contains(&pointer) {
                continue;
            }
            let context = self.document_context(&format!("security scheme {name}"));
            self.emit(
                &context,
                "security-scheme-changed",
                Change {
                    subject: name.to_owned(),
                    old: one.map(|loc| super::shown(loc.value)),
                    new: other.map(|loc| super::shown(loc.value)),
                    old_at: one,
                    new_at: other,
                },
            );
        }
    }

    fn scheme(&mut self, context: &Context<'a>, name: &str, old: &Loc<'a>, new: &Loc<'a>) {
        let text = |loc: &Loc<'a>| {
            let parts: Vec<&str> = ["type", "scheme", "in", "name", "openIdConnectUrl"]
                .iter()
                .filter_map(|member| loc.value.get(*member)?.as_str())
                .collect();
            parts.join(" ")
        };
        let folded = |loc: &Loc<'a>| text(loc).to_ascii_lowercase();
        if folded(old) != folded(new) {
            self.emit(
                context,
                "security-scheme-changed",
                Change {
                    subject: name.to_owned(),
                    old: Some(text(old)),
                    new: Some(text(new)),
                    old_at: Some(old),
                    new_at: Some(new),
                },
            );
        }
        let flows = |loc: &Loc<'a>| -> BTreeMap<&'a str, Loc<'a>> {
            loc.get("flows").into_iter().flat_map(|all| all.members()).collect()
        };
        let (olds, news) = (flows(old), flows(new));
        for (flow, one) in &olds {
            let other = news.get(flow);
            let rule = match other {
                None => "oauth-flow-removed",
                Some(other) => {
                    let urls = |loc: &Loc<'a>| {
                        ["authorizationUrl", "tokenUrl", "refreshUrl"].map(|member| loc.value.get(member).cloned())
                    };
                    self.leftovers(
                        context,
                        one,
                        other,
                        &["authorizationUrl", "tokenUrl", "refreshUrl", "scopes"],
                    );
                    self.scopes(context, name, one, other);
                    if urls(one) == urls(other) {
                        continue;
                    }
                    "oauth-url-changed"
                }
            };
            self.emit(
                context,
                rule,
                Change {
                    subject: (*flow).to_owned(),
                    old_at: Some(one),
                    new_at: other.or(Some(new)),
                    ..Change::default()
                },
            );
        }
        for (flow, other) in &news {
            if !olds.contains_key(flow) {
                self.emit(
                    context,
                    "oauth-flow-added",
                    Change {
                        subject: (*flow).to_owned(),
                        old_at: Some(old),
                        new_at: Some(other),
                        ..Change::default()
                    },
                );
            }
        }
        self.leftovers(
            context,
            old,
            new,
            &[
                "type",
                "scheme",
                "in",
                "name",
                "openIdConnectUrl",
                "flows",
                "bearerFormat",
                "$ref",
            ],
        );
        if old.value.get("bearerFormat") != new.value.get("bearerFormat") {
            self.emit(
                context,
                "description-changed",
                Change {
                    subject: "bearerFormat".to_owned(),
                    old: old.text("bearerFormat").map(str::to_owned),
                    new: new.text("bearerFormat").map(str::to_owned),
                    old_at: Some(old),
                    new_at: Some(new),
                },
            );
        }
    }

    /// The scopes a flow offers: a list for people; what is demanded stands with the operations.
    fn scopes(&mut self, context: &Context<'a>, name: &str, old: &Loc<'a>, new: &Loc<'a>) {
        let (before, after) = (old.value.get("scopes"), new.value.get("scopes"));
        if before != after {
            self.emit(
                context,
                "oauth-scopes-offered-changed",
                Change {
                    subject: name.to_owned(),
                    old: before.map(super::shown),
                    new: after.map(super::shown),
                    old_at: Some(old),
                    new_at: Some(new),
                },
            );
        }
    }
}

/// Whether a client that shows `shown` has what `needed` asks for.
fn lets_in(needed: &Alternative<'_>, shown: &Alternative<'_>) -> bool {
    needed
        .iter()
        .all(|(name, scopes)| shown.get(name).is_some_and(|held| scopes.is_subset(held)))
}

/// The requirements that hold for an operation; those of the document unless it has its own.
fn effective<'a>(side: &Side<'a>, operation: &Loc<'a>) -> (Vec<Alternative<'a>>, Loc<'a>) {
    let root = side.root();
    let list = operation.get("security").or_else(|| root.get("security"));
    let Some(list) = list else {
        return (Vec::new(), root);
    };
    let alternatives = list
        .elements()
        .map(|requirement| {
            requirement
                .members()
                .map(|(name, scopes)| {
                    let scopes = match scopes.value {
                        Value::Array(list) => list.iter().map(|scope| scope.as_str().unwrap_or(UNREADABLE)).collect(),
                        _ => BTreeSet::from([UNREADABLE]),
                    };
                    (name, scopes)
                })
                .collect()
        })
        .collect();
    (alternatives, list)
}

fn name_of(alternative: &Alternative<'_>) -> String {
    if alternative.is_empty() {
        return "nothing (anonymous)".to_owned();
    }
    let names: Vec<&str> = alternative.keys().copied().collect();
    names.join(" and ")
}

fn schemes<'a>(side: &Side<'a>) -> BTreeMap<&'a str, Loc<'a>> {
    side.root()
        .get("components")
        .and_then(|components| components.get("securitySchemes"))
        .into_iter()
        .flat_map(|all| all.members())
        .filter_map(|(name, loc)| Some((name, side.follow(&loc)?)))
        .collect()
}

fn essence(scheme: &Value) -> Value {
    let mut scheme = scheme.clone();
    if let Some(map) = scheme.as_object_mut() {
        map.remove("description");
    }
    scheme
}
