//! Likely renames and moves: shown beside a removal and an addition, whose levels stay.

use std::collections::BTreeSet;

use super::{
    compare::Engine,
    model::{Shape, Side},
};

/// A property that is gone or new.
struct Property {
    raw: usize,
    name: String,
    /// The object it belongs to, in words.
    object: String,
    pointer: String,
    /// Names and types of what is in it, two levels deep.
    leaves: BTreeSet<(String, String)>,
    kind: String,
    repeated: bool,
}

/// Names more alike than this, of the same type, hint at a rename.
const ALIKE: f64 = 0.85;

/// Adds hints to removals and additions that look alike.
pub(crate) fn add(engine: &mut Engine<'_>) {
    let gone = properties(engine, "property-removed");
    let fresh = properties(engine, "property-added");
    let mut hints: Vec<(usize, String)> = Vec::new();
    for old in &gone {
        for new in fresh.iter().filter(|new| new.object == old.object) {
            let alike = strsim::jaro_winkler(&old.name.to_lowercase(), &new.name.to_lowercase());
            if old.kind == new.kind && old.repeated == new.repeated && alike >= ALIKE && old.leaves == new.leaves {
                hints.push((old.raw, format!("likely renamed to `{}`", new.name)));
                hints.push((new.raw, format!("likely the new name of `{}`", old.name)));
                continue;
            }
            // The property itself, or a part of it, turns up inside the new one.
            let inside = new.leaves.iter().any(|(name, _)| *name == old.name);
            if inside {
                hints.push((old.raw, format!("likely moved: `{}.{}` is new", new.name, old.name)));
                hints.push((new.raw, format!("likely holds `{}` now, which is gone", old.name)));
            }
            for (name, _) in &old.leaves {
                if new.leaves.iter().any(|(other, _)| other == name) && *name != old.name {
                    let many = if old.repeated && !new.repeated {
                        format!(
                            "; there was one for each element of the list `{}`, and there is a single one now",
                            old.name
                        )
                    } else {
                        String::new()
                    };
                    hints.push((old.raw, format!("likely `{name}` moved to `{}.{name}`{many}", new.name)));
                    hints.push((
                        new.raw,
                        format!("likely holds `{name}` of `{}`, which is gone{many}", old.name),
                    ));
                }
            }
        }
    }
    hints.extend(renamed_parameters(engine));
    for (raw, hint) in hints {
        let list = &mut engine.raws[raw].hints;
        if !list.contains(&hint) {
            list.push(hint);
        }
    }
}

fn properties(engine: &Engine<'_>, what: &str) -> Vec<Property> {
    let is_old = what == "property-removed";
    let mut list = Vec::new();
    for (index, raw) in engine.raws.iter().enumerate() {
        let rule = engine.catalogue.rules()[raw.rule].id;
        let named = rule
            .strip_prefix(raw.direction.name())
            .and_then(|rest| rest.strip_prefix('-'));
        if !named.is_some_and(|name| name.starts_with(what)) {
            continue;
        }
        let side = if is_old { &engine.old } else { &engine.new };
        let at = if is_old { &raw.old_at } else { &raw.new_at };
        let Some(pointer) = at.as_ref().map(super::model::Pointer::text) else {
            continue;
        };
        let object = raw.location.strip_suffix(&raw.subject).unwrap_or(&raw.location);
        let mut property = Property {
            raw: index,
            name: raw.subject.clone(),
            object: format!("{}{object}", raw.direction.name()),
            pointer,
            leaves: BTreeSet::new(),
            kind: String::new(),
            repeated: false,
        };
        describe(side, &mut property);
        list.push(property);
    }
    list
}

fn describe(side: &Side<'_>, property: &mut Property) {
    let root = side.root();
    let Some(value) = root.value.pointer(&property.pointer) else {
        return;
    };
    let loc = super::model::Loc {
        tree: 0,
        at: super::model::Pointer::encoded(&property.pointer),
        value,
    };
    let mut shape = Shape::of(side, &vec![loc]);
    if let Some(items) = shape.items.clone() {
        property.repeated = true;
        shape = Shape::of(side, &items);
    }
    property.kind = kind(&shape);
    for (name, sub) in &shape.properties {
        let inner = Shape::of(side, sub);
        property.leaves.insert(((*name).to_owned(), kind(&inner)));
        for (below, sub) in &inner.properties {
            let kind = kind(&Shape::of(side, sub));
            property.leaves.insert(((*below).to_owned(), kind));
        }
    }
}

fn kind(shape: &Shape<'_>) -> String {
    let types = shape.types.map(|types| types.to_string()).unwrap_or_default();
    match &shape.format {
        Some((format, _)) => format!("{types} {format}"),
        None => types,
    }
}

/// A parameter that is gone and one of the same operation that is new and alike.
fn renamed_parameters(engine: &Engine<'_>) -> Vec<(usize, String)> {
    let id = |index: usize| engine.catalogue.rules()[engine.raws[index].rule].id;
    let mut hints = Vec::new();
    for gone in 0..engine.raws.len() {
        if !id(gone).ends_with("-parameter-removed") {
            continue;
        }
        for fresh in 0..engine.raws.len() {
            if !id(fresh).starts_with("parameter-added-") {
                continue;
            }
            let (old, new) = (&engine.raws[gone], &engine.raws[fresh]);
            let name = new.subject.split('`').nth(1).unwrap_or_default();
            let alike = strsim::jaro_winkler(&old.subject.to_lowercase(), &name.to_lowercase());
            if alike >= ALIKE && name != old.subject && !old.nodes.is_disjoint(&new.nodes) {
                hints.push((gone, format!("likely renamed to `{name}`")));
                hints.push((fresh, format!("likely the new name of `{}`", old.subject)));
            }
        }
    }
    hints
}
