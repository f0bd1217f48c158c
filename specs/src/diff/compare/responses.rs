//! Responses: statuses as sets, bodies, headers and links.

use super::{
    Change, Context, Direction, Engine,
    content::{followed, has_content},
};
use crate::diff::model::Loc;

#[derive(Debug, Clone)]
struct Response<'a> {
    status: &'a str,
    loc: Loc<'a>,
    taken: bool,
}

impl Response<'_> {
    fn is_range(&self) -> bool {
        self.status.to_ascii_uppercase().ends_with("XX")
    }

    fn is_success(&self) -> bool {
        self.status.starts_with('2')
    }

    fn covers(&self, other: &Self) -> bool {
        self.is_range() && !other.is_range() && self.status.get(..1) == other.status.get(..1)
    }
}

impl<'a> Engine<'a> {
    pub(super) fn responses(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let context = &Context {
            direction: Direction::Response,
            ..context.clone()
        };
        let mut olds = responses(old);
        let mut news = responses(new);
        let mut pairs: Vec<(Loc<'a>, Loc<'a>, &'a str)> = Vec::new();
        for one in &mut olds {
            if let Some(other) = news
                .iter_mut()
                .find(|other| other.status.eq_ignore_ascii_case(one.status))
            {
                one.taken = true;
                other.taken = true;
                pairs.push((one.loc.clone(), other.loc.clone(), other.status));
            }
        }
        self.ranges(context, &mut olds, &mut news, &mut pairs);
        for (one, other, status) in pairs {
            let down = context.down(context.trail.step(status));
            self.response(&down, &one, &other);
        }
        let ways = (
            old.get("responses").unwrap_or_else(|| old.clone()),
            new.get("responses").unwrap_or_else(|| new.clone()),
        );
        for one in olds.iter().filter(|one| !one.taken) {
            let rule = match one.status {
                "default" => "default-response-removed",
                _ if one.is_success() => "success-status-removed",
                _ => "error-status-removed",
            };
            self.emit(
                context,
                rule,
                Change {
                    subject: one.status.to_owned(),
                    old_at: Some(&one.loc),
                    new_at: Some(&ways.1),
                    ..Change::default()
                },
            );
        }
        for other in news.iter().filter(|other| !other.taken) {
            let rule = match other.status {
                "default" => "default-response-added",
                _ if other.is_success() => "success-status-added",
                _ => "error-status-added",
            };
            self.emit(
                context,
                rule,
                Change {
                    subject: other.status.to_owned(),
                    old_at: Some(&ways.0),
                    new_at: Some(&other.loc),
                    ..Change::default()
                },
            );
        }
    }

    /// `2XX` against `200`: one covers the other.
    fn ranges(
        &mut self,
        context: &Context<'a>,
        olds: &mut [Response<'a>],
        news: &mut [Response<'a>],
        pairs: &mut Vec<(Loc<'a>, Loc<'a>, &'a str)>,
    ) {
        for one in olds.iter_mut().filter(|one| !one.taken) {
            for other in news.iter_mut().filter(|other| !other.taken) {
                let rule = if one.covers(other) {
                    "status-range-narrowed"
                } else if other.covers(one) {
                    "status-range-widened"
                } else {
                    continue;
                };
                self.emit(
                    context,
                    rule,
                    Change {
                        subject: other.status.to_owned(),
                        old: Some(one.status.to_owned()),
                        new: Some(other.status.to_owned()),
                        old_at: Some(&one.loc),
                        new_at: Some(&other.loc),
                    },
                );
                pairs.push((one.loc.clone(), other.loc.clone(), other.status));
                one.taken = true;
                other.taken = true;
                break;
            }
        }
    }

    /// Compares two responses; `context` says which way they flow.
    pub(super) fn response(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let (Some(one), Some(other)) = (self.old.follow(old), self.new.follow(new)) else {
            if old.value != new.value {
                self.emit_schema(
                    context,
                    "reference-unresolved",
                    Change {
                        old: old.reference().map(str::to_owned),
                        new: new.reference().map(str::to_owned),
                        old_at: Some(old),
                        new_at: Some(new),
                        ..Change::default()
                    },
                );
            }
            return;
        };
        match (has_content(&one), has_content(&other)) {
            (false, true) => self.emit_schema(
                context,
                "body-appeared",
                Change {
                    old_at: Some(&one),
                    new_at: Some(&other),
                    ..Change::default()
                },
            ),
            (true, false) => self.emit_schema(
                context,
                "body-vanished",
                Change {
                    old_at: Some(&one),
                    new_at: Some(&other),
                    ..Change::default()
                },
            ),
            (true, true) => self.content(context, &one, &other),
            (false, false) => {}
        }
        self.headers(context, &one, &other);
        self.links(context, &one, &other);
        self.leftovers(context, &one, &other, &["content", "headers", "links", "$ref"]);
    }

    fn headers(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let list = |loc: &Loc<'a>| -> Vec<(&'a str, Loc<'a>)> {
            loc.get("headers")
                .into_iter()
                .flat_map(|headers| headers.members())
                // Described by the media types (OpenAPI 3.0.3, section 4.7.17).
                .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
                .collect()
        };
        let (olds, news) = (list(old), list(new));
        for (name, written) in &olds {
            let one = followed(&self.old, Some(written.clone()));
            let found = news.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            let other = found.and_then(|(_, loc)| followed(&self.new, Some(loc.clone())));
            match (one, found, other) {
                (Some(one), Some((now, _)), Some(other)) => {
                    let down = context.down(context.trail.step(format!("header {now}")));
                    self.header(&down, (*name, &one), (*now, &other));
                }
                (one, None, _) => {
                    let need = if one.as_ref().is_some_and(|one| one.flag("required")) {
                        "required"
                    } else {
                        "optional"
                    };
                    self.emit(
                        context,
                        format!("response-header-removed-{need}"),
                        Change {
                            subject: (*name).to_owned(),
                            old_at: one.as_ref().or(Some(written)),
                            new_at: Some(new),
                            ..Change::default()
                        },
                    );
                }
                (_, Some((_, other)), _) if other.value == written.value => {}
                (_, Some((_, other)), _) => self.emit_schema(
                    context,
                    "reference-unresolved",
                    Change {
                        subject: (*name).to_owned(),
                        old_at: Some(written),
                        new_at: Some(other),
                        ..Change::default()
                    },
                ),
            }
        }
        for (name, loc) in &news {
            if !olds.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                self.emit(
                    context,
                    "response-header-added",
                    Change {
                        subject: (*name).to_owned(),
                        old_at: Some(old),
                        new_at: Some(loc),
                        ..Change::default()
                    },
                );
            }
        }
    }

    fn header(&mut self, context: &Context<'a>, one: (&'a str, &Loc<'a>), other: (&'a str, &Loc<'a>)) {
        let (old, new) = (one.1, other.1);
        let change = |before: Option<String>, after: Option<String>| Change {
            subject: other.0.to_owned(),
            old: before,
            new: after,
            old_at: Some(old),
            new_at: Some(new),
        };
        if one.0 != other.0 {
            self.emit(
                context,
                "response-header-case-changed",
                change(Some(one.0.to_owned()), Some(other.0.to_owned())),
            );
        }
        match (old.flag("required"), new.flag("required")) {
            (true, false) => {
                self.emit(context, "response-header-became-optional", change(None, None));
            }
            (false, true) => {
                self.emit(context, "response-header-became-required", change(None, None));
            }
            _ => {}
        }
        match (old.flag("deprecated"), new.flag("deprecated")) {
            (false, true) => self.emit(context, "response-header-deprecated", change(None, None)),
            (true, false) => self.emit(context, "response-header-undeprecated", change(None, None)),
            _ => {}
        }
        let sub = |loc: &Loc<'a>| {
            let schema = loc.get("schema").or_else(|| {
                let (_, media) = loc.get("content")?.members().next()?;
                media.get("schema")
            });
            schema.map_or_else(Vec::new, |loc| vec![loc])
        };
        self.schema(context, &sub(old), &sub(new));
        self.leftovers(
            context,
            old,
            new,
            &["required", "schema", "content", "deprecated", "$ref", "examples"],
        );
    }

    fn links(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let list = |loc: &Loc<'a>| -> Vec<(&'a str, Loc<'a>)> {
            loc.get("links").into_iter().flat_map(|links| links.members()).collect()
        };
        let (olds, news) = (list(old), list(new));
        for (name, one) in &olds {
            let found = news.iter().find(|(other, _)| other == name);
            let resolved = (
                followed(&self.old, Some(one.clone())),
                found.and_then(|(_, loc)| followed(&self.new, Some(loc.clone()))),
            );
            let rule = match (found, &resolved) {
                (None, _) => "link-removed",
                (Some(_), (Some(a), Some(b))) if a.value == b.value => continue,
                _ => "link-changed",
            };
            self.emit(
                context,
                rule,
                Change {
                    subject: (*name).to_owned(),
                    old_at: Some(one),
                    new_at: found.map(|(_, loc)| loc).or(Some(new)),
                    ..Change::default()
                },
            );
        }
        for (name, other) in &news {
            if !olds.iter().any(|(known, _)| known == name) {
                self.emit(
                    context,
                    "link-added",
                    Change {
                        subject: (*name).to_owned(),
                        old_at: Some(old),
                        new_at: Some(other),
                        ..Change::default()
                    },
                );
            }
        }
    }
}

fn responses<'a>(operation: &Loc<'a>) -> Vec<Response<'a>> {
    operation
        .get("responses")
        .into_iter()
        .flat_map(|responses| responses.members())
        .filter(|(status, _)| !status.starts_with("x-"))
        .map(|(status, loc)| Response {
            status,
            loc,
            taken: false,
        })
        .collect()
}
