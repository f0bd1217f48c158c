//! `nullable`: where the value stands, not where its type is defined.
//!
//! A component that is nullable would become a wrapper with an inner type. Each place that refers
//! to it is made nullable instead. null among the values of a list is the same as `nullable`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "nullable";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else {
            return;
        };
        let before = values.len();
        values.retain(|value| !value.is_null());
        let (after, empty) = (values.len(), values.is_empty());
        if after < before {
            schema.insert("nullable".to_owned(), json!(true));
            found.push((
                format!("{}/enum", tree::origin(schema)),
                "null among the values".to_owned(),
                "`Option`",
            ));
        }
        if empty {
            schema.shift_remove("enum");
        }
    });
    let mut components = BTreeSet::new();
    let schemas = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        if let Some(schema) = schema.as_object_mut()
            && schema.shift_remove("nullable") == Some(json!(true))
        {
            components.insert(tree::step(name));
            found.push((
                format!("{}/nullable", tree::origin(schema)),
                format!("`{name}` would become a wrapper around an inner type"),
                "`Option` at each place that refers to it",
            ));
        }
    }
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if tree::schema_name(schema).is_some_and(|name| components.contains(name)) {
            schema.insert("nullable".to_owned(), json!(true));
        }
    });
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn nullable_moves_to_the_references() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "string", "nullable": true, "enum": ["a", null]},
                "B": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "A": {"type": "string", "enum": ["a"]},
                "B": {"type": "array", "items": {"$ref": "#/components/schemas/A", "nullable": true}}
            }))
        );
        assert_eq!(rewrites.len(), 2);
    }
}
