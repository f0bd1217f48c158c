//! Parameters: path, query, header and cookie.

use std::collections::BTreeMap;

use super::{Change, Context, Engine, paths::Entry};
use crate::diff::model::{Loc, Side};

/// Members of a parameter that have a comparison of their own.
const KNOWN: [&str; 12] = [
    "name",
    "in",
    "required",
    "deprecated",
    "schema",
    "content",
    "style",
    "explode",
    "allowReserved",
    "allowEmptyValue",
    "$ref",
    "examples",
];

/// Headers that are described elsewhere in a document, so that a parameter of this name says
/// nothing (OpenAPI 3.0.3, section 4.7.12).
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];

#[derive(Debug, Clone)]
struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    loc: Loc<'a>,
}

impl Parameter<'_> {
    fn place_and_name(&self) -> String {
        format!("{} {}", place_name(self.place), self.name)
    }

    fn title(&self) -> String {
        format!("{} `{}`", place_name(self.place), self.name)
    }
}

fn place_name(place: &str) -> &str {
    match place {
        "path" => "path parameter",
        "query" => "query parameter",
        "header" => "header",
        "cookie" => "cookie",
        other => other,
    }
}

type Key = (String, String);

impl<'a> Engine<'a> {
    pub(super) fn parameters(
        &mut self,
        context: &Context<'a>,
        old: &Entry<'a>,
        new: &Entry<'a>,
        names: &BTreeMap<&'a str, &'a str>,
    ) {
        let before = self.gather(true, context, &old.item, &old.operation, names);
        let after = self.gather(false, context, &new.item, &new.operation, &BTreeMap::new());
        for (key, one) in &before {
            match after.iter().find(|(other, _)| other == key) {
                Some((_, other)) => self.parameter(context, one, other),
                None => {
                    let elsewhere = after.iter().find(|(other, parameter)| {
                        parameter.name == one.name && !before.iter().any(|(known, _)| known == other)
                    });
                    let rule = format!("{}-parameter-removed", rule_place(one.place));
                    let down = context.down(context.trail.step(one.place_and_name()));
                    self.emit(
                        &down,
                        rule,
                        Change {
                            subject: one.name.to_owned(),
                            old_at: Some(&one.loc),
                            ..Change::default()
                        },
                    );
                    if let Some((_, other)) = elsewhere {
                        self.emit(
                            context,
                            "parameter-location-changed",
                            Change {
                                subject: one.name.to_owned(),
                                old: Some(one.place.to_owned()),
                                new: Some(other.place.to_owned()),
                                old_at: Some(&one.loc),
                                new_at: Some(&other.loc),
                            },
                        );
                    }
                }
            }
        }
        for (key, other) in &after {
            if !before.iter().any(|(known, _)| known == key) {
                let need = if other.loc.flag("required") {
                    "required"
                } else {
                    "optional"
                };
                let down = context.down(context.trail.step(other.place_and_name()));
                self.emit(
                    &down,
                    format!("parameter-added-{need}"),
                    Change {
                        subject: other.title(),
                        new_at: Some(&other.loc),
                        ..Change::default()
                    },
                );
            }
        }
        self.parameter_order(context, old, new, &before, &after);
    }

    /// Parameters of the operation, over those of its path.
    fn gather(
        &mut self,
        is_old: bool,
        context: &Context<'a>,
        item: &Loc<'a>,
        operation: &Loc<'a>,
        names: &BTreeMap<&'a str, &'a str>,
    ) -> Vec<(Key, Parameter<'a>)> {
        let mut list: Vec<(Key, Parameter<'a>)> = Vec::new();
        let mut lost = Vec::new();
        for holder in [item, operation] {
            for written in holder.get("parameters").into_iter().flat_map(|list| list.elements()) {
                let side: &Side<'a> = if is_old { &self.old } else { &self.new };
                let found = side.follow(&written).and_then(|loc| {
                    Some(Parameter {
                        name: loc.text("name")?,
                        place: loc.text("in")?,
                        loc,
                    })
                });
                let Some(parameter) = found else {
                    lost.push(written);
                    continue;
                };
                let name = match parameter.place {
                    "header" => parameter.name.to_ascii_lowercase(),
                    "path" => (*names.get(parameter.name).unwrap_or(&parameter.name)).to_owned(),
                    _ => parameter.name.to_owned(),
                };
                if parameter.place == "header" && IGNORED.contains(&name.as_str()) {
                    continue;
                }
                let key = (parameter.place.to_owned(), name);
                match list.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, known)) => *known = parameter,
                    None => list.push((key, parameter)),
                }
            }
        }
        let name = if is_old { self.old.source() } else { self.new.source() };
        for written in lost {
            self.remarks.push(format!(
                "{}: {} has a parameter at {} that cannot be read; it was not compared",
                name.document().name(),
                context.trail,
                written.at.text()
            ));
        }
        list
    }

    fn parameter(&mut self, context: &Context<'a>, one: &Parameter<'a>, other: &Parameter<'a>) {
        let (old, new) = (&one.loc, &other.loc);
        let context = &context.down(context.trail.step(other.place_and_name()));
        let change = |before: Option<String>, after: Option<String>| Change {
            subject: other.name.to_owned(),
            old: before,
            new: after,
            old_at: Some(old),
            new_at: Some(new),
        };
        if one.name != other.name && one.place == "header" {
            let names = (Some(one.name.to_owned()), Some(other.name.to_owned()));
            self.emit(context, "header-name-case-changed", change(names.0, names.1));
        }
        match (old.flag("required"), new.flag("required")) {
            (false, true) => self.emit(context, "parameter-became-required", change(None, None)),
            (true, false) => self.emit(context, "parameter-became-optional", change(None, None)),
            _ => {}
        }
        match (old.flag("deprecated"), new.flag("deprecated")) {
            (false, true) => self.emit(context, "parameter-deprecated", change(None, None)),
            (true, false) => self.emit(context, "parameter-undeprecated", change(None, None)),
            _ => {}
        }
        match (old.flag("allowEmptyValue"), new.flag("allowEmptyValue")) {
            (true, false) => self.emit(context, "parameter-allow-empty-removed", change(None, None)),
            (false, true) => self.emit(context, "parameter-allow-empty-added", change(None, None)),
            _ => {}
        }
        let styles = (style(one.place, old), style(other.place, new));
        if styles.0 != styles.1 {
            self.emit(
                context,
                "parameter-style-changed",
                change(Some(styles.0), Some(styles.1)),
            );
        }
        self.leftovers(context, old, new, &KNOWN);
        self.parameter_schema(context, one, other);
    }

    fn parameter_schema(&mut self, context: &Context<'a>, one: &Parameter<'a>, other: &Parameter<'a>) {
        let (old, new) = (&one.loc, &other.loc);
        let content = |loc: &Loc<'a>| loc.get("content").and_then(|content| content.members().next());
        let empty = || vec![];
        match (content(old), content(new)) {
            (None, None) => {
                let inner = Context {
                    parameter: true,
                    ..context.clone()
                };
                let subs = (
                    old.get("schema").map_or_else(empty, |loc| vec![loc]),
                    new.get("schema").map_or_else(empty, |loc| vec![loc]),
                );
                self.schema(&inner, &subs.0, &subs.1);
            }
            (Some((before, a)), Some((after, b))) if before == after => {
                let subs = (
                    a.get("schema").map_or_else(empty, |loc| vec![loc]),
                    b.get("schema").map_or_else(empty, |loc| vec![loc]),
                );
                self.schema(context, &subs.0, &subs.1);
            }
            (before, after) => {
                let text = |found: Option<(&'a str, Loc<'a>)>| {
                    Some(found.map_or("plain text".to_owned(), |(media, _)| media.to_owned()))
                };
                self.emit(
                    context,
                    "parameter-media-type-changed",
                    Change {
                        subject: other.name.to_owned(),
                        old: text(before),
                        new: text(after),
                        old_at: Some(old),
                        new_at: Some(new),
                    },
                );
            }
        }
    }

    fn parameter_order(
        &mut self,
        context: &Context<'a>,
        old: &Entry<'a>,
        new: &Entry<'a>,
        before: &[(Key, Parameter<'a>)],
        after: &[(Key, Parameter<'a>)],
    ) {
        let shared = |list: &[(Key, Parameter<'a>)], others: &[(Key, Parameter<'a>)]| {
            list.iter()
                .map(|(key, _)| key.clone())
                .filter(|key| others.iter().any(|(other, _)| other == key))
                .collect::<Vec<Key>>()
        };
        let (was, is) = (shared(before, after), shared(after, before));
        // Where a parameter is declared, at the path or the operation, is no order.
        let levels = [&old.item, &new.item]
            .iter()
            .any(|item| item.value.get("parameters").is_some());
        if was != is && !levels {
            let text = |keys: &[Key]| {
                let names: Vec<&str> = keys.iter().map(|(_, name)| name.as_str()).collect();
                Some(names.join(", "))
            };
            self.emit(
                context,
                "parameter-order-changed",
                Change {
                    subject: "parameters".to_owned(),
                    old: text(&was),
                    new: text(&is),
                    old_at: Some(&old.operation),
                    new_at: Some(&new.operation),
                },
            );
        }
    }
}

fn rule_place(place: &str) -> &'static str {
    match place {
        "path" => "path",
        "header" => "header",
        "cookie" => "cookie",
        _ => "query",
    }
}

/// How a value is written, with the defaults spelled out.
fn style(place: &str, loc: &Loc<'_>) -> String {
    let default = match place {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = loc.text("style").unwrap_or(default);
    let explode = loc
        .value
        .get("explode")
        .and_then(serde_json::Value::as_bool)
        .unwrap_or(style == "form");
    let reserved = if loc.flag("allowReserved") {
        ", reserved characters as they are"
    } else {
        ""
    };
    format!("{style}, explode {explode}{reserved}")
}
