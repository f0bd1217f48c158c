//! The verdicts against the values themselves: when a value that was valid no longer is, or the
//! other way round, the comparison must not have called it harmless.

use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Map, Value, json};
use skatteetaten_specs::{
    diff::{Catalogue, Direction, Effect, Report},
    document::Document,
    manifest,
};

use super::{compare, document, ids, responding};

/// A schema whose values can be enumerated at their edges; never deeper than a few levels.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        (0..3_u32, 2..5_u32).prop_map(|(least, most)| json!({"type": "string", "minLength": least, "maxLength": most})),
        Just(json!({"type": "string", "pattern": "^a"})),
        Just(json!({"type": "string", "format": "date"})),
        Just(json!({"type": "string", "enum": ["a", "b"]})),
        Just(json!({"type": "string", "enum": ["b", "c"]})),
        (0..4_i64).prop_map(|least| json!({"type": "integer", "minimum": least})),
        (0..4_i64).prop_map(|most| json!({"type": "integer", "maximum": most, "exclusiveMaximum": true})),
        (1..4_i64).prop_map(|step| json!({"type": "integer", "multipleOf": step})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "string", "nullable": true})),
        Just(json!({"not": {"type": "string"}})),
        Just(json!({})),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0..3_u32)
                .prop_map(|(items, most)| json!({"type": "array", "items": items, "maxItems": most})),
            (inner.clone(), inner.clone(), 0..3_usize, any::<bool>()).prop_map(|(a, b, required, open)| {
                let names = &["p0", "p1"][..required];
                json!({"type": "object", "required": names, "properties": {"p0": a, "p1": b},
                       "additionalProperties": open})
            }),
            inner
                .clone()
                .prop_map(|values| json!({"type": "object", "additionalProperties": values, "minProperties": 1})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"oneOf": [a, b]})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"anyOf": [a, b]})),
            (inner.clone(), inner).prop_map(|(a, b)| json!({"allOf": [a, b]})),
        ]
    })
}

/// Values at the edges of a schema, and beyond them.
fn samples(schema: &Value) -> Vec<Value> {
    let mut list = vec![json!(null), json!(true), json!(1.5), json!([]), json!({})];
    list.extend((-1..5).map(Value::from));
    list.extend(["", "a", "c", "abcdef", "2024-01-31"].map(Value::from));
    for part in ["oneOf", "anyOf", "allOf"] {
        for branch in schema[part].as_array().into_iter().flatten() {
            list.extend(samples(branch));
        }
    }
    if schema.get("items").is_some() {
        let items = samples(&schema["items"]);
        list.extend(items.iter().map(|item| json!([item])));
        list.extend(items.iter().map(|item| json!([item, item])));
    }
    if let Some(properties) = schema["properties"].as_object() {
        let below: Vec<(&String, Vec<Value>)> = properties
            .iter()
            .map(|(name, schema)| (name, samples(schema)))
            .collect();
        // One value that fits for each, so that an object fails for one reason at a time.
        let fitting: Map<String, Value> = below
            .iter()
            .filter_map(|(name, values)| {
                let validator = jsonschema::validator_for(&readable(&properties[*name])).unwrap();
                let value = values.iter().find(|value| validator.is_valid(value))?;
                Some(((*name).clone(), value.clone()))
            })
            .collect();
        for (name, values) in &below {
            for value in values {
                list.push(json!({*name: value}));
                let mut whole = fitting.clone();
                whole.insert((*name).clone(), value.clone());
                list.push(Value::Object(whole.clone()));
                whole.insert("other".to_owned(), json!(1));
                list.push(Value::Object(whole));
            }
        }
    }
    if schema["additionalProperties"].is_object() {
        list.extend(
            samples(&schema["additionalProperties"])
                .iter()
                .map(|value| json!({"p0": value})),
        );
    }
    list
}

/// The same schema in the words of JSON Schema, which has no `nullable` and no switch beside a
/// bound. `oneOf` is read as `anyOf`: a value that matches two alternatives is the concern of the
/// rules about overlaps, which warn and do not decide. An object that is open counts as having
/// what it describes: nobody sends, or expects, what no document names.
fn readable(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut out: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), readable(value)))
                .collect();
            if out.shift_remove("nullable") == Some(json!(true)) {
                let kind = out["type"].take();
                out["type"] = json!([kind, "null"]);
            }
            if out.shift_remove("exclusiveMaximum") == Some(json!(true)) {
                let bound = out.shift_remove("maximum").unwrap();
                out.insert("exclusiveMaximum".to_owned(), bound);
            }
            if out.get("additionalProperties") == Some(&json!(true)) {
                out.insert("additionalProperties".to_owned(), json!(false));
            }
            if let Some(branches) = out.shift_remove("oneOf") {
                out.insert("anyOf".to_owned(), branches);
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(readable).collect()),
        other => other.clone(),
    }
}

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        max_shrink_iters: 64,
        ..ProptestConfig::default()
    }
}

fn both_ways(schema: &Value) -> Value {
    let mut document = responding(schema.clone());
    document["paths"]["/orders"]["get"]["requestBody"] = json!({"content": {"application/json": {"schema": schema}}});
    document
}

/// Whether a finding of this direction says that the set narrows, or widens.
fn moves(report: &Report, direction: Direction) -> (bool, bool) {
    let catalogue = Catalogue::embedded().unwrap();
    let mut moves = (false, false);
    for finding in &report.findings {
        if finding.direction != Some(direction) {
            continue;
        }
        match catalogue.get(&finding.rule).unwrap().effect {
            Effect::Narrows => moves.0 = true,
            Effect::Widens => moves.1 = true,
            Effect::Both | Effect::Undecided => moves = (true, true),
            Effect::None => {}
        }
    }
    moves
}

fn check(old: &Value, new: &Value) -> Result<(), TestCaseError> {
    let report = compare(&both_ways(old), &both_ways(new));
    let validator = |schema: &Value| {
        jsonschema::options()
            .should_validate_formats(true)
            .build(&readable(schema))
            .unwrap()
    };
    let (before, after) = (validator(old), validator(new));
    let mut lost = None;
    let mut gained = None;
    for value in samples(old).into_iter().chain(samples(new)) {
        match (before.is_valid(&value), after.is_valid(&value)) {
            (true, false) => lost = Some(value),
            (false, true) => gained = Some(value),
            _ => {}
        }
    }
    // What is lost in a request is refused; what is new in a response surprises. The other way
    // round is harmless, so it is not looked for.
    let (narrows, _) = moves(&report, Direction::Request);
    prop_assert!(
        narrows || lost.is_none(),
        "{lost:?} is lost, {:?}\n{old}\n{new}",
        ids(&report)
    );
    let (_, widens) = moves(&report, Direction::Response);
    prop_assert!(
        widens || gained.is_none(),
        "{gained:?} is new, {:?}\n{old}\n{new}",
        ids(&report)
    );
    Ok(())
}

proptest! {
    #![proptest_config(settings(40))]

    #[test]
    fn no_value_is_lost_or_gained_silently(old in schema(), new in schema()) {
        check(&old, &new)?;
    }

    /// Small steps find what big ones drown.
    #[test]
    fn nor_by_one_step(old in schema(), step in schema(), at in any::<prop::sample::Index>()) {
        let mut new = old.clone();
        let places: Vec<String> = schemas_in(&old, "");
        let place = &places[at.index(places.len())];
        *new.pointer_mut(place).unwrap() = step;
        check(&old, &new)?;
    }
}

/// Pointers to every schema in a schema.
fn schemas_in(schema: &Value, at: &str) -> Vec<String> {
    let mut list = vec![at.to_owned()];
    for name in ["items", "additionalProperties", "not"] {
        if schema[name].is_object() {
            list.extend(schemas_in(&schema[name], &format!("{at}/{name}")));
        }
    }
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        list.extend(schemas_in(below, &format!("{at}/properties/{name}")));
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        for (index, branch) in schema[part].as_array().into_iter().flatten().enumerate() {
            list.extend(schemas_in(branch, &format!("{at}/{part}/{index}")));
        }
    }
    list
}

/// The check above can fail.
#[test]
fn a_lost_value_is_seen() {
    let (old, new) = (
        json!({"type": "integer", "minimum": 1}),
        json!({"type": "integer", "minimum": 2}),
    );
    let same = compare(&both_ways(&old), &both_ways(&old));
    assert_eq!(moves(&same, Direction::Request), (false, false));
    assert!(samples(&old).contains(&json!(1)));
    let report = compare(&both_ways(&old), &both_ways(&new));
    assert_eq!(moves(&report, Direction::Request), (true, false));
    assert_eq!(moves(&report, Direction::Response), (true, false));
}

/// Every pointer of a document.
fn pointers(value: &Value, at: &str, list: &mut Vec<String>) {
    list.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{at}/{name}"), list);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), list);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(settings(40))]

    /// Whatever is changed in a real document, something is said; nothing makes it stop.
    #[test]
    fn no_change_goes_unsaid(
        at in any::<prop::sample::Index>(),
        junk in prop_oneof![
            Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!("x")), Just(json!(7)),
            Just(json!({"$ref": "#"})), Just(json!({"$ref": "#/paths"})), Just(json!([{"type": 3}])),
        ],
    ) {
        let bytes = manifest::find("trekkpaalegg-app@1.4").unwrap().verified().unwrap();
        let old = Document::parse("old", bytes).unwrap().into_value();
        let mut list = Vec::new();
        pointers(&old, "", &mut list);
        let place = &list[1 + at.index(list.len() - 1)];
        let mut new = old.clone();
        let found = new.pointer_mut(place).unwrap();
        // A switch that is no boolean is off, which `false` was already.
        prop_assume!(*found != junk && *found != json!(false));
        *found = junk.clone();
        let forth = compare(&old, &new);
        prop_assert!(!forth.findings.is_empty(), "{place} := {junk}");
        let back = compare(&new, &old);
        prop_assert!(!back.findings.is_empty(), "back from {place} := {junk}");
        let same = compare(&new, &new);
        prop_assert!(same.findings.is_empty(), "{place} := {junk}: {:?}", ids(&same));
    }
}

/// A member that no specification knows is a finding, wherever it stands.
#[test]
fn unknown_members_are_findings() {
    let old = document(
        json!({"/a": {"post": {"operationId": "a",
            "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"b": {"type": "string"}}}}}},
            "responses": {"200": {"description": "", "headers": {"X-A": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}}}}}}),
        json!({}),
    );
    let mut list = Vec::new();
    pointers(&old, "", &mut list);
    let mut silent = Vec::new();
    for place in list {
        let mut new = old.clone();
        let Some(object) = new.pointer_mut(&place).and_then(Value::as_object_mut) else {
            continue;
        };
        object.insert("surprise".to_owned(), json!({"x": 1}));
        if compare(&old, &new).findings.is_empty() {
            silent.push(place);
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}
