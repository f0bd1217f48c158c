//! Fields whose names Rust cannot tell apart: each keeps its own name on the wire.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LowerError, Lowering, names, tree};

const NAME: &str = "field-names";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let at = tree::origin(schema);
        let extra = schema.get("additionalProperties").is_some_and(Value::is_object);
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        let mut taken = BTreeSet::new();
        if extra {
            taken.insert("extra".to_owned());
        }
        let mut renamed = Vec::new();
        for name in properties.keys() {
            let mut new = name.clone();
            let mut number = 2;
            while !taken.insert(names::snake(&new)) {
                new = format!("{name}{}{number}", names::MARK);
                number += 1;
            }
            if new != *name {
                renamed.push((name.clone(), new));
            }
        }
        if renamed.is_empty() {
            return;
        }
        *properties = std::mem::take(properties)
            .into_iter()
            .map(|(name, property)| match renamed.iter().find(|(old, _)| *old == name) {
                Some((_, new)) => (new.clone(), property),
                None => (name, property),
            })
            .collect();
        for required in schema
            .get_mut("required")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some((_, new)) = renamed.iter().find(|(old, _)| required == old) {
                *required = json!(new);
            }
        }
        for (old, new) in renamed {
            found.push((format!("{at}/properties/{}", tree::step(&old)), old, names::snake(&new)));
        }
    });
    for (pointer, old, new) in found {
        lowering.record(
            NAME,
            pointer,
            format!("`{old}` and another field have the same name in Rust"),
            format!("the field is `{new}`; its name on the wire stays"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn the_second_of_two_gets_a_number() {
        let (value, rewrites) = run(
            apply,
            components(
                json!({"A": {"type": "object", "required": ["fooBar"], "properties": {"foo-bar": {}, "fooBar": {}, "Foo_Bar": {}}}}),
            ),
        );
        let mark = names::MARK;
        assert_eq!(
            value,
            components(
                json!({"A": {"type": "object", "required": [format!("fooBar{mark}2")], "properties": {
                    "foo-bar": {}, format!("fooBar{mark}2"): {}, format!("Foo_Bar{mark}3"): {}
                }}})
            )
        );
        assert_eq!(rewrites.len(), 2);
        assert_eq!(rewrites[0].pointer, "/components/schemas/A/properties/fooBar");
    }
}
