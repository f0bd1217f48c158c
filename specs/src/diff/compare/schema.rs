//! Two schemas: what meets, and in which order their parts are compared.

use std::collections::BTreeMap;

use super::{Change, Context, Engine, Moves, Pair};
use crate::diff::model::{
    Loc, Shape, Side,
    shape::{Keyword, Sub, is_note},
    side::Target,
    types::{Relation, Types, format_relation},
};

/// A schema that is a reference, perhaps wrapped in one-element compositions and annotations.
struct Peeled<'a> {
    target: Target<'a>,
    nullable: bool,
    notes: BTreeMap<&'a str, Keyword<'a>>,
    deprecated: Option<Loc<'a>>,
}

/// Deepest nesting of components while judging.
const JUDGING_DEPTH: usize = 48;

impl<'a> Engine<'a> {
    /// Compares two schemas, or lists them for later when both are references.
    pub(crate) fn schema(&mut self, context: &Context<'a>, old: &Sub<'a>, new: &Sub<'a>) {
        if let (Some(before), Some(after)) = (peel(&self.old, old), peel(&self.new, new)) {
            if before.nullable != after.nullable {
                let inner = (
                    Shape::of(&self.old, &vec![before.target.loc.clone()]).nullable,
                    Shape::of(&self.new, &vec![after.target.loc.clone()]).nullable,
                );
                if inner.0 == inner.1 && !inner.0 {
                    self.nullability(context, (before.nullable, old.first()), (after.nullable, new.first()));
                }
            }
            self.notes(context, &before.notes, &after.notes);
            self.deprecation(context, before.deprecated.as_ref(), after.deprecated.as_ref());
            self.pair_up(context, Pair::of_targets(before.target, after.target));
        } else if old.len() > 1 || new.len() > 1 {
            // Parts can be combined in more ways than there are parts; each is compared once.
            self.pair_up(context, Pair::of_parts(&context.trail, old, new));
        } else {
            self.inline(context, old, new);
        }
    }

    fn pair_up(&mut self, context: &Context<'a>, pair: Pair<'a>) {
        if self.is_judging() {
            self.judge_pair(context, pair);
        } else {
            self.enqueue(context, pair);
        }
    }

    /// What turning `old` into `new` does to the set of values. Nothing is reported.
    pub(crate) fn judge(&mut self, context: &Context<'a>, old: &Sub<'a>, new: &Sub<'a>) -> Moves {
        self.judging.push(Moves::default());
        self.schema(context, old, new);
        self.judging.pop().unwrap_or_default()
    }

    fn judge_pair(&mut self, context: &Context<'a>, pair: Pair<'a>) {
        let key = (pair.old.0, pair.new.0, context.direction);
        let found = if let Some(known) = self.judged.get(&key) {
            *known
        } else if let Some(index) = self.in_progress.iter().position(|open| *open == key) {
            // Met again on the way down: equal unless something else shows otherwise.
            self.assumed = self.assumed.min(index);
            Moves::default()
        } else if self.in_progress.len() >= JUDGING_DEPTH || self.budget == 0 {
            Moves {
                unknown: true,
                ..Moves::default()
            }
        } else {
            let depth = self.in_progress.len();
            self.in_progress.push(key.clone());
            self.judging.push(Moves::default());
            self.inline(context, &pair.old.1, &pair.new.1);
            let moves = self.judging.pop().unwrap_or_default();
            self.in_progress.truncate(depth);
            // What rests on an assumption about an outer pair holds inside that pair only.
            if self.assumed >= depth {
                self.assumed = usize::MAX;
                self.judged.insert(key, moves);
            }
            moves
        };
        if let Some(moves) = self.judging.last_mut() {
            moves.merge(found);
        }
    }

    /// Compares two schemas where they stand.
    pub(crate) fn inline(&mut self, context: &Context<'a>, old: &Sub<'a>, new: &Sub<'a>) {
        if self.is_judging() {
            self.budget = self.budget.saturating_sub(1);
            if self.budget == 0 {
                if let Some(moves) = self.judging.last_mut() {
                    moves.unknown = true;
                }
                return;
            }
        }
        let before = Shape::of(&self.old, old);
        let after = Shape::of(&self.new, new);
        self.notes(context, &before.notes, &after.notes);
        let place = (before.place(), after.place());
        if before.deprecated != after.deprecated {
            self.deprecation(
                context,
                before.deprecated.then_some(place.0).flatten(),
                after.deprecated.then_some(place.1).flatten(),
            );
        }
        if before.unresolved != after.unresolved {
            let names = |shape: &Shape<'a>| {
                let list: Vec<&str> = shape.unresolved.iter().copied().collect();
                (!list.is_empty()).then(|| list.join(", "))
            };
            self.emit_schema(
                context,
                "reference-unresolved",
                Change {
                    old: names(&before),
                    new: names(&after),
                    old_at: place.0,
                    new_at: place.1,
                    ..Change::default()
                },
            );
            return;
        }
        if self.alternatives(context, old, new, &before, &after) {
            return;
        }
        if before.specified() && after.specified() {
            self.nullability(context, (before.nullable, place.0), (after.nullable, place.1));
        }
        if !self.types(context, &before, &after) {
            return;
        }
        self.format(context, &before, &after);
        self.constraints(context, &before, &after);
        self.values(context, &before, &after);
        self.properties(context, &before, &after);
        self.additional(context, &before, &after);
        self.items(context, &before, &after);
        self.discriminator(context, &before, &after);
        self.negation(context, &before, &after);
        self.unknown_keywords(context, &before, &after);
    }

    fn nullability(
        &mut self,
        context: &Context<'a>,
        (old, old_at): (bool, Option<&Loc<'a>>),
        (new, new_at): (bool, Option<&Loc<'a>>),
    ) {
        let rule = match (old, new) {
            (false, true) => "became-nullable",
            (true, false) => "became-not-nullable",
            _ => return,
        };
        self.emit_schema(
            context,
            rule,
            Change {
                old_at,
                new_at,
                ..Change::default()
            },
        );
    }

    fn deprecation(&mut self, context: &Context<'a>, old: Option<&Loc<'a>>, new: Option<&Loc<'a>>) {
        let rule = match (old, new) {
            (None, Some(_)) => "schema-deprecated",
            (Some(_), None) => "schema-undeprecated",
            _ => return,
        };
        self.emit(
            context,
            rule,
            Change {
                old_at: old,
                new_at: new,
                ..Change::default()
            },
        );
    }

    /// `false` when the types have nothing in common: the rest is then beside the point.
    fn types(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) -> bool {
        let mut change = Change {
            old_at: before.place(),
            new_at: after.place(),
            ..Change::default()
        };
        if before.never != after.never {
            let (rule, old, new) = if after.never {
                ("type-narrowed", types_of(before), "nothing at all".to_owned())
            } else {
                ("type-widened", "nothing at all".to_owned(), types_of(after))
            };
            change.old = Some(old);
            change.new = Some(new);
            self.emit_schema(context, rule, change);
            return false;
        }
        let rule = match (before.types, after.types) {
            (None, None) => return true,
            (None, Some(_)) => "type-added",
            (Some(_), None) => "type-removed",
            (Some(old), Some(new)) => match old.relation(new) {
                Relation::Equal => return true,
                Relation::Wider => "type-widened",
                Relation::Narrower => "type-narrowed",
                Relation::Other => "type-changed",
            },
        };
        change.old = Some(types_of(before));
        change.new = Some(types_of(after));
        self.emit_schema(context, rule, change);
        rule != "type-changed"
    }

    fn format(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let rule = match (&before.format, &after.format) {
            (None, None) => return,
            (None, Some(_)) => "format-added",
            (Some(_), None) => "format-removed",
            (Some((old, _)), Some((new, _))) => match format_relation(old, new) {
                Relation::Equal => return,
                Relation::Wider => "format-widened",
                Relation::Narrower => "format-narrowed",
                Relation::Other => "format-changed",
            },
        };
        let text = |format: &Option<(&'a str, Loc<'a>)>| format.as_ref().map(|(name, _)| (*name).to_owned());
        self.emit_schema(
            context,
            rule,
            Change {
                subject: "format".to_owned(),
                old: text(&before.format),
                new: text(&after.format),
                old_at: before.format.as_ref().map(|(_, at)| at),
                new_at: after.format.as_ref().map(|(_, at)| at),
            },
        );
    }

    fn items(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let down = context.down(context.trail.items());
        match (&before.items, &after.items) {
            (None, None) => {}
            (Some(old), Some(new)) => self.schema(&down, old, new),
            (Some(old), None) => self.emit_schema(
                &down,
                "type-removed",
                Change {
                    old: Some("elements of one kind".to_owned()),
                    new: Some("any type".to_owned()),
                    old_at: old.first(),
                    new_at: after.place(),
                    ..Change::default()
                },
            ),
            (None, Some(new)) => self.emit_schema(
                &down,
                "type-added",
                Change {
                    old: Some("any type".to_owned()),
                    new: Some("elements of one kind".to_owned()),
                    old_at: before.place(),
                    new_at: new.first(),
                    ..Change::default()
                },
            ),
        }
    }

    fn unknown_keywords(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let mut names: Vec<&'a str> = before.unknown.keys().copied().collect();
        names.extend(after.unknown.keys().filter(|name| !before.unknown.contains_key(*name)));
        for name in names {
            let (old, new) = (before.unknown.get(name), after.unknown.get(name));
            if old.map(|(_, value)| value) == new.map(|(_, value)| value) {
                continue;
            }
            self.emit_schema(
                context,
                "keyword-not-understood",
                Change {
                    subject: name.to_owned(),
                    old: old.map(|(_, value)| super::shown(value)),
                    new: new.map(|(_, value)| super::shown(value)),
                    old_at: old.map(|(at, _)| at),
                    new_at: new.map(|(at, _)| at),
                },
            );
        }
    }
}

impl Shape<'_> {
    /// Whether anything is said of the values, so that null is not simply one of any.
    fn specified(&self) -> bool {
        self.types.is_some() || self.values.is_some() || !self.groups.is_empty()
    }
}

fn types_of(shape: &Shape<'_>) -> String {
    shape.types.unwrap_or(Types::ANY).to_string()
}

/// Sees through annotations and one-element compositions to one reference.
fn peel<'a>(side: &Side<'a>, sub: &Sub<'a>) -> Option<Peeled<'a>> {
    let mut peeled: Option<Peeled<'a>> = None;
    for loc in sub {
        let one = peel_one(side, loc)?;
        match &mut peeled {
            None => peeled = Some(one),
            Some(known) if known.target.key == one.target.key => {
                known.nullable |= one.nullable;
                for (name, note) in one.notes {
                    known.notes.entry(name).or_insert(note);
                }
            }
            Some(_) => return None,
        }
    }
    peeled
}

fn peel_one<'a>(side: &Side<'a>, loc: &Loc<'a>) -> Option<Peeled<'a>> {
    let mut at = loc.clone();
    let (mut nullable, mut deprecated) = (false, None);
    let mut notes = BTreeMap::new();
    // Wrappers nest no deeper than the document.
    for _ in 0..128 {
        let reference = at.reference();
        let mut inner = None;
        for (name, member) in at.members() {
            match name {
                "$ref" => {}
                "nullable" if reference.is_none() => nullable |= member.value.as_bool()?,
                "deprecated" if reference.is_none() => {
                    if member.value.as_bool()? {
                        deprecated = Some(member);
                    }
                }
                // Judged where the property is compared.
                "readOnly" | "writeOnly" => {}
                "description" | "summary" | "title" => {
                    let value = member.value;
                    notes.entry(name).or_insert((member, value));
                }
                _ if is_note(name) && (reference.is_none() || name.starts_with("x-")) => {
                    let value = member.value;
                    notes.entry(name).or_insert((member, value));
                }
                // OpenAPI 3.0 ignores what stands beside a reference.
                _ if reference.is_some() && !side.siblings_count => {}
                "allOf" | "oneOf" | "anyOf" if inner.is_none() => {
                    let mut branches = member.elements();
                    inner = Some(branches.next()?);
                    if branches.next().is_some() {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        match (reference, inner) {
            (Some(reference), None) => {
                return Some(Peeled {
                    target: chased(side, side.target(at.tree, reference)?)?,
                    nullable,
                    notes,
                    deprecated,
                });
            }
            (None, Some(inner)) => at = inner,
            _ => return None,
        }
    }
    None
}

/// A component that is nothing but a reference to another is that other.
fn chased<'a>(side: &Side<'a>, mut target: Target<'a>) -> Option<Target<'a>> {
    for _ in 0..crate::diff::model::side::CHAIN_LIMIT {
        let only_reference = target.loc.value.as_object().is_some_and(|map| map.len() == 1);
        match target.loc.reference() {
            Some(reference) if only_reference => {
                target = side.target(target.loc.tree, reference)?;
            }
            _ => return Some(target),
        }
    }
    None
}
