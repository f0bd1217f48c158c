//! Joins what several places demand: all of it applies.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    super::{Loc, number, types::Types},
    Additional, Bound, COUNTS, Group, Shape, Sub, bound_order,
};

impl<'a> Shape<'a> {
    pub(super) fn meet_types(&mut self, types: Types) {
        let met = self.types.map_or(types, |known| known.intersection(types));
        self.never |= met.is_empty();
        self.types = Some(met);
    }

    pub(super) fn meet_bound(&mut self, lower: bool, bound: Bound<'a>) {
        let known = if lower { &mut self.minimum } else { &mut self.maximum };
        let tighter = known
            .as_ref()
            .is_none_or(|known| bound_order(lower, known, &bound) == Ordering::Greater);
        if tighter {
            *known = Some(bound);
        }
    }

    pub(super) fn allow(&mut self, values: Vec<&'a Value>, at: Loc<'a>) {
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

    pub(super) fn add_property(&mut self, name: &'a str, sub: Sub<'a>) {
        if let Some(index) = self.index.get(name) {
            add_new(&mut self.properties[*index].1, &sub);
        } else {
            self.index.insert(name, self.properties.len());
            self.properties.push((name, sub));
        }
    }

    pub(super) fn meet_additional(&mut self, other: &Additional<'a>, at: Option<&Loc<'a>>) {
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
    pub(super) fn meet(&mut self, other: &Self) {
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
