//! Callbacks and webhooks: the server calls the client, so data flows the other way.

use super::{Change, Context, Direction, Engine, content::has_content};
use crate::{diff::model::Loc, document::METHODS};

impl<'a> Engine<'a> {
    /// Compares the `callbacks` of an operation.
    pub(super) fn callbacks(&mut self, context: &Context<'a>, old: Option<Loc<'a>>, new: Option<Loc<'a>>) {
        let list =
            |holder: &Option<Loc<'a>>| -> Vec<(&'a str, Loc<'a>)> { holder.iter().flat_map(Loc::members).collect() };
        let (olds, news) = (list(&old), list(&new));
        for (name, one) in &olds {
            match news.iter().find(|(other, _)| other == name) {
                None => self.callback_presence(context, "callback-removed", name, Some(one), None),
                Some((_, other)) => {
                    let (Some(one), Some(other)) = (self.old.follow(one), self.new.follow(other)) else {
                        if one.value != other.value {
                            self.callback_presence(
                                context,
                                "response-reference-unresolved",
                                name,
                                Some(one),
                                Some(other),
                            );
                        }
                        continue;
                    };
                    let down = context.down(context.trail.step(format!("callback {name}")));
                    self.addresses(&down, &one, &other);
                }
            }
        }
        for (name, other) in &news {
            if !olds.iter().any(|(known, _)| known == name) {
                self.callback_presence(context, "callback-added", name, None, Some(other));
            }
        }
    }

    fn callback_presence(
        &mut self,
        context: &Context<'a>,
        rule: &'static str,
        name: &str,
        old_at: Option<&Loc<'a>>,
        new_at: Option<&Loc<'a>>,
    ) {
        self.emit(
            context,
            rule,
            Change {
                subject: name.to_owned(),
                old_at,
                new_at,
                ..Change::default()
            },
        );
    }

    /// Compares maps of an address (or the name of a webhook) to a path item.
    pub(super) fn addresses(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        // A callback may contain itself through references.
        if !self.callbacks_seen.insert((old.at.text(), new.at.text())) {
            return;
        }
        for (address, one) in old.members() {
            let found = new.get(address);
            let pair = (
                self.old.follow(&one),
                found.as_ref().and_then(|loc| self.new.follow(loc)),
            );
            match pair {
                (Some(one), Some(other)) => self.path_item(context, address, &one, &other),
                _ => self.callback_presence(context, "callback-removed", address, Some(&one), found.as_ref()),
            }
        }
        for (address, other) in new.members() {
            if old.value.get(address).is_none() {
                self.callback_presence(context, "callback-added", address, None, Some(&other));
            }
        }
    }

    fn path_item(&mut self, context: &Context<'a>, address: &str, old: &Loc<'a>, new: &Loc<'a>) {
        for method in METHODS {
            let subject = format!("{} {address}", method.to_ascii_uppercase());
            match (old.get(method), new.get(method)) {
                (None, None) => {}
                (Some(one), None) => {
                    self.callback_presence(context, "callback-removed", &subject, Some(&one), Some(new))
                }
                (None, Some(other)) => {
                    self.callback_presence(context, "callback-added", &subject, Some(old), Some(&other))
                }
                (Some(one), Some(other)) => {
                    let down = context.down(context.trail.step(subject));
                    self.incoming(&down, &one, &other);
                }
            }
        }
    }

    /// An operation that the server calls: its request is what the client receives.
    fn incoming(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let received = Context {
            direction: Direction::Response,
            ..context.down(context.trail.step("request body"))
        };
        let bodies = (
            old.get("requestBody").and_then(|loc| self.old.follow(&loc)),
            new.get("requestBody").and_then(|loc| self.new.follow(&loc)),
        );
        match bodies {
            (None, None) => {}
            (Some(one), Some(other)) => {
                if has_content(&one) || has_content(&other) {
                    self.content(&received, &one, &other);
                }
                self.leftovers(&received, &one, &other, &["required", "content", "$ref"]);
            }
            (one, other) => {
                let rule = if other.is_some() {
                    "response-body-appeared"
                } else {
                    "response-body-vanished"
                };
                self.emit(
                    &received,
                    rule,
                    Change {
                        old_at: one.as_ref().or(Some(old)),
                        new_at: other.as_ref().or(Some(new)),
                        ..Change::default()
                    },
                );
            }
        }
        self.answers(context, old, new);
        let parameters = (old.value.get("parameters"), new.value.get("parameters"));
        if parameters.0 != parameters.1 {
            self.emit(
                context,
                "callback-parameters-changed",
                Change {
                    old_at: Some(old),
                    new_at: Some(new),
                    ..Change::default()
                },
            );
        }
        self.callbacks(context, old.get("callbacks"), new.get("callbacks"));
        self.leftovers(
            context,
            old,
            new,
            &[
                "requestBody",
                "responses",
                "parameters",
                "callbacks",
                "operationId",
                "tags",
                "deprecated",
                "security",
                "servers",
            ],
        );
    }

    /// What the client may answer.
    fn answers(&mut self, context: &Context<'a>, old: &Loc<'a>, new: &Loc<'a>) {
        let list = |loc: &Loc<'a>| -> Vec<(&'a str, Loc<'a>)> {
            loc.get("responses").into_iter().flat_map(|all| all.members()).collect()
        };
        let (olds, news) = (list(old), list(new));
        for (status, one) in &olds {
            match news.iter().find(|(other, _)| other == status) {
                Some((_, other)) => {
                    let down = Context {
                        direction: Direction::Request,
                        ..context.down(context.trail.step(*status))
                    };
                    self.response(&down, one, other);
                }
                None => self.callback_presence(context, "callback-answer-removed", status, Some(one), Some(new)),
            }
        }
        for (status, other) in &news {
            if !olds.iter().any(|(known, _)| known == status) {
                self.callback_presence(context, "callback-answer-added", status, Some(old), Some(other));
            }
        }
    }
}
