//! Bounds on numbers, lengths and counts, and patterns.

use std::cmp::Ordering;

use super::{Change, Context, Engine};
use crate::diff::model::{
    Loc, Shape, number,
    shape::{Bound, COUNTS, bound_order},
};

impl<'a> Engine<'a> {
    pub(super) fn constraints(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        self.bound(context, true, before.minimum.as_ref(), after.minimum.as_ref());
        self.bound(context, false, before.maximum.as_ref(), after.maximum.as_ref());
        for (keyword, grows) in COUNTS {
            let (old, new) = (before.counts.get(keyword), after.counts.get(keyword));
            let order = match (old, new) {
                (Some((old, _)), Some((new, _))) => {
                    let order = number::compare(new, old);
                    Some(if grows { order } else { order.reverse() })
                }
                _ => None,
            };
            self.constraint(
                context,
                keyword,
                old.map(|(number, at)| (number.to_string(), at)),
                new.map(|(number, at)| (number.to_string(), at)),
                order,
            );
        }
        self.multiple_of(context, before, after);
        self.constraint(
            context,
            "uniqueItems",
            before.unique.as_ref().map(|at| ("true".to_owned(), at)),
            after.unique.as_ref().map(|at| ("true".to_owned(), at)),
            Some(Ordering::Equal),
        );
        self.patterns(context, before, after);
    }

    fn bound(&mut self, context: &Context<'a>, lower: bool, old: Option<&Bound<'a>>, new: Option<&Bound<'a>>) {
        fn text<'l, 'a>(bound: &'l Bound<'a>) -> (String, &'l Loc<'a>) {
            let beside = if bound.exclusive { " (exclusive)" } else { "" };
            (format!("{}{beside}", bound.value), &bound.at)
        }
        let order = match (old, new) {
            (Some(old), Some(new)) => Some(bound_order(lower, old, new)),
            _ => None,
        };
        let keyword = if lower { "minimum" } else { "maximum" };
        self.constraint(context, keyword, old.map(text), new.map(text), order);
    }

    /// `order`: `Greater` allows fewer values than before.
    fn constraint(
        &mut self,
        context: &Context<'a>,
        keyword: &str,
        old: Option<(String, &Loc<'a>)>,
        new: Option<(String, &Loc<'a>)>,
        order: Option<Ordering>,
    ) {
        let action = match (&old, &new) {
            (None, None) => return,
            (None, Some(_)) => "set",
            (Some(_), None) => "unset",
            (Some(_), Some(_)) => match order {
                Some(Ordering::Greater) => "tightened",
                Some(Ordering::Less) => "loosened",
                Some(Ordering::Equal) => return,
                None => "changed",
            },
        };
        let rule = format!("{}-{action}", kebab(keyword));
        let (old, old_at) = old.unzip();
        let (new, new_at) = new.unzip();
        self.emit_schema(
            context,
            &rule,
            Change {
                subject: keyword.to_owned(),
                old,
                new,
                old_at,
                new_at,
            },
        );
    }

    fn multiple_of(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let old = before.counts.get("multipleOf");
        let new = after.counts.get("multipleOf");
        let order = match (old, new) {
            (Some((old, _)), Some((new, _))) => {
                if number::compare(old, new) == Ordering::Equal {
                    Some(Ordering::Equal)
                } else if number::is_multiple(new, old) == Some(true) {
                    Some(Ordering::Greater)
                } else if number::is_multiple(old, new) == Some(true) {
                    Some(Ordering::Less)
                } else {
                    None
                }
            }
            _ => None,
        };
        self.constraint(
            context,
            "multipleOf",
            old.map(|(number, at)| (number.to_string(), at)),
            new.map(|(number, at)| (number.to_string(), at)),
            order,
        );
    }

    /// Which strings two patterns share cannot be decided here; only sets of patterns can.
    fn patterns(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let gone: Vec<_> = before
            .patterns
            .iter()
            .filter(|(pattern, _)| !after.patterns.contains_key(*pattern))
            .collect();
        let fresh: Vec<_> = after
            .patterns
            .iter()
            .filter(|(pattern, _)| !before.patterns.contains_key(*pattern))
            .collect();
        let rule = match (gone.is_empty(), fresh.is_empty()) {
            (true, true) => return,
            (true, false) => "pattern-set",
            (false, true) => "pattern-unset",
            (false, false) => "pattern-changed",
        };
        let text = |list: &[(&&'a str, &Loc<'a>)]| {
            let all: Vec<&str> = list.iter().map(|(pattern, _)| **pattern).collect();
            (!all.is_empty()).then(|| all.join(" and "))
        };
        self.emit_schema(
            context,
            rule,
            Change {
                subject: "pattern".to_owned(),
                old: text(&gone),
                new: text(&fresh),
                old_at: gone.first().map(|(_, at)| *at),
                new_at: fresh.first().map(|(_, at)| *at),
            },
        );
    }
}

/// `minLength` → `min-length`.
fn kebab(keyword: &str) -> String {
    let mut out = String::new();
    for letter in keyword.chars() {
        if letter.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
