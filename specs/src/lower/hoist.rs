//! Inline objects, lists of codes and choices get a name, and the same one is written once.
//!
//! A component's name comes from where it stands, so that it does not depend on what else the
//! document holds. Names that Rust cannot tell apart, or that mean something in Rust, get a
//! number or a suffix.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, references::insert_component, tree};

const NAME: &str = "inline-types";

/// Names that generated code uses for something else.
const TAKEN: [&str; 20] = [
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "String",
    "Vec",
    "Box",
    "Default",
    "Clone",
    "Debug",
    "PartialEq",
    "Send",
    "Sync",
    "Error",
    "Self",
    "From",
    "Into",
    "Drop",
];

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    component_names(lowering);
    let mut taken: BTreeSet<String> = tree::components(&lowering.value)
        .map(|(name, _)| name.clone())
        .chain(TAKEN.iter().map(|name| (*name).to_owned()))
        .collect();
    let mut hoister = Hoister {
        taken: &mut taken,
        seen: BTreeMap::new(),
        new: Vec::new(),
        found: Vec::new(),
    };
    // Components first, in order, so that names follow the document.
    let all: Vec<String> = tree::components(&lowering.value)
        .map(|(name, _)| name.clone())
        .collect();
    for name in all {
        let pointer = format!("/components/schemas/{}", tree::step(&name));
        if let Some(schema) = lowering.value.pointer_mut(&pointer) {
            hoister.inside(schema, &name);
        }
    }
    tree::walk_parts(&mut lowering.value, &mut |part, pointer, value| {
        if part == tree::Part::Operation {
            let id = value
                .get("operationId")
                .and_then(Value::as_str)
                .unwrap_or(pointer)
                .to_owned();
            hoister.operation(value, &id);
        }
    });
    let (new, found) = (hoister.new, hoister.found);
    for (name, schema) in new {
        insert_component(&mut lowering.value, &name, schema);
    }
    for (pointer, name, again) in found {
        lowering.record(
            NAME,
            pointer,
            if again {
                "an inline schema that stands elsewhere too"
            } else {
                "an inline schema has no name"
            },
            format!("the type is `{name}`"),
        );
    }
    Ok(())
}

struct Hoister<'a> {
    taken: &'a mut BTreeSet<String>,
    seen: BTreeMap<String, String>,
    new: Vec<(String, Value)>,
    found: Vec<(String, String, bool)>,
}

impl Hoister<'_> {
    fn operation(&mut self, operation: &mut Value, id: &str) {
        for parameter in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            if let Some(schema) = parameter.get_mut("schema") {
                self.whole(schema, &format!("{id}-{name}"));
            }
        }
        let bodies = operation
            .get_mut("requestBody")
            .and_then(|body| body.get_mut("content"));
        self.content(bodies, &format!("{id}-request"));
        for (status, response) in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let suffix = if status.starts_with('2') {
                "response".to_owned()
            } else if status.starts_with(['4', '5', 'd']) {
                "error".to_owned()
            } else {
                format!("status-{status}")
            };
            self.content(response.get_mut("content"), &format!("{id}-{suffix}"));
        }
    }

    fn content(&mut self, content: Option<&mut Value>, name: &str) {
        for (_, media) in content.and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(schema) = media.get_mut("schema") {
                self.whole(schema, name);
            }
        }
    }

    /// The schemas inside one that has a name.
    fn inside(&mut self, schema: &mut Value, name: &str) {
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        for (key, child) in object.iter_mut() {
            match key.as_str() {
                "properties" => {
                    for (field, property) in child.as_object_mut().into_iter().flatten() {
                        self.whole(property, &format!("{name}-{field}"));
                    }
                }
                "items" => self.whole(child, &format!("{name}-item")),
                "additionalProperties" => self.whole(child, &format!("{name}-value")),
                "oneOf" | "anyOf" => {
                    for (index, branch) in child.as_array_mut().into_iter().flatten().enumerate() {
                        let word = spoken(branch).unwrap_or_else(|| format!("{}", index + 1));
                        self.whole(branch, &format!("{name}-{word}"));
                    }
                }
                _ => {}
            }
        }
    }

    /// One schema; named if it needs to be.
    fn whole(&mut self, schema: &mut Value, name: &str) {
        self.inside(schema, name);
        let Some(object) = schema.as_object() else {
            return;
        };
        if !needs_name(object) {
            return;
        }
        let at = tree::origin(object);
        let mut key: Map<String, Value> = object.clone();
        for outer in ["nullable", "description", "readOnly", "writeOnly"] {
            key.shift_remove(outer);
        }
        let mut bare = Value::Object(key.clone());
        tree::strip(&mut bare);
        let fingerprint = bare.to_string();
        let known = self.seen.get(&fingerprint).cloned();
        let again = known.is_some();
        let name = known.unwrap_or_else(|| names::unique(&names::pascal(name), self.taken));
        let mut reference = Map::new();
        reference.insert("$ref".to_owned(), json!(format!("#/components/schemas/{name}")));
        for outer in ["nullable", "description", "readOnly", "writeOnly", tree::ORIGIN] {
            if let Some(value) = object.get(outer) {
                reference.insert(outer.to_owned(), value.clone());
            }
        }
        if !again {
            if let Some(description) = object.get("description") {
                key.insert("description".to_owned(), description.clone());
            }
            self.seen.insert(fingerprint, name.clone());
            self.new.push((name.clone(), Value::Object(key)));
        }
        self.found.push((at, name, again));
        *schema = Value::Object(reference);
    }
}

/// What a branch is about, for its name: the field that has one fixed value, or the one required.
fn spoken(branch: &Value) -> Option<String> {
    let fixed = branch.get("properties")?.as_object()?.values().find_map(|property| {
        match property.get("enum")?.as_array()?.as_slice() {
            [Value::String(only)] => Some(only.clone()),
            _ => None,
        }
    });
    fixed.or_else(|| match branch.get("required")?.as_array()?.as_slice() {
        [Value::String(only)] => Some(only.clone()),
        _ => None,
    })
}

fn needs_name(schema: &Map<String, Value>) -> bool {
    schema.contains_key("oneOf")
        || schema.contains_key("anyOf")
        || (schema.contains_key("enum") && schema.get("type").is_some_and(|kind| kind == "string"))
        || schema.contains_key("properties")
}

/// Components whose names Rust cannot tell apart, or cannot use.
fn component_names(lowering: &mut Lowering) {
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    let mut renamed = BTreeMap::new();
    let all: Vec<String> = tree::components(&lowering.value)
        .map(|(name, _)| name.clone())
        .collect();
    for name in &all {
        let plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.');
        let stable = plain && names::pascal(name) == names::pascal(&names::pascal(name));
        let wanted = if stable { name.clone() } else { names::pascal(name) };
        let wanted = if TAKEN.contains(&names::pascal(&wanted).as_str()) {
            format!("{wanted}Type")
        } else {
            wanted
        };
        let unique = names::unique(&wanted, &mut taken);
        if unique != *name {
            renamed.insert(name.clone(), unique);
        }
    }
    if renamed.is_empty() {
        return;
    }
    let reference = |name: &str| format!("#/components/schemas/{}", tree::step(name));
    let references: BTreeMap<String, String> = renamed
        .iter()
        .map(|(old, new)| (reference(old), reference(new)))
        .collect();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let new = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|text| references.get(text));
        if let Some(new) = new {
            schema.insert("$ref".to_owned(), json!(new));
        }
        for (_, target) in schema
            .get_mut("discriminator")
            .and_then(|tag| tag.get_mut("mapping"))
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let new = target
                .as_str()
                .and_then(|text| references.get(text).cloned().or_else(|| renamed.get(text).cloned()));
            if let Some(new) = new {
                *target = json!(new);
            }
        }
    });
    let mut places = Vec::new();
    if let Some(schemas) = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        *schemas = std::mem::take(schemas)
            .into_iter()
            .map(|(name, schema)| match renamed.get(&name) {
                Some(new) => {
                    places.push((tree::origin_of(&schema), name, new.clone()));
                    (new.clone(), schema)
                }
                None => (name, schema),
            })
            .collect();
    }
    for (pointer, old, new) in places {
        lowering.record(
            "type-names",
            pointer,
            format!("`{old}` is no name of its own in Rust"),
            format!("the type is `{}`", names::pascal(&new)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn inline_types_are_named_after_their_place_and_written_once() {
        let inline = json!({"type": "string", "enum": ["a"]});
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "object", "properties": {"x": inline, "y": {"type": "array", "items": inline}}}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "A": {"type": "object", "properties": {
                    "x": {"$ref": "#/components/schemas/Ax"},
                    "y": {"type": "array", "items": {"$ref": "#/components/schemas/Ax"}}
                }},
                "Ax": inline
            }))
        );
        assert_eq!(rewrites.len(), 2);
    }

    #[test]
    fn names_that_clash_are_told_apart() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "foo_bar": {"type": "object", "properties": {"s": {"$ref": "#/components/schemas/String"}}},
                "FooBar": {"type": "object", "properties": {"f": {"$ref": "#/components/schemas/FooBar"}}},
                "String": {"type": "object"}
            })),
        );
        assert_eq!(
            value.pointer("/components/schemas/FooBar2/properties/f/$ref"),
            Some(&json!("#/components/schemas/FooBar2"))
        );
        assert_eq!(
            value.pointer("/components/schemas/foo_bar/properties/s/$ref"),
            Some(&json!("#/components/schemas/StringType"))
        );
        assert_eq!(rewrites.len(), 2);
    }
}
