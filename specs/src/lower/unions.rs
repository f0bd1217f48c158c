//! A choice of shapes becomes an enum that tells them apart and keeps what is none of them.
//!
//! typify decodes an untagged choice as "first match wins", which takes the wrong branch when
//! fields are optional. The enum looks at the discriminator, or at which branch has the fields
//! that are there.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, tree, usage};

const NAME: &str = "unions";

/// One branch of a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Branch {
    /// Name of the variant.
    pub(crate) variant: String,
    /// The schema: a reference, or a scalar, list or map.
    pub(crate) schema: Value,
    /// Values of the discriminator that stand for it.
    pub(crate) tags: Vec<String>,
    /// The fields it knows, when it is an object.
    pub(crate) fields: Option<Vec<String>>,
    /// The fields it requires.
    pub(crate) required: Vec<String>,
    /// Codes of a list, when it is one: another text is not of this branch.
    pub(crate) codes: bool,
    /// The branch can hold the choice itself.
    pub(crate) boxed: bool,
}

/// What the generator needs to write the enum of a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UnionSpec {
    /// The field that tells the branches apart.
    pub(crate) tag: Option<String>,
    /// The branches.
    pub(crate) branches: Vec<Branch>,
    /// Something else is kept when read; a choice that only requests use has no such variant.
    pub(crate) open: bool,
}

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let usage = usage::of(&lowering.value);
    let snapshot = lowering.value.clone();
    let mut found = Vec::new();
    let schemas = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let Some(schema) = schema.as_object_mut() else {
            continue;
        };
        let Some(keyword) = ["oneOf", "anyOf"].into_iter().find(|key| schema.contains_key(*key)) else {
            continue;
        };
        let at = tree::origin(schema);
        let mut choices: Vec<Value> = schema
            .get(keyword)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        choices.iter_mut().for_each(tree::strip);
        let mut branches = branches(&snapshot, choices.iter(), &names::pascal(name));
        let discriminator = schema.get("discriminator");
        let tag = discriminator
            .and_then(|tag| tag.get("propertyName"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        for (value, target) in discriminator
            .and_then(|tag| tag.get("mapping"))
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            for branch in &mut branches {
                if branch.schema.get("$ref") == Some(target) {
                    branch.tags.push(value.clone());
                }
            }
        }
        for branch in &mut branches {
            branch.boxed = reaches(&snapshot, &branch.schema, name);
        }
        let open = usage.responses.contains(name) || !usage.requests.contains(name);
        let spec = UnionSpec {
            tag: tag.filter(|_| branches.iter().any(|branch| !branch.tags.is_empty())),
            branches,
            open,
        };
        found.push((format!("{at}/{keyword}"), name.clone(), spec.tag.clone(), spec.open));
        let mut new = Map::new();
        for key in ["description", tree::ORIGIN] {
            if let Some(value) = schema.get(key) {
                new.insert(key.to_owned(), value.clone());
            }
        }
        new.insert("type".to_owned(), json!("object"));
        new.insert("x-bindings".to_owned(), json!({ "union": spec }));
        *schema = new;
    }
    for (pointer, name, tag, open) in found {
        let reason = match tag {
            Some(tag) => format!("progenitor ignores the discriminator `{tag}`, and takes the first branch that fits"),
            None => "progenitor takes the first branch that fits, also when another fits better".to_owned(),
        };
        let kept = if open { "; what is none of them is kept" } else { "" };
        lowering.record(
            NAME,
            pointer,
            reason,
            format!("the enum `{}`, one variant for each branch{kept}", names::pascal(&name)),
        );
    }
    Ok(())
}

/// The branches with names and with what tells them apart. A variant does not repeat the name of
/// its enum.
pub(super) fn branches<'a>(document: &Value, schemas: impl Iterator<Item = &'a Value>, of: &str) -> Vec<Branch> {
    let mut taken: names::Taken = ["Other", "Body"].into_iter().collect();
    schemas
        .map(|schema| {
            let target = resolved(document, schema);
            let fields = target
                .get("properties")
                .and_then(Value::as_object)
                .map(|all| all.keys().cloned().collect());
            let required = target
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect();
            Branch {
                variant: taken.unique(&shorter(&branch_name(schema), of)),
                schema: schema.clone(),
                tags: Vec::new(),
                fields,
                required,
                codes: target.get("enum").is_some() || target.pointer("/x-bindings/enum").is_some(),
                boxed: false,
            }
        })
        .collect()
}

/// `InntektLonn` of `Inntekt` is `Lonn`.
fn shorter(name: &str, of: &str) -> String {
    match name.strip_prefix(of) {
        Some(rest) if rest.starts_with(char::is_uppercase) => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// A name for a branch: of the type, or of the kind of value.
pub(super) fn branch_name(schema: &Value) -> String {
    if let Some(name) = schema.as_object().and_then(tree::schema_name) {
        return names::pascal(name);
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    match (schema.get("type").and_then(Value::as_str).unwrap_or_default(), format) {
        ("string", "date") => "Date".to_owned(),
        ("string", "date-time") => "DateTime".to_owned(),
        ("string", "uuid") => "Uuid".to_owned(),
        ("string", _) => "Text".to_owned(),
        ("integer", _) => "Integer".to_owned(),
        ("number", _) => "Number".to_owned(),
        ("boolean", _) => "Boolean".to_owned(),
        ("array", _) => schema
            .get("items")
            .map(|items| format!("{}List", branch_name(items)))
            .unwrap_or_else(|| "List".to_owned()),
        ("object", _) => "Map".to_owned(),
        _ => "Json".to_owned(),
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut now = schema;
    for _ in 0..32 {
        let next = now
            .as_object()
            .and_then(tree::schema_name)
            .and_then(|name| document.pointer(&format!("/components/schemas/{name}")));
        match next {
            Some(next) => now = next,
            None => break,
        }
    }
    now
}

/// Whether the branch can hold the component called `name`.
fn reaches(document: &Value, schema: &Value, name: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut queue = vec![schema];
    while let Some(value) = queue.pop() {
        match value {
            Value::Object(object) => {
                if let Some(target) = tree::schema_name(object) {
                    if target == tree::step(name) {
                        return true;
                    }
                    if seen.insert(target.to_owned()) {
                        queue.extend(document.pointer(&format!("/components/schemas/{target}")));
                    }
                }
                queue.extend(object.values());
            }
            Value::Array(items) => queue.extend(items),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn a_variant_does_not_repeat_its_enum() {
        assert_eq!(shorter("InntektLonn", "Inntekt"), "Lonn");
        assert_eq!(shorter("Inntekter", "Inntekt"), "Inntekter");
        assert_eq!(shorter("Inntekt", "Inntekt"), "Inntekt");
    }

    #[test]
    fn branches_know_what_tells_them_apart() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "integer"}], "discriminator": {"propertyName": "t", "mapping": {"b": "#/components/schemas/B"}}},
                "B": {"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}, "a": {"$ref": "#/components/schemas/A"}}}
            })),
        );
        let spec = value.pointer("/components/schemas/A/x-bindings/union").unwrap();
        assert_eq!(spec["tag"], "t");
        assert_eq!(
            spec["branches"][0],
            json!({"variant": "B", "schema": {"$ref": "#/components/schemas/B"}, "tags": ["b"], "fields": ["t", "a"], "required": ["t"], "codes": false, "boxed": true})
        );
        assert_eq!(spec["branches"][1]["variant"], "Integer");
        assert_eq!(rewrites[0].pointer, "/components/schemas/A/oneOf");
    }
}
