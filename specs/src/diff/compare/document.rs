//! What belongs to the whole document: versions, information, tags, servers, webhooks.

use std::cmp::Ordering;

use super::{Change, Engine};
use crate::diff::{level::Level, model::Loc};

const KNOWN: [&str; 9] = [
    "openapi",
    "info",
    "servers",
    "paths",
    "components",
    "security",
    "tags",
    "webhooks",
    "jsonSchemaDialect",
];

impl<'a> Engine<'a> {
    pub(super) fn document(&mut self) {
        let (old, new) = (self.old.root(), self.new.root());
        let context = self.document_context("document");
        self.spec_version(&old, &new);
        self.info(&old, &new);
        self.leftovers(&context, &old, &new, &KNOWN);
        for member in ["tags", "jsonSchemaDialect"] {
            let (before, after) = (old.get(member), new.get(member));
            let values = (
                before.as_ref().map(|loc| loc.value),
                after.as_ref().map(|loc| loc.value),
            );
            if values.0 != values.1 {
                let rule = if member == "tags" {
                    "tags-changed"
                } else {
                    super::super::rules::UNHANDLED
                };
                self.emit(
                    &context,
                    rule,
                    Change {
                        subject: member.to_owned(),
                        old: values.0.map(super::shown),
                        new: values.1.map(super::shown),
                        old_at: before.as_ref().or(Some(&old)),
                        new_at: after.as_ref().or(Some(&new)),
                    },
                );
            }
        }
        self.servers();
        self.security_schemes();
        let webhooks = (old.get("webhooks"), new.get("webhooks"));
        if let (Some(one), Some(other)) = &webhooks {
            let context = self.document_context("webhooks");
            self.addresses(&context, one, other);
        } else {
            for (found, rule) in [(&webhooks.0, "callback-removed"), (&webhooks.1, "callback-added")] {
                for (name, loc) in found.iter().flat_map(Loc::members) {
                    let context = self.document_context("webhooks");
                    let (old_at, new_at) = if rule == "callback-removed" {
                        (Some(&loc), None)
                    } else {
                        (None, Some(&loc))
                    };
                    self.emit(
                        &context,
                        rule,
                        Change {
                            subject: name.to_owned(),
                            old_at,
                            new_at,
                            ..Change::default()
                        },
                    );
                }
            }
        }
    }

    fn spec_version(&mut self, old: &Loc<'a>, new: &Loc<'a>) {
        let (before, after) = (old.text("openapi"), new.text("openapi"));
        if before == after {
            return;
        }
        let minor = |version: Option<&str>| {
            version
                .unwrap_or_default()
                .split('.')
                .take(2)
                .collect::<Vec<_>>()
                .join(".")
        };
        let rule = if minor(before) == minor(after) {
            "spec-version-changed"
        } else {
            "spec-version-line-changed"
        };
        let context = self.document_context("document");
        self.emit(
            &context,
            rule,
            Change {
                subject: "openapi".to_owned(),
                old: before.map(str::to_owned),
                new: after.map(str::to_owned),
                old_at: old.get("openapi").as_ref(),
                new_at: new.get("openapi").as_ref(),
            },
        );
    }

    fn info(&mut self, old: &Loc<'a>, new: &Loc<'a>) {
        let (Some(old), Some(new)) = (old.get("info"), new.get("info")) else {
            return;
        };
        let context = self.document_context("info");
        for (member, rule) in [
            ("title", "api-title-changed"),
            ("version", "api-version-changed"),
            ("contact", "contact-changed"),
            ("license", "license-changed"),
            ("termsOfService", "terms-of-service-changed"),
        ] {
            let (before, after) = (old.get(member), new.get(member));
            let values = (
                before.as_ref().map(|loc| loc.value),
                after.as_ref().map(|loc| loc.value),
            );
            if values.0 == values.1 {
                continue;
            }
            let decreased = rule == "api-version-changed"
                && order(
                    values.0.and_then(serde_json::Value::as_str),
                    values.1.and_then(serde_json::Value::as_str),
                ) == Some(Ordering::Greater);
            let rule = if decreased { "api-version-decreased" } else { rule };
            self.emit(
                &context,
                rule,
                Change {
                    subject: member.to_owned(),
                    old: values.0.map(super::shown),
                    new: values.1.map(super::shown),
                    old_at: before.as_ref().or(Some(&old)),
                    new_at: after.as_ref().or(Some(&new)),
                },
            );
        }
        self.leftovers(
            &context,
            &old,
            &new,
            &["title", "version", "contact", "license", "termsOfService"],
        );
    }

    /// Something breaks, yet the version does not say so. Judged last, and on the wire: names in
    /// generated code are no concern of the publisher's version number.
    pub(super) fn version_steps(&mut self) {
        let breaking = self.raws.iter().any(|raw| {
            let rule = &self.catalogue.rules()[raw.rule];
            rule.level.wire == Level::Breaking
        });
        let (old, new) = (self.old.root(), self.new.root());
        let version = |root: &Loc<'a>| root.get("info").and_then(|info| info.get("version"));
        let (Some(before), Some(after)) = (version(&old), version(&new)) else {
            return;
        };
        let (Some(was), Some(is)) = (before.value.as_str(), after.value.as_str()) else {
            return;
        };
        let stepped = was != is
            && match (numbers(was), numbers(is)) {
                (Some(was), Some(is)) if order_numbers(&was, &is) == Ordering::Less => {
                    // Before 1.0 the second number is the one that breaks.
                    let digits = if was.first() == Some(&0) { 2 } else { 1 };
                    let head = |list: &[u64]| -> Vec<u64> {
                        (0..digits).map(|at| list.get(at).copied().unwrap_or(0)).collect()
                    };
                    head(&was) != head(&is)
                }
                // Not to be ordered, or going back, which has a rule of its own.
                _ => true,
            };
        if breaking && !stepped {
            let context = self.document_context("info");
            self.emit(
                &context,
                "api-version-not-bumped",
                Change {
                    subject: "version".to_owned(),
                    old: Some(was.to_owned()),
                    new: Some(is.to_owned()),
                    old_at: Some(&before),
                    new_at: Some(&after),
                },
            );
        }
    }
}

/// The order of two versions; `None` unless both are plain dotted numbers.
fn order(old: Option<&str>, new: Option<&str>) -> Option<Ordering> {
    Some(order_numbers(&numbers(old?)?, &numbers(new?)?))
}

fn order_numbers(old: &[u64], new: &[u64]) -> Ordering {
    let length = old.len().max(new.len());
    let at = |list: &[u64], index: usize| list.get(index).copied().unwrap_or(0);
    (0..length)
        .map(|index| at(old, index).cmp(&at(new, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comparable_versions_are_ordered() {
        assert_eq!(order(Some("1.4"), Some("1.10")), Some(Ordering::Less));
        assert_eq!(order(Some("1.4"), Some("1.4.0")), Some(Ordering::Equal));
        assert_eq!(order(Some("v2"), Some("1.9")), Some(Ordering::Greater));
        assert_eq!(order(Some("2024-10"), Some("1.4")), None);
        assert_eq!(order(None, Some("1.4")), None);
    }
}
