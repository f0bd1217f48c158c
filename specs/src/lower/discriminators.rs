//! A `discriminator` without mapping, or with a partial one: the tag of a branch is its name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "discriminators";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let at = tree::origin(schema);
        let branches: Vec<String> = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| schema.get(*key)?.as_array())
            .flatten()
            .filter_map(|branch| tree::schema_name(branch.as_object()?).map(str::to_owned))
            .collect();
        let Some(tag) = schema.get_mut("discriminator").and_then(Value::as_object_mut) else {
            return;
        };
        if branches.is_empty() {
            return;
        }
        let mut mapping: BTreeMap<String, Value> = BTreeMap::new();
        for (value, target) in tag.get("mapping").and_then(Value::as_object).into_iter().flatten() {
            // A bare name is allowed in place of a reference.
            let text = target.as_str().unwrap_or_default();
            let full = if text.starts_with('#') {
                text.to_owned()
            } else {
                format!("#/components/schemas/{}", tree::step(text))
            };
            mapping.insert(value.clone(), json!(full));
        }
        let before = mapping.len();
        for branch in branches {
            let target = json!(format!("#/components/schemas/{branch}"));
            if !mapping.values().any(|known| *known == target) {
                mapping.insert(branch.replace("~1", "/").replace("~0", "~"), target);
            }
        }
        if mapping.len() > before {
            found.push(at);
        }
        tag.insert("mapping".to_owned(), json!(mapping));
    });
    for pointer in found {
        lowering.record(
            NAME,
            format!("{pointer}/discriminator"),
            "progenitor ignores the discriminator; without a mapping the tag is the name of the schema",
            "the tag decides the variant",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn the_missing_part_of_a_mapping_is_written_out() {
        let (value, rewrites) = run(
            apply,
            components(json!({"A": {
                "oneOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}],
                "discriminator": {"propertyName": "t", "mapping": {"b": "B"}}
            }})),
        );
        assert_eq!(
            value.pointer("/components/schemas/A/discriminator/mapping"),
            Some(&json!({"C": "#/components/schemas/C", "b": "#/components/schemas/B"}))
        );
        assert_eq!(rewrites.len(), 1);
    }
}
