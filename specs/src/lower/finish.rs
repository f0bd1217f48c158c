//! The last step: what progenitor reads, and nothing else.
//!
//! `nullable` is written where progenitor sees it, and everything that says nothing about the
//! code (servers, security, examples, links, callbacks, extensions) is left out.

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tidy_schemas::describe, tree};
use crate::document::METHODS;

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let required: Vec<Value> = schema
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for (name, property) in schema
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let collection = property
                .get("type")
                .is_some_and(|kind| kind == "array" || kind == "object")
                && property.get("properties").is_none();
            if !required.contains(&json!(name))
                && !collection
                && let Some(property) = property.as_object_mut()
            {
                // Optional is `Option` already.
                property.shift_remove("nullable");
            }
        }
    });
    // A reference or a native type cannot say `nullable` itself. Walked again because the
    // wrapping would be undone above.
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let wrapped = schema.contains_key("$ref") || schema.contains_key("x-rust-type");
        if wrapped && schema.get("nullable") == Some(&json!(true)) {
            let mut inner = schema.clone();
            inner.shift_remove("nullable");
            let description = inner.get("description").cloned();
            let mut outer = Map::new();
            outer.insert("allOf".to_owned(), json!([inner]));
            outer.insert("nullable".to_owned(), json!(true));
            if let Some(description) = description {
                outer.insert("description".to_owned(), description);
            }
            *schema = outer;
        }
    });
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let info = lowering.value.get("info");
    let mut about = json!({
        "title": text(info.and_then(|info| info.get("title"))),
        "version": text(info.and_then(|info| info.get("version"))),
    });
    if let Some(description) = info.and_then(|info| info.get("description")).and_then(Value::as_str) {
        about["description"] = json!(description);
    }
    let mut paths = Map::new();
    for (path, item) in lowering
        .value
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if path.starts_with("x-") {
            continue;
        }
        let mut kept = Map::new();
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str())
                && let Some(operation) = operation.as_object()
            {
                kept.insert(method.clone(), tidy(operation));
            }
        }
        paths.insert(path.clone(), Value::Object(kept));
    }
    let schemas: Map<String, Value> = tree::components(&lowering.value)
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    lowering.value = json!({
        "openapi": "3.0.3", "info": about, "paths": paths, "components": { "schemas": schemas },
    });
    Ok(())
}

fn pick(object: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    keys.iter()
        .filter_map(|key| Some(((*key).to_owned(), object.get(*key)?.clone())))
        .collect()
}

fn tidy(operation: &Map<String, Value>) -> Value {
    let mut kept = pick(operation, &["operationId", "x-bindings"]);
    for key in ["summary", "description"] {
        if let Some(Value::String(text)) = operation.get(key) {
            kept.insert(key.to_owned(), json!(text));
        }
    }
    if operation.get("deprecated") == Some(&json!(true)) {
        describe(&mut kept, "Deprecated.");
    }
    let parameters = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object);
    let parameters: Vec<Value> = parameters
        .map(|parameter| {
            let mut kept = pick(parameter, &["name", "in", "style", "schema"]);
            kept.insert(
                "required".to_owned(),
                json!(parameter.get("required") == Some(&json!(true))),
            );
            if let Some(Value::String(text)) = parameter.get("description").filter(|text| **text != "") {
                kept.insert("description".to_owned(), json!(text));
            }
            Value::Object(kept)
        })
        .collect();
    kept.insert("parameters".to_owned(), json!(parameters));
    if let Some(body) = operation.get("requestBody").and_then(Value::as_object) {
        let mut body = pick(body, &["content"]);
        body.insert("required".to_owned(), json!(true));
        kept.insert("requestBody".to_owned(), Value::Object(body));
    }
    let mut responses = Map::new();
    for (status, response) in operation
        .get("responses")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let mut kept = response
            .as_object()
            .map(|response| pick(response, &["content"]))
            .unwrap_or_default();
        kept.insert("description".to_owned(), json!(""));
        responses.insert(status.clone(), Value::Object(kept));
    }
    kept.insert("responses".to_owned(), Value::Object(responses));
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::run;

    #[test]
    fn only_what_makes_code_is_left() {
        let (value, _) = run(
            apply,
            json!({
                "openapi": "3.0", "servers": [], "security": 5,
                "paths": {"/x": {"summary": "s", "get": {"operationId": "a", "tags": 7, "deprecated": "yes", "responses": {"200": {"headers": 1}}}}},
                "components": {"examples": {}, "schemas": {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A", "nullable": true}}}}
            }),
        );
        assert_eq!(
            value,
            json!({
                "openapi": "3.0.3", "info": {"title": "", "version": ""},
                "paths": {"/x": {"get": {"operationId": "a", "parameters": [], "responses": {"200": {"description": ""}}}}},
                "components": {"schemas": {"A": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": true}}}}
            })
        );
    }
}
