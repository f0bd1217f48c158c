//! A schema as the set of values it allows, whatever way it is written.

mod meet;
mod read;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use serde_json::{Number, Value};

use super::{Loc, Side, number, side::Target, types::Types};

/// A schema that may be spread over several places that all apply: a property that two parts of
/// an `allOf` describe has two.
pub(crate) type Sub<'a> = Vec<Loc<'a>>;

/// What other members an object may have.
#[derive(Debug, Clone, Default)]
pub(crate) enum Additional<'a> {
    #[default]
    Open,
    Closed,
    Schema(Sub<'a>),
}

/// Which of its branches must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupKind {
    OneOf,
    AnyOf,
}

/// `oneOf` or `anyOf` with at least two branches that are not null.
#[derive(Debug, Clone)]
pub(crate) struct Group<'a> {
    pub(crate) kind: GroupKind,
    pub(crate) at: Loc<'a>,
    pub(crate) branches: Vec<Sub<'a>>,
}

/// A bound on numbers.
#[derive(Debug, Clone)]
pub(crate) struct Bound<'a> {
    pub(crate) value: &'a Number,
    pub(crate) exclusive: bool,
    pub(crate) at: Loc<'a>,
}

/// A value of a keyword and where it stands.
pub(crate) type Keyword<'a> = (Loc<'a>, &'a Value);

/// The normalised schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape<'a> {
    pub(crate) places: Vec<Loc<'a>>,
    /// `None`: any type.
    pub(crate) types: Option<Types>,
    pub(crate) nullable: bool,
    /// The boolean schema `false`, or parts that exclude each other.
    pub(crate) never: bool,
    pub(crate) format: Option<(&'a str, Loc<'a>)>,
    pub(crate) properties: Vec<(&'a str, Sub<'a>)>,
    index: BTreeMap<&'a str, usize>,
    pub(crate) required: BTreeSet<&'a str>,
    pub(crate) additional: Additional<'a>,
    pub(crate) additional_at: Option<Loc<'a>>,
    pub(crate) items: Option<Sub<'a>>,
    pub(crate) minimum: Option<Bound<'a>>,
    pub(crate) maximum: Option<Bound<'a>>,
    /// `multipleOf`, `minLength` and the other keywords that hold one number.
    pub(crate) counts: BTreeMap<&'static str, (&'a Number, Loc<'a>)>,
    pub(crate) unique: Option<Loc<'a>>,
    pub(crate) patterns: BTreeMap<&'a str, Loc<'a>>,
    pub(crate) values: Option<(Vec<&'a Value>, Loc<'a>)>,
    pub(crate) extensible: bool,
    pub(crate) groups: Vec<Group<'a>>,
    pub(crate) not: Vec<Loc<'a>>,
    pub(crate) discriminator: Option<Loc<'a>>,
    pub(crate) read_only: bool,
    pub(crate) write_only: bool,
    pub(crate) deprecated: bool,
    /// Annotations by keyword: `title`, `description`, `default`, `example`, `x-…`.
    pub(crate) notes: BTreeMap<&'a str, Keyword<'a>>,
    /// Keywords this comparison does not know.
    pub(crate) unknown: BTreeMap<&'a str, Keyword<'a>>,
    /// References that could not be followed, as written.
    pub(crate) unresolved: BTreeSet<&'a str>,
}

/// Keywords that hold one number, with whether a larger number allows fewer values.
pub(crate) const COUNTS: [(&str, bool); 6] = [
    ("minLength", true),
    ("maxLength", false),
    ("minItems", true),
    ("maxItems", false),
    ("minProperties", true),
    ("maxProperties", false),
];

/// Keywords that describe and allow nothing more or less.
pub(crate) fn is_note(name: &str) -> bool {
    matches!(
        name,
        "title" | "description" | "default" | "example" | "examples" | "externalDocs" | "xml" | "summary"
    ) || name.starts_with("x-")
}

impl<'a> Shape<'a> {
    /// The shape of everything in `sub` together.
    pub(crate) fn of(side: &Side<'a>, sub: &Sub<'a>) -> Rc<Self> {
        let mut visiting = Vec::new();
        if let [only] = sub.as_slice()
            && let Some(reference) = only.reference()
            && (!side.siblings_count || only.value.as_object().is_some_and(|map| map.len() == 1))
            && let Some(target) = side.target(only.tree, reference)
        {
            return Self::of_target(side, &target, &mut visiting);
        }
        let mut shape = Self::default();
        for part in sub {
            shape.absorb(side, part, &mut visiting);
        }
        Rc::new(shape)
    }

    fn of_target(side: &Side<'a>, target: &Target<'a>, visiting: &mut Vec<Rc<str>>) -> Rc<Self> {
        if let Some(known) = side.shapes.borrow().get(&target.key) {
            return known.clone();
        }
        let outer = side.truncated.replace(false);
        visiting.push(target.key.clone());
        let mut shape = Self::default();
        shape.absorb(side, &target.loc, visiting);
        visiting.pop();
        let shape = Rc::new(shape);
        // A shape that met itself half-way is right for this caller only.
        if !side.truncated.get() || visiting.is_empty() {
            side.shapes.borrow_mut().insert(target.key.clone(), shape.clone());
        }
        side.truncated.set(outer || side.truncated.get());
        shape
    }

    /// A property's schema.
    pub(crate) fn property(&self, name: &str) -> Option<&Sub<'a>> {
        self.index.get(name).map(|index| &self.properties[*index].1)
    }

    /// Whether nothing is demanded beside the alternatives.
    pub(crate) fn only_groups(&self) -> bool {
        self.types.is_none_or(|types| types == Types::ANY)
            && !self.never
            && self.format.is_none()
            && self.properties.is_empty()
            && self.required.is_empty()
            && matches!(self.additional, Additional::Open)
            && self.items.is_none()
            && self.minimum.is_none()
            && self.maximum.is_none()
            && self.counts.is_empty()
            && self.unique.is_none()
            && self.patterns.is_empty()
            && self.values.is_none()
            && self.not.is_empty()
            && self.unknown.is_empty()
            && self.unresolved.is_empty()
    }

    /// Where the schema stands; the first place when it has several.
    pub(crate) fn place(&self) -> Option<&Loc<'a>> {
        self.places.first()
    }
}

/// How much tighter `new` is than `old`: `Greater` allows fewer numbers.
pub(crate) fn bound_order(lower: bool, old: &Bound<'_>, new: &Bound<'_>) -> Ordering {
    let order = number::compare(new.value, old.value);
    let order = if lower { order } else { order.reverse() };
    order.then(new.exclusive.cmp(&old.exclusive))
}
