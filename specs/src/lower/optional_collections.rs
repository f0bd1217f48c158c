//! Optional arrays and maps: absent and empty are two different things.

use serde_json::{Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "optional-collections";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let required: Vec<String> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let is_collection = property
                .get("type")
                .is_some_and(|kind| kind == "array" || (kind == "object" && property.get("properties").is_none()));
            if let Some(property) = property.as_object_mut()
                && is_collection
                && !required.contains(name)
                && property.get("nullable") != Some(&json!(true))
            {
                property.insert("nullable".to_owned(), json!(true));
                found.push(tree::origin(property));
            }
        }
    });
    for pointer in found {
        lowering.record(
            NAME,
            pointer,
            "typify makes an absent and an empty collection the same, and leaves an empty one out when writing",
            "`Option`: `None` when absent or null, `Some` of an empty one when empty",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn only_optional_collections_become_options() {
        let (value, rewrites) = run(
            apply,
            components(json!({"A": {"type": "object", "required": ["b"], "properties": {
                "a": {"type": "array", "items": {}}, "b": {"type": "array", "items": {}}, "c": {"type": "object"}, "d": {"type": "string"}
            }}})),
        );
        assert_eq!(
            value,
            components(json!({"A": {"type": "object", "required": ["b"], "properties": {
                "a": {"type": "array", "items": {}, "nullable": true}, "b": {"type": "array", "items": {}}, "c": {"type": "object", "nullable": true}, "d": {"type": "string"}
            }}}))
        );
        assert_eq!(rewrites.len(), 2);
    }
}
