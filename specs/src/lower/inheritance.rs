//! Inheritance: a base with a `discriminator`, and heirs that take it in through `allOf`.
//!
//! Where the base is referred to, any heir may stand. It becomes a choice of its heirs; its own
//! fields stay a type of their own, for a value that names the base or an heir unknown here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, references::insert_component, tree};

const NAME: &str = "inheritance";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let parents = parents(&lowering.value);
    let bases: Vec<Base> = tree::components(&lowering.value)
        .filter_map(|(name, schema)| Base::of(name, schema.as_object()?, &parents))
        .collect();
    let mut taken: names::Taken = tree::components(&lowering.value).map(|(name, _)| name).collect();
    for base in &bases {
        let at = tree::origin(&base.schema);
        if base.heirs.is_empty() {
            if let Some(Value::Object(schema)) = component(lowering, &base.name) {
                schema.shift_remove("discriminator");
            }
            lowering.record(
                NAME,
                format!("{at}/discriminator"),
                "nothing inherits from it",
                "the plain struct",
            );
            continue;
        }
        let fields = taken.unique(&format!("{}Base", base.name));
        base.become_choice(lowering, &fields);
        let keyword = if base.schema.contains_key("discriminator") {
            "discriminator"
        } else {
            "oneOf"
        };
        lowering.record(
            NAME,
            format!("{at}/{keyword}"),
            format!(
                "`{}` stands for any of {}, which progenitor does not see",
                base.name,
                base.heirs.join(", ")
            ),
            format!("an enum `{}` of its heirs; its own fields are `{fields}`", base.name),
        );
    }
    same_tag(lowering, &bases);
    Ok(())
}

/// What each component takes in through `allOf`.
fn parents(document: &Value) -> BTreeMap<String, Vec<String>> {
    tree::components(document)
        .map(|(name, schema)| {
            let parts = schema.get("allOf").and_then(Value::as_array);
            let parents = parts.into_iter().flatten().filter_map(named).collect();
            (name.clone(), parents)
        })
        .collect()
}

/// The component that a reference names.
fn named(schema: &Value) -> Option<String> {
    let name = tree::schema_name(schema.as_object()?)?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{}", tree::step(name))
}

struct Base {
    name: String,
    schema: Map<String, Value>,
    /// Everything that takes it in, also through another heir, and what its mapping names.
    heirs: Vec<String>,
}

impl Base {
    fn of(name: &str, schema: &Map<String, Value>, parents: &BTreeMap<String, Vec<String>>) -> Option<Self> {
        let mut heirs: Vec<String> = parents
            .keys()
            .filter(|heir| *heir != name && descends(heir, name, parents))
            .cloned()
            .collect();
        let listed: Vec<String> = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| schema.get(*key)?.as_array())
            .flatten()
            .filter_map(named)
            .collect();
        let has_choice = schema.contains_key("oneOf") || schema.contains_key("anyOf");
        // A choice that no branch of which takes it in is a choice and nothing else.
        let is_base = if has_choice {
            listed.iter().any(|branch| heirs.contains(branch))
        } else {
            schema.contains_key("discriminator")
        };
        if !is_base {
            return None;
        }
        let mapped = mapping(schema)
            .into_values()
            .filter_map(|target| target.as_str().map(str::to_owned))
            .filter_map(|target| named(&json!({ "$ref": target })));
        for more in listed.into_iter().chain(mapped) {
            if more != name && !heirs.contains(&more) && parents.contains_key(&more) {
                heirs.push(more);
            }
        }
        Some(Self {
            name: name.to_owned(),
            schema: schema.clone(),
            heirs,
        })
    }

    fn become_choice(&self, lowering: &mut Lowering, fields: &str) {
        let mut own = self.schema.clone();
        for key in ["discriminator", "nullable", "oneOf", "anyOf"] {
            own.shift_remove(key);
        }
        // Heirs take in the fields, not the choice.
        let (old, new) = (reference(&self.name), reference(fields));
        tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
            let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
            let several = parts.as_ref().is_some_and(|parts| parts.len() > 1);
            let has_fields = schema.contains_key("properties");
            let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
            for part in parts.into_iter().flatten() {
                if (several || has_fields)
                    && part.get("$ref").and_then(Value::as_str) == Some(&old)
                    && let Some(part) = part.as_object_mut()
                {
                    part.insert("$ref".to_owned(), json!(new));
                }
            }
        });
        let at = tree::origin(&self.schema);
        let branches: Vec<Value> = self
            .heirs
            .iter()
            .map(|heir| json!({ "$ref": reference(heir), tree::ORIGIN: at }))
            .chain([json!({ "$ref": new, tree::ORIGIN: at })])
            .collect();
        let mut choice = Map::new();
        for key in ["description", "nullable", tree::ORIGIN] {
            if let Some(value) = self.schema.get(key) {
                choice.insert(key.to_owned(), value.clone());
            }
        }
        choice.insert("oneOf".to_owned(), json!(branches));
        if let Some(tag) = tag(&self.schema) {
            let mut mapping = mapping(&self.schema);
            let base_named = mapping.values().any(|target| *target == json!(old));
            for target in mapping.values_mut().filter(|target| **target == json!(old)) {
                *target = json!(new);
            }
            if !base_named {
                mapping.insert(self.name.clone(), json!(new));
            }
            choice.insert(
                "discriminator".to_owned(),
                json!({ "propertyName": tag, "mapping": mapping }),
            );
        }
        insert_component(&mut lowering.value, fields, Value::Object(own));
        insert_component(&mut lowering.value, &self.name, Value::Object(choice));
    }
}

fn tag(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("discriminator")?.get("propertyName")?.as_str()
}

/// The mapping, with whole references: a bare name is allowed in place of one.
fn mapping(schema: &Map<String, Value>) -> BTreeMap<String, Value> {
    schema
        .get("discriminator")
        .and_then(|discriminator| discriminator.get("mapping"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(value, target)| {
            let target = target.as_str()?;
            let whole = if target.starts_with('#') {
                target.to_owned()
            } else {
                reference(target)
            };
            Some((value.clone(), json!(whole)))
        })
        .collect()
}

/// Whether `heir` takes in `base`, itself or through others.
fn descends(heir: &str, base: &str, parents: &BTreeMap<String, Vec<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut queue = vec![heir];
    while let Some(now) = queue.pop() {
        for parent in parents.get(now).into_iter().flatten() {
            if parent == base {
                return true;
            }
            if seen.insert(parent.as_str()) {
                queue.push(parent);
            }
        }
    }
    false
}

/// A choice among heirs of one base, written without a discriminator: the base's applies.
fn same_tag(lowering: &mut Lowering, bases: &[Base]) {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let branches: Option<Vec<String>> = ["oneOf", "anyOf"]
            .iter()
            .find_map(|key| schema.get(*key)?.as_array())
            .and_then(|all| all.iter().map(named).collect());
        let Some(branches) = branches.filter(|all| all.len() > 1 && !schema.contains_key("discriminator")) else {
            return;
        };
        let base = bases
            .iter()
            .find(|base| tag(&base.schema).is_some() && branches.iter().all(|branch| base.heirs.contains(branch)));
        let Some(base) = base else {
            return;
        };
        let mut mapping = mapping(&base.schema);
        mapping.retain(|_, target| branches.iter().any(|branch| *target == json!(reference(branch))));
        let mut discriminator = Map::new();
        discriminator.insert("propertyName".to_owned(), json!(tag(&base.schema)));
        discriminator.insert("mapping".to_owned(), json!(mapping));
        schema.insert("discriminator".to_owned(), Value::Object(discriminator));
        found.push((tree::origin(schema), base.name.clone()));
    });
    for (pointer, base) in found {
        lowering.record(
            NAME,
            pointer,
            format!("a choice among heirs of `{base}` without its discriminator"),
            "the discriminator of the base decides the variant",
        );
    }
}

fn component<'a>(lowering: &'a mut Lowering, name: &str) -> Option<&'a mut Value> {
    lowering
        .value
        .pointer_mut(&format!("/components/schemas/{}", tree::step(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn a_base_becomes_the_choice_of_its_heirs() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "Dyr": {"type": "object", "discriminator": {"propertyName": "art"}, "properties": {"art": {"type": "string"}}},
                "Katt": {"allOf": [{"$ref": "#/components/schemas/Dyr"}, {"type": "object"}]}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "Dyr": {
                    "oneOf": [{"$ref": "#/components/schemas/Katt"}, {"$ref": "#/components/schemas/DyrBase"}],
                    "discriminator": {"propertyName": "art", "mapping": {"Dyr": "#/components/schemas/DyrBase"}}
                },
                "Katt": {"allOf": [{"$ref": "#/components/schemas/DyrBase"}, {"type": "object"}]},
                "DyrBase": {"type": "object", "properties": {"art": {"type": "string"}}}
            }))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/Dyr/discriminator");
    }

    #[test]
    fn heirs_of_heirs_count_and_a_choice_beside_the_fields_is_the_same_base() {
        let (value, _) = run(
            apply,
            components(json!({
                "Dyr": {"type": "object", "properties": {"art": {"type": "string"}}, "oneOf": [{"$ref": "#/components/schemas/Katt"}],
                    "discriminator": {"propertyName": "art", "mapping": {"pus": "Katt", "unge": "#/components/schemas/Kattunge"}}},
                "Katt": {"allOf": [{"$ref": "#/components/schemas/Dyr"}, {"type": "object"}]},
                "Kattunge": {"allOf": [{"$ref": "#/components/schemas/Katt"}, {"type": "object"}]},
                "Valg": {"oneOf": [{"$ref": "#/components/schemas/Katt"}, {"$ref": "#/components/schemas/Kattunge"}]}
            })),
        );
        assert_eq!(
            value.pointer("/components/schemas/Dyr"),
            Some(&json!({
                "oneOf": [{"$ref": "#/components/schemas/Katt"}, {"$ref": "#/components/schemas/Kattunge"}, {"$ref": "#/components/schemas/DyrBase"}],
                "discriminator": {"propertyName": "art", "mapping": {
                    "Dyr": "#/components/schemas/DyrBase", "pus": "#/components/schemas/Katt", "unge": "#/components/schemas/Kattunge"
                }}
            }))
        );
        assert_eq!(
            value.pointer("/components/schemas/DyrBase"),
            Some(&json!({"type": "object", "properties": {"art": {"type": "string"}}}))
        );
        assert_eq!(
            value.pointer("/components/schemas/Valg/discriminator/propertyName"),
            Some(&json!("art"))
        );
    }
}
