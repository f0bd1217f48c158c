//! One operation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Change, Context, Engine, paths::Entry};
use crate::diff::model::Loc;

/// Members of an operation that have a comparison of their own.
const KNOWN: [&str; 11] = [
    "operationId",
    "deprecated",
    "tags",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "security",
    "servers",
    "x-sunset",
    "x-stability-level",
];

/// Members of a path item that have one.
const ITEM: [&str; 11] = [
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "parameters",
    "servers",
    "$ref",
];

/// From firm to loose, as `x-stability-level` is used.
const STABILITY: [&str; 4] = ["draft", "alpha", "beta", "stable"];

impl<'a> Engine<'a> {
    pub(super) fn operation(
        &mut self,
        context: &Context<'a>,
        old: &Entry<'a>,
        new: &Entry<'a>,
        names: &BTreeMap<&'a str, &'a str>,
    ) {
        self.compared += 1;
        let (before, after) = (&old.operation, &new.operation);
        self.operation_id(context, before, after);
        self.life_cycle(context, before, after);
        self.tags(context, before, after);
        self.leftovers(context, &old.item, &new.item, &ITEM);
        self.leftovers(context, before, after, &KNOWN);
        self.parameters(context, old, new, names);
        self.request_body(context, before, after);
        self.responses(context, before, after);
        self.callbacks(context, before.get("callbacks"), after.get("callbacks"));
        self.security(context, before, after);
        self.operation_servers(context, old, new);
    }

    fn operation_id(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let ids = (old.text("operationId"), new.text("operationId"));
        let rule = match ids {
            (Some(before), Some(after)) if before != after => "operation-id-changed",
            (Some(_), None) => "operation-id-removed",
            (None, Some(_)) => "operation-id-added",
            _ => return,
        };
        self.emit(
            context,
            rule,
            Change {
                subject: "operationId".to_owned(),
                old: ids.0.map(str::to_owned),
                new: ids.1.map(str::to_owned),
                old_at: Some(old),
                new_at: Some(new),
            },
        );
    }

    fn life_cycle(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let both = || Change {
            old_at: Some(old),
            new_at: Some(new),
            ..Change::default()
        };
        match (old.flag("deprecated"), new.flag("deprecated")) {
            (false, true) => self.emit(context, "operation-deprecated", both()),
            (true, false) => self.emit(context, "operation-undeprecated", both()),
            _ => {}
        }
        let sunset = (old.text("x-sunset"), new.text("x-sunset"));
        let rule = match sunset {
            (Some(_), None) => Some("sunset-removed"),
            (None, Some(_)) => Some("sunset-added"),
            // Dates are written year first, so text order is time order.
            (Some(before), Some(after)) if after < before => Some("sunset-earlier"),
            (Some(before), Some(after)) if after > before => Some("sunset-later"),
            _ => None,
        };
        if let Some(rule) = rule {
            self.emit(
                context,
                rule,
                Change {
                    subject: "x-sunset".to_owned(),
                    old: sunset.0.map(str::to_owned),
                    new: sunset.1.map(str::to_owned),
                    ..both()
                },
            );
        }
        let levels = (old.text("x-stability-level"), new.text("x-stability-level"));
        if levels.0 != levels.1 {
            let rank = |level: Option<&str>| {
                level.map_or(Some(STABILITY.len() - 1), |level| {
                    STABILITY.iter().position(|known| *known == level)
                })
            };
            let rule = match (rank(levels.0), rank(levels.1)) {
                (Some(before), Some(after)) if after < before => "stability-decreased",
                (Some(_), Some(_)) => "stability-increased",
                _ => "extension-changed",
            };
            self.emit(
                context,
                rule,
                Change {
                    subject: "x-stability-level".to_owned(),
                    old: levels.0.map(str::to_owned),
                    new: levels.1.map(str::to_owned),
                    ..both()
                },
            );
        }
    }

    fn tags(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let (before, after) = (list(old.value.get("tags")), list(new.value.get("tags")));
        if before == after {
            return;
        }
        let sorted = |list: &[&str]| {
            let mut list = list.to_vec();
            list.sort_unstable();
            list.join(", ")
        };
        let rule = if sorted(&before) == sorted(&after) {
            "tag-order-changed"
        } else {
            "tags-changed"
        };
        self.emit(
            context,
            rule,
            Change {
                subject: "tags".to_owned(),
                old: Some(before.join(", ")),
                new: Some(after.join(", ")),
                old_at: Some(old),
                new_at: Some(new),
            },
        );
    }
}

fn list(value: Option<&Value>) -> Vec<&str> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
