//! Components that only give a scalar or an array a name.
//!
//! typify makes a newtype of each; the field that refers to one then is no longer a date or a
//! text but a wrapper. The reference is replaced by what it stands for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{LowerError, Lowering, tree};

const NAME: &str = "aliases";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    // An alias can stand for another; a chain is no longer than there are components.
    let rounds = tree::components(&lowering.value).count();
    let mut names = BTreeMap::new();
    let candidates: BTreeMap<String, Map<String, Value>> = tree::components(&lowering.value)
        .filter_map(|(name, schema)| Some((name.clone(), schema.as_object()?.clone())))
        .filter(|(_, schema)| is_alias(schema))
        .collect();
    // A list of lists of itself has no end when it is written out.
    let endless: BTreeSet<String> = candidates
        .keys()
        .filter(|name| comes_back(name, &candidates))
        .cloned()
        .collect();
    for _ in 0..=rounds {
        let aliases: BTreeMap<String, Map<String, Value>> = tree::components(&lowering.value)
            .filter(|(name, _)| !endless.contains(*name))
            .filter_map(|(name, schema)| Some((name.clone(), schema.as_object()?.clone())))
            .filter(|(_, schema)| is_alias(schema))
            .collect();
        let mut changed = false;
        tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
            let Some(target) = tree::schema_name(schema).and_then(|name| aliases.get(name)) else {
                return;
            };
            let at = schema.get(tree::ORIGIN).cloned();
            let description = schema.get("description").cloned();
            let nullable = schema.get("nullable").cloned();
            *schema = target.clone();
            if let Some(at) = at {
                schema.insert(tree::ORIGIN.to_owned(), at);
            }
            if let Some(description) = description {
                schema.insert("description".to_owned(), description);
            }
            if let Some(nullable) = nullable {
                schema.insert("nullable".to_owned(), nullable);
            }
            changed = true;
        });
        for (name, schema) in aliases {
            names.insert(name, tree::origin(&schema));
        }
        if !changed {
            break;
        }
    }
    let schemas = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    if let Some(schemas) = schemas {
        schemas.retain(|name, _| !names.contains_key(name));
    }
    for (name, pointer) in names {
        lowering.record(
            NAME,
            pointer,
            format!("`{name}` only names a scalar or a list, and would become a wrapper around it"),
            "fields have the type itself; its description stands at each field",
        );
    }
    Ok(())
}

/// Whether following an alias leads back to it.
fn comes_back(name: &str, aliases: &BTreeMap<String, Map<String, Value>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut queue = vec![name.to_owned()];
    while let Some(now) = queue.pop() {
        let Some(schema) = aliases.get(&now) else {
            continue;
        };
        let mut targets = Vec::new();
        tree::walk_schema(&mut Value::Object(schema.clone()), "", &mut |_, inner| {
            targets.extend(tree::schema_name(inner).map(str::to_owned));
        });
        for target in targets {
            if target == name {
                return true;
            }
            if seen.insert(target.clone()) {
                queue.push(target);
            }
        }
    }
    false
}

/// A scalar without a closed list of values, or an array.
fn is_alias(schema: &Map<String, Value>) -> bool {
    if ["enum", "oneOf", "anyOf", "allOf", "not", "x-bindings"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
    {
        return false;
    }
    if schema.contains_key("$ref") {
        return true;
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "number" | "integer" | "boolean" | "array") => true,
        // A map, or anything.
        Some("object") => !schema.contains_key("properties") && !schema.contains_key("required"),
        _ => schema
            .keys()
            .all(|key| ["description", tree::ORIGIN].contains(&key.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn what_an_alias_stands_for_is_put_in_its_place() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "Dato": {"type": "string", "format": "date", "description": "a day"},
                "Datoer": {"type": "array", "items": {"$ref": "#/components/schemas/Dato"}},
                "A": {"type": "object", "properties": {"d": {"$ref": "#/components/schemas/Datoer", "description": "days"}}}
            })),
        );
        assert_eq!(
            value,
            components(json!({"A": {"type": "object", "properties": {"d": {
                "type": "array", "items": {"type": "string", "format": "date", "description": "a day"}, "description": "days"
            }}}}))
        );
        assert_eq!(rewrites.len(), 2);
    }

    #[test]
    fn a_list_of_itself_keeps_its_name() {
        let document = components(json!({"T": {"type": "array", "items": {"$ref": "#/components/schemas/T"}}}));
        let (value, rewrites) = run(apply, document.clone());
        assert_eq!(value, document);
        assert!(rewrites.is_empty());
    }
}
