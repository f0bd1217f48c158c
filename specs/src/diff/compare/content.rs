//! Bodies and their media types.

use super::{Change, Context, Direction, Engine};
use crate::diff::model::{Loc, Side};

/// A media type, taken apart.
#[derive(Debug, Clone)]
struct Media<'a> {
    written: &'a str,
    essence: String,
    parameters: Vec<String>,
    loc: Loc<'a>,
    taken: bool,
}

impl Media<'_> {
    fn kind(&self) -> &str {
        self.essence.split('/').next().unwrap_or_default()
    }

    fn is_range(&self) -> bool {
        self.essence.ends_with("/*")
    }

    fn covers(&self, other: &Self) -> bool {
        self.essence == "*/*" || (self.is_range() && self.kind() == other.kind())
    }

    /// `application/problem+json` → `application/json`.
    fn generic(&self) -> String {
        match self.essence.rsplit_once('+') {
            Some((_, suffix)) => format!("{}/{suffix}", self.kind()),
            None => self.essence.clone(),
        }
    }
}

impl<'a> Engine<'a> {
    pub(super) fn request_body(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let before = old.get("requestBody").and_then(|loc| self.old.follow(&loc));
        let after = new.get("requestBody").and_then(|loc| self.new.follow(&loc));
        let trail = context.trail.step("request body");
        let down = context.down(trail);
        match (&before, &after) {
            (None, None) => {}
            (None, Some(body)) => {
                let need = if body.flag("required") { "required" } else { "optional" };
                self.emit(
                    &down,
                    format!("body-added-{need}"),
                    Change {
                        old_at: Some(old),
                        new_at: Some(body),
                        ..Change::default()
                    },
                );
            }
            (Some(body), None) => self.emit(
                &down,
                "body-removed",
                Change {
                    old_at: Some(body),
                    new_at: Some(new),
                    ..Change::default()
                },
            ),
            (Some(one), Some(other)) => {
                let rule = match (one.flag("required"), other.flag("required")) {
                    (false, true) => Some("body-became-required"),
                    (true, false) => Some("body-became-optional"),
                    _ => None,
                };
                if let Some(rule) = rule {
                    self.emit(
                        &down,
                        rule,
                        Change {
                            old_at: Some(one),
                            new_at: Some(other),
                            ..Change::default()
                        },
                    );
                }
                self.leftovers(&down, one, other, &["required", "content", "$ref"]);
                self.content(&down, one, other);
            }
        }
    }

    /// Compares the media types of two bodies, in the direction of the context.
    pub(super) fn content(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let mut olds = media(old);
        let mut news = media(new);
        let direction = context.direction.name();
        type Same<'a> = fn(&Media<'a>, &Media<'a>) -> bool;
        let passes: [(Same<'a>, &str); 5] = [
            (|a, b| a.essence == b.essence && a.parameters == b.parameters, ""),
            (|a, b| a.essence == b.essence, "media-type-parameter-changed"),
            (|a, b| a.covers(b), "media-type-narrowed"),
            (|a, b| b.covers(a), "media-type-widened"),
            (|a, b| a.generic() == b.generic(), "media-type-suffix-changed"),
        ];
        for (same, rule) in passes {
            for one in olds.iter_mut().filter(|one| !one.taken) {
                let Some(other) = news.iter_mut().find(|other| !other.taken && same(one, other)) else {
                    continue;
                };
                one.taken = true;
                other.taken = true;
                let (one, other) = (one.clone(), other.clone());
                if !rule.is_empty() {
                    self.emit(
                        context,
                        format!("{direction}-{rule}"),
                        Change {
                            subject: other.written.to_owned(),
                            old: Some(one.written.to_owned()),
                            new: Some(other.written.to_owned()),
                            old_at: Some(&one.loc),
                            new_at: Some(&other.loc),
                        },
                    );
                }
                self.media_type(context, &one, &other);
            }
        }
        for one in olds.iter().filter(|one| !one.taken) {
            self.emit(
                context,
                format!("{direction}-media-type-removed"),
                Change {
                    subject: one.written.to_owned(),
                    old_at: Some(&one.loc),
                    new_at: Some(new),
                    ..Change::default()
                },
            );
        }
        for other in news.iter().filter(|other| !other.taken) {
            self.emit(
                context,
                format!("{direction}-media-type-added"),
                Change {
                    subject: other.written.to_owned(),
                    old_at: Some(old),
                    new_at: Some(&other.loc),
                    ..Change::default()
                },
            );
        }
    }

    fn media_type(&mut self, context: &Context<'a>, one: &Media<'a>, other: &Media<'a>) {
        let down = context.down(context.trail.step(other.written));
        let schemas = (one.loc.get("schema"), other.loc.get("schema"));
        match schemas {
            (None, None) => {}
            (Some(old), Some(new)) => self.schema(&down, &vec![old], &vec![new]),
            (old, new) => {
                let rule = if new.is_some() {
                    "body-schema-added"
                } else {
                    "body-schema-removed"
                };
                self.emit_schema(
                    &down,
                    rule,
                    Change {
                        subject: other.written.to_owned(),
                        old_at: old.as_ref().or(Some(&one.loc)),
                        new_at: new.as_ref().or(Some(&other.loc)),
                        ..Change::default()
                    },
                );
            }
        }
        let encoding = (one.loc.get("encoding"), other.loc.get("encoding"));
        let values = (
            encoding.0.as_ref().map(|loc| loc.value),
            encoding.1.as_ref().map(|loc| loc.value),
        );
        // `encoding` only applies to what a client sends as a form (OpenAPI 3.0.3, 4.7.14).
        if values.0 != values.1 && context.direction == Direction::Request {
            self.emit(
                &down,
                "multipart-encoding-changed",
                Change {
                    subject: other.written.to_owned(),
                    old: values.0.map(super::shown),
                    new: values.1.map(super::shown),
                    old_at: encoding.0.as_ref().or(Some(&one.loc)),
                    new_at: encoding.1.as_ref().or(Some(&other.loc)),
                },
            );
        }
        self.leftovers(&down, &one.loc, &other.loc, &["schema", "encoding"]);
    }
}

/// Whether a body has any media type.
pub(super) fn has_content(loc: &Loc<'_>) -> bool {
    loc.value
        .get("content")
        .and_then(serde_json::Value::as_object)
        .is_some_and(|content| !content.is_empty())
}

fn media<'a>(body: &Loc<'a>) -> Vec<Media<'a>> {
    body.get("content")
        .into_iter()
        .flat_map(|content| content.members())
        .map(|(written, loc)| {
            let mut parts = written.split(';').map(str::trim);
            let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
            let mut parameters: Vec<String> = parts
                .filter(|part| !part.is_empty())
                .map(str::to_ascii_lowercase)
                .collect();
            parameters.sort_unstable();
            Media {
                written,
                essence,
                parameters,
                loc,
                taken: false,
            }
        })
        .collect()
}

/// Follows a reference on this side, for the modules that compare one kind of object.
pub(super) fn followed<'a>(side: &Side<'a>, loc: Option<Loc<'a>>) -> Option<Loc<'a>> {
    loc.and_then(|loc| side.follow(&loc))
}
