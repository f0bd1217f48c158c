//! The one spelling of JSON in a pack.
//!
//! Members sorted by name, two spaces of indentation, `\n` at line ends and at the end of the file,
//! numbers and strings as `serde_json` writes them. A value therefore has exactly one encoding, so
//! a file can be compared with what it says, byte for byte, and a person can read it.

use serde::Serialize;
use serde_json::{Map, Value};

/// The canonical text of a value.
#[must_use]
pub fn to_string(value: &Value) -> String {
    // `Display` with `#` indents by two spaces and cannot fail for a `Value`.
    format!("{:#}\n", sorted(value))
}

/// The canonical bytes of anything that serialises.
///
/// # Errors
/// When the value cannot be expressed in JSON (a map with keys that are no strings).
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    Ok(to_string(&serde_json::to_value(value)?).into_bytes())
}

/// The canonical text on one line, without a line end: for logs with one value in each line.
#[must_use]
pub fn to_line(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            let mut object = Map::with_capacity(members.len());
            for name in names {
                if let Some(member) = members.get(name) {
                    object.insert(name.clone(), sorted(member));
                }
            }
            Value::Object(object)
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_at_every_level_and_arrays_keep_their_order() {
        let text = to_string(&json!({"b": [2, 1, {"z": null, "a": "æ\n"}], "a": {}}));
        assert_eq!(
            text,
            "{\n  \"a\": {},\n  \"b\": [\n    2,\n    1,\n    {\n      \"a\": \"æ\\n\",\n      \"z\": null\n    }\n  ]\n}\n"
        );
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(to_string(&back), text);
        assert_eq!(to_line(&json!({"b":1,"a":2})), "{\"a\":2,\"b\":1}");
    }
}
