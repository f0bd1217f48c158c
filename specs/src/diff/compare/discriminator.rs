//! Discriminators: which property tells the alternatives apart, and which value means which.

use std::collections::BTreeMap;

use super::{Change, Context, Engine};
use crate::diff::model::{Loc, Shape, side::name_of};

impl<'a> Engine<'a> {
    pub(super) fn discriminator(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let (old, new) = match (&before.discriminator, &after.discriminator) {
            (None, None) => return,
            (Some(old), Some(new)) => (old, new),
            (old, new) => {
                let rule = if new.is_some() {
                    "discriminator-added"
                } else {
                    "discriminator-removed"
                };
                let name = new.as_ref().or(old.as_ref()).and_then(|at| at.text("propertyName"));
                self.emit_schema(
                    context,
                    rule,
                    Change {
                        subject: name.unwrap_or_default().to_owned(),
                        old_at: old.as_ref().or(before.place()),
                        new_at: new.as_ref().or(after.place()),
                        ..Change::default()
                    },
                );
                return;
            }
        };
        let names = (old.text("propertyName"), new.text("propertyName"));
        if names.0 != names.1 {
            self.emit_schema(
                context,
                "discriminator-property-changed",
                Change {
                    old: names.0.map(str::to_owned),
                    new: names.1.map(str::to_owned),
                    old_at: Some(old),
                    new_at: Some(new),
                    ..Change::default()
                },
            );
        }
        let (olds, news) = (mapping(old), mapping(new));
        for (value, (target, at)) in &olds {
            let (rule, now, new_at) = match news.get(value) {
                None => ("discriminator-mapping-removed", None, Some(new)),
                Some((other, place)) if other != target => {
                    ("discriminator-mapping-retargeted", Some(other.clone()), Some(place))
                }
                Some(_) => continue,
            };
            self.emit_schema(
                context,
                rule,
                Change {
                    subject: (*value).to_owned(),
                    old: Some(target.clone()),
                    new: now,
                    old_at: Some(at),
                    new_at,
                },
            );
        }
        for (value, (target, at)) in &news {
            if !olds.contains_key(value) {
                self.emit_schema(
                    context,
                    "discriminator-mapping-added",
                    Change {
                        subject: (*value).to_owned(),
                        new: Some(target.clone()),
                        old_at: Some(old),
                        new_at: Some(at),
                        ..Change::default()
                    },
                );
            }
        }
        self.leftovers(context, old, new, &["propertyName", "mapping"]);
    }
}

/// Value → name of the schema, whether written as a name or as a reference.
fn mapping<'a>(discriminator: &Loc<'a>) -> BTreeMap<&'a str, (String, Loc<'a>)> {
    discriminator
        .get("mapping")
        .into_iter()
        .flat_map(|mapping| mapping.members())
        .filter_map(|(value, at)| {
            let target = at.value.as_str()?;
            Some((value, (name_of(target), at)))
        })
        .collect()
}
