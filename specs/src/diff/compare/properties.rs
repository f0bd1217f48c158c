//! Members of objects.

use super::{Change, Context, Direction, Engine};
use crate::diff::model::{Additional, Shape, Side, shape::Sub};

/// A property on one side, as far as one direction sees it.
#[derive(Clone, Copy)]
struct Seen<'l, 'a> {
    sub: &'l Sub<'a>,
    visible: bool,
    required: bool,
}

impl<'a> Engine<'a> {
    pub(super) fn properties(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        for (name, sub) in &before.properties {
            let old = seen(&self.old, context.direction, before, name, sub);
            let new = after
                .property(name)
                .map(|sub| seen(&self.new, context.direction, after, name, sub));
            self.property(context, name, Some(old), new, before, after);
        }
        for (name, sub) in &after.properties {
            if before.property(name).is_none() {
                let new = seen(&self.new, context.direction, after, name, sub);
                self.property(context, name, None, Some(new), before, after);
            }
        }
        self.phantom_names(context, before, after);
    }

    fn property(
        &mut self,
        context: &Context<'a>,
        name: &'a str,
        old: Option<Seen<'_, 'a>>,
        new: Option<Seen<'_, 'a>>,
        before: &Shape<'a>,
        after: &Shape<'a>,
    ) {
        let was = old.filter(|old| old.visible);
        let is = new.filter(|new| new.visible);
        let down = context.down(context.trail.property(name));
        let change = Change {
            subject: name.to_owned(),
            old_at: old.map_or(before.place(), |old| old.sub.first()),
            new_at: new.map_or(after.place(), |new| new.sub.first()),
            ..Change::default()
        };
        let need = |required: bool| if required { "required" } else { "optional" };
        let flag = match context.direction {
            Direction::Request => "read-only",
            Direction::Response => "write-only",
        };
        match (was, is) {
            (None, None) => {}
            (Some(was), Some(is)) => {
                match (was.required, is.required) {
                    (false, true) => {
                        self.emit_schema(&down, "property-became-required", change);
                    }
                    (true, false) => {
                        self.emit_schema(&down, "property-became-optional", change);
                    }
                    _ => {}
                }
                self.schema(&down, was.sub, is.sub);
            }
            (Some(was), None) if new.is_some() => {
                let rule = format!("property-{flag}-set-{}", need(was.required));
                self.emit_schema(&down, &rule, change);
            }
            (Some(was), None) => {
                // The object that lost it is where a reader of the new document looks.
                let closed = matches!(after.additional, Additional::Closed) && context.direction == Direction::Request;
                let rule = if closed {
                    "property-removed-closed".to_owned()
                } else {
                    format!("property-removed-{}", need(was.required))
                };
                self.emit_schema(&down, &rule, Change { new_at: None, ..change });
                // Under this name the values of the map are valid now.
                if let Additional::Schema(values) = &after.additional {
                    self.schema(&down, was.sub, values);
                }
            }
            (None, Some(is)) if old.is_some() => {
                let rule = format!("property-{flag}-unset-{}", need(is.required));
                self.emit_schema(&down, &rule, change);
            }
            (None, Some(is)) => {
                let shape = Shape::of(&self.new, is.sub);
                let closed =
                    matches!(before.additional, Additional::Closed) && context.direction == Direction::Response;
                let rule = match (is.required, closed) {
                    (true, _) if context.direction == Direction::Request && shape.notes.contains_key("default") => {
                        "property-added-required-with-default"
                    }
                    (_, true) => "property-added-closed",
                    (true, false) => "property-added-required",
                    (false, false) => "property-added-optional",
                };
                self.emit_schema(&down, rule, Change { old_at: None, ..change });
                if let Additional::Schema(values) = &before.additional {
                    self.schema(&down, values, is.sub);
                }
            }
        }
    }

    /// Names that are required and described nowhere.
    fn phantom_names(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let phantom = |shape: &Shape<'a>, name: &str| shape.required.contains(name) && shape.property(name).is_none();
        let mut names: Vec<&'a str> = before.required.iter().copied().collect();
        names.extend(after.required.difference(&before.required).copied());
        for name in names {
            let rule = match (phantom(before, name), phantom(after, name)) {
                // Described on the other side: that is told as a property.
                (false, true) if before.property(name).is_none() => "undescribed-name-required",
                (true, false) if after.property(name).is_none() => "undescribed-name-not-required",
                _ => continue,
            };
            self.emit_schema(
                context,
                rule,
                Change {
                    subject: name.to_owned(),
                    old_at: before.place(),
                    new_at: after.place(),
                    ..Change::default()
                },
            );
        }
    }

    pub(super) fn additional(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let rule = match (&before.additional, &after.additional) {
            (Additional::Open, Additional::Open) | (Additional::Closed, Additional::Closed) => {
                return;
            }
            (Additional::Schema(old), Additional::Schema(new)) => {
                let down = context.down(context.trail.values());
                self.schema(&down, old, new);
                return;
            }
            (_, Additional::Closed) => "additional-properties-closed",
            (Additional::Closed, _) => "additional-properties-opened",
            (Additional::Open, Additional::Schema(_)) => "additional-properties-typed",
            (Additional::Schema(_), Additional::Open) => "additional-properties-untyped",
        };
        self.emit_schema(
            context,
            rule,
            Change {
                subject: "additionalProperties".to_owned(),
                old_at: before.additional_at.as_ref().or(before.place()),
                new_at: after.additional_at.as_ref().or(after.place()),
                ..Change::default()
            },
        );
    }
}

fn seen<'l, 'a>(
    side: &Side<'a>,
    direction: Direction,
    object: &Shape<'a>,
    name: &str,
    sub: &'l Sub<'a>,
) -> Seen<'l, 'a> {
    let shape = Shape::of(side, sub);
    // A wrapper around a reference keeps its flags: `Shape` merges them.
    let hidden = match direction {
        Direction::Request => shape.read_only,
        Direction::Response => shape.write_only,
    };
    Seen {
        sub,
        visible: !hidden,
        required: object.required.contains(name),
    }
}
