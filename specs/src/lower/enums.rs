//! Closed lists of values: open where the server writes them, strict where we do.
//!
//! typify makes a closed enum of them, so that one new code fails a whole page. Each becomes a
//! component with `x-bindings`, for which the generator writes an enum that keeps an unknown code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tree, usage};

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
