//! Every schema in one shape: a known `type`, and only keywords that say something about it.

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "schema-shape";

const KEPT: [&str; 32] = [
    "$ref",
    "type",
    "format",
    "enum",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "nullable",
    "discriminator",
    "readOnly",
    "writeOnly",
    "description",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "default",
    tree::ORIGIN,
];

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| values(schema, &mut found));
    shapes(lowering)?;
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let at = tree::origin(schema);
        if schema.get("deprecated") == Some(&json!(true)) {
            describe(schema, "Deprecated.");
        }
        schema.retain(|key, _| KEPT.contains(&key.as_str()));
        kind(schema, &at, &mut found);
        texts(schema, &at, &mut found);
        default(schema, &at, &mut found);
        required(schema, &at, &mut found);
        let no_fields = |key: &str| schema.get(key).and_then(Value::as_object).is_some_and(Map::is_empty);
        if no_fields("properties") && schema.get("additionalProperties") != Some(&json!(false)) {
            // The same as an object that says nothing about its fields.
            schema.shift_remove("properties");
        }
        if schema.get("not").is_some_and(|not| !is_bare_required(not)) {
            schema.shift_remove("not");
            found.push((
                at.clone(),
                "`not` has no Rust type, and typify gives up on it".to_owned(),
                "ignored; the rule is checked against the schema",
            ));
        }
        if schema.get("type").is_some_and(|kind| kind == "array") && !schema.contains_key("items") {
            schema.insert("items".to_owned(), json!({ tree::ORIGIN: at }));
            found.push((at, "an array without `items`".to_owned(), "a list of any JSON values"));
        }
    });
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

fn is_bare_required(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        object
            .keys()
            .all(|key| ["required", tree::ORIGIN, "oneOf", "anyOf", "allOf"].contains(&key.as_str()))
    })
}

/// Keywords without a value (`description:` in YAML), and numbers where a text is meant.
fn values(schema: &mut Map<String, Value>, found: &mut Found) {
    let at = tree::origin(schema);
    let empty: Vec<String> = schema
        .iter()
        .filter(|(key, value)| value.is_null() && KEPT.contains(&key.as_str()) && *key != "default")
        .map(|(key, _)| key.clone())
        .collect();
    for key in empty {
        schema.shift_remove(&key);
        found.push((format!("{at}/{key}"), format!("`{key}` without a value"), "ignored"));
    }
    for key in ["description", "format"] {
        let text = match schema.get(key) {
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            _ => continue,
        };
        schema.insert(key.to_owned(), json!(text));
        found.push((
            format!("{at}/{key}"),
            format!("`{key}` is no text"),
            "it is read as text",
        ));
    }
}

/// Keywords whose value has the wrong JSON type cannot be interpreted.
fn shapes(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut wrong = None;
    tree::walk_parts(&mut lowering.value, &mut |part, pointer, value| {
        if part == tree::Part::Schema && !value.is_object() {
            wrong.get_or_insert((pointer.to_owned(), "a schema must be an object".to_owned()));
        }
    });
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let at = tree::origin(schema);
        for (key, value) in schema.iter() {
            let good = match key.as_str() {
                "properties" => value.as_object().is_some_and(|all| all.values().all(Value::is_object)),
                "items" | "not" => value.is_object(),
                "additionalProperties" => value.is_object() || value.is_boolean(),
                "allOf" | "oneOf" | "anyOf" => value
                    .as_array()
                    .is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_object)),
                "enum" => value.is_array(),
                "$ref" | "format" | "description" => value.is_string(),
                "discriminator" => value.get("propertyName").is_some_and(Value::is_string),
                _ => true,
            };
            if !good {
                wrong.get_or_insert((
                    format!("{at}/{}", tree::step(key)),
                    format!("`{key}` has a value that OpenAPI 3.0 does not allow there"),
                ));
            }
        }
        let known = [
            "string", "number", "integer", "boolean", "array", "object", "null", "file",
        ];
        let kinds: Vec<&Value> = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().collect(),
            Some(kind) => vec![kind],
            None => Vec::new(),
        };
        if let Some(other) = kinds
            .iter()
            .find(|kind| !kind.as_str().is_some_and(|kind| known.contains(&kind)))
        {
            wrong.get_or_insert((
                format!("{at}/type"),
                format!("the type {other} does not exist in OpenAPI 3.0"),
            ));
        }
    });
    match wrong {
        Some((pointer, problem)) => Err(lowering.error(
            pointer,
            problem,
            "Correct the document; the OpenAPI 3.0.3 specification, section 4.7.24, lists what a schema may hold",
        )),
        None => Ok(()),
    }
}

type Found = Vec<(String, String, &'static str)>;

fn kind(schema: &mut Map<String, Value>, at: &str, found: &mut Found) {
    // Written as in OpenAPI 3.1: a list of types.
    if let Some(Value::Array(kinds)) = schema.get("type").cloned() {
        let others: Vec<Value> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        if others.len() < kinds.len() {
            schema.insert("nullable".to_owned(), json!(true));
        }
        match others.as_slice() {
            [one] => {
                schema.insert("type".to_owned(), one.clone());
            }
            _ => {
                schema.shift_remove("type");
            }
        }
        found.push((
            at.to_owned(),
            "a list of types, which OpenAPI 3.0 does not have".to_owned(),
            "the one type that is not null, or any JSON value",
        ));
    }
    if schema.get("type").is_some_and(|kind| kind == "file") {
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("format".to_owned(), json!("binary"));
        found.push((
            format!("{at}/type"),
            "the type `file` of Swagger 2.0".to_owned(),
            "bytes, as `format: binary`",
        ));
    }
    if schema.get("type").is_some_and(|kind| kind == "null") {
        schema.shift_remove("type");
        found.push((
            at.to_owned(),
            "the type `null`, which OpenAPI 3.0 does not have".to_owned(),
            "any JSON value",
        ));
    }
    if !schema.contains_key("type") && !schema.contains_key("$ref") {
        let values = schema.get("enum").and_then(Value::as_array);
        let guess = if schema.contains_key("properties") {
            Some("object")
        } else if schema.contains_key("items") {
            Some("array")
        } else if values.is_some_and(|all| {
            all.iter().any(Value::is_string) && all.iter().all(|value| value.is_string() || value.is_null())
        }) {
            Some("string")
        } else if ["oneOf", "anyOf", "allOf"].iter().any(|key| schema.contains_key(*key)) {
            None
        } else if schema.contains_key("required") || schema.contains_key("additionalProperties") {
            Some("object")
        } else if ["pattern", "minLength", "maxLength"]
            .iter()
            .any(|key| schema.contains_key(*key))
        {
            Some("string")
        } else {
            None
        };
        if let Some(guess) = guess {
            schema.insert("type".to_owned(), json!(guess));
        }
    }
}

/// `enum: [2024, 2025]` under `type: string`: YAML reads numbers where texts are meant.
fn texts(schema: &mut Map<String, Value>, at: &str, found: &mut Found) {
    if schema.get("type").is_none_or(|kind| kind != "string") {
        return;
    }
    let mut changed = false;
    for value in schema
        .get_mut("enum")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if value.is_number() || value.is_boolean() {
            *value = json!(value.to_string());
            changed = true;
        }
    }
    if changed {
        found.push((
            format!("{at}/enum"),
            "numbers or truth values among the values of a text".to_owned(),
            "they are texts",
        ));
    }
}

fn default(schema: &mut Map<String, Value>, at: &str, found: &mut Found) {
    let Some(value) = schema.shift_remove("default") else {
        return;
    };
    let text = if value.is_object() || value.is_array() {
        return;
    } else {
        value.to_string()
    };
    describe(schema, &format!("Default on the server's side: `{text}`."));
    found.push((
        at.to_owned(),
        "a default is what the server assumes, not what the client makes up".to_owned(),
        "absent stays `None`; the description names the default",
    ));
}

/// Adds a sentence to the description.
pub(super) fn describe(schema: &mut Map<String, Value>, sentence: &str) {
    let text = match schema.get("description").and_then(Value::as_str).map(str::trim) {
        None | Some("") => sentence.to_owned(),
        Some(text) if text.ends_with(['.', ':', '!', '?', '>', ')']) => format!("{text} {sentence}"),
        Some(text) => format!("{text}. {sentence}"),
    };
    schema.insert("description".to_owned(), json!(text));
}

fn required(schema: &mut Map<String, Value>, at: &str, found: &mut Found) {
    match schema.get_mut("required") {
        None => {}
        Some(Value::Array(names)) => {
            let mut seen = Vec::new();
            names.retain(|name| {
                let keep = name.is_string() && !seen.contains(name);
                seen.push(name.clone());
                keep
            });
        }
        Some(_) => {
            schema.shift_remove("required");
            found.push((
                at.to_owned(),
                "`required` is a list of names, and belongs to the object".to_owned(),
                "ignored",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, refused, run};

    #[test]
    fn types_are_added_where_they_are_clear() {
        let (value, _) = run(
            apply,
            components(json!({
                "A": {"properties": {"x": {"enum": ["a", "b"]}, "y": {}}},
                "B": {"items": {}}, "C": {"type": ["string", "null"]}, "D": {"type": "array"}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "A": {"properties": {"x": {"enum": ["a", "b"], "type": "string"}, "y": {}}, "type": "object"},
                "B": {"items": {}, "type": "array"}, "C": {"type": "string", "nullable": true}, "D": {"type": "array", "items": {}}
            }))
        );
    }

    #[test]
    fn values_of_a_text_are_texts() {
        let (value, rewrites) = run(
            apply,
            components(json!({"A": {"type": "string", "enum": [2024, "x", true, null]}})),
        );
        assert_eq!(
            value,
            components(json!({"A": {"type": "string", "enum": ["2024", "x", "true", null]}}))
        );
        assert_eq!(rewrites.len(), 1);
    }

    #[test]
    fn keywords_without_a_value_are_ignored() {
        let (value, rewrites) = run(
            apply,
            components(
                json!({"A": {"type": "string", "description": null, "format": null}, "B": {"type": "string", "description": 2024, "deprecated": true}}),
            ),
        );
        assert_eq!(
            value,
            components(json!({"A": {"type": "string"}, "B": {"type": "string", "description": "2024. Deprecated."}}))
        );
        let pointers: Vec<&str> = rewrites.iter().map(|rewrite| rewrite.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/components/schemas/A/description",
                "/components/schemas/A/format",
                "/components/schemas/B/description"
            ]
        );
    }

    #[test]
    fn a_default_is_described_and_not_applied() {
        let (value, rewrites) = run(
            apply,
            components(
                json!({"A": {"type": "integer", "default": 5, "description": "Pages", "example": 3, "x-rust-type": {"crate": "std"}}}),
            ),
        );
        assert_eq!(
            value,
            components(json!({"A": {"type": "integer", "description": "Pages. Default on the server's side: `5`."}}))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/A");
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        for (schema, pointer) in [
            (json!({"type": "date"}), "/components/schemas/A/type"),
            (json!({"properties": []}), "/components/schemas/A/properties"),
            (json!({"oneOf": []}), "/components/schemas/A/oneOf"),
            (json!("text"), "/components/schemas/A"),
        ] {
            assert_eq!(refused(apply, components(json!({"A": schema}))).pointer, pointer);
        }
    }
}
