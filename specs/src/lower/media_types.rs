//! Several media types for one response or body: JSON is typed, everything else is bytes.
//!
//! An operation keeps its JSON form. Each other media type of its body makes an operation of its
//! own that sends bytes; other media types of its success make one that receives them.

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, tree, tree::ORIGIN};
use crate::document::METHODS;

mod forms;

const NAME: &str = "media-types";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    let mut extra = Vec::new();
    let schemas = lowering
        .value
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_default();
    let paths = lowering.value.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let Some(operation) = operation.as_object_mut() else {
                continue;
            };
            let before = operation.clone();
            for kind in request(operation, &schemas, &mut found) {
                extra.push((path.clone(), method.clone(), with_body(&before, &kind)));
            }
            if let Some(kinds) = responses(operation, &mut found) {
                let mut as_bytes = operation.clone();
                receive_bytes(&mut as_bytes, &kinds);
                extra.push((path.clone(), method.clone(), as_bytes));
            }
        }
    }
    // progenitor reads operations per path and method; the further ones stand under a path that
    // differs only after the mark, which the generator cuts off.
    for (number, (path, method, mut operation)) in extra.into_iter().enumerate() {
        responses(&mut operation, &mut Vec::new());
        let key = format!("{path}{}{number}", names::MARK);
        if let Some(paths) = lowering.value.get_mut("paths").and_then(Value::as_object_mut) {
            paths.insert(key, json!({ method: operation }));
        }
    }
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

type Found = Vec<(String, String, String)>;

const BYTES: &str = "application/octet-stream";

fn bytes() -> Value {
    json!({ "schema": { "type": "string", "format": "binary" } })
}

fn set(operation: &mut Map<String, Value>, key: &str, value: Value) {
    let bindings = operation.entry("x-bindings").or_insert_with(|| json!({}));
    if let Some(bindings) = bindings.as_object_mut() {
        bindings.insert(key.to_owned(), value);
    }
}

/// Leaves one media type in the body; returns those that need an operation of their own.
fn request(operation: &mut Map<String, Value>, schemas: &Value, found: &mut Found) -> Vec<String> {
    let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) else {
        return Vec::new();
    };
    let at = tree::origin(body);
    let optional = body.get("required") != Some(&json!(true));
    let Some(Value::Object(content)) = body.get("content").cloned() else {
        operation.shift_remove("requestBody");
        return Vec::new();
    };
    if content.is_empty() {
        operation.shift_remove("requestBody");
        return Vec::new();
    }
    if optional {
        found.push((
            at.clone(),
            "an optional body, which progenitor does not know".to_owned(),
            "the body must be given".to_owned(),
        ));
    }
    let kinds: Vec<String> = content.keys().cloned().collect();
    let first = kinds
        .iter()
        .find(|kind| essence(kind) == "application/json")
        .or_else(|| kinds.iter().find(|kind| is_json(kind)))
        .or_else(|| kinds.iter().find(|kind| forms::form(kind, &content, schemas).is_some()))
        .or_else(|| kinds.first())
        .cloned()
        .unwrap_or_default();
    let others: Vec<String> = kinds.iter().filter(|kind| **kind != first).cloned().collect();
    for kind in &others {
        found.push((
            at.clone(),
            format!("progenitor takes one media type, not {kind} as well"),
            format!(
                "a method of its own, with `_{}` at the end, sends it as bytes",
                names::snake(&word(kind))
            ),
        ));
    }
    let media = content.get(&first).cloned().unwrap_or_default();
    if is_json(&first) {
        put_body(
            operation,
            "application/json",
            json!({ "schema": media.get("schema").cloned().unwrap_or_else(|| json!({})) }),
        );
        if essence(&first) != "application/json" {
            set(operation, "contentType", json!(first));
            found.push((
                at,
                format!("progenitor does not know {first} as JSON"),
                "typed as JSON, sent under its own media type".to_owned(),
            ));
        }
    } else if let Some(schema) = forms::form(&first, &content, schemas) {
        put_body(
            operation,
            "application/x-www-form-urlencoded",
            json!({ "schema": schema }),
        );
    } else {
        send_bytes(operation, &first);
        found.push((
            at,
            format!("progenitor has no typed body for {first}"),
            "bytes".to_owned(),
        ));
    }
    others
}

fn put_body(operation: &mut Map<String, Value>, kind: &str, media: Value) {
    if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
        body.insert("content".to_owned(), json!({ kind: media }));
    }
}

fn send_bytes(operation: &mut Map<String, Value>, kind: &str) {
    put_body(operation, BYTES, bytes());
    if essence(kind).starts_with("multipart/") || kind.contains('*') || !header_safe(kind) {
        // The boundary, or the type itself, is the caller's to say.
        set(operation, "contentType", Value::Null);
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.push(json!({
                "name": "Content-Type", "in": "header", "required": true, "style": "simple",
                "description": format!("Media type of the body, {kind} with its parameters."),
                "schema": {"type": "string"},
            }));
        }
    } else {
        set(operation, "contentType", json!(kind));
    }
}

fn header_safe(kind: &str) -> bool {
    kind.bytes().all(|byte| (32..127).contains(&byte))
}

/// The operation once more, with this media type only.
fn with_body(operation: &Map<String, Value>, kind: &str) -> Map<String, Value> {
    let mut copy = operation.clone();
    rename(&mut copy, &word(kind));
    send_bytes(&mut copy, kind);
    copy
}

fn rename(operation: &mut Map<String, Value>, word: &str) {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    operation.insert("operationId".to_owned(), json!(format!("{id}-{word}")));
}

/// A word for a media type, for the name of a method.
fn word(kind: &str) -> String {
    let essence = essence(kind);
    let subtype = essence.split('/').nth(1).unwrap_or(&essence).to_owned();
    match subtype.as_str() {
        "*" => "any".to_owned(),
        "octet-stream" => "bytes".to_owned(),
        "x-www-form-urlencoded" => "form".to_owned(),
        other => other.trim_start_matches("vnd.").to_owned(),
    }
}

/// Leaves one media type in each response; returns those of the success that are bytes beside JSON.
fn responses(operation: &mut Map<String, Value>, found: &mut Found) -> Option<Vec<String>> {
    let mut beside = Vec::new();
    let mut accept = Vec::new();
    let mut json_accept: Vec<String> = Vec::new();
    let mut only_bytes = true;
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let at = tree::origin_of(response);
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
            continue;
        };
        let success = status.starts_with('2');
        let kinds: Vec<String> = content.keys().cloned().collect();
        let mut typed: Vec<&String> = kinds
            .iter()
            .filter(|kind| is_typed(kind, content, kinds.len()))
            .collect();
        // JSON under its own name, then under another, then what may be anything.
        typed.sort_by_key(|kind| (essence(kind) != "application/json", !is_json(kind)));
        let schema = one_schema(&typed, content, &at);
        let typed = typed.first().map(|kind| (*kind).clone());
        let mut kept = Map::new();
        match typed {
            Some(kind) => {
                if success {
                    let asked = if is_json(&kind) {
                        essence(&kind)
                    } else {
                        "application/json".to_owned()
                    };
                    if !json_accept.contains(&asked) {
                        json_accept.push(asked);
                    }
                }
                kept.insert("application/json".to_owned(), json!({ "schema": schema }));
                if kinds.len() > 1 || kind != "application/json" {
                    let others: Vec<String> = kinds
                        .iter()
                        .filter(|other| **other != kind && !is_json(other))
                        .cloned()
                        .collect();
                    let effect = if others.is_empty() || !success {
                        "JSON is decoded".to_owned()
                    } else {
                        format!(
                            "JSON is decoded; a method with `_as_bytes` at the end asks for {}",
                            others.join(", ")
                        )
                    };
                    found.push((
                        format!("{at}/content"),
                        format!("progenitor takes `application/json`, not {}", kinds.join(", ")),
                        effect,
                    ));
                    if success {
                        beside.extend(others);
                        only_bytes = false;
                    }
                }
            }
            None if !kinds.is_empty() => {
                kept.insert(BYTES.to_owned(), bytes());
                found.push((
                    format!("{at}/content"),
                    format!("progenitor has no typed response for {}", kinds.join(", ")),
                    "a stream of bytes, whatever the media type".to_owned(),
                ));
                if success {
                    accept.extend(kinds);
                }
            }
            None => {}
        }
        *content = kept;
    }
    // JSON under another name has to be asked for by that name.
    if json_accept.iter().any(|kind| kind != "application/json")
        && operation
            .get("x-bindings")
            .is_none_or(|bindings| bindings.get("accept").is_none())
    {
        set(operation, "accept", json!(json_accept.join(", ")));
    }
    if only_bytes
        && !accept.is_empty()
        && operation
            .get("x-bindings")
            .is_none_or(|bindings| bindings.get("accept").is_none())
    {
        accept.dedup();
        set(operation, "accept", json!(accept.join(", ")));
    }
    (!beside.is_empty()).then_some(beside)
}

/// What the kinds of JSON say: one schema, or a choice when they differ.
fn one_schema(typed: &[&String], content: &Map<String, Value>, at: &str) -> Value {
    let mut schemas: Vec<&Value> = Vec::new();
    for kind in typed.iter().filter(|kind| is_json(kind)).chain(typed.first()) {
        let bare = |schema: &Value| {
            let mut schema = schema.clone();
            tree::strip(&mut schema);
            schema
        };
        if let Some(schema) = content.get(*kind).and_then(|media| media.get("schema"))
            && !schemas.iter().any(|known| bare(known) == bare(schema))
        {
            schemas.push(schema);
        }
    }
    match schemas.as_slice() {
        [] => json!({ ORIGIN: at }),
        [one] => (*one).clone(),
        several => json!({ "oneOf": several, ORIGIN: at }),
    }
}

/// JSON, with a schema that says something unless it is alone.
fn is_typed(kind: &str, content: &Map<String, Value>, of: usize) -> bool {
    let schema = content.get(kind).and_then(|media| media.get("schema"));
    let binary = schema.is_some_and(|schema| schema.get("format").is_some_and(|format| format == "binary"));
    let says_something = schema.is_some_and(|schema| !is_empty(schema));
    if is_json(kind) {
        return !binary && (of == 1 || says_something);
    }
    let any = ["*/*", "application/*"].contains(&kind);
    let text = schema.is_some_and(|schema| schema.get("type").is_some_and(|kind| kind == "string"));
    any && says_something && !binary && !text
}

fn receive_bytes(operation: &mut Map<String, Value>, kinds: &[String]) {
    rename(operation, "as-bytes");
    set(operation, "accept", json!(kinds.join(", ")));
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        if status.starts_with('2')
            && let Some(response) = response.as_object_mut()
        {
            response.insert("content".to_owned(), json!({ BYTES: bytes() }));
        }
    }
}

fn is_empty(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|schema| schema.keys().all(|key| key == ORIGIN || key == "description"))
}

fn essence(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// `application/json`, and every type with the suffix `+json`.
fn is_json(kind: &str) -> bool {
    let essence = essence(kind);
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::run;

    #[test]
    fn json_is_typed_and_the_rest_are_methods_of_their_own() {
        let (value, rewrites) = run(
            apply,
            json!({"paths": {"/x": {"post": {
                "operationId": "send",
                "requestBody": {"required": true, "content": {"application/xml": {}, "application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"content": {"text/csv": {}, "application/json": {"schema": {"type": "array"}}}}}
            }}}}),
        );
        let ids: Vec<&str> = value["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|item| item["post"]["operationId"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["send", "send-xml", "send-as-bytes"]);
        assert_eq!(
            value.pointer("/paths/~1x/post/requestBody/content"),
            Some(&json!({"application/json": {"schema": {"type": "object"}}}))
        );
        assert_eq!(
            value.pointer("/paths/~1x/post/responses/200/content"),
            Some(&json!({"application/json": {"schema": {"type": "array"}}}))
        );
        assert_eq!(rewrites.len(), 2);
    }

    #[test]
    fn a_form_of_plain_fields_is_typed_and_its_numbers_are_texts() {
        let form = |schema: Value| {
            json!({
                "paths": {"/x": {"post": {"operationId": "send", "requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}}},
                "components": {"schemas": {"F": {"type": "object", "properties": {"a": {"type": "string"}}}}}
            })
        };
        let schema = |document: Value| {
            let (value, _) = run(apply, document);
            value
                .pointer("/paths/~1x/post/requestBody/content/application~1x-www-form-urlencoded/schema")
                .cloned()
        };
        let reference = json!({"$ref": "#/components/schemas/F"});
        assert_eq!(schema(form(reference.clone())), Some(reference));
        assert_eq!(
            schema(form(json!({"properties": {"n": {"type": "number"}}}))),
            Some(json!({"properties": {"n": {"type": "string", "format": "decimal"}}}))
        );
        assert_eq!(schema(form(json!({"properties": {"l": {"type": "array"}}}))), None);
    }

    #[test]
    fn two_kinds_of_json_with_schemas_of_their_own_are_a_choice() {
        let (value, _) = run(
            apply,
            json!({"paths": {"/x": {"get": {"operationId": "get", "responses": {
                "200": {"content": {"application/vnd.x.v2+json": {"schema": {"type": "object"}}}},
                "400": {"content": {"application/problem+json": {"schema": {"type": "object"}}, "application/json": {"schema": {"type": "array"}}}}
            }}}}}),
        );
        assert_eq!(
            value.pointer("/paths/~1x/get/responses/400/content/application~1json/schema"),
            Some(&json!({"oneOf": [{"type": "array"}, {"type": "object"}]}))
        );
        assert_eq!(
            value.pointer("/paths/~1x/get/x-bindings/accept"),
            Some(&json!("application/vnd.x.v2+json"))
        );
    }

    #[test]
    fn any_media_type_with_an_object_is_json_and_documents_are_bytes() {
        let (value, _) = run(
            apply,
            json!({"paths": {"/x": {"get": {"operationId": "get", "responses": {
                "200": {"content": {"application/json": {"schema": {}}, "application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
                "400": {"content": {"*/*": {"schema": {"type": "object"}}}}
            }}}}}),
        );
        assert_eq!(
            value.pointer("/paths/~1x/get/responses/400/content"),
            Some(&json!({"application/json": {"schema": {"type": "object"}}}))
        );
        assert!(
            value
                .pointer("/paths/~1x/get/responses/200/content/application~1octet-stream")
                .is_some()
        );
        assert_eq!(
            value.pointer("/paths/~1x/get/x-bindings/accept"),
            Some(&json!("application/json, application/pdf"))
        );
    }
}
