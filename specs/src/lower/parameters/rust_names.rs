//! Different Rust names for the parameters of an operation; the names on the wire stay.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Work, names, tree};

/// Names that a generated builder has anyway.
const TAKEN: [&str; 9] = [
    "client",
    "send",
    "new",
    "body",
    "body_map",
    "stream",
    "clone",
    "self",
    "header_map",
];

impl Work<'_> {
    /// Different Rust names for all parameters of an operation.
    pub(super) fn rename(&mut self, done: &mut [Value]) {
        let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        // A path parameter keeps its name: it stands in the path.
        done.sort_by_key(|parameter| parameter.get("in") != Some(&json!("path")));
        for parameter in done {
            let wire = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let place = parameter
                .get("in")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let plain = wire.split(names::MARK).next().unwrap_or_default();
            let mut name = wire.clone();
            let mut number = 1;
            while taken.contains(&names::snake(&name)) && place != "path" {
                let suffix = if number == 1 {
                    place.clone()
                } else {
                    format!("{place}{number}")
                };
                name = if wire.contains(names::MARK) {
                    format!("{wire}{number}")
                } else {
                    format!("{plain}{}{suffix}", names::MARK)
                };
                number += 1;
            }
            taken.insert(names::snake(&name));
            if name != wire {
                self.found.push((
                    tree::origin_of(parameter),
                    format!(
                        "another parameter, or the builder itself, has the Rust name `{}`",
                        names::snake(&wire)
                    ),
                    format!("the parameter is `{}`; its name on the wire stays", names::snake(&name)),
                ));
                if let Some(parameter) = parameter.as_object_mut() {
                    parameter.insert("name".to_owned(), json!(name));
                }
            }
        }
    }
}
