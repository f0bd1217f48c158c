//! `oneOf` and `anyOf` that are no real choice: one branch, a branch for null, objects any of
//! which may apply together, and texts beside lists of texts.
//!
//! What is left is a choice of shapes; `unions` makes an enum of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "choices";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let known: BTreeMap<String, Value> = tree::components(&lowering.value)
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        // Simplifying one keyword can leave the other.
        for _ in 0..3 {
            let at = tree::origin(schema);
            let Some((effect, reason)) = simplify(schema, &known) else {
                break;
            };
            found.push((at, reason, effect));
        }
    });
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

fn simplify(schema: &mut Map<String, Value>, known: &BTreeMap<String, Value>) -> Option<(&'static str, &'static str)> {
    let keyword = ["oneOf", "anyOf"].into_iter().find(|key| schema.contains_key(*key))?;
    let mut branches: Vec<Map<String, Value>> = schema
        .get(keyword)?
        .as_array()?
        .iter()
        .filter_map(|branch| branch.as_object().cloned())
        .collect();
    // A branch for null makes the rest nullable.
    let before = branches.len();
    branches.retain(|branch| !is_null(branch));
    if branches.len() < before {
        schema.insert(keyword.to_owned(), json!(branches));
        schema.insert("nullable".to_owned(), json!(true));
        return Some(("`Option`", "a branch for null"));
    }
    // The same branch twice.
    let mut distinct: Vec<Map<String, Value>> = Vec::new();
    for branch in &branches {
        if !distinct.iter().any(|other| bare(other) == bare(branch)) {
            distinct.push(branch.clone());
        }
    }
    if distinct.len() < branches.len() {
        schema.insert(keyword.to_owned(), json!(distinct));
        return Some(("one variant for them", "branches that are the same"));
    }
    // A branch that only has `required` or says nothing adds a rule, not a shape.
    let own_fields = schema.contains_key("properties");
    if branches.is_empty() || branches.iter().any(|branch| bare(branch).is_empty()) {
        schema.shift_remove(keyword);
        schema.shift_remove("discriminator");
        return Some(("any value, or the fields beside it", "a branch that allows everything"));
    }
    if let [only] = branches.as_slice()
        && !own_fields
    {
        let mut only = only.clone();
        for key in ["description", "nullable", tree::ORIGIN] {
            if let Some(value) = schema.get(key) {
                only.insert(key.to_owned(), value.clone());
            }
        }
        *schema = only;
        return Some(("the type of the one branch", "a choice with one branch"));
    }
    // Fields beside the choice belong to each branch, unless the branches can be one struct.
    let objects: Option<Vec<Map<String, Value>>> = branches.iter().map(|branch| object(branch, known, 0)).collect();
    if let Some(objects) = &objects
        && !schema.contains_key("discriminator")
        && (keyword == "anyOf" || own_fields)
        && let Some(all) = together(schema, objects)
    {
        schema.shift_remove(keyword);
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), all.0);
        schema.insert("required".to_owned(), all.1);
        return Some((
            "one struct with the fields of all branches, optional where a branch does not require them: nothing is lost when several apply",
            "several branches may apply together, or share fields beside them",
        ));
    }
    if own_fields && let Some(objects) = objects {
        let own = schema.clone();
        let shared = own.get("properties").cloned().unwrap_or_default();
        let merged: Vec<Value> = objects
            .into_iter()
            .map(|mut branch| {
                let fields = branch.entry("properties").or_insert_with(|| json!({}));
                for (name, property) in shared.as_object().into_iter().flatten() {
                    if let Some(fields) = fields.as_object_mut() {
                        fields.entry(name.clone()).or_insert_with(|| property.clone());
                    }
                }
                let required = branch.entry("required").or_insert_with(|| json!([]));
                for name in own.get("required").and_then(Value::as_array).into_iter().flatten() {
                    if let Some(required) = required.as_array_mut()
                        && !required.contains(name)
                    {
                        required.push(name.clone());
                    }
                }
                Value::Object(branch)
            })
            .collect();
        for key in ["properties", "required", "type", "additionalProperties"] {
            schema.shift_remove(key);
        }
        schema.insert(keyword.to_owned(), json!(merged));
        return Some(("each variant has the shared fields", "fields beside a choice"));
    }
    if own_fields {
        schema.shift_remove(keyword);
        return Some((
            "the fields beside it",
            "a choice that does not fit the fields beside it",
        ));
    }
    // Texts, some of them listed: an open list, or any text.
    let kinds: Vec<Option<&str>> = branches
        .iter()
        .map(|branch| branch.get("type").and_then(Value::as_str))
        .collect();
    let plain = branches.iter().all(|branch| branch.get("format").is_none());
    if kinds.iter().all(|kind| *kind == Some("string")) && plain {
        let mut values: Vec<Value> = Vec::new();
        for branch in &branches {
            for value in branch.get("enum").and_then(Value::as_array).into_iter().flatten() {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
        schema.shift_remove(keyword);
        schema.insert("type".to_owned(), json!("string"));
        if !values.is_empty() {
            schema.insert("enum".to_owned(), json!(values));
        }
        return Some(("one list of codes, or a text", "a choice of texts"));
    }
    None
}

/// Without what only describes.
fn bare(schema: &Map<String, Value>) -> Map<String, Value> {
    schema
        .iter()
        .filter(|(key, _)| !["description", "nullable", tree::ORIGIN].contains(&key.as_str()))
        .map(|(key, value)| {
            let mut value = value.clone();
            tree::strip(&mut value);
            (key.clone(), value)
        })
        .collect()
}

fn is_null(branch: &Map<String, Value>) -> bool {
    let only_null = branch
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null));
    only_null || (branch.get("nullable") == Some(&json!(true)) && bare(branch).is_empty())
}

/// The branch as an object with fields, through references.
fn object(branch: &Map<String, Value>, known: &BTreeMap<String, Value>, depth: usize) -> Option<Map<String, Value>> {
    if depth > 20 {
        return None;
    }
    if let Some(name) = tree::schema_name(branch) {
        return object(known.get(name)?.as_object()?, known, depth + 1);
    }
    let plain = !["oneOf", "anyOf", "allOf", "enum"]
        .iter()
        .any(|key| branch.contains_key(*key));
    (plain
        && (branch.contains_key("properties")
            || (branch.contains_key("required") && branch.get("type").is_none_or(|kind| kind == "object"))))
    .then(|| branch.clone())
}

/// The fields of the schema and all branches, if none has two types; and what all require.
fn together(schema: &Map<String, Value>, branches: &[Map<String, Value>]) -> Option<(Value, Value)> {
    let mut fields: Map<String, Value> = Map::new();
    let own = schema
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (name, property) in own.into_iter().chain(
        branches
            .iter()
            .filter_map(|branch| branch.get("properties").and_then(Value::as_object).cloned())
            .flatten(),
    ) {
        match fields.get(&name).and_then(Value::as_object) {
            Some(old) if property.as_object().map(bare) != Some(bare(old)) => return None,
            Some(_) => {}
            None => {
                fields.insert(name, property);
            }
        }
    }
    let required = |schema: &Map<String, Value>| -> Vec<Value> {
        schema
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let mut all = required(schema);
    let mut common = branches.first().map(&required).unwrap_or_default();
    common.retain(|name| branches.iter().all(|branch| required(branch).contains(name)));
    for name in common {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    Some((Value::Object(fields), json!(all)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    fn lowered(schema: Value) -> Value {
        let (value, rewrites) = run(apply, components(json!({ "A": schema })));
        assert!(!rewrites.is_empty());
        value.pointer("/components/schemas/A").unwrap().clone()
    }

    #[test]
    fn a_branch_for_null_makes_the_rest_nullable() {
        assert_eq!(
            lowered(json!({"oneOf": [{"type": "integer"}, {"enum": [null]}]})),
            json!({"type": "integer", "nullable": true})
        );
    }

    #[test]
    fn any_of_objects_is_one_struct() {
        assert_eq!(
            lowered(json!({"anyOf": [
                {"type": "object", "required": ["a", "c"], "properties": {"a": {"type": "string"}, "c": {"type": "string"}}},
                {"type": "object", "required": ["b", "c"], "properties": {"b": {"type": "string"}, "c": {"type": "string"}}}
            ]})),
            json!({"type": "object", "required": ["c"], "properties": {"a": {"type": "string"}, "c": {"type": "string"}, "b": {"type": "string"}}})
        );
    }

    #[test]
    fn a_list_or_any_text_is_an_open_list() {
        assert_eq!(
            lowered(json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]})),
            json!({"type": "string", "enum": ["a"]})
        );
    }

    #[test]
    fn a_real_choice_stays() {
        let schema = json!({"oneOf": [{"type": "object", "properties": {}}, {"type": "integer"}]});
        let (value, rewrites) = run(apply, components(json!({ "A": schema })));
        assert_eq!(value, components(json!({ "A": schema })));
        assert!(rewrites.is_empty());
    }
}
