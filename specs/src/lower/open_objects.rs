//! Objects that stay readable: new fields never fail, undefined required ones are not lost.

use serde_json::{Value, json};

use super::{LowerError, Lowering, names, tree, usage};

const NAME: &str = "objects";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if schema.get("type").is_none_or(|kind| kind != "object") {
            return;
        }
        let at = tree::origin(schema);
        let names: Vec<String> = schema
            .get("properties")
            .and_then(Value::as_object)
            .map(|all| all.keys().cloned().collect())
            .unwrap_or_default();
        let missing: Vec<String> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|name| !names.iter().any(|known| known == name))
            .map(str::to_owned)
            .collect();
        if !missing.is_empty() {
            for name in &missing {
                if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
                    properties.insert(name.clone(), json!({ tree::ORIGIN: at }));
                }
            }
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| !missing.iter().any(|missing| name == missing));
            }
            found.push((
                format!("{at}/required"),
                format!("{} is required and not defined", missing.join(", ")),
                "an optional field of any JSON value: kept when it is there, not fatal when it is not",
            ));
        }
        let has_fields = schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|all| !all.is_empty());
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => {
                schema.shift_remove("additionalProperties");
                if !has_fields {
                    // An object without any field is a struct without any, not a map.
                    schema.insert("properties".to_owned(), json!({}));
                }
                found.push((
                    format!("{at}/additionalProperties"),
                    "one new field would fail a whole response".to_owned(),
                    "unknown fields are ignored when reading; a struct cannot send any",
                ));
            }
            Some(Value::Bool(true)) => {
                schema.shift_remove("additionalProperties");
            }
            Some(other) if has_fields => {
                let clash = names.iter().any(|name| names::snake(name) == "extra");
                if clash {
                    schema.shift_remove("additionalProperties");
                    found.push((
                        format!("{at}/additionalProperties"),
                        "a field of its own is called `extra` too".to_owned(),
                        "further fields are ignored",
                    ));
                } else if *other != json!({ tree::ORIGIN: format!("{at}/additionalProperties") }) {
                    schema.insert(
                        "additionalProperties".to_owned(),
                        json!({ tree::ORIGIN: format!("{at}/additionalProperties") }),
                    );
                    found.push((
                        format!("{at}/additionalProperties"),
                        "typed further fields beside named ones cannot be read one by one".to_owned(),
                        "further fields are kept in `extra` as JSON values",
                    ));
                }
            }
            _ => {}
        }
    });
    read_only(lowering);
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

/// A field that only the server writes cannot be required of a request, nor the other way round.
fn read_only(lowering: &mut Lowering) {
    let usage = usage::of(&lowering.value);
    let mut found = Vec::new();
    let schemas = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let one_sided: Vec<String> = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(_, property)| {
                let is = |key: &str| property.get(key) == Some(&json!(true));
                (is("readOnly") && usage.requests.contains(name)) || (is("writeOnly") && usage.responses.contains(name))
            })
            .map(|(name, _)| name.clone())
            .collect();
        let at = tree::origin_of(schema);
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            let before = required.len();
            required.retain(|name| !one_sided.iter().any(|other| name == other));
            if required.len() < before {
                found.push((at, one_sided.join(", ")));
            }
        }
    }
    for (pointer, fields) in found {
        lowering.record(
            NAME,
            format!("{pointer}/required"),
            format!("{fields}: only one side writes it, and both use the type"),
            "the field is optional",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn closed_objects_open_and_undefined_fields_are_kept() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "object", "additionalProperties": false, "required": ["a", "b"], "properties": {"a": {"type": "string"}}},
                "B": {"type": "object", "additionalProperties": {"type": "number"}, "properties": {"a": {"type": "string"}}},
                "C": {"type": "object", "additionalProperties": {"type": "string"}},
                "D": {"type": "object", "additionalProperties": false}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "A": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {}}},
                "B": {"type": "object", "additionalProperties": {}, "properties": {"a": {"type": "string"}}},
                "C": {"type": "object", "additionalProperties": {"type": "string"}},
                "D": {"type": "object", "properties": {}}
            }))
        );
        assert_eq!(rewrites.len(), 4);
    }
}
