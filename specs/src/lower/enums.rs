//! Closed lists of values: open where the server writes them, strict where we do.
//!
//! typify makes a closed enum of them, so that one new code fails a whole page. Each becomes a
//! component with `x-bindings`, for which the generator writes an enum that keeps an unknown code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tidy_schemas::describe, tree, usage};

const NAME: &str = "enums";

/// What the generator needs to write an enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EnumSpec {
    /// The values, as they stand on the wire.
    pub(crate) values: Vec<String>,
    /// Requests use it.
    pub(crate) requests: bool,
    /// Responses use it.
    pub(crate) responses: bool,
}

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let usage = usage::of(&lowering.value);
    let mut found = BTreeMap::new();
    let schemas = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let Some(schema) = schema.as_object_mut() else {
            continue;
        };
        let Some(values) = strings(schema) else {
            continue;
        };
        let requests = usage.requests.contains(name);
        let responses = usage.responses.contains(name) || !requests;
        let spec = EnumSpec {
            values,
            requests,
            responses,
        };
        schema.shift_remove("enum");
        schema.shift_remove("default");
        schema.insert("x-bindings".to_owned(), json!({ "enum": spec }));
        found.insert(name.clone(), (tree::origin(schema), requests, responses));
    }
    others(lowering);
    for (name, (pointer, requests, responses)) in found {
        let effect = match (requests, responses) {
            (true, false) => "a closed enum: only requests use it",
            (true, true) => "an open enum: an unknown code is kept when read, and refused when written",
            _ => "an open enum: an unknown code is kept",
        };
        lowering.record(
            NAME,
            format!("{pointer}/enum"),
            format!("a closed `{name}` would fail a whole response for one new code"),
            effect,
        );
    }
    Ok(())
}

/// Lists of anything but texts: the plain type, so that a new value is no error.
fn others(lowering: &mut Lowering) {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if let Some(values) = schema.shift_remove("enum") {
            let values: Vec<String> = values.as_array().into_iter().flatten().map(Value::to_string).collect();
            describe(schema, &format!("One of {} when this was written.", values.join(", ")));
            if schema.get("type").is_some_and(|kind| kind == "string") {
                // Texts mixed with something else.
                schema.shift_remove("type");
            }
            found.push(tree::origin(schema));
        }
    });
    for pointer in found {
        lowering.record(
            NAME,
            format!("{pointer}/enum"),
            "a list of values that are no texts",
            "the plain type; the description names the values",
        );
    }
}

fn strings(schema: &Map<String, Value>) -> Option<Vec<String>> {
    if schema.get("type").is_none_or(|kind| kind != "string") {
        return None;
    }
    schema
        .get("enum")?
        .as_array()?
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::run;

    #[test]
    fn direction_decides_how_open_a_list_is() {
        let schema =
            |name: &str| json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}});
        let list = json!({"type": "string", "enum": ["a"]});
        let (value, rewrites) = run(
            apply,
            json!({
                "paths": {"/x": {"post": {"requestBody": {"content": schema("In")}, "responses": {"200": {"content": schema("Out")}, "400": {"content": schema("Both")}},
                    "parameters": [{"schema": {"$ref": "#/components/schemas/Both"}}]}}},
                "components": {"schemas": {"In": list, "Out": list, "Both": list, "Number": {"type": "integer", "enum": [1, 2]}}}
            }),
        );
        let spec = |name: &str| {
            value
                .pointer(&format!("/components/schemas/{name}/x-bindings/enum"))
                .unwrap()
                .clone()
        };
        assert_eq!(
            spec("In"),
            json!({"values": ["a"], "requests": true, "responses": false})
        );
        assert_eq!(
            spec("Out"),
            json!({"values": ["a"], "requests": false, "responses": true})
        );
        assert_eq!(
            spec("Both"),
            json!({"values": ["a"], "requests": true, "responses": true})
        );
        assert_eq!(
            value.pointer("/components/schemas/Number"),
            Some(&json!({"type": "integer", "description": "One of 1, 2 when this was written."}))
        );
        assert_eq!(rewrites.len(), 4);
    }
}
