//! `allOf`: one struct with the fields of all parts.
//!
//! A part that is a reference lends its fields; it stays a type of its own as well. A choice
//! among the parts becomes a choice of merged parts.

use std::{cell::Cell, collections::BTreeMap};

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "all-of";

/// Parts within parts that are still followed.
const DEPTH: usize = 40;

/// Parts that are looked at for one schema: references that fan out have no end otherwise.
const PARTS: usize = 20_000;

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let known: BTreeMap<String, Value> = tree::components(&lowering.value)
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let mut found = Vec::new();
    let mut failed = None;
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if !schema.contains_key("allOf") || failed.is_some() {
            return;
        }
        let at = tree::origin(schema);
        let known = Known {
            schemas: &known,
            left: Cell::new(PARTS),
        };
        match merged(schema, &known, 0) {
            Ok(result) => {
                found.push((at, result.contains_key("$ref")));
                *schema = result;
            }
            Err(problem) => failed = Some((at, problem)),
        }
    });
    if let Some((pointer, problem)) = failed {
        return Err(lowering.error(
            format!("{pointer}/allOf"),
            problem,
            "Write the schema out without `allOf`",
        ));
    }
    for (pointer, reference) in found {
        lowering.record(
            NAME,
            format!("{pointer}/allOf"),
            "typify merges the parts of `allOf` in ways that lose fields or names",
            if reference {
                "the type referred to"
            } else {
                "one struct with the fields of all parts"
            },
        );
    }
    Ok(())
}

/// The components, and how many parts may still be looked at.
struct Known<'a> {
    schemas: &'a BTreeMap<String, Value>,
    left: Cell<usize>,
}

fn merged(schema: &Map<String, Value>, known: &Known<'_>, depth: usize) -> Result<Map<String, Value>, String> {
    if depth > DEPTH {
        return Err("the parts of `allOf` lead in a circle".to_owned());
    }
    let mut own = schema.clone();
    let parts = own.shift_remove("allOf");
    let mut parts: Vec<Map<String, Value>> = parts
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|part| part.as_object().cloned())
        .filter(|part| !says_nothing(part))
        .collect();
    // A reference with a description, or made nullable: still that type.
    if let [only] = parts.as_mut_slice()
        && only.contains_key("$ref")
        && own.keys().all(|key| {
            ["description", "nullable", "readOnly", "writeOnly", tree::ORIGIN].contains(&key.as_str())
                || own.get(key) == Some(&json!("object"))
        })
    {
        for key in ["description", "nullable", tree::ORIGIN] {
            if let Some(value) = own.get(key) {
                only.insert(key.to_owned(), value.clone());
            }
        }
        return Ok(only.clone());
    }
    let mut result = Map::new();
    for part in parts.into_iter().chain([own.clone()]) {
        let part = resolved(&part, known, depth + 1)?;
        absorb(&mut result, part)?;
    }
    for key in ["description", "nullable", tree::ORIGIN] {
        match own.get(key) {
            Some(value) => {
                result.insert(key.to_owned(), value.clone());
            }
            None => {
                result.shift_remove(key);
            }
        }
    }
    Ok(result)
}

fn says_nothing(part: &Map<String, Value>) -> bool {
    part.keys()
        .all(|key| ["description", tree::ORIGIN].contains(&key.as_str()))
}

/// The schema itself, with references followed and inner `allOf` merged.
fn resolved(schema: &Map<String, Value>, known: &Known<'_>, depth: usize) -> Result<Map<String, Value>, String> {
    if depth > DEPTH {
        return Err("the parts of `allOf` lead in a circle".to_owned());
    }
    known.left.set(known.left.get().saturating_sub(1));
    if known.left.get() == 0 {
        return Err(format!(
            "`allOf` has more than {PARTS} parts, counted through references"
        ));
    }
    if let Some(name) = tree::schema_name(schema) {
        let target = known
            .schemas
            .get(name)
            .and_then(Value::as_object)
            .ok_or_else(|| format!("`{name}` is no schema"))?;
        let mut target = resolved(target, known, depth + 1)?;
        // The choice among the heirs of a base is not inherited.
        target.shift_remove("discriminator");
        return Ok(target);
    }
    if schema.contains_key("allOf") {
        return merged(schema, known, depth + 1);
    }
    Ok(schema.clone())
}

fn absorb(into: &mut Map<String, Value>, part: Map<String, Value>) -> Result<(), String> {
    let kind = |schema: &Map<String, Value>| schema.get("type").and_then(Value::as_str).map(str::to_owned);
    if let (Some(one), Some(other)) = (kind(into), kind(&part))
        && one != other
        && !matches!(
            (one.as_str(), other.as_str()),
            ("number", "integer") | ("integer", "number")
        )
    {
        return Err(format!("`allOf` of the types {one} and {other}: no value is both"));
    }
    for (key, value) in part {
        match (key.as_str(), into.get_mut(&key)) {
            ("properties", Some(Value::Object(all))) => {
                for (name, property) in value.as_object().cloned().unwrap_or_default() {
                    let merged = match (all.get(&name), property) {
                        (Some(Value::Object(old)), Value::Object(new)) => narrower(old, new),
                        (_, new) => new,
                    };
                    all.insert(name, merged);
                }
            }
            ("required", Some(Value::Array(all))) => {
                for name in value.as_array().cloned().unwrap_or_default() {
                    if !all.contains(&name) {
                        all.push(name);
                    }
                }
            }
            ("enum", Some(Value::Array(all))) => {
                let others = value.as_array().cloned().unwrap_or_default();
                all.retain(|one| others.contains(one));
            }
            ("oneOf" | "anyOf", Some(_)) => {
                return Err(format!("several parts of `allOf` are a choice (`{key}`)"));
            }
            ("additionalProperties", Some(old)) if *old == json!(false) => *old = value,
            (_, None) => {
                into.insert(key, value);
            }
            // The first part that says it counts; the later ones narrow, which no type shows.
            _ => {}
        }
    }
    Ok(())
}

/// A property that two parts describe: the later one, unless it says no more than a description.
fn narrower(old: &Map<String, Value>, new: Map<String, Value>) -> Value {
    let typed = ["$ref", "type", "oneOf", "anyOf", "allOf", "properties", "items"]
        .iter()
        .any(|key| new.contains_key(*key));
    if typed {
        let mut new = new;
        if !new.contains_key("description")
            && let Some(text) = old.get("description")
        {
            new.insert("description".to_owned(), text.clone());
        }
        return Value::Object(new);
    }
    let mut out = old.clone();
    out.extend(new);
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, refused, run};

    #[test]
    fn fields_of_all_parts() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "Base": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                "Heir": {"description": "heir", "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}, "a": {"description": "more"}}}
                ]}
            })),
        );
        assert_eq!(
            value.pointer("/components/schemas/Heir"),
            Some(&json!({
                "type": "object", "required": ["a", "b"],
                "properties": {"a": {"type": "string", "description": "more"}, "b": {"type": "integer"}},
                "description": "heir"
            }))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/Heir/allOf");
    }

    #[test]
    fn one_reference_stays_a_reference() {
        let (value, _) = run(
            apply,
            components(json!({
                "A": {"type": "object"},
                "B": {"type": "object", "properties": {"a": {"description": "d", "nullable": true, "allOf": [{"$ref": "#/components/schemas/A"}]}}}
            })),
        );
        assert_eq!(
            value.pointer("/components/schemas/B/properties/a"),
            Some(&json!({"$ref": "#/components/schemas/A", "description": "d", "nullable": true}))
        );
    }

    #[test]
    fn contradictions_and_circles_are_refused() {
        let error = refused(
            apply,
            components(json!({"A": {"allOf": [{"type": "string"}, {"type": "integer"}]}})),
        );
        assert!(error.problem.contains("the types string and integer"), "{error}");
        let error = refused(
            apply,
            components(
                json!({"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "properties": {}}]}}),
            ),
        );
        assert!(error.problem.contains("circle"), "{error}");
        let two = |name: &str| json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}, {"$ref": format!("#/components/schemas/{name}")}]});
        let mut all: Map<String, Value> = (0..30)
            .map(|n| (format!("A{n}"), two(&format!("A{}", n + 1))))
            .collect();
        all.insert("A30".to_owned(), json!({"type": "object"}));
        let error = refused(apply, components(Value::Object(all)));
        assert!(error.problem.contains("parts"), "{error}");
    }
}
