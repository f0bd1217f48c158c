//! References: inside the document, to whole components, and without siblings.
//!
//! progenitor follows references to components only. Shared parameters, responses and bodies are
//! put where they are used; a reference into the middle of something makes a component of it; a
//! reference outside the document, or to nothing, is refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, tree, tree::Part};
use crate::document::METHODS;

mod siblings;

const NAME: &str = "references";

/// References through references that are still followed.
const HOPS: usize = 64;

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    path_items(lowering)?;
    parts(lowering)?;
    shared_parameters(lowering);
    schemas(lowering)?;
    alias_cycles(lowering);
    siblings::remove(lowering);
    Ok(())
}

/// The pointer of a reference within the document, decoded.
fn local(reference: &str) -> Option<String> {
    let pointer = reference.strip_prefix('#')?;
    Some(percent_decoded(pointer))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let hex = bytes
            .get(index + 1..index + 3)
            .filter(|_| byte == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(hex.unwrap_or(byte));
        index += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn reference(value: &Value) -> Option<String> {
    value
        .get("$ref")
        .map(|target| target.as_str().map_or_else(|| target.to_string(), str::to_owned))
}

/// What a reference stands for, through further references.
fn target(lowering: &Lowering, at: &str, reference_text: &str) -> Result<(String, Value), LowerError> {
    let mut text = reference_text.to_owned();
    for _ in 0..HOPS {
        let Some(pointer) = local(&text) else {
            return Err(lowering.error(
                at,
                format!("the reference `{text}` leads out of the document"),
                "Bundle the document into one file first, for instance with `redocly bundle`, and lower that",
            ));
        };
        let Some(found) = lowering.value.pointer(&pointer) else {
            return Err(lowering.error(
                at,
                format!("the reference `{text}` leads to nothing"),
                "Add what it names to the document, or remove the reference",
            ));
        };
        match reference(found) {
            Some(next) => text = next,
            None => return Ok((pointer, found.clone())),
        }
    }
    Err(lowering.error(
        at,
        format!("the reference `{reference_text}` leads in a circle"),
        "Let one of the references on the way name the thing itself",
    ))
}

fn path_items(lowering: &mut Lowering) -> Result<(), LowerError> {
    let items: Vec<(String, String)> = lowering
        .value
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(path, item)| Some((path.clone(), reference(item)?)))
        .collect();
    for (path, text) in items {
        let pointer = format!("/paths/{}", tree::step(&path));
        let (_, item) = target(lowering, &pointer, &text)?;
        if let Some(place) = lowering.value.pointer_mut(&pointer) {
            *place = item;
        }
        lowering.record(NAME, pointer, "progenitor follows no reference to a path", "none");
    }
    Ok(())
}

fn parts(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut wanted = Vec::new();
    tree::walk_parts(&mut lowering.value, &mut |part, pointer, value| {
        let is_ours = matches!(part, Part::Parameter | Part::Response | Part::RequestBody);
        if is_ours
            && !pointer.starts_with("/components/")
            && let Some(text) = reference(value)
        {
            wanted.push((pointer.to_owned(), text));
        }
    });
    for (pointer, text) in wanted {
        let (_, found) = target(lowering, &pointer, &text)?;
        if let Some(place) = lowering.value.pointer_mut(&pointer) {
            *place = found;
        }
    }
    Ok(())
}

/// Parameters of a path belong to each of its operations, unless one has its own.
fn shared_parameters(lowering: &mut Lowering) {
    let mut found = Vec::new();
    let paths = lowering.value.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        let Some(Value::Array(shared)) = item.shift_remove("parameters") else {
            continue;
        };
        if shared.is_empty() {
            continue;
        }
        found.push(format!("/paths/{}/parameters", tree::step(path)));
        for (method, operation) in item.iter_mut() {
            let Some(operation) = operation.as_object_mut() else {
                continue;
            };
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let own = operation.entry("parameters").or_insert_with(|| json!([]));
            let Some(own) = own.as_array_mut() else {
                continue;
            };
            let key = |parameter: &Value| (parameter.get("name").cloned(), parameter.get("in").cloned());
            let taken: Vec<_> = own.iter().map(key).collect();
            let missing = shared.iter().filter(|shared| !taken.contains(&key(shared)));
            let mut all: Vec<Value> = missing.cloned().collect();
            all.append(own);
            *own = all;
        }
    }
    for pointer in found {
        lowering.record(
            NAME,
            pointer,
            "parameters that all operations of a path share",
            "each operation has them",
        );
    }
}

fn schemas(lowering: &mut Lowering) -> Result<(), LowerError> {
    // Every place that refers, with what it refers to.
    let mut references = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |pointer, schema| {
        if let Some(text) = reference(&Value::Object(schema.clone()).clone()) {
            references.push((pointer.to_owned(), tree::origin(schema), text));
        }
    });
    let mut targets = BTreeMap::new();
    for (_, origin, text) in &references {
        let Some(pointer) = local(text) else {
            return Err(lowering.error(
                origin.as_str(),
                format!("the reference `{text}` leads out of the document"),
                "Bundle the document into one file first, for instance with `redocly bundle`, and lower that",
            ));
        };
        match lowering.value.pointer(&pointer) {
            Some(Value::Object(_)) => {
                targets.insert(text.clone(), pointer);
            }
            Some(_) => {
                return Err(lowering.error(
                    origin.as_str(),
                    format!("the reference `{text}` leads to something that is no schema"),
                    "Let it name a schema",
                ));
            }
            None => {
                return Err(lowering.error(
                    origin.as_str(),
                    format!("the reference `{text}` leads to nothing"),
                    "Add what it names to the document, or remove the reference",
                ));
            }
        }
    }
    let mut taken: names::Taken = tree::components(&lowering.value).map(|(name, _)| name).collect();
    // Innermost first, so that a place is still there when its turn comes.
    let mut deep: Vec<(String, String)> = targets
        .iter()
        .filter(|(_, pointer)| !is_component(pointer))
        .map(|(text, pointer)| (text.clone(), pointer.clone()))
        .collect();
    deep.sort_by_key(|(_, pointer)| std::cmp::Reverse(pointer.len()));
    let mut names_by_pointer: BTreeMap<String, String> = BTreeMap::new();
    for (_, pointer) in &deep {
        if names_by_pointer.contains_key(pointer) {
            continue;
        }
        let name = taken.unique(&names::pascal(&spoken(pointer)));
        let Some(place) = lowering.value.pointer_mut(pointer) else {
            continue;
        };
        let at = tree::origin_of(place);
        let moved = std::mem::replace(
            place,
            json!({ "$ref": format!("#/components/schemas/{name}"), tree::ORIGIN: at }),
        );
        insert_component(&mut lowering.value, &name, moved);
        lowering.record(
            NAME,
            at,
            "progenitor follows references to whole components only",
            format!("the type has a name of its own, `{name}`"),
        );
        names_by_pointer.insert(pointer.clone(), name);
    }
    let renamed: BTreeMap<String, String> = targets
        .into_iter()
        .filter_map(|(text, pointer)| {
            let name = names_by_pointer.get(&pointer).cloned().or_else(|| {
                let last = pointer.rsplit('/').next()?;
                Some(last.replace("~1", "/").replace("~0", "~"))
            })?;
            Some((text, format!("#/components/schemas/{}", tree::step(&name))))
        })
        .collect();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let new = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|text| renamed.get(text));
        if let Some(new) = new {
            schema.insert("$ref".to_owned(), json!(new));
        }
    });
    Ok(())
}

pub(super) fn insert_component(document: &mut Value, name: &str, schema: Value) {
    let Some(root) = document.as_object_mut() else {
        return;
    };
    let components = root.entry("components").or_insert_with(|| json!({}));
    if let Some(components) = components.as_object_mut() {
        let schemas = components.entry("schemas").or_insert_with(|| json!({}));
        if let Some(schemas) = schemas.as_object_mut() {
            schemas.insert(name.to_owned(), schema);
        }
    }
}

fn is_component(pointer: &str) -> bool {
    pointer
        .strip_prefix("/components/schemas/")
        .is_some_and(|name| !name.contains('/'))
}

/// A name from the steps of a pointer that say something.
fn spoken(pointer: &str) -> String {
    let silent = [
        "",
        "components",
        "schemas",
        "properties",
        "paths",
        "content",
        "schema",
        "responses",
        "parameters",
        "application~1json",
        "allOf",
        "oneOf",
        "anyOf",
    ];
    pointer
        .split('/')
        .filter(|step| !silent.contains(step))
        .map(|step| step.replace("~1", "-").replace("~0", "-"))
        .collect::<Vec<_>>()
        .join("-")
}

/// A component that is only a reference, and comes back to itself, says nothing.
fn alias_cycles(lowering: &mut Lowering) {
    let next: BTreeMap<String, String> = tree::components(&lowering.value)
        .filter_map(|(name, schema)| Some((name.clone(), tree::schema_name(schema.as_object()?)?.to_owned())))
        .collect();
    let mut cyclic = Vec::new();
    for name in next.keys() {
        let mut at = name;
        for _ in 0..=next.len() {
            match next.get(at) {
                Some(to) if to == name => {
                    cyclic.push(name.clone());
                    break;
                }
                Some(to) => at = to,
                None => break,
            }
        }
    }
    for name in cyclic {
        let pointer = format!("/components/schemas/{}", tree::step(&name));
        let Some(Value::Object(schema)) = lowering.value.pointer_mut(&pointer) else {
            continue;
        };
        let at = tree::origin(schema);
        let mut empty = Map::new();
        empty.insert(tree::ORIGIN.to_owned(), json!(at));
        *schema = empty;
        lowering.record(NAME, at, format!("`{name}` is defined as itself"), "any JSON value");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, refused, run};

    #[test]
    fn a_reference_into_a_property_makes_a_component() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "object", "properties": {"a": {"type": "object", "properties": {"x": {"type": "string"}}}}},
                "B": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/A/properties/a"}}}
            })),
        );
        assert_eq!(
            value.pointer("/components/schemas/A/properties/a/$ref"),
            Some(&json!("#/components/schemas/Aa"))
        );
        assert_eq!(
            value.pointer("/components/schemas/B/properties/b/$ref"),
            Some(&json!("#/components/schemas/Aa"))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/A/properties/a");
    }

    #[test]
    fn outside_and_nowhere_are_refused_with_the_place() {
        for target in [
            "other.yaml#/X",
            "https://example.test/x.json",
            "#/components/schemas/Nothing",
        ] {
            let error = refused(
                apply,
                components(json!({ "A": {"type": "array", "items": {"$ref": target}} })),
            );
            assert_eq!(error.pointer, "/components/schemas/A/items");
            assert!(error.problem.contains(target), "{error}");
        }
    }

    #[test]
    fn a_circle_of_aliases_is_anything() {
        let (value, _) = run(
            apply,
            components(json!({
                "A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}
            })),
        );
        assert_eq!(value, components(json!({"A": {}, "B": {}})));
    }

    #[test]
    fn the_description_beside_a_reference_stays() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "string"},
                "B": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A", "description": "first", "maxLength": 3}}}
            })),
        );
        assert_eq!(
            value.pointer("/components/schemas/B/properties/a"),
            Some(&json!({"$ref": "#/components/schemas/A", "description": "first"}))
        );
        assert_eq!(rewrites.len(), 1);
        assert!(rewrites[0].reason.contains("`maxLength`"));
    }

    #[test]
    fn shared_parameters_go_to_each_operation_but_its_own_wins() {
        let (value, _) = run(
            apply,
            json!({"paths": {"/x": {
            "parameters": [{"name": "a", "in": "query", "schema": {}}, {"$ref": "#/components/parameters/B"}],
            "get": {"parameters": [{"name": "a", "in": "query", "required": true, "schema": {}}]}
        }}, "components": {"parameters": {"B": {"name": "b", "in": "header"}}}}),
        );
        assert_eq!(
            value.pointer("/paths/~1x/get/parameters"),
            Some(&json!([{"name": "b", "in": "header"}, {"name": "a", "in": "query", "required": true, "schema": {}}]))
        );
        assert_eq!(value.pointer("/paths/~1x/parameters"), None);
    }
}
