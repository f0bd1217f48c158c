//! Which component schemas requests use, and which responses use.

use std::collections::BTreeSet;

use serde_json::Value;

use super::tree;

/// Names of component schemas by direction.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// Reachable from a parameter or a request body.
    pub(crate) requests: BTreeSet<String>,
    /// Reachable from a response.
    pub(crate) responses: BTreeSet<String>,
}

/// Follows every reference from the operations.
pub(crate) fn of(document: &Value) -> Usage {
    let mut usage = Usage::default();
    let items = document.get("paths").and_then(Value::as_object);
    for item in items.into_iter().flatten().filter_map(|(_, item)| item.as_object()) {
        for (key, value) in item {
            if key == "parameters" {
                follow(document, value, &mut usage.requests);
            }
            if let Some(operation) = value.as_object() {
                for (key, value) in operation {
                    match key.as_str() {
                        "parameters" | "requestBody" => follow(document, value, &mut usage.requests),
                        "responses" => follow(document, value, &mut usage.responses),
                        _ => {}
                    }
                }
            }
        }
    }
    usage
}

/// Adds the names of the component schemas that `start` reaches.
pub(crate) fn follow(document: &Value, start: &Value, seen: &mut BTreeSet<String>) {
    let mut visited = BTreeSet::new();
    let mut queue = vec![start];
    while let Some(value) = queue.pop() {
        match value {
            Value::Object(object) => {
                if let Some(target) = object.get("$ref").and_then(Value::as_str)
                    && let Some(pointer) = target.strip_prefix('#')
                    && visited.insert(pointer.to_owned())
                {
                    if let Some(name) = tree::schema_name(object) {
                        seen.insert(name.to_owned());
                    }
                    queue.extend(document.pointer(pointer));
                }
                queue.extend(object.values());
            }
            Value::Array(items) => queue.extend(items),
            _ => {}
        }
    }
}
