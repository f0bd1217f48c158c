//! Alternatives: `oneOf`, `anyOf` and `not`.

use super::{Change, Context, Direction, Engine, Moves};
use crate::diff::model::{Group, GroupKind, Loc, Shape, Side, shape::Sub, side::name_of, types::Types};

/// A branch and how to recognise it.
struct Branch<'a> {
    sub: Sub<'a>,
    /// Name of the component it refers to.
    name: Option<String>,
    taken: bool,
}

impl GroupKind {
    fn keyword(self) -> &'static str {
        match self {
            Self::OneOf => "oneOf",
            Self::AnyOf => "anyOf",
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::OneOf => "one-of",
            Self::AnyOf => "any-of",
        }
    }
}

/// More branches than this are paired by name and text only.
const SIMILARITY_LIMIT: usize = 24;

impl<'a> Engine<'a> {
    /// Compares alternatives. `true` when they are the whole story and nothing else is left to
    /// compare.
    pub(super) fn alternatives(
        &mut self,
        context: &Context<'a>,
        old: &Sub<'a>,
        new: &Sub<'a>,
        before: &Shape<'a>,
        after: &Shape<'a>,
    ) -> bool {
        let (groups_before, groups_after) = (&before.groups, &after.groups);
        match (groups_before.as_slice(), groups_after.as_slice()) {
            ([], []) => false,
            ([], [group]) => {
                if after.only_groups() && before.specified_or_shaped() {
                    self.wrapped(context, old, group, before, after);
                    true
                } else {
                    self.group_presence(context, "alternatives-added", before.place(), Some(&group.at));
                    false
                }
            }
            ([group], []) => {
                if before.only_groups() && after.specified_or_shaped() {
                    self.unwrapped(context, new, group, before, after);
                    true
                } else {
                    self.group_presence(context, "alternatives-removed", Some(&group.at), after.place());
                    false
                }
            }
            (olds, news) if olds.len() == news.len() => {
                let pairs: Vec<(Group<'a>, Group<'a>)> = olds.iter().cloned().zip(news.iter().cloned()).collect();
                for (old, new) in pairs {
                    self.group(context, &old, &new, before, after);
                }
                false
            }
            (olds, news) => {
                let (old_at, new_at) = (olds.first().map(|g| &g.at), news.first().map(|g| &g.at));
                self.undecided(context, old_at.or(before.place()), new_at.or(after.place()));
                false
            }
        }
    }

    fn group_presence(
        &mut self,
        context: &Context<'a>,
        rule: &str,
        old_at: Option<&Loc<'a>>,
        new_at: Option<&Loc<'a>>,
    ) {
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

    fn undecided(&mut self, context: &Context<'a>, old_at: Option<&Loc<'a>>, new_at: Option<&Loc<'a>>) {
        self.group_presence(context, "composition-undecided", old_at, new_at);
    }

    /// A plain schema became one of several.
    fn wrapped(
        &mut self,
        context: &Context<'a>,
        old: &Sub<'a>,
        group: &Group<'a>,
        before: &Shape<'a>,
        after: &Shape<'a>,
    ) {
        let (old_nullable, new_nullable) = (before.nullable, after.nullable);
        let included = group.branches.iter().any(|branch| {
            let moves = self.judge(context, old, branch);
            !moves.narrows && !moves.unknown
        });
        // A value that was fine must match no other branch as well.
        let overlapping = group.kind == GroupKind::OneOf
            && context.direction == Direction::Request
            && after.discriminator.is_none()
            && group
                .branches
                .iter()
                .filter(|branch| !disjoint_across(&self.old, old, &self.new, branch))
                .count()
                > 1;
        let rule = if included && (new_nullable || !old_nullable) {
            if overlapping {
                "wrapped-in-alternatives-overlapping"
            } else {
                "wrapped-in-alternatives"
            }
        } else {
            "composition-undecided"
        };
        self.group_presence(context, rule, before.place(), Some(&group.at));
    }

    /// One of several became the only one.
    fn unwrapped(
        &mut self,
        context: &Context<'a>,
        new: &Sub<'a>,
        group: &Group<'a>,
        before: &Shape<'a>,
        after: &Shape<'a>,
    ) {
        let included = group.branches.iter().any(|branch| {
            let moves = self.judge(context, branch, new);
            !moves.widens && !moves.unknown
        });
        let rule = if included && (before.nullable || !after.nullable) {
            "unwrapped-from-alternatives"
        } else {
            "composition-undecided"
        };
        self.group_presence(context, rule, Some(&group.at), after.place());
    }

    fn group(
        &mut self,
        context: &Context<'a>,
        old: &Group<'a>,
        new: &Group<'a>,
        before: &Shape<'a>,
        after: &Shape<'a>,
    ) {
        if old.kind != new.kind {
            let rule = match old.kind {
                GroupKind::OneOf => "one-of-became-any-of",
                GroupKind::AnyOf => "any-of-became-one-of",
            };
            self.group_presence(context, rule, Some(&old.at), Some(&new.at));
        }
        let mut olds: Vec<Branch<'a>> = old.branches.iter().map(|sub| branch(&self.old, sub)).collect();
        let mut news: Vec<Branch<'a>> = new.branches.iter().map(|sub| branch(&self.new, sub)).collect();
        let keyword = new.kind.keyword();
        for (old_index, new_index) in self.pair(context, &mut olds, &mut news) {
            let (one, other) = (&olds[old_index], &news[new_index]);
            let name = other.name.clone().unwrap_or_else(|| (new_index + 1).to_string());
            let down = context.down(context.trail.branch(keyword, name));
            let (one, other) = (one.sub.clone(), other.sub.clone());
            self.schema(&down, &one, &other);
        }
        let kind = new.kind.rule();
        for (index, branch) in olds.iter().enumerate().filter(|(_, branch)| !branch.taken) {
            let subject = branch_title(&self.old, branch, index);
            self.emit_schema(
                context,
                &format!("{kind}-branch-removed"),
                Change {
                    subject,
                    old_at: branch.sub.first(),
                    new_at: Some(&new.at),
                    ..Change::default()
                },
            );
        }
        for (index, added) in news.iter().enumerate().filter(|(_, branch)| !branch.taken) {
            let subject = branch_title(&self.new, added, index);
            let overlapping = new.kind == GroupKind::OneOf
                && context.direction == Direction::Request
                && after.discriminator.is_none()
                && before.discriminator.is_none()
                && news
                    .iter()
                    .enumerate()
                    .any(|(other, branch)| other != index && !disjoint(&self.new, &added.sub, &branch.sub));
            let suffix = if overlapping { "-overlapping" } else { "" };
            self.emit_schema(
                context,
                &format!("{kind}-branch-added{suffix}"),
                Change {
                    subject,
                    old_at: Some(&old.at),
                    new_at: added.sub.first(),
                    ..Change::default()
                },
            );
        }
    }

    /// Finds which branch became which: by name, by text, by title, then by meaning.
    fn pair(&mut self, context: &Context<'a>, olds: &mut [Branch<'a>], news: &mut [Branch<'a>]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        type Same<'a> = fn(&Branch<'a>, &Branch<'a>) -> bool;
        let tests: [Same<'a>; 3] = [
            |one, other| one.name.is_some() && one.name == other.name,
            |one, other| {
                one.name.is_none()
                    && other.name.is_none()
                    && one.sub.len() == other.sub.len()
                    && one.sub.iter().zip(&other.sub).all(|(a, b)| a.value == b.value)
            },
            |one, other| title(&one.sub).is_some() && title(&one.sub) == title(&other.sub),
        ];
        for same in tests {
            for (old_index, one) in olds.iter_mut().enumerate().filter(|(_, one)| !one.taken) {
                let found = news
                    .iter_mut()
                    .enumerate()
                    .find(|(_, other)| !other.taken && same(one, other));
                if let Some((new_index, other)) = found {
                    one.taken = true;
                    other.taken = true;
                    pairs.push((old_index, new_index));
                }
            }
        }
        let open = |list: &[Branch<'a>]| list.iter().filter(|branch| !branch.taken).count();
        if open(olds) == 0 || open(news) == 0 || open(olds).max(open(news)) > SIMILARITY_LIMIT {
            return pairs;
        }
        // Equal in meaning first; then anything that one change explains.
        for accept in [
            (|moves: Moves| moves.is_equal()) as fn(Moves) -> bool,
            |moves: Moves| !(moves.unknown || moves.narrows && moves.widens),
        ] {
            for (old_index, one) in olds.iter_mut().enumerate() {
                if one.taken {
                    continue;
                }
                for (new_index, other) in news.iter_mut().enumerate() {
                    if !other.taken && accept(self.judge(context, &one.sub, &other.sub)) {
                        one.taken = true;
                        other.taken = true;
                        pairs.push((old_index, new_index));
                        break;
                    }
                }
            }
        }
        pairs
    }

    pub(super) fn negation(&mut self, context: &Context<'a>, before: &Shape<'a>, after: &Shape<'a>) {
        let (old_at, new_at) = (before.not.first(), after.not.first());
        let rule = match (before.not.as_slice(), after.not.as_slice()) {
            ([], []) => return,
            ([], _) => "not-added",
            (_, []) => "not-removed",
            ([old], [new]) => {
                let moves = self.judge(context, &vec![old.clone()], &vec![new.clone()]);
                match (moves.narrows, moves.widens, moves.unknown) {
                    (false, false, false) => return,
                    // What the inner schema loses, the outer one gains.
                    (true, false, false) => "not-loosened",
                    (false, true, false) => "not-tightened",
                    _ => "not-undecided",
                }
            }
            (olds, news) => {
                let same = olds.len() == news.len() && olds.iter().zip(news).all(|(a, b)| a.value == b.value);
                if same {
                    return;
                }
                "not-undecided"
            }
        };
        self.emit_schema(
            context,
            rule,
            Change {
                subject: "not".to_owned(),
                old_at: old_at.or(before.place()),
                new_at: new_at.or(after.place()),
                ..Change::default()
            },
        );
    }
}

impl Shape<'_> {
    /// Whether it demands anything by itself.
    fn specified_or_shaped(&self) -> bool {
        !self.only_groups()
    }
}

fn branch<'a>(side: &Side<'a>, sub: &Sub<'a>) -> Branch<'a> {
    let name = match sub.as_slice() {
        [only] => only
            .reference()
            .and_then(|reference| side.target(only.tree, reference))
            .map(|target| name_of(&target.key)),
        _ => None,
    };
    Branch {
        sub: sub.clone(),
        name,
        taken: false,
    }
}

fn title<'a>(sub: &Sub<'a>) -> Option<&'a str> {
    sub.first().and_then(|loc| loc.text("title"))
}

fn branch_title<'a>(side: &Side<'a>, branch: &Branch<'a>, index: usize) -> String {
    if let Some(name) = &branch.name {
        return name.clone();
    }
    if let Some(title) = title(&branch.sub) {
        return title.to_owned();
    }
    let shape = Shape::of(side, &branch.sub);
    if !shape.required.is_empty() && shape.properties.is_empty() {
        let names: Vec<&str> = shape.required.iter().copied().collect();
        return format!("required {}", names.join(", "));
    }
    match shape.types {
        Some(types) => types.to_string(),
        None => format!("number {}", index + 1),
    }
}

/// Whether no value can match both.
fn disjoint<'a>(side: &Side<'a>, one: &Sub<'a>, other: &Sub<'a>) -> bool {
    disjoint_across(side, one, side, other)
}

/// The same for schemas of different documents.
fn disjoint_across<'a>(side: &Side<'a>, one: &Sub<'a>, other_side: &Side<'a>, other: &Sub<'a>) -> bool {
    let (one, other) = (Shape::of(side, one), Shape::of(other_side, other));
    let types = |shape: &Shape<'a>| shape.types.unwrap_or(Types::ANY);
    if types(&one).intersection(types(&other)).is_empty() {
        return true;
    }
    match (&one.values, &other.values) {
        (Some((values, _)), Some((others, _))) => !values.iter().any(|value| others.contains(value)),
        _ => false,
    }
}
