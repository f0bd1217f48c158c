//! Enumerations.

use serde_json::Value;

use super::{Change, Context, Engine, shown};
use crate::diff::model::Shape;

impl<'a> Engine<'a> {
    pub(super) fn values(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let list = |values: &[&'a Value]| {
            let all: Vec<String> = values.iter().map(|value| shown(value)).collect();
            all.join(", ")
        };
        let ((old, old_at), (new, new_at)) = match (&before.values, &after.values) {
            (None, None) => return,
            (None, Some((values, at))) => {
                self.emit_schema(
                    context,
                    "became-enum",
                    Change {
                        new: Some(list(values)),
                        old_at: before.place(),
                        new_at: Some(at),
                        ..Change::default()
                    },
                );
                return;
            }
            (Some((values, at)), None) => {
                self.emit_schema(
                    context,
                    "enum-dropped",
                    Change {
                        old: Some(list(values)),
                        old_at: Some(at),
                        new_at: after.place(),
                        ..Change::default()
                    },
                );
                return;
            }
            (Some(old), Some(new)) => (old, new),
        };
        let gone: Vec<&Value> = old.iter().filter(|value| !new.contains(value)).copied().collect();
        let fresh: Vec<&Value> = new.iter().filter(|value| !old.contains(value)).copied().collect();
        if !gone.is_empty() {
            self.emit_schema(
                context,
                "enum-value-removed",
                Change {
                    subject: list(&gone),
                    old_at: Some(old_at),
                    new_at: Some(new_at),
                    ..Change::default()
                },
            );
        }
        if !fresh.is_empty() {
            let rule = if before.extensible && !context.parameter {
                "extensible-enum-value-added"
            } else {
                "enum-value-added"
            };
            self.emit_schema(
                context,
                rule,
                Change {
                    subject: list(&fresh),
                    old_at: Some(old_at),
                    new_at: Some(new_at),
                    ..Change::default()
                },
            );
        }
        if gone.is_empty() && fresh.is_empty() && old != new {
            self.emit(
                context,
                "enum-order-changed",
                Change {
                    old: Some(list(old)),
                    new: Some(list(new)),
                    old_at: Some(old_at),
                    new_at: Some(new_at),
                    ..Change::default()
                },
            );
        }
    }
}
