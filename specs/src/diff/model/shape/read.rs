//! Reads the keywords of a schema into its shape.

use std::{cmp::Ordering, rc::Rc};

use serde_json::{Map, Value};

use super::{
    super::{Loc, Side, number, side::CHAIN_LIMIT, types::Types},
    Additional, Bound, COUNTS, Group, GroupKind, Shape, Sub, is_note,
};

impl<'a> Shape<'a> {
    pub(super) fn absorb(&mut self, side: &Side<'a>, loc: &Loc<'a>, visiting: &mut Vec<Rc<str>>) {
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

    pub(super) fn count(&mut self, keyword: &'static str, grows: bool, at: Loc<'a>) {
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
