//! What stands beside a `$ref`.

use serde_json::json;

use super::{Lowering, NAME, tree};

/// What stands beside a `$ref` has no meaning in OpenAPI 3.0, but a description still describes.
pub(super) fn remove(lowering: &mut Lowering) {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if !schema.contains_key("$ref") {
            return;
        }
        let removed: Vec<String> = schema
            .keys()
            .filter(|key| !["$ref", "description", tree::ORIGIN].contains(&key.as_str()))
            .cloned()
            .collect();
        // `nullable` beside a reference is a widespread mistake whose meaning is clear.
        let nullable = schema.get("nullable") == Some(&json!(true));
        for key in &removed {
            schema.shift_remove(key);
        }
        if nullable {
            schema.insert("nullable".to_owned(), json!(true));
        }
        let description = schema.contains_key("description");
        if !removed.is_empty() || description {
            found.push((tree::origin(schema), removed, description));
        }
    });
    for (pointer, removed, description) in found {
        let removed: Vec<String> = removed.iter().map(|key| format!("`{key}`")).collect();
        let (reason, effect) = match (removed.is_empty(), description) {
            (true, _) => (
                "a description beside `$ref`, which progenitor drops".to_owned(),
                "the field keeps its description",
            ),
            (false, true) => (
                format!("{} beside `$ref` has no meaning", removed.join(", ")),
                "ignored; the field keeps its description",
            ),
            (false, false) => (
                format!("{} beside `$ref` has no meaning", removed.join(", ")),
                "ignored",
            ),
        };
        lowering.record(NAME, pointer, reason, effect);
    }
}
