//! A choice without a `discriminator` whose branches each have a field with values of their own.
//!
//! `{"type": "lonn", …}` and `{"type": "pensjon", …}` are told apart by `type`, though the document
//! does not say so. It is said for them: otherwise the fields that are there would decide.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "constant-tags";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let known: BTreeMap<String, Value> = tree::components(&lowering.value)
        .map(|(name, schema)| (tree::step(name), schema.clone()))
        .collect();
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if schema.contains_key("discriminator") {
            return;
        }
        let Some(branches) = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array()) else {
            return;
        };
        let Some((tag, mapping)) = tag(branches, &known) else {
            return;
        };
        schema.insert(
            "discriminator".to_owned(),
            json!({ "propertyName": tag, "mapping": mapping }),
        );
        found.push((tree::origin(schema), tag));
    });
    for (pointer, tag) in found {
        lowering.record(
            NAME,
            pointer,
            format!("each branch has its own values of `{tag}`, and progenitor takes the first branch that fits"),
            format!("`{tag}` decides the variant"),
        );
    }
    Ok(())
}

/// The field whose values tell all branches apart, and which value stands for which branch.
fn tag(branches: &[Value], known: &BTreeMap<String, Value>) -> Option<(String, Map<String, Value>)> {
    if branches.len() < 2 {
        return None;
    }
    let properties = |branch: &Value| {
        let target = known.get(tree::schema_name(branch.as_object()?)?)?;
        target.get("properties")?.as_object().cloned()
    };
    let all: Vec<Map<String, Value>> = branches.iter().map(properties).collect::<Option<_>>()?;
    all.first()?.keys().find_map(|name| {
        let mut mapping = Map::new();
        for (branch, fields) in branches.iter().zip(&all) {
            for value in values(fields.get(name)?, known)? {
                if mapping.insert(value, branch.get("$ref")?.clone()).is_some() {
                    return None;
                }
            }
        }
        Some((name.clone(), mapping))
    })
}

/// The values of a closed list of texts.
fn values(schema: &Value, known: &BTreeMap<String, Value>) -> Option<Vec<String>> {
    let schema = match tree::schema_name(schema.as_object()?) {
        Some(name) => known.get(name)?,
        None => schema,
    };
    let values = schema.get("enum")?.as_array()?;
    let texts: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    texts.filter(|texts| !texts.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    fn document(second: &str) -> Value {
        components(json!({
            "A": {"oneOf": [{"$ref": "#/components/schemas/L"}, {"$ref": "#/components/schemas/P"}]},
            "L": {"type": "object", "properties": {"slag": {"type": "string", "enum": ["lonn"]}}},
            "P": {"type": "object", "properties": {"slag": {"$ref": "#/components/schemas/Slag"}}},
            "Slag": {"type": "string", "enum": ["pensjon", second]}
        }))
    }

    #[test]
    fn values_of_their_own_are_a_tag() {
        let (value, rewrites) = run(apply, document("trygd"));
        assert_eq!(
            value.pointer("/components/schemas/A/discriminator"),
            Some(&json!({"propertyName": "slag", "mapping": {
                "lonn": "#/components/schemas/L", "pensjon": "#/components/schemas/P", "trygd": "#/components/schemas/P"
            }}))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/A");
    }

    #[test]
    fn values_that_two_branches_share_are_not() {
        let (value, rewrites) = run(apply, document("lonn"));
        assert_eq!(value.pointer("/components/schemas/A/discriminator"), None);
        assert!(rewrites.is_empty());
    }
}
