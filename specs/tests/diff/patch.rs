//! JSON Patch (RFC 6902), as far as the examples of the rules use it: add, remove, replace.

use serde_json::Value;

/// Applies a patch.
pub(crate) fn apply(document: &mut Value, patch: &str) {
    let operations: Vec<Value> = serde_json::from_str(patch).expect("a list of operations");
    for operation in &operations {
        let path = operation["path"].as_str().expect("a path");
        let (parent, key) = path.rsplit_once('/').expect("a member");
        let key = key.replace("~1", "/").replace("~0", "~");
        let parent = document
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("nothing at {parent}"));
        let name = operation["op"].as_str().expect("an operation");
        match (name, parent) {
            ("add" | "replace", Value::Object(members)) => {
                assert_eq!(name == "replace", members.contains_key(&key), "{name} {path}");
                members.insert(key, operation["value"].clone());
            }
            ("remove", Value::Object(members)) => {
                // Keeps the order of the others.
                assert!(members.shift_remove(&key).is_some(), "{path}");
            }
            ("replace", Value::Array(items)) => {
                let index: usize = key.parse().expect("an index");
                items[index] = operation["value"].clone();
            }
            other => panic!("{other:?} is not supported"),
        }
    }
}
