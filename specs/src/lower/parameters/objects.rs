//! Objects in the query: one parameter for each field.

use serde_json::{Map, Value, json};

use super::{ORIGIN, Problem, Work, is_decimal, target_array, tree};

/// Objects within an object in the query that are still followed.
const DEPTH: usize = 8;

impl Work<'_> {
    /// An object whose fields are parameters of their own. How a field that is a list or an object
    /// itself is written, OpenAPI leaves open; lists are repeated, and `deepObject` nests brackets.
    pub(super) fn fields(
        &mut self,
        parameter: &Map<String, Value>,
        target: &Value,
        done: &mut Vec<Value>,
        prefix: Option<&str>,
        depth: usize,
    ) -> Result<(), Problem> {
        let at = tree::origin(parameter);
        let required = parameter.get("required") == Some(&json!(true));
        let properties = target
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if properties.is_empty() || depth > DEPTH {
            return Err((
                at,
                "an object in the query has no fields of its own, or has itself as a field".to_owned(),
            ));
        }
        for (field, mut schema) in properties {
            let name = match prefix {
                Some(prefix) => format!("{prefix}[{field}]"),
                None => field.clone(),
            };
            if let Some(schema) = schema.as_object_mut() {
                schema.shift_remove("nullable");
            }
            let resolved = self.resolved(&schema);
            let needed = required
                && target
                    .get("required")
                    .and_then(Value::as_array)
                    .is_some_and(|all| all.contains(&json!(field)));
            let mut one = Map::from_iter([
                ("name".to_owned(), json!(name)),
                ("in".to_owned(), json!("query")),
                ("required".to_owned(), json!(needed)),
                (
                    "description".to_owned(),
                    schema.get("description").cloned().unwrap_or(json!("")),
                ),
                ("style".to_owned(), json!("form")),
                (ORIGIN.to_owned(), json!(at)),
            ]);
            let schema = match resolved.get("type").and_then(Value::as_str) {
                Some("object") if prefix.is_some() => {
                    self.fields(&one, &resolved, done, Some(&name), depth + 1)?;
                    continue;
                }
                Some("object") => {
                    return Err((
                        at,
                        format!(
                            "`{field}` of an object in the query is an object itself, for which no style says how it is written"
                        ),
                    ));
                }
                Some("array") => {
                    let items = resolved
                        .get("items")
                        .cloned()
                        .unwrap_or_else(|| json!({"type": "string"}));
                    let inner = self.resolved(&items);
                    if matches!(inner.get("type").and_then(Value::as_str), Some("object" | "array")) {
                        return Err((
                            at,
                            format!("`{field}` of an object in the query is a list of lists or objects"),
                        ));
                    }
                    if is_decimal(&inner) {
                        json!({ "type": "array", "items": self.decimal(&at), ORIGIN: at })
                    } else {
                        target_array(&schema, &resolved)
                    }
                }
                _ if is_decimal(&resolved) => self.decimal(&at),
                _ => schema,
            };
            one.insert("schema".to_owned(), schema);
            done.push(Value::Object(one));
        }
        if depth == 0 {
            self.note(
                &at,
                "progenitor takes no object in the query",
                "one parameter for each field",
            );
        }
        Ok(())
    }
}
