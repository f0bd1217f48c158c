//! Inheritance: a base with a `discriminator`, and heirs that take it in through `allOf`.
//!
//! Where the base is referred to, any heir may stand. It becomes a choice of its heirs; its own
//! fields stay a type of their own, for a value that names the base or an heir unknown here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, references::insert_component, tree};

const NAME: &str = "inheritance";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let bases: Vec<(String, Map<String, Value>)> = tree::components(&lowering.value)
        .filter_map(|(name, schema)| Some((name.clone(), schema.as_object()?.clone())))
        .filter(|(_, schema)| {
            schema.contains_key("discriminator") && !schema.contains_key("oneOf") && !schema.contains_key("anyOf")
        })
        .collect();
    let mut taken = tree::components(&lowering.value)
        .map(|(name, _)| name.clone())
        .collect();
    for (base, schema) in bases {
        let heirs: Vec<String> = tree::components(&lowering.value)
            .filter(|(name, heir)| **name != base && takes_in(heir, &base))
            .map(|(name, _)| name.clone())
            .collect();
        let at = tree::origin(&schema);
        if heirs.is_empty() {
            if let Some(Value::Object(schema)) = component(lowering, &base) {
                schema.shift_remove("discriminator");
            }
            lowering.record(
                NAME,
                format!("{at}/discriminator"),
                "nothing inherits from it",
                "the plain struct",
            );
            continue;
        }
        let fields = names::unique(&format!("{base}Base"), &mut taken);
        let mut own = schema.clone();
        let discriminator = own.shift_remove("discriminator").unwrap_or_default();
        own.shift_remove("nullable");
        // Heirs take in the fields, not the choice.
        let new = format!("#/components/schemas/{}", tree::step(&fields));
        let old = format!("#/components/schemas/{}", tree::step(&base));
        tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
            for part in schema
                .get_mut("allOf")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if part.get("$ref").and_then(Value::as_str) == Some(&old)
                    && let Some(part) = part.as_object_mut()
                {
                    part.insert("$ref".to_owned(), json!(new));
                }
            }
        });
        let branches: Vec<Value> = heirs
            .iter()
            .map(|heir| json!({ "$ref": format!("#/components/schemas/{}", tree::step(heir)), tree::ORIGIN: at }))
            .chain([json!({ "$ref": new, tree::ORIGIN: at })])
            .collect();
        let mut mapping: BTreeMap<String, Value> = discriminator
            .get("mapping")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(tag, target)| (tag.clone(), target.clone()))
            .collect();
        let base_named = mapping
            .values()
            .any(|target| target.as_str().is_some_and(|target| target == old || target == base));
        for target in mapping.values_mut() {
            if target.as_str().is_some_and(|target| target == old || target == base) {
                *target = json!(new);
            }
        }
        if !base_named {
            mapping.insert(base.clone(), json!(new));
        }
        let mut choice = Map::new();
        for key in ["description", "nullable", tree::ORIGIN] {
            if let Some(value) = schema.get(key) {
                choice.insert(key.to_owned(), value.clone());
            }
        }
        choice.insert("oneOf".to_owned(), json!(branches));
        choice.insert(
            "discriminator".to_owned(),
            json!({ "propertyName": discriminator.get("propertyName"), "mapping": mapping }),
        );
        insert_component(&mut lowering.value, &fields, Value::Object(own));
        insert_component(&mut lowering.value, &base, Value::Object(choice));
        lowering.record(
            NAME,
            format!("{at}/discriminator"),
            format!(
                "`{base}` stands for any of {}, and progenitor ignores the discriminator",
                heirs.join(", ")
            ),
            format!("an enum `{base}` of its heirs; its own fields are `{fields}`"),
        );
    }
    Ok(())
}

fn component<'a>(lowering: &'a mut Lowering, name: &str) -> Option<&'a mut Value> {
    lowering
        .value
        .pointer_mut(&format!("/components/schemas/{}", tree::step(name)))
}

fn takes_in(heir: &Value, base: &str) -> bool {
    heir.get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .any(|part| tree::schema_name(part) == Some(&tree::step(base)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn a_base_becomes_the_choice_of_its_heirs() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "Dyr": {"type": "object", "discriminator": {"propertyName": "art"}, "properties": {"art": {"type": "string"}}},
                "Katt": {"allOf": [{"$ref": "#/components/schemas/Dyr"}, {"type": "object"}]}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "Dyr": {
                    "oneOf": [{"$ref": "#/components/schemas/Katt"}, {"$ref": "#/components/schemas/DyrBase"}],
                    "discriminator": {"propertyName": "art", "mapping": {"Dyr": "#/components/schemas/DyrBase"}}
                },
                "Katt": {"allOf": [{"$ref": "#/components/schemas/DyrBase"}, {"type": "object"}]},
                "DyrBase": {"type": "object", "properties": {"art": {"type": "string"}}}
            }))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/Dyr/discriminator");
    }
}
