//! Components that only give a scalar or an array a name.
//!
//! typify makes a newtype of each; the field that refers to one then is no longer a date or a
//! text but a wrapper. The reference is replaced by what it stands for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{LowerError, Lowering, tree};

const NAME: &str = "aliases";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    // An alias can stand for another; a chain is no longer than there are components.
    let rounds = tree::components(&lowering.value).count();
    let mut names = BTreeMap::new();
    for _ in 0..=rounds {
        let aliases: BTreeMap<String, Map<String, Value>> = tree::components(&lowering.value)
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
            *schema = target.clone();
            if let Some(at) = at {
                schema.insert(tree::ORIGIN.to_owned(), at);
            }
            if let Some(description) = description {
                schema.insert("description".to_owned(), description);
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

/// A scalar without a closed list of values, or an array.
fn is_alias(schema: &Map<String, Value>) -> bool {
    if ["enum", "oneOf", "anyOf", "allOf", "not", "x-bindings"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
    {
        return false;
    }
    matches!(
        schema.get("type").and_then(Value::as_str),
        Some("string" | "number" | "integer" | "boolean" | "array")
    )
}
