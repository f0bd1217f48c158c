//! One of the two documents: its trees, and how references in it are followed.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use serde_json::Value;

use super::{
    Pointer, Shape,
    pointer::{escape, unescape},
};
use crate::diff::load::Source;

/// Longest chain of references to references, and deepest nesting of `allOf`, that is followed.
pub(crate) const CHAIN_LIMIT: usize = 64;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Loc<'a> {
    /// 0: the document itself; otherwise one that it refers to.
    pub(crate) tree: usize,
    pub(crate) at: Pointer<'a>,
    pub(crate) value: &'a Value,
}

impl<'a> Loc<'a> {
    /// A member, if the value is an object that has it.
    pub(crate) fn get(&self, name: &'a str) -> Option<Self> {
        let value = self.value.get(name)?;
        Some(Self {
            tree: self.tree,
            at: self.at.name(name),
            value,
        })
    }

    /// Members of an object, in its order; nothing for other values.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let (tree, at) = (self.tree, self.at.clone());
        self.value.as_object().into_iter().flatten().map(move |(name, value)| {
            let at = at.name(name);
            (name.as_str(), Loc { tree, at, value })
        })
    }

    /// Elements of a list; nothing for other values.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> + use<'a> {
        let (tree, at) = (self.tree, self.at.clone());
        self.value
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, value)| Loc {
                tree,
                at: at.index(index),
                value,
            })
    }

    pub(crate) fn text(&self, name: &'a str) -> Option<&'a str> {
        self.value.get(name)?.as_str()
    }

    pub(crate) fn flag(&self, name: &'a str) -> bool {
        self.value.get(name).and_then(Value::as_bool) == Some(true)
    }

    pub(crate) fn reference(&self) -> Option<&'a str> {
        self.text("$ref")
    }
}

/// Where a reference led.
#[derive(Debug, Clone)]
pub(crate) struct Target<'a> {
    pub(crate) loc: Loc<'a>,
    /// Tree and encoded pointer: the identity of the target.
    pub(crate) key: Rc<str>,
}

/// One of the two documents.
#[derive(Debug)]
pub(crate) struct Side<'a> {
    source: &'a Source,
    /// OpenAPI 3.1: keywords beside `$ref` count.
    pub(crate) siblings_count: bool,
    targets: RefCell<HashMap<(usize, &'a str), Option<Target<'a>>>>,
    pub(crate) shapes: RefCell<HashMap<Rc<str>, Rc<Shape<'a>>>>,
    /// References that lead nowhere or outside, as written.
    unresolved: RefCell<BTreeSet<&'a str>>,
    /// Set while a shape is being computed that ran into itself.
    pub(crate) truncated: Cell<bool>,
}

impl<'a> Side<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self {
            source,
            siblings_count: source.openapi().starts_with("3.1"),
            targets: RefCell::default(),
            shapes: RefCell::default(),
            unresolved: RefCell::default(),
            truncated: Cell::new(false),
        }
    }

    pub(crate) fn root(&self) -> Loc<'a> {
        Loc {
            tree: 0,
            at: Pointer::root(),
            value: self.source.document().value(),
        }
    }

    pub(crate) fn source(&self) -> &'a Source {
        self.source
    }

    /// References that could not be followed, as written.
    pub(crate) fn unresolved(&self) -> BTreeSet<&'a str> {
        self.unresolved.borrow().clone()
    }

    /// The target of one reference; `None` when it leads nowhere or may not be followed.
    pub(crate) fn target(&self, tree: usize, reference: &'a str) -> Option<Target<'a>> {
        if let Some(known) = self.targets.borrow().get(&(tree, reference)) {
            return known.clone();
        }
        let found = self.find(tree, reference);
        if found.is_none() {
            self.unresolved.borrow_mut().insert(reference);
        }
        self.targets.borrow_mut().insert((tree, reference), found.clone());
        found
    }

    fn find(&self, tree: usize, reference: &str) -> Option<Target<'a>> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let (tree, root) = if document.is_empty() {
            (tree, self.source.tree(tree)?)
        } else {
            self.source.referred(tree, document)?
        };
        let mut value = root;
        let mut encoded = String::new();
        for token in fragment.split('/').skip(1) {
            let token = unescape(token);
            value = match value {
                Value::Object(members) => members.get(&token)?,
                Value::Array(items) => items.get(token.parse::<usize>().ok()?)?,
                _ => return None,
            };
            encoded.push('/');
            encoded.push_str(&escape(&token));
        }
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return None;
        }
        let at = if tree == 0 {
            Pointer::encoded(&encoded)
        } else {
            Pointer::encoded(&format!("{}#{encoded}", self.source.tree_name(tree)))
        };
        Some(Target {
            loc: Loc { tree, at, value },
            key: Rc::from(format!("{tree}#{encoded}")),
        })
    }

    /// Follows references from one place until something else stands there. `None` when a
    /// reference leads nowhere, or round in a circle.
    pub(crate) fn follow(&self, loc: &Loc<'a>) -> Option<Loc<'a>> {
        let mut at = loc.clone();
        for _ in 0..CHAIN_LIMIT {
            match at.reference() {
                None => return Some(at),
                Some(reference) => at = self.target(at.tree, reference)?.loc,
            }
        }
        None
    }
}

/// The last part of a target's key, for people: `Trekkpaalegg` of `0#/components/schemas/Trekkpaalegg`.
pub(crate) fn name_of(key: &str) -> String {
    unescape(key.rsplit('/').next().unwrap_or(key))
}
