//! Inline objects, lists of codes and choices get a name, and the same one is written once.
//!
//! A component's name comes from where it stands, so that it does not depend on what else the
//! document holds. Names that Rust cannot tell apart, or that mean something in Rust, get a
//! number or a suffix.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, references::insert_component, tree};

const NAME: &str = "inline-types";

/// Names that generated code uses for something else.
const TAKEN: [&str; 19] = [
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
    "Self",
    "From",
    "Into",
    "Drop",
];

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    component_names(lowering);
    let mut taken: names::Taken = tree::components(&lowering.value)
        .map(|(name, _)| name.as_str())
        .chain(TAKEN)
        .collect();
    // An inline schema that says the same as a component is that component.
    let seen = tree::components(&lowering.value)
        .filter_map(|(name, schema)| Some((name, schema.as_object()?)))
        .filter(|(_, schema)| needs_name(schema) && !holds_inline(schema))
        .map(|(name, schema)| (fingerprint(schema), name.clone()))
        .fold(BTreeMap::new(), |mut seen, (fingerprint, name)| {
            seen.entry(fingerprint).or_insert(name);
            seen
        });
    let mut hoister = Hoister {
        taken: &mut taken,
        seen,
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
                "an inline schema that stands elsewhere too, or is a component"
            } else {
                "an inline schema has no name"
            },
            format!("the type is `{name}`"),
        );
    }
    Ok(())
}

struct Hoister<'a> {
    taken: &'a mut names::Taken,
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
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        let with_schema = |responses: &Map<String, Value>, success: bool| {
            responses
                .iter()
                .filter(|(status, response)| {
                    status.starts_with('2') == success && response.pointer("/content/application~1json").is_some()
                })
                .count()
        };
        let several = responses
            .as_deref()
            .map(|all| [with_schema(all, false) > 1, with_schema(all, true) > 1])
            .unwrap_or_default();
        for (status, response) in responses.into_iter().flatten() {
            let success = status.starts_with('2');
            let word = if success { "response" } else { "error" };
            // The name without a status is for the type of all of them.
            let suffix = if several[usize::from(success)] {
                format!("{word}-{status}")
            } else {
                word.to_owned()
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
                    let objects = child
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter(|branch| branch.get("properties").is_some())
                        .count();
                    for (index, branch) in child.as_array_mut().into_iter().flatten().enumerate() {
                        let word = spoken(branch).unwrap_or_else(|| {
                            if objects == 1 && branch.get("properties").is_some() {
                                "object".to_owned()
                            } else {
                                format!("{}", index + 1)
                            }
                        });
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
        for outer in OUTER {
            key.shift_remove(outer);
        }
        let fingerprint = fingerprint(object);
        let known = self.seen.get(&fingerprint).cloned();
        let again = known.is_some();
        let name = known.unwrap_or_else(|| self.taken.unique(&names::pascal(name)));
        let mut reference = Map::new();
        reference.insert(
            "$ref".to_owned(),
            json!(format!("#/components/schemas/{}", tree::step(&name))),
        );
        for outer in OUTER.into_iter().chain([tree::ORIGIN]) {
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

/// What belongs to the place where a schema stands, and not to its type.
const OUTER: [&str; 4] = ["nullable", "description", "readOnly", "writeOnly"];

/// The same for schemas that are the same type.
fn fingerprint(schema: &Map<String, Value>) -> String {
    let mut bare = schema.clone();
    for outer in OUTER {
        bare.shift_remove(outer);
    }
    let mut bare = Value::Object(bare);
    tree::strip(&mut bare);
    bare.to_string()
}

/// Whether something inside needs a name, so that what the schema says is not settled yet.
fn holds_inline(schema: &Map<String, Value>) -> bool {
    let mut found = false;
    let mut copy = Value::Object(schema.clone());
    tree::walk_schema(&mut copy, "", &mut |pointer, inner| {
        found |= !pointer.is_empty() && needs_name(inner);
    });
    found
}

/// What a branch is about, for its name: the first value of a closed list, or the one field that
/// is required, or is there at all.
fn spoken(branch: &Value) -> Option<String> {
    if branch.get("enum").is_some() {
        return Some("code".to_owned());
    }
    let properties = branch.get("properties")?.as_object()?;
    let fixed = properties
        .values()
        .find_map(|property| property.pointer("/enum/0")?.as_str().map(str::to_owned));
    let only = |names: &[&str]| match names {
        [only] => Some((*only).to_owned()),
        _ => None,
    };
    let required = branch.get("required").and_then(Value::as_array);
    let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
    let all: Vec<&str> = properties.keys().map(String::as_str).collect();
    fixed
        .filter(|value| value.chars().any(char::is_alphanumeric))
        .or_else(|| only(&required))
        .or_else(|| only(&all))
}

fn needs_name(schema: &Map<String, Value>) -> bool {
    schema.contains_key("oneOf")
        || schema.contains_key("anyOf")
        || (schema.contains_key("enum") && schema.get("type").is_some_and(|kind| kind == "string"))
        || schema.contains_key("properties")
}

/// Components whose names Rust cannot tell apart, or cannot use.
fn component_names(lowering: &mut Lowering) {
    let mut taken: names::Taken = TAKEN.into_iter().collect();
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
        let unique = taken.unique(&wanted);
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
    fn what_a_component_says_already_is_that_component() {
        let list = json!({"type": "string", "enum": ["a"]});
        let (value, rewrites) = run(
            apply,
            components(json!({"A": {"type": "object", "properties": {"x": list}}, "Kode": list})),
        );
        assert_eq!(
            value,
            components(
                json!({"A": {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/Kode"}}}, "Kode": list})
            )
        );
        assert_eq!(rewrites.len(), 1);
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
