//! `oneOf`/`anyOf` of bare `required` lists: a rule between fields, not a choice of shapes.
//!
//! progenitor would make an enum with one struct per list and decode it as "first match wins", so
//! that a value with both fields silently loses one. Without the lists it is the plain struct;
//! the rule between the fields is then for whoever checks the value against the schema.

use serde_json::Value;

use super::{LowerError, Lowering, tree};

const NAME: &str = "required-groups";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        for keyword in ["oneOf", "anyOf", "not"] {
            let is_group = match schema.get(keyword) {
                Some(Value::Array(branches)) => !branches.is_empty() && branches.iter().all(is_bare),
                Some(single @ Value::Object(_)) => is_bare(single),
                _ => false,
            };
            if is_group {
                let at = tree::origin(schema);
                let fields = schema.get(keyword).map(fields).unwrap_or_default();
                schema.shift_remove(keyword);
                found.push((format!("{at}/{keyword}"), fields));
            }
        }
    });
    for (pointer, fields) in found {
        lowering.record(
            NAME,
            pointer,
            "a choice of bare `required` lists is a rule between fields, and progenitor would decode it as first match wins",
            format!(
                "one plain struct; {} stay separate fields, and the rule between them is checked against the schema and not by the type",
                fields.join(", ")
            ),
        );
    }
    Ok(())
}

/// Only `required`, or a combination of such.
fn is_bare(schema: &Value) -> bool {
    let Some(object) = schema.as_object() else {
        return false;
    };
    let mut any = false;
    for (key, value) in object {
        match key.as_str() {
            "required" => any = true,
            "oneOf" | "anyOf" | "allOf" => {
                let Some(branches) = value.as_array() else {
                    return false;
                };
                if !branches.iter().all(is_bare) {
                    return false;
                }
                any = true;
            }
            "not" => {
                if !is_bare(value) {
                    return false;
                }
                any = true;
            }
            // `type: object` says nothing beside the fields' own schema.
            "type" if value == "object" => {}
            "title" | "description" | tree::ORIGIN => {}
            _ => return false,
        }
    }
    any
}

fn fields(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(value, &mut names);
    names
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(object) => object.iter().for_each(|(key, value)| collect_key(key, value, names)),
        _ => {}
    }
}

fn collect_key(key: &str, value: &Value, names: &mut Vec<String>) {
    if key == "required" {
        for name in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let name = format!("`{name}`");
            if !names.contains(&name) {
                names.push(name);
            }
        }
    } else {
        collect(value, names);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn nested_groups_beside_properties_are_dropped() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "object", "properties": {"a": {}, "b": {}}, "anyOf": [{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}]},
                "B": {"type": "object", "properties": {"a": {}}, "not": {"required": ["a"]}}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "A": {"type": "object", "properties": {"a": {}, "b": {}}}, "B": {"type": "object", "properties": {"a": {}}}
            }))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/A/anyOf");
        assert!(rewrites[0].effect.contains("`a`, `b`"));
        assert_eq!(rewrites.len(), 2);
    }

    #[test]
    fn a_choice_of_shapes_stays() {
        let document =
            components(json!({"A": {"oneOf": [{"required": ["a"], "properties": {"a": {}}}, {"type": "integer"}]}}));
        let (value, rewrites) = run(apply, document.clone());
        assert_eq!(value, document);
        assert!(rewrites.is_empty());
    }
}
