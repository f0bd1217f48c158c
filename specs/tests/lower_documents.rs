//! Whole documents through lowering and generating: the invented ones, and mutated ones.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(all(feature = "lower", feature = "yaml"))]

use std::{fs, path::PathBuf};

use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value, json};
use skatteetaten_specs::{
    document::Document,
    generate::{Options, rust, standalone},
    lower::lower,
    manifest::pinned,
};

/// The invented documents. They are no part of the published crate, and neither are the tests.
fn fixtures() -> Vec<(String, Document)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents");
    let mut all: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let document = Document::parse(stem.clone(), &fs::read(path).unwrap()).unwrap();
            (stem, document)
        })
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn pinned_documents() -> Vec<(String, Document)> {
    pinned()
        .unwrap()
        .iter()
        .map(|pinned| (pinned.id(), Document::parse(pinned.id(), pinned.bytes()).unwrap()))
        .collect()
}

#[test]
fn each_small_document_needs_the_rewrite_it_is_named_after() {
    for (stem, document) in fixtures() {
        let lowered = lower(&document).unwrap();
        let names: Vec<&str> = lowered.rewrites().iter().map(|rewrite| rewrite.name).collect();
        if stem == "torture" {
            for (other, _) in fixtures().iter().filter(|(other, _)| other != "torture") {
                let rewrite = other.replace('_', "-");
                assert!(
                    names.contains(&rewrite.as_str()),
                    "the torture document lacks {rewrite}"
                );
            }
        } else {
            assert!(names.contains(&stem.replace('_', "-").as_str()), "{stem}: {names:?}");
        }
    }
}

#[test]
fn every_rewrite_names_a_place_of_the_original_document() {
    for (name, document) in fixtures().into_iter().chain(pinned_documents()) {
        for rewrite in lower(&document).unwrap().rewrites() {
            let mut pointer = rewrite.pointer.as_str();
            // The last step can be a keyword that a rewrite found missing or moved there.
            if document.value().pointer(pointer).is_none() {
                pointer = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            }
            assert!(document.value().pointer(pointer).is_some(), "{name}: {rewrite:?}");
        }
    }
}

#[test]
fn names_are_such_as_a_person_would_choose() {
    for (name, document) in fixtures().into_iter().chain(pinned_documents()) {
        let code = rust(&lower(&document).unwrap(), &Options::default()).unwrap();
        for line in code.lines().filter(|line| line.trim_start().starts_with("pub ")) {
            assert!(!line.contains("Variant") && !line.contains("Subtype"), "{name}: {line}");
        }
        assert!(!code.contains("f64") && !code.contains("api-version"), "{name}");
        assert!(!code.contains('\u{E0F1}') && !code.contains("bindings_types"), "{name}");
    }
}

#[test]
fn generating_twice_gives_the_same() {
    for (_, document) in pinned_documents() {
        let lowered = lower(&document).unwrap();
        let once = standalone(&lowered, &Options::default()).unwrap();
        assert_eq!(
            once,
            standalone(&lower(&document).unwrap(), &Options::default()).unwrap()
        );
        assert!(once.contains("// [dependencies]\n"));
    }
}

#[test]
fn other_versions_are_refused_with_a_way_out() {
    for (text, part) in [(r#"{"openapi":"3.1.0"}"#, "3.1.0"), (r#"{"swagger":"2.0"}"#, "2.0")] {
        let message = Document::parse("d.json", text.as_bytes()).unwrap_err().to_string();
        assert!(message.contains("d.json") && message.contains(part), "{message}");
    }
}

/// One change at a place of the document.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Replace(Value),
    CopyFrom(usize),
    Rename(String),
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!("object")),
        Just(json!("array")),
        Just(json!("string")),
        Just(json!(["string", "null"])),
        Just(json!({"$ref": "#/components/schemas/Feil"})),
        Just(json!({"$ref": "#/paths"})),
        Just(json!({"$ref": "#"})),
        Just(json!({"$ref": "x.json#/y"})),
        Just(json!({"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}}]})),
        Just(json!({"allOf": [{"$ref": "#/components/schemas/Feil"}, {"type": "string"}]})),
        Just(json!({"type": "string", "enum": ["", "=", "a", "A", null]})),
        Just(json!("\u{0}{}/æ€ \"")),
    ];
    let change = prop_oneof![
        2 => Just(Change::Remove),
        4 => value.prop_map(Change::Replace),
        3 => any::<usize>().prop_map(Change::CopyFrom),
        1 => prop_oneof![Just(""), Just("$ref"), Just("type"), Just("fn"), Just("a-b"), Just("default"), Just("/{x}"), Just("2XX")].prop_map(|name| Change::Rename(name.to_owned())),
    ];
    prop::collection::vec((any::<usize>(), change), 1..5)
}

fn places(value: &Value, pointer: &str, out: &mut Vec<String>) {
    out.push(pointer.to_owned());
    match value {
        Value::Object(object) => {
            for (key, child) in object {
                places(
                    child,
                    &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
                    out,
                );
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                places(child, &format!("{pointer}/{index}"), out);
            }
        }
        _ => {}
    }
}

fn mutate(value: &mut Value, changes: &[(usize, Change)]) {
    for (place, change) in changes {
        let mut all = Vec::new();
        places(value, "", &mut all);
        let pointer = all[place % all.len()].clone();
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            continue;
        };
        let last = last.replace("~1", "/").replace("~0", "~");
        match change {
            Change::Replace(new) => {
                if let Some(place) = value.pointer_mut(&pointer) {
                    *place = new.clone();
                }
            }
            Change::CopyFrom(other) => {
                let copy = value.pointer(&all[other % all.len()]).cloned().unwrap_or_default();
                if let Some(place) = value.pointer_mut(&pointer) {
                    *place = copy;
                }
            }
            Change::Remove | Change::Rename(_) => match value.pointer_mut(parent) {
                Some(Value::Object(object)) => {
                    if let (Some(old), Change::Rename(new)) = (object.shift_remove(&last), change) {
                        object.insert(new.clone(), old);
                    }
                }
                Some(Value::Array(items)) => {
                    if let Ok(index) = last.parse::<usize>() {
                        items.remove(index);
                    }
                }
                _ => {}
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a document: code that parses, or an error that names the document and a
    /// way out; never a panic. What reaches the last net around progenitor is an error as well.
    #[test]
    fn mutated_documents_never_panic(which in any::<usize>(), changes in changes()) {
        let mut all = fixtures();
        all.extend(pinned_documents());
        let (name, document) = &all[which % all.len()];
        let mut value = document.value().clone();
        mutate(&mut value, &changes);
        let mutated = Document::from_value(name.clone(), value);
        match lower(&mutated) {
            Ok(lowered) => match rust(&lowered, &Options::default()) {
                Ok(code) => prop_assert!(syn::parse_file(&code).is_ok()),
                Err(error) => prop_assert!(error.to_string().contains(name.as_str())),
            },
            Err(error) => {
                prop_assert!(!error.way_out.is_empty());
                prop_assert!(error.to_string().contains(name.as_str()));
            }
        }
    }
}
