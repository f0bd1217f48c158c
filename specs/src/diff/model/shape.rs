//! A schema as the set of values it allows, whatever way it is written.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use serde_json::{Map, Number, Value};

use super::{
    Loc, Side, number,
    side::{CHAIN_LIMIT, Target},
    types::Types,
};

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

    fn absorb(&mut self, side: &Side<'a>, loc: &Loc<'a>, visiting: &mut Vec<Rc<str>>) {
        let Some(map) = loc.value.as_object() else {
            match loc.value {
                Value::Bool(true) => {}
                Value::Bool(false) => self.never = true,
                _ => {
                    self.unknown.insert("schema", (loc.clone(), loc.value));
                }
            }
            self.places.push(loc.clone());
            return;
        };
        if let Some(reference) = loc.reference() {
            self.absorb_reference(side, loc, map, reference, visiting);
            return;
        }
        self.places.push(loc.clone());
        self.keywords(side, loc, map, visiting);
    }

    fn absorb_reference(
        &mut self,
        side: &Side<'a>,
        loc: &Loc<'a>,
        map: &'a Map<String, Value>,
        reference: &'a str,
        visiting: &mut Vec<Rc<str>>,
    ) {
        // OpenAPI 3.0 ignores what stands beside a reference; people read the description.
        for name in ["description", "summary", "title"] {
            if let Some(note) = loc.get(name) {
                self.note(map, name, note);
            }
        }
        match side.target(loc.tree, reference) {
            None => {
                self.places.push(loc.clone());
                self.unresolved.insert(reference);
            }
            Some(target) if visiting.contains(&target.key) => side.truncated.set(true),
            Some(_) if visiting.len() > CHAIN_LIMIT => {
                self.unknown.insert("allOf", (loc.clone(), loc.value));
            }
            Some(target) => {
                let inner = Self::of_target(side, &target, visiting);
                if self.places.is_empty() && self.is_blank() {
                    let notes = std::mem::take(&mut self.notes);
                    *self = (*inner).clone();
                    for (name, note) in notes {
                        self.notes.insert(name, note);
                    }
                } else {
                    self.meet(&inner);
                }
            }
        }
        if side.siblings_count {
            self.keywords(side, loc, map, visiting);
        }
    }

    fn is_blank(&self) -> bool {
        self.only_groups()
            && self.groups.is_empty()
            && !self.nullable
            && self.discriminator.is_none()
            && !self.read_only
            && !self.write_only
            && !self.deprecated
    }

    fn note(&mut self, _map: &'a Map<String, Value>, name: &'a str, loc: Loc<'a>) {
        let value = loc.value;
        self.notes.entry(name).or_insert((loc, value));
    }

    fn keywords(&mut self, side: &Side<'a>, loc: &Loc<'a>, map: &'a Map<String, Value>, visiting: &mut Vec<Rc<str>>) {
        // Outer annotations win over those of the parts, so they come first.
        for (name, at) in loc.members() {
            if is_note(name) {
                if name == "x-extensible-enum" && at.value.as_bool() != Some(false) {
                    self.extensible = true;
                }
                self.note(map, name, at);
            }
        }
        self.bounds(loc);
        for (name, at) in loc.members() {
            let value = at.value;
            match name {
                "type" => self.types(loc, value),
                "nullable" => self.nullable |= value.as_bool() == Some(true),
                "format" => {
                    if let Some(format) = value.as_str() {
                        match &self.format {
                            Some((known, _)) if *known != format => {
                                self.unknown.insert("format", (at, value));
                            }
                            Some(_) => {}
                            None => self.format = Some((format, at)),
                        }
                    }
                }
                "enum" => self.allow(value.as_array().into_iter().flatten().collect(), at),
                "const" => self.allow(vec![value], at),
                "required" => self
                    .required
                    .extend(value.as_array().into_iter().flatten().filter_map(Value::as_str)),
                "properties" => {
                    for (name, property) in at.members() {
                        self.add_property(name, vec![property]);
                    }
                }
                "additionalProperties" => {
                    let additional = match value {
                        Value::Bool(false) => Additional::Closed,
                        Value::Object(schema) if !schema.is_empty() => Additional::Schema(vec![at.clone()]),
                        _ => Additional::Open,
                    };
                    self.meet_additional(&additional, Some(&at));
                }
                "items" => {
                    if value.as_object().is_none_or(|schema| !schema.is_empty()) {
                        self.items.get_or_insert_default().push(at);
                    }
                }
                "uniqueItems" => {
                    if value.as_bool() == Some(true) {
                        self.unique.get_or_insert(at);
                    }
                }
                "pattern" => {
                    if let Some(pattern) = value.as_str() {
                        self.patterns.entry(pattern).or_insert(at);
                    }
                }
                "allOf" => {
                    for part in at.elements() {
                        self.absorb(side, &part, visiting);
                    }
                }
                "oneOf" => self.group(side, GroupKind::OneOf, &at, visiting),
                "anyOf" => self.group(side, GroupKind::AnyOf, &at, visiting),
                "not" => self.not.push(at),
                "discriminator" => self.discriminator = Some(at),
                "readOnly" => self.read_only |= value.as_bool() == Some(true),
                "writeOnly" => self.write_only |= value.as_bool() == Some(true),
                "deprecated" => self.deprecated |= value.as_bool() == Some(true),
                // Read by `bounds`, or without effect on values.
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "$ref" | "$defs" | "$schema"
                | "$id" | "$anchor" | "$comment" => {}
                _ if is_note(name) => {}
                _ => {
                    if let Some((keyword, grows)) = COUNTS.iter().find(|(keyword, _)| *keyword == name) {
                        self.count(keyword, *grows, at);
                    } else if name == "multipleOf" && value.is_number() {
                        match (&value, self.counts.get("multipleOf")) {
                            (Value::Number(number), None) => {
                                self.counts.insert("multipleOf", (number, at));
                            }
                            (Value::Number(number), Some((known, _)))
                                if number::compare(number, known) == Ordering::Equal => {}
                            _ => {
                                self.unknown.insert(name, (at, value));
                            }
                        }
                    } else {
                        self.unknown.insert(name, (at, value));
                    }
                }
            }
        }
    }

    fn types(&mut self, loc: &Loc<'a>, value: &'a Value) {
        let mut types: Option<Types> = None;
        let names: Vec<&str> = match value {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for name in &names {
            match Types::named(name) {
                Some(named) => types = Some(types.map_or(named, |known| known.union(named))),
                None if *name == "null" => self.nullable = true,
                None => {
                    self.unknown.insert("type", (loc.clone(), value));
                    return;
                }
            }
        }
        if let Some(types) = types {
            self.meet_types(types);
        }
    }

    fn meet_types(&mut self, types: Types) {
        let met = self.types.map_or(types, |known| known.intersection(types));
        self.never |= met.is_empty();
        self.types = Some(met);
    }

    /// Minimum and maximum with the 3.0 and the 3.1 spelling of "exclusive".
    fn bounds(&mut self, loc: &Loc<'a>) {
        for (name, exclusive_name, lower) in [
            ("minimum", "exclusiveMinimum", true),
            ("maximum", "exclusiveMaximum", false),
        ] {
            let flag = loc.flag(exclusive_name);
            for (keyword, exclusive) in [(name, flag), (exclusive_name, true)] {
                if let Some(at) = loc.get(keyword)
                    && let Value::Number(value) = at.value
                {
                    self.meet_bound(lower, Bound { value, exclusive, at });
                }
            }
        }
    }

    fn meet_bound(&mut self, lower: bool, bound: Bound<'a>) {
        let known = if lower { &mut self.minimum } else { &mut self.maximum };
        let tighter = known
            .as_ref()
            .is_none_or(|known| bound_order(lower, known, &bound) == Ordering::Greater);
        if tighter {
            *known = Some(bound);
        }
    }

    fn count(&mut self, keyword: &'static str, grows: bool, at: Loc<'a>) {
        let Value::Number(number) = at.value else {
            self.unknown.insert(keyword, (at.clone(), at.value));
            return;
        };
        // The spelled-out default says nothing.
        if grows && number.as_u64() == Some(0) {
            return;
        }
        let tighter = self.counts.get(keyword).is_none_or(|(known, _)| {
            let order = number::compare(number, known);
            order == if grows { Ordering::Greater } else { Ordering::Less }
        });
        if tighter {
            self.counts.insert(keyword, (number, at));
        }
    }

    fn allow(&mut self, values: Vec<&'a Value>, at: Loc<'a>) {
        let values: Vec<&Value> = values
            .into_iter()
            .filter(|value| {
                let null = value.is_null();
                self.nullable |= null;
                !null
            })
            .collect();
        match &mut self.values {
            None => self.values = Some((values, at)),
            Some((known, _)) => known.retain(|value| values.contains(value)),
        }
    }

    fn add_property(&mut self, name: &'a str, sub: Sub<'a>) {
        if let Some(index) = self.index.get(name) {
            add_new(&mut self.properties[*index].1, &sub);
        } else {
            self.index.insert(name, self.properties.len());
            self.properties.push((name, sub));
        }
    }

    fn group(&mut self, side: &Side<'a>, kind: GroupKind, at: &Loc<'a>, visiting: &mut Vec<Rc<str>>) {
        let mut branches: Vec<Sub<'a>> = Vec::new();
        for branch in at.elements() {
            if is_null(&branch) {
                self.nullable = true;
            } else {
                branches.push(vec![branch]);
            }
        }
        match branches.len() {
            0 => {}
            1 => {
                for loc in branches.remove(0) {
                    self.absorb(side, &loc, visiting);
                }
            }
            _ => self.groups.push(Group {
                kind,
                at: at.clone(),
                branches,
            }),
        }
    }

    fn meet_additional(&mut self, other: &Additional<'a>, at: Option<&Loc<'a>>) {
        if let Some(at) = at {
            self.additional_at.get_or_insert_with(|| at.clone());
        }
        match (&mut self.additional, other) {
            (Additional::Closed, _) | (_, Additional::Open) => {}
            (known, Additional::Closed) => *known = Additional::Closed,
            (known @ Additional::Open, Additional::Schema(sub)) => {
                *known = Additional::Schema(sub.clone());
            }
            (Additional::Schema(known), Additional::Schema(sub)) => {
                add_new(known, sub);
            }
        }
    }

    /// Both apply.
    fn meet(&mut self, other: &Self) {
        // The same part may apply by several ways; it counts once, or diamonds would double.
        add_new(&mut self.places, &other.places);
        if let Some(types) = other.types {
            self.meet_types(types);
        }
        self.never |= other.never;
        self.nullable |= other.nullable;
        match (&self.format, &other.format) {
            (Some((known, at)), Some((format, _))) if known != format => {
                self.unknown.insert("format", (at.clone(), at.value));
            }
            (None, Some(format)) => self.format = Some(format.clone()),
            _ => {}
        }
        for (name, sub) in &other.properties {
            self.add_property(name, sub.clone());
        }
        self.required.extend(&other.required);
        self.meet_additional(&other.additional, other.additional_at.as_ref());
        if let Some(items) = &other.items {
            add_new(self.items.get_or_insert_default(), items);
        }
        if let Some(bound) = &other.minimum {
            self.meet_bound(true, bound.clone());
        }
        if let Some(bound) = &other.maximum {
            self.meet_bound(false, bound.clone());
        }
        for (keyword, (number, at)) in &other.counts {
            let known = COUNTS.iter().find(|(known, _)| known == keyword);
            match (known, self.counts.get(keyword)) {
                (Some((keyword, grows)), _) => self.count(keyword, *grows, at.clone()),
                (None, None) => {
                    self.counts.insert(keyword, (number, at.clone()));
                }
                (None, Some((mine, _))) => {
                    if number::compare(mine, number) != Ordering::Equal {
                        self.unknown.insert(keyword, (at.clone(), at.value));
                    }
                }
            }
        }
        if let Some(at) = &other.unique {
            self.unique.get_or_insert_with(|| at.clone());
        }
        for (pattern, at) in &other.patterns {
            self.patterns.entry(pattern).or_insert_with(|| at.clone());
        }
        if let Some((values, at)) = &other.values {
            self.allow(values.clone(), at.clone());
        }
        self.extensible |= other.extensible;
        for group in &other.groups {
            let same = |known: &Group<'a>| std::ptr::eq(known.at.value, group.at.value);
            if !self.groups.iter().any(same) {
                self.groups.push(group.clone());
            }
        }
        add_new(&mut self.not, &other.not);
        if self.discriminator.is_none() {
            self.discriminator = other.discriminator.clone();
        }
        self.read_only |= other.read_only;
        self.write_only |= other.write_only;
        self.deprecated |= other.deprecated;
        for (name, note) in &other.notes {
            self.notes.entry(name).or_insert_with(|| note.clone());
        }
        for (name, note) in &other.unknown {
            self.unknown.entry(name).or_insert_with(|| note.clone());
        }
        self.unresolved.extend(&other.unresolved);
    }
}

/// Adds the places that are not there yet.
fn add_new<'a>(known: &mut Sub<'a>, more: &Sub<'a>) {
    for loc in more {
        let same = |other: &Loc<'a>| std::ptr::eq(other.value, loc.value);
        if !known.iter().any(same) {
            known.push(loc.clone());
        }
    }
}

/// How much tighter `new` is than `old`: `Greater` allows fewer numbers.
pub(crate) fn bound_order(lower: bool, old: &Bound<'_>, new: &Bound<'_>) -> Ordering {
    let order = number::compare(new.value, old.value);
    let order = if lower { order } else { order.reverse() };
    order.then(new.exclusive.cmp(&old.exclusive))
}

/// A branch that allows null and nothing else.
fn is_null(branch: &Loc<'_>) -> bool {
    let Some(map) = branch.value.as_object() else {
        return false;
    };
    let only_null = |value: &Value| {
        value
            .as_array()
            .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
    };
    map.get("type").is_some_and(|name| name == "null")
        || map.get("const").is_some_and(Value::is_null)
        || map.get("enum").is_some_and(only_null)
}
