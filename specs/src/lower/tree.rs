//! Walking a document: every schema, parameter, response and operation, wherever it stands.

use serde_json::{Map, Value};

use crate::document::METHODS;

/// The key under which an object remembers where its author wrote it.
pub(crate) const ORIGIN: &str = "x-origin";

/// Escapes one step of a JSON pointer (RFC 6901).
pub(crate) fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Where the author wrote this object.
pub(crate) fn origin(object: &Map<String, Value>) -> String {
    object
        .get(ORIGIN)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// [`origin`] of a value that may be no object.
pub(crate) fn origin_of(value: &Value) -> String {
    value.as_object().map(origin).unwrap_or_default()
}

/// Visits one schema and every schema inside it, outermost first.
pub(crate) fn walk_schema(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    let Some(schema) = value.as_object_mut() else {
        return;
    };
    visit(pointer, schema);
    for (key, child) in schema.iter_mut() {
        match key.as_str() {
            "properties" => {
                for (name, property) in child.as_object_mut().into_iter().flatten() {
                    walk_schema(property, &format!("{pointer}/properties/{}", step(name)), visit);
                }
            }
            "items" | "additionalProperties" | "not" => {
                walk_schema(child, &format!("{pointer}/{key}"), visit);
            }
            "allOf" | "anyOf" | "oneOf" => {
                for (index, branch) in child.as_array_mut().into_iter().flatten().enumerate() {
                    walk_schema(branch, &format!("{pointer}/{key}/{index}"), visit);
                }
            }
            _ => {}
        }
    }
}

/// What stands at a place that is not a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// An operation.
    Operation,
    /// A parameter or header.
    Parameter,
    /// A response.
    Response,
    /// A request body.
    RequestBody,
    /// A media type.
    MediaType,
    /// A schema at the top of a component, parameter or media type.
    Schema,
}

/// Visits every operation, parameter, response, body, media type and top-level schema.
pub(crate) fn walk_parts(document: &mut Value, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        for (section, entries) in components.iter_mut() {
            for (name, entry) in entries.as_object_mut().into_iter().flatten() {
                let pointer = format!("/components/{section}/{}", step(name));
                match section.as_str() {
                    "schemas" => visit(Part::Schema, &pointer, entry),
                    "parameters" | "headers" => parameter(entry, &pointer, visit),
                    "responses" => response(entry, &pointer, visit),
                    "requestBodies" => body(entry, &pointer, visit),
                    _ => {}
                }
            }
        }
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        let pointer = format!("/paths/{}", step(path));
        for (key, child) in item.as_object_mut().into_iter().flatten() {
            let pointer = format!("{pointer}/{key}");
            if key == "parameters" {
                list(child, &pointer, visit);
            } else if METHODS.contains(&key.as_str()) {
                visit(Part::Operation, &pointer, child);
                operation(child, &pointer, visit);
            }
        }
    }
}

fn operation(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    for (key, child) in value.as_object_mut().into_iter().flatten() {
        let pointer = format!("{pointer}/{key}");
        match key.as_str() {
            "parameters" => list(child, &pointer, visit),
            "requestBody" => body(child, &pointer, visit),
            "responses" => {
                for (status, entry) in child.as_object_mut().into_iter().flatten() {
                    response(entry, &format!("{pointer}/{status}"), visit);
                }
            }
            _ => {}
        }
    }
}

fn list(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    for (index, entry) in value.as_array_mut().into_iter().flatten().enumerate() {
        parameter(entry, &format!("{pointer}/{index}"), visit);
    }
}

fn parameter(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    visit(Part::Parameter, pointer, value);
    if let Some(schema) = value.get_mut("schema") {
        visit(Part::Schema, &format!("{pointer}/schema"), schema);
    }
    content(value, pointer, visit);
}

fn body(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    visit(Part::RequestBody, pointer, value);
    content(value, pointer, visit);
}

fn response(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    visit(Part::Response, pointer, value);
    content(value, pointer, visit);
}

fn content(value: &mut Value, pointer: &str, visit: &mut dyn FnMut(Part, &str, &mut Value)) {
    let media = value.get_mut("content").and_then(Value::as_object_mut);
    for (kind, entry) in media.into_iter().flatten() {
        let pointer = format!("{pointer}/content/{}", step(kind));
        visit(Part::MediaType, &pointer, entry);
        if let Some(schema) = entry.get_mut("schema") {
            visit(Part::Schema, &format!("{pointer}/schema"), schema);
        }
    }
}

/// Visits every schema of the document, outermost first.
pub(crate) fn walk_schemas(document: &mut Value, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    walk_parts(document, &mut |part, pointer, value| {
        if part == Part::Schema {
            walk_schema(value, pointer, visit);
        }
    });
}

/// Writes each object's own place into it.
pub(crate) fn annotate(document: &mut Value) {
    walk_parts(document, &mut |part, pointer, value| {
        if part == Part::Schema {
            walk_schema(value, pointer, &mut |pointer, schema| {
                schema.insert(ORIGIN.to_owned(), pointer.into());
            });
        } else if let Some(object) = value.as_object_mut() {
            object.insert(ORIGIN.to_owned(), pointer.into());
        }
    });
}

/// Removes what [`annotate`] wrote, wherever it has been moved.
pub(crate) fn strip(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get(ORIGIN).is_some_and(Value::is_string) {
                object.shift_remove(ORIGIN);
            }
            object.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// The name in a reference to a component schema.
pub(crate) fn schema_name(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// The component schemas.
pub(crate) fn components(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// Every operation with its place; the callback may change it.
pub(crate) fn walk_operations(document: &mut Value, visit: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    walk_parts(document, &mut |part, pointer, value| {
        if part == Part::Operation
            && let Some(operation) = value.as_object_mut()
        {
            visit(pointer, operation);
        }
    });
}
