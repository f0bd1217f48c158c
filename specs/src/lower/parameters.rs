//! Parameters: cookies, lists in every style, objects in the query, and names that clash.
//!
//! progenitor takes plain query, path and header parameters. The others are put into those, with
//! types that write themselves the way the style says, or refused by name.

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, tree, tree::ORIGIN};

mod objects;
mod rust_names;

const NAME: &str = "parameters";

/// What [`names::MARK`] is followed by in the name of a header that is a cookie.
pub(crate) const COOKIE: &str = "cookie";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let snapshot = lowering.value.clone();
    let mut found = Vec::new();
    let mut failed = None;
    tree::walk_operations(&mut lowering.value, &mut |pointer, operation| {
        let path = pointer
            .split('/')
            .nth(2)
            .unwrap_or_default()
            .replace("~1", "/")
            .replace("~0", "~");
        let mut work = Work {
            snapshot: &snapshot,
            found: &mut found,
        };
        if let Err((pointer, problem)) = work.operation(operation, &path) {
            failed.get_or_insert((pointer, problem));
        }
    });
    if let Some((pointer, problem)) = failed {
        return Err(lowering.error(pointer, problem, "Write the parameter in a style that generated clients can send (form, simple, spaceDelimited, pipeDelimited or deepObject), in a copy of the document"));
    }
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

struct Work<'a> {
    snapshot: &'a Value,
    found: &'a mut Vec<(String, String, String)>,
}

type Problem = (String, String);

impl Work<'_> {
    fn operation(&mut self, operation: &mut Map<String, Value>, path: &str) -> Result<(), Problem> {
        let at = tree::origin(operation);
        let given = match operation.shift_remove("parameters") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(all)) => all,
            Some(_) => return Err((format!("{at}/parameters"), "the parameters are no list".to_owned())),
        };
        let in_path = template(path).ok_or_else(|| {
            (
                at.clone(),
                format!("the path `{path}` does not start with `/`, or has a `{{` without its `}}`"),
            )
        })?;
        let mut done: Vec<Value> = Vec::new();
        for parameter in given {
            let Some(parameter) = parameter.as_object().cloned() else {
                return Err((format!("{at}/parameters"), "a parameter is no object".to_owned()));
            };
            self.one(parameter, &in_path, &mut done)?;
        }
        for name in &in_path {
            let known = done.iter().any(|parameter| {
                parameter.get("in") == Some(&json!("path")) && parameter.get("name") == Some(&json!(name))
            });
            if !known {
                done.push(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", ORIGIN: at}, ORIGIN: at}));
                self.note(
                    &at,
                    format!("`{{{name}}}` stands in the path and is not declared"),
                    "a text",
                );
            }
        }
        self.rename(&mut done);
        operation.insert("parameters".to_owned(), json!(done));
        Ok(())
    }

    fn note(&mut self, at: &str, reason: impl Into<String>, effect: impl Into<String>) {
        self.found.push((at.to_owned(), reason.into(), effect.into()));
    }

    fn one(
        &mut self,
        mut parameter: Map<String, Value>,
        in_path: &[String],
        done: &mut Vec<Value>,
    ) -> Result<(), Problem> {
        let at = tree::origin(&parameter);
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(name), Some(place)) = (text("name"), text("in")) else {
            return Err((at, "a parameter needs `name` and `in`".to_owned()));
        };
        let style = text("style").unwrap_or_else(|| {
            if place == "query" || place == "cookie" {
                "form"
            } else {
                "simple"
            }
            .to_owned()
        });
        let explode = parameter
            .get("explode")
            .and_then(Value::as_bool)
            .unwrap_or(style == "form");
        match place.as_str() {
            "header" if ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str()) => {
                self.note(
                    &at,
                    format!("OpenAPI gives a parameter `{name}` no meaning"),
                    "left out",
                );
                return Ok(());
            }
            "path" if !in_path.contains(&name) => {
                self.note(&at, format!("`{{{name}}}` does not stand in the path"), "left out");
                return Ok(());
            }
            "path" => {
                parameter.insert("required".to_owned(), json!(true));
            }
            "query" | "header" | "cookie" => {}
            other => {
                return Err((
                    format!("{at}/in"),
                    format!("a parameter in `{other}` does not exist in OpenAPI 3.0"),
                ));
            }
        }
        if (place == "header" || place == "cookie") && !token(&name) {
            return Err((
                format!("{at}/name"),
                format!("`{name}` cannot be the name of a {place}"),
            ));
        }
        if let Some(content) = parameter.shift_remove("content") {
            let kind = content
                .as_object()
                .and_then(|all| all.keys().next().cloned())
                .unwrap_or_default();
            parameter.insert("schema".to_owned(), json!({"type": "string", ORIGIN: at}));
            self.note(
                &format!("{at}/content"),
                format!("a parameter written as {kind}"),
                "a text that the caller writes as that media type",
            );
        }
        let schema = parameter
            .entry("schema")
            .or_insert_with(|| json!({"type": "string", ORIGIN: at}))
            .clone();
        let target = self.resolved(&schema);
        let kind = target.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
        let refuse = |what: &str| {
            Err((
                at.clone(),
                format!(
                    "the {place} parameter `{name}` is {what} in the style `{style}`, which generated clients cannot send"
                ),
            ))
        };
        if let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) {
            schema.shift_remove("nullable");
        }
        match (place.as_str(), style.as_str(), kind.as_str()) {
            (_, "matrix" | "label", _) => return refuse("written"),
            ("query", "deepObject", "object") => {
                return self.fields(&parameter, &target, done, Some(&name), 0);
            }
            (_, "deepObject", _) => return refuse("no object"),
            ("query", "form", "object") if explode && target.get("properties").is_some() => {
                return self.fields(&parameter, &target, done, None, 0);
            }
            // Every entry is a parameter of its own; the client writes a map so.
            ("query", "form", "object") if explode => {
                let values = json!({"type": "string", ORIGIN: at});
                parameter.insert(
                    "schema".to_owned(),
                    json!({"type": "object", "additionalProperties": values, ORIGIN: at}),
                );
                self.note(
                    &at,
                    "an object without named fields in the query",
                    "a map of texts, each entry a parameter of its own",
                );
            }
            (_, _, "object") => return refuse("an object"),
            ("query", "form", "array") if explode => {
                let items = target.get("items").cloned().unwrap_or_default();
                if is_decimal(&self.resolved(&items)) {
                    parameter.insert(
                        "schema".to_owned(),
                        json!({ "type": "array", "items": self.decimal(&at), ORIGIN: at }),
                    );
                }
            }
            (_, style, "array") => {
                let list = match style {
                    "spaceDelimited" => "SpaceList",
                    "pipeDelimited" => "PipeList",
                    _ => "CommaList",
                };
                if explode && style != "simple" && place != "cookie" {
                    // Exploded, these styles are the same as the form style.
                    parameter.insert("schema".to_owned(), target_array(&schema, &target));
                } else {
                    let items = target
                        .get("items")
                        .cloned()
                        .unwrap_or_else(|| json!({"type": "string"}));
                    let items = if is_decimal(&self.resolved(&items)) {
                        self.decimal(&at)
                    } else {
                        items
                    };
                    parameter.insert("schema".to_owned(), native(list, &at, &[items]));
                    self.note(&at, format!("a list in the style `{style}` in the {place}, which progenitor writes as several parameters or not at all"), format!("`{list}`, written as one value; it is made from a `Vec`"));
                }
            }
            ("path" | "header" | "cookie", _, "string") if target.get("format") == Some(&json!("date-time")) => {
                parameter.insert("schema".to_owned(), native("Rfc3339", &at, &[]));
                self.note(
                    &at,
                    "progenitor writes a time outside the query as text for people",
                    "`Rfc3339`, made from a `chrono::DateTime<Utc>` and written as RFC 3339",
                );
            }
            _ if is_decimal(&target) => {
                parameter.insert("schema".to_owned(), self.decimal(&at));
            }
            _ => {}
        }
        if place == "cookie" {
            parameter.insert("in".to_owned(), json!("header"));
            parameter.insert("name".to_owned(), json!(format!("{name}{}{COOKIE}", names::MARK)));
            self.note(
                &at,
                "progenitor has no cookie parameters",
                "a parameter like any other; all of them go into one `Cookie` header",
            );
        }
        parameter.insert(
            "style".to_owned(),
            json!(if place == "query" { "form" } else { "simple" }),
        );
        parameter.shift_remove("explode");
        done.push(Value::Object(parameter));
        Ok(())
    }

    /// A decimal that is written as plain text.
    fn decimal(&mut self, at: &str) -> Value {
        self.note(
            at,
            "a number in a parameter would become `f64`, in which 0.1 is not 0.1",
            "`DecimalText`, made from a `rust_decimal::Decimal` and written digit for digit",
        );
        native("DecimalText", at, &[])
    }

    /// Through references, a few steps.
    fn resolved(&self, schema: &Value) -> Value {
        let mut now = schema.clone();
        for _ in 0..32 {
            let next = now
                .as_object()
                .and_then(tree::schema_name)
                .and_then(|name| self.snapshot.pointer(&format!("/components/schemas/{name}")));
            match next {
                Some(next) => now = next.clone(),
                None => break,
            }
        }
        now
    }
}

/// A number, or the text of one.
fn is_decimal(schema: &Value) -> bool {
    let is = |key: &str, value: &str| schema.get(key).is_some_and(|found| found == value);
    is("type", "number") || (is("type", "string") && is("format", "decimal"))
}

/// The list itself when it is referred to, so that its items are seen.
fn target_array(schema: &Value, target: &Value) -> Value {
    if schema.get("$ref").is_some() {
        target.clone()
    } else {
        schema.clone()
    }
}

/// A type that the generator writes, with its type parameters.
pub(super) fn native(name: &str, at: &str, parameters: &[Value]) -> Value {
    json!({ ORIGIN: at, "x-rust-type": {
        "crate": "bindings_types", "version": "*", "path": format!("bindings_types::{name}"), "parameters": parameters,
    }})
}

/// The names between braces; none when the braces do not match.
fn template(path: &str) -> Option<Vec<String>> {
    if !path.starts_with('/') {
        return None;
    }
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(start) = rest.find(['{', '}']) {
        let inner = rest.get(start..)?.strip_prefix('{')?;
        let end = inner.find(['{', '}'])?;
        let name = inner.get(..end)?;
        if name.is_empty() || !inner.get(end..)?.starts_with('}') {
            return None;
        }
        names.push(name.to_owned());
        rest = inner.get(end + 1..)?;
    }
    Some(names)
}

/// A token of RFC 9110, section 5.6.2.
fn token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{refused, run};

    fn operation(path: &str, parameters: Value) -> Value {
        json!({"paths": {path: {"get": {"parameters": parameters}}}})
    }

    #[test]
    fn cookies_and_lists_become_plain_parameters() {
        let (value, rewrites) = run(
            apply,
            operation(
                "/x",
                json!([
                    {"name": "økt", "in": "query", "schema": {"type": "string"}},
                    {"name": "sid", "in": "cookie", "schema": {"type": "string"}},
                    {"name": "ids", "in": "query", "explode": false, "schema": {"type": "array", "items": {"type": "integer"}}},
                    {"name": "many", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}}
                ]),
            ),
        );
        let parameters = value.pointer("/paths/~1x/get/parameters").unwrap();
        assert_eq!(parameters[1]["in"], "header");
        assert_eq!(parameters[1]["name"], format!("sid{}cookie", names::MARK));
        assert_eq!(
            parameters[2]["schema"]["x-rust-type"]["path"],
            "bindings_types::CommaList"
        );
        assert_eq!(parameters[3]["schema"]["type"], "array");
        assert_eq!(rewrites.len(), 2);
    }

    #[test]
    fn clashing_names_stay_apart_and_the_path_wins() {
        let (value, _) = run(
            apply,
            operation(
                "/x/{id}",
                json!([
                    {"name": "id", "in": "query", "schema": {"type": "string"}},
                    {"name": "client", "in": "header", "schema": {"type": "string"}}
                ]),
            ),
        );
        let parameters = value.pointer("/paths/~1x~1{id}/get/parameters").unwrap();
        assert_eq!(parameters[0]["name"], "id");
        assert_eq!(parameters[0]["in"], "path");
        assert_eq!(parameters[1]["name"], format!("id{}query", names::MARK));
        assert_eq!(parameters[2]["name"], format!("client{}header", names::MARK));
    }

    #[test]
    fn deep_objects_are_flattened() {
        let (value, _) = run(
            apply,
            operation(
                "/x",
                json!([{"name": "filter", "in": "query", "style": "deepObject", "required": true,
            "schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "object", "properties": {"c": {"type": "array", "items": {"type": "integer"}}}}}}}]),
            ),
        );
        let parameters = value.pointer("/paths/~1x/get/parameters").unwrap();
        assert_eq!(parameters[0]["name"], "filter[a]");
        assert_eq!(parameters[0]["required"], true);
        assert_eq!(parameters[1]["name"], "filter[b][c]");
        assert_eq!(parameters[1]["required"], false);
    }

    #[test]
    fn pages_and_maps_are_plain_parameters() {
        let (value, _) = run(
            apply,
            operation(
                "/x",
                json!([
                    {"name": "pageable", "in": "query", "required": true, "schema": {"type": "object", "properties": {"page": {"type": "integer"}, "sort": {"type": "array", "items": {"type": "string"}}}}},
                    {"name": "all", "in": "query", "schema": {"type": "object"}}
                ]),
            ),
        );
        let parameters = value.pointer("/paths/~1x/get/parameters").unwrap();
        assert_eq!(parameters[0]["name"], "page");
        assert_eq!(parameters[1]["schema"]["type"], "array");
        assert_eq!(parameters[2]["schema"]["additionalProperties"]["type"], "string");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_name() {
        let error = refused(
            apply,
            operation(
                "/x/{a}",
                json!([{"name": "a", "in": "path", "style": "matrix", "schema": {"type": "string"}}]),
            ),
        );
        assert!(error.problem.contains("`matrix`"), "{error}");
        assert_eq!(error.pointer, "/paths/~1x~1{a}/get/parameters/0");
        refused(apply, operation("/x/{a", json!([])));
    }
}
