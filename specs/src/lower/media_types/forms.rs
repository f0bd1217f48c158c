//! Form bodies that progenitor can send.

use serde_json::{Map, Value, json};

use super::{essence, tree};

/// The schema of a form of plain fields. Numbers in it are texts: a form knows nothing else.
pub(super) fn form(kind: &str, content: &Map<String, Value>, schemas: &Value) -> Option<Value> {
    if essence(kind) != "application/x-www-form-urlencoded" {
        return None;
    }
    let schema = content.get(kind)?.get("schema")?;
    let mut resolved = through(schema, schemas)?.clone();
    let mut numbers = false;
    for property in resolved.get_mut("properties")?.as_object_mut()?.values_mut() {
        match through(property, schemas)?.get("type")?.as_str()? {
            "number" => {
                numbers = true;
                let property = property.as_object_mut()?;
                property.shift_remove("$ref");
                property.insert("type".to_owned(), json!("string"));
                property.insert("format".to_owned(), json!("decimal"));
            }
            "string" | "integer" | "boolean" => {}
            _ => return None,
        }
    }
    Some(if numbers { resolved } else { schema.clone() })
}

/// What a schema refers to, a few steps.
fn through<'a>(schema: &'a Value, schemas: &'a Value) -> Option<&'a Value> {
    let mut now = schema;
    for _ in 0..32 {
        match now.as_object().and_then(tree::schema_name) {
            Some(name) => now = schemas.get(name.replace("~1", "/").replace("~0", "~"))?,
            None => return Some(now),
        }
    }
    None
}
