//! What the comparison gathers: changes, findings in the making, and where they are used.

use std::{borrow::Cow, collections::BTreeSet, rc::Rc};

use super::{Direction, NodeId, Trail};
use crate::diff::{
    model::{Loc, Pointer, shape::Sub, side::Target},
    rules::Effect,
};

/// A difference that a rule is about.
#[derive(Debug, Default)]
pub(crate) struct Change<'l, 'a> {
    pub(crate) subject: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    pub(crate) old_at: Option<&'l Loc<'a>>,
    pub(crate) new_at: Option<&'l Loc<'a>>,
}

/// A finding before levels, texts and positions.
#[derive(Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) rule: usize,
    pub(crate) wanted: Cow<'static, str>,
    pub(crate) direction: Direction,
    pub(crate) location: String,
    pub(crate) subject: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    pub(crate) old_at: Option<Pointer<'a>>,
    pub(crate) new_at: Option<Pointer<'a>>,
    pub(crate) nodes: BTreeSet<NodeId>,
    pub(crate) hints: Vec<String>,
}

/// An operation or a pair of components.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// Where it is used: operations, or pairs that lead here.
    pub(crate) parents: BTreeSet<NodeId>,
    /// Index into the operations, when it is one.
    pub(crate) operation: Option<usize>,
    pub(super) pair: Option<(Pair<'a>, Direction)>,
}

/// Two schemas that are compared once for each direction, wherever they meet.
#[derive(Debug, Clone)]
pub(crate) struct Pair<'a> {
    pub(super) old: (Rc<str>, Sub<'a>),
    pub(super) new: (Rc<str>, Sub<'a>),
    /// Where to say it is.
    pub(super) trail: Trail<'a>,
}

impl<'a> Pair<'a> {
    /// Two components.
    pub(super) fn of_targets(old: Target<'a>, new: Target<'a>) -> Self {
        Self {
            trail: Trail::component(&old.key, &new.key),
            old: (old.key, vec![old.loc]),
            new: (new.key, vec![new.loc]),
        }
    }

    /// Schemas of which at least one is spread over several places. Their addresses in memory are
    /// their names.
    pub(super) fn of_parts(trail: &Trail<'a>, old: &Sub<'a>, new: &Sub<'a>) -> Self {
        let key = |sub: &Sub<'a>| -> Rc<str> {
            let mut parts: Vec<String> = sub
                .iter()
                .map(|loc| format!("{:p}", std::ptr::from_ref(loc.value)))
                .collect();
            parts.sort_unstable();
            Rc::from(parts.join("+"))
        };
        Self {
            trail: trail.clone(),
            old: (key(old), old.clone()),
            new: (key(new), new.clone()),
        }
    }
}

/// An operation, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    /// For instance `GET /orders/{id}`, with the new path when both have it.
    pub(crate) label: String,
    pub(crate) old_id: Option<String>,
    pub(crate) new_id: Option<String>,
}

/// What a change does to a set of values, gathered while judging.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    pub(crate) narrows: bool,
    pub(crate) widens: bool,
    pub(crate) unknown: bool,
}

impl Moves {
    pub(crate) fn is_equal(self) -> bool {
        self == Self::default()
    }

    pub(super) fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Narrows => self.narrows = true,
            Effect::Widens => self.widens = true,
            Effect::Both => {
                self.narrows = true;
                self.widens = true;
            }
            Effect::Undecided => self.unknown = true,
            Effect::None => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.narrows |= other.narrows;
        self.widens |= other.widens;
        self.unknown |= other.unknown;
    }
}
