//! Documents that say the same in other words.

use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Map, Value, json};
use skatteetaten_specs::diff::Level;

use super::{compare, document, ids, responding};

fn settings() -> ProptestConfig {
    ProptestConfig {
        cases: 64,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A schema, up to three levels deep.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "format": "date"})),
        Just(json!({"type": "string", "enum": ["a", "b"]})),
        (0..9_i64).prop_map(|least| json!({"type": "integer", "minimum": least})),
        Just(json!({"type": "boolean", "nullable": true})),
        Just(json!({"$ref": "#/components/schemas/Shared"})),
        Just(json!({})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            (proptest::collection::vec(inner.clone(), 1..4), any::<bool>()).prop_map(|(list, required)| {
                let properties: Map<String, Value> = list
                    .into_iter()
                    .enumerate()
                    .map(|(index, schema)| (format!("p{index}"), schema))
                    .collect();
                let names = if required { json!(["p0"]) } else { json!([]) };
                json!({"type": "object", "required": names, "properties": properties})
            }),
            (inner.clone(), inner).prop_map(|(a, b)| json!({"oneOf": [a, b, {"type": "integer", "maximum": 0}]})),
        ]
    })
}

fn with(request: Value, response: Value) -> Value {
    document(
        json!({"/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "post": {
                "operationId": "send",
                "parameters": [{"name": "X-Trace", "in": "header", "schema": {"$ref": "#/components/schemas/Shared"}}],
                "requestBody": {"content": {"application/json": {"schema": request}}},
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": response}}}}
            }
        }}),
        json!({"schemas": {
            "Shared": {"type": "string", "maxLength": 9},
            "Tree": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}
        }}),
    )
}

/// Every object with its members the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let list: Vec<_> = members
                .iter()
                .rev()
                .map(|(key, value)| (key.clone(), reversed(value)))
                .collect();
            Value::Object(list.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

/// References to `Shared` replaced by what it is.
fn inlined(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.get("$ref") == Some(&json!("#/components/schemas/Shared")) => {
            json!({"type": "string", "maxLength": 9})
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone(), inlined(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(inlined).collect()),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn nothing_differs_from_itself(request in schema(), response in schema()) {
        let document = with(request, response);
        prop_assert!(compare(&document, &document).findings.is_empty());
    }

    #[test]
    fn the_order_of_keys_means_nothing(request in schema(), response in schema()) {
        let document = with(request, response);
        let report = compare(&document, &reversed(&document));
        prop_assert!(report.findings.is_empty(), "{:?}", ids(&report));
    }

    #[test]
    fn a_reference_is_what_it_stands_for(request in schema(), response in schema()) {
        let document = with(request, response);
        let other = inlined(&document);
        for (old, new) in [(&document, &other), (&other, &document)] {
            let report = compare(old, new);
            prop_assert!(report.findings.is_empty(), "{:?}", ids(&report));
        }
    }

    #[test]
    fn shared_parameters_may_stand_at_the_path(request in schema()) {
        let old = with(request, json!({}));
        let mut new = old.clone();
        let item = &mut new["paths"]["/a/{id}"];
        let own = item["post"]["parameters"][0].take();
        item["post"].as_object_mut().unwrap().shift_remove("parameters");
        item["parameters"].as_array_mut().unwrap().push(own);
        for (one, other) in [(&old, &new), (&new, &old)] {
            let report = compare(one, other);
            prop_assert!(report.findings.is_empty(), "{:?}", ids(&report));
        }
    }

    /// A difference is never lost: two schemas that differ and are not equivalent give findings,
    /// and reading backwards never turns a break in both directions into nothing.
    #[test]
    fn what_differs_one_way_differs_the_other_way(old in schema(), new in schema()) {
        let (old, new) = (with(json!({}), old), with(json!({}), new));
        let forth = compare(&old, &new);
        let back = compare(&new, &old);
        prop_assert_eq!(forth.findings.is_empty(), back.findings.is_empty(), "{:?} {:?}", ids(&forth), ids(&back));
    }

    /// The same change in a request and in a response: what narrows one way widens the other, so
    /// the two are never both harmless unless it is harmless to everybody.
    #[test]
    fn a_change_in_both_directions_is_seen_in_both(old in schema(), new in schema()) {
        let report = compare(&with(old.clone(), old), &with(new.clone(), new));
        let has = |direction| report.findings.iter().any(|finding| finding.direction == Some(direction));
        use skatteetaten_specs::diff::Direction;
        prop_assert_eq!(has(Direction::Request), has(Direction::Response), "{:?}", ids(&report));
    }
}

/// Pairs that mean the same.
#[test]
fn other_spellings_of_the_same_schema() {
    let pairs = [
        (json!({"allOf": [{"type": "string"}]}), json!({"type": "string"})),
        (
            json!({"oneOf": [{"type": "string"}]}),
            json!({"anyOf": [{"type": "string"}]}),
        ),
        (
            json!({"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["a"]}]}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
        ),
        (
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
            json!({"type": "integer", "exclusiveMinimum": 1}),
        ),
        (
            json!({"type": "string", "nullable": true}),
            json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
        ),
        (
            json!({"type": ["string", "null"]}),
            json!({"type": "string", "nullable": true}),
        ),
        (json!({"type": "string", "minLength": 0}), json!({"type": "string"})),
        (
            json!({"type": "array", "items": {}, "minItems": 0, "uniqueItems": false}),
            json!({"type": "array"}),
        ),
        (
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "object"}),
        ),
        (json!({"enum": ["a"]}), json!({"const": "a"})),
        (
            json!({"type": "number", "maximum": 5, "allOf": [{"maximum": 9}]}),
            json!({"type": "number", "maximum": 5}),
        ),
    ];
    for (one, other) in pairs {
        for (old, new) in [(&one, &other), (&other, &one)] {
            let report = compare(&responding(old.clone()), &responding(new.clone()));
            assert!(report.findings.is_empty(), "{old} {new}: {:?}", ids(&report));
        }
    }
}

#[test]
fn addresses_that_stay_give_documentation_at_most() {
    let operation = json!({"get": {"operationId": "a", "responses": {}}});
    let mut old = document(json!({"/v1/a": operation}), json!({}));
    old["servers"] = json!([{"url": "https://x.example.no"}]);
    let mut new = document(json!({"/a": operation}), json!({}));
    new["servers"] = json!([{"url": "https://x.example.no/v1"}]);
    let report = compare(&old, &new);
    assert_eq!(ids(&report), ["server-prefix-moved"]);
    assert!(report.findings[0].level <= Level::Risky);
}
