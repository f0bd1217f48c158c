//! Several schemas for the successes, or for the errors, of one operation.
//!
//! progenitor takes one type for each. Where the document has several, or one that some of the
//! statuses lack, the type is an enum that tells which schema matched and keeps the bytes of a
//! body that none matches. `default` stands for every status that no other response names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, names, references::insert_component, tree, unions::Branch};

const NAME: &str = "answers";

/// What the generator needs to write the enum of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AnswerSpec {
    /// The schemas.
    pub(crate) branches: Vec<Branch>,
    /// For each branch, the statuses that name it; `4XX` as `[400, 499]`.
    pub(crate) statuses: Vec<Vec<(u16, u16)>>,
}

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut failed = None;
    let paths = lowering.value.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let id = operation
                .get("operationId")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let at = tree::origin_of(operation);
            let Some(operation) = operation.as_object_mut() else {
                continue;
            };
            let responses = operation.entry("responses").or_insert_with(|| json!({}));
            if responses.is_null() {
                *responses = json!({});
            }
            let Some(responses) = responses.as_object_mut() else {
                failed.get_or_insert(format!("{at}/responses"));
                continue;
            };
            statuses(responses, &at, &mut found);
            for success in [true, false] {
                one_type(responses, success, &id, &at, &mut wanted, &mut found);
            }
        }
    }
    if let Some(pointer) = failed {
        return Err(lowering.error(pointer, "the responses are no object", "Correct the document"));
    }
    components(lowering, wanted);
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

type Found = Vec<(String, String, String)>;

struct Wanted {
    id: String,
    success: bool,
    at: String,
    /// Schema with the statuses that have it.
    schemas: Vec<(Value, Vec<(u16, u16)>)>,
}

/// `default` as ranges, no statuses that are neither success nor error.
fn statuses(responses: &mut Map<String, Value>, at: &str, found: &mut Found) {
    let known = |status: &str| {
        let mut characters = status.chars();
        let class = characters.next();
        let rest: String = characters.collect();
        matches!(class, Some('2' | '4' | '5'))
            && (rest == "XX" || rest == "xx" || (rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit())))
    };
    let others: Vec<String> = responses
        .keys()
        .filter(|status| !known(status) && *status != "default")
        .cloned()
        .collect();
    for status in others {
        responses.shift_remove(&status);
        found.push((
            format!("{at}/responses/{status}"),
            "a status that is neither success nor error".to_owned(),
            "an unexpected response, with everything it holds".to_owned(),
        ));
    }
    let lower: Vec<String> = responses
        .keys()
        .filter(|status| status.ends_with("xx"))
        .cloned()
        .collect();
    for status in lower {
        if let Some(response) = responses.shift_remove(&status) {
            responses.insert(status.to_uppercase(), response);
        }
    }
    if let Some(default) = responses.shift_remove("default") {
        let mut ranges = vec!["4XX", "5XX"];
        if !responses.keys().any(|status| status.starts_with('2')) {
            ranges.push("2XX");
        }
        for range in &ranges {
            if !responses.contains_key(*range) {
                responses.insert((*range).to_owned(), default.clone());
            }
        }
        found.push((
            format!("{at}/responses/default"),
            "progenitor takes `default` as success and as error".to_owned(),
            format!("it stands for {}", ranges.join(", ")),
        ));
    }
}

fn content_of(response: &Value) -> Option<&Map<String, Value>> {
    response
        .get("content")
        .and_then(Value::as_object)
        .filter(|content| !content.is_empty())
}

fn range(status: &str) -> (u16, u16) {
    match status.strip_suffix("XX").and_then(|class| class.parse::<u16>().ok()) {
        Some(class) => (class * 100, class * 100 + 99),
        None => status.parse().map_or((0, 0), |code| (code, code)),
    }
}

/// One type for all successes, or all errors.
fn one_type(
    responses: &mut Map<String, Value>,
    success: bool,
    id: &str,
    at: &str,
    wanted: &mut Vec<Wanted>,
    found: &mut Found,
) {
    let ours = |status: &str| status.starts_with('2') == success;
    let mut schemas: Vec<(Value, Vec<(u16, u16)>)> = Vec::new();
    let (mut bytes, mut none, mut typed) = (0, 0, 0);
    for (status, response) in responses.iter().filter(|(status, _)| ours(status)) {
        match content_of(response) {
            None => none += 1,
            Some(content) => match content.get("application/json").and_then(|media| media.get("schema")) {
                None => bytes += 1,
                Some(schema) => {
                    typed += 1;
                    let mut bare = schema.clone();
                    tree::strip(&mut bare);
                    if let Some(bare) = bare.as_object_mut() {
                        bare.shift_remove("description");
                    }
                    match schemas.iter_mut().find(|(known, _)| *known == bare) {
                        Some((_, statuses)) => statuses.push(range(status)),
                        None => schemas.push((bare, vec![range(status)])),
                    }
                }
            },
        }
    }
    let what = if success { "success" } else { "error" };
    let content = if typed == 0 && bytes > 0 && none > 0 {
        found.push((
            format!("{at}/responses"),
            format!("some {what} responses have a body of bytes and some none"),
            "a stream of bytes, which may be empty".to_owned(),
        ));
        stream()
    } else if !success && typed == 0 && bytes == 0 && none > 0 {
        found.push((
            format!("{at}/responses"),
            "error responses without a schema, whose body progenitor throws away".to_owned(),
            "a stream of bytes, which may be empty".to_owned(),
        ));
        stream()
    } else if typed > 0 && (schemas.len() > 1 || none > 0 || bytes > 0) {
        let placeholder = format!("{id}{}{what}", names::MARK);
        wanted.push(Wanted {
            id: id.to_owned(),
            success,
            at: at.to_owned(),
            schemas,
        });
        json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{placeholder}") } } })
    } else {
        return overlap(responses, success);
    };
    for (_, response) in responses.iter_mut().filter(|(status, _)| ours(status)) {
        if let Some(response) = response.as_object_mut() {
            response.insert("content".to_owned(), content.clone());
        }
    }
    overlap(responses, success);
}

fn stream() -> Value {
    json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } })
}

/// A range that stands beside its own codes: all have one type now, so the range is enough.
fn overlap(responses: &mut Map<String, Value>, success: bool) {
    let ranges: Vec<char> = responses
        .keys()
        .filter(|status| status.ends_with("XX"))
        .filter_map(|status| status.chars().next())
        .collect();
    responses.retain(|status, _| {
        status.starts_with('2') != success || status.ends_with("XX") || !status.starts_with(ranges.as_slice())
    });
}

/// A choice among the schemas is as many schemas.
fn flat(document: &Value, schemas: Vec<(Value, Vec<(u16, u16)>)>) -> Vec<(Value, Vec<(u16, u16)>)> {
    let mut out: Vec<(Value, Vec<(u16, u16)>)> = Vec::new();
    for (schema, statuses) in schemas {
        let target = schema
            .as_object()
            .and_then(tree::schema_name)
            .and_then(|name| document.pointer(&format!("/components/schemas/{name}")))
            .filter(|target| target.get("discriminator").is_none());
        let branches = ["oneOf", "anyOf"].iter().find_map(|key| target?.get(*key)?.as_array());
        let parts = match branches {
            Some(branches) => branches.clone(),
            None => vec![schema],
        };
        for mut part in parts {
            tree::strip(&mut part);
            match out.iter_mut().find(|(known, _)| *known == part) {
                Some((_, known)) => known.extend(statuses.iter().copied()),
                None => out.push((part, statuses.clone())),
            }
        }
    }
    out
}

/// One component for each distinct set of schemas.
fn components(lowering: &mut Lowering, mut wanted: Vec<Wanted>) {
    for one in &mut wanted {
        one.schemas = flat(&lowering.value, std::mem::take(&mut one.schemas));
    }
    drop_unused(lowering, &wanted);
    let mut taken: names::Taken = tree::components(&lowering.value).map(|(name, _)| name).collect();
    let key = |one: &Wanted| {
        let mut key: Vec<String> = one
            .schemas
            .iter()
            .map(|(schema, statuses)| format!("{schema}{statuses:?}"))
            .collect();
        key.sort();
        format!("{}{}", one.success, key.join("|"))
    };
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in &wanted {
        users.entry(key(one)).or_default().push(one.id.clone());
    }
    let mut names_by_set: BTreeMap<String, String> = BTreeMap::new();
    let mut renamed = BTreeMap::new();
    for one in &wanted {
        let set = key(one);
        let known = names_by_set.get(&set).cloned();
        let name = known.clone().unwrap_or_else(|| {
            let branches: Vec<String> = one
                .schemas
                .iter()
                .map(|(schema, _)| super::unions::branch_name(schema))
                .collect();
            let suffix = if one.success { "Response" } else { "Error" };
            // The forms of one operation in other media types count as that operation.
            let form = format!("{}-", one.id);
            let shared = users
                .get(&set)
                .is_some_and(|ids| ids.iter().any(|id| *id != one.id && !id.starts_with(&form)));
            let wanted = if shared && branches.len() <= 3 {
                let joined = branches.join("Or");
                if branches.len() > 1 {
                    joined
                } else {
                    format!("{joined}{suffix}")
                }
            } else {
                format!("{}{suffix}", names::pascal(&one.id))
            };
            taken.unique(&names::pascal(&wanted))
        });
        if known.is_none() {
            let branches =
                super::unions::branches(&lowering.value, one.schemas.iter().map(|(schema, _)| schema), &name);
            let spec = AnswerSpec {
                branches,
                statuses: one.schemas.iter().map(|(_, statuses)| statuses.clone()).collect(),
            };
            let what = if one.success { "A successful answer" } else { "An error" };
            insert_component(
                &mut lowering.value,
                &name,
                json!({
                    "type": "object", tree::ORIGIN: one.at,
                    "description": format!("{what}: the schema that matched, or the body as it came."),
                    "x-bindings": { "answer": spec },
                }),
            );
            names_by_set.insert(set, name.clone());
        }
        let what = if one.success { "success" } else { "error" };
        renamed.insert(
            format!("#/components/schemas/{}{}{what}", one.id, names::MARK),
            format!("#/components/schemas/{name}"),
        );
        lowering.record(
            NAME,
            format!("{}/responses", one.at),
            format!("several {what} schemas, or statuses without one; progenitor panics on them"),
            format!("the enum `{name}` tells which schema matched, and keeps a body that none matches"),
        );
    }
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let new = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|text| renamed.get(text));
        if let Some(new) = new {
            schema.insert("$ref".to_owned(), json!(new));
        }
    });
}

/// Inline choices whose branches an answer took over are used by nothing any more; their names
/// are free.
fn drop_unused(lowering: &mut Lowering, wanted: &[Wanted]) {
    let mut usage = super::usage::of(&lowering.value);
    for (schema, _) in wanted.iter().flat_map(|one| &one.schemas) {
        super::usage::follow(&lowering.value, schema, &mut usage.responses);
    }
    let schemas = lowering
        .value
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    if let Some(schemas) = schemas {
        schemas.retain(|name, schema| {
            let inline = !tree::origin_of(schema).starts_with("/components/");
            !inline || usage.requests.contains(name) || usage.responses.contains(name)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::run;

    fn body(name: &str) -> Value {
        json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}})
    }

    #[test]
    fn several_error_schemas_are_one_enum() {
        let (value, rewrites) = run(
            apply,
            json!({
                "components": {"schemas": {"A": {"type": "object", "properties": {"a": {}}}, "B": {"type": "object", "properties": {"b": {}}}}},
                "paths": {"/x": {"get": {"operationId": "les", "responses": {"200": body("A"), "400": body("A"), "404": body("B"), "default": body("A"), "301": {}}}}}
            }),
        );
        let responses = value.pointer("/paths/~1x/get/responses").unwrap();
        let keys: Vec<&String> = responses.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["200", "4XX", "5XX"]);
        assert_eq!(responses["4XX"], body("LesError"));
        assert_eq!(responses["200"], body("A"));
        let spec = value.pointer("/components/schemas/LesError/x-bindings/answer").unwrap();
        assert_eq!(
            spec["statuses"],
            json!([[[400, 400], [400, 499], [500, 599]], [[404, 404]]])
        );
        assert_eq!(rewrites.len(), 3);
    }

    #[test]
    fn the_body_of_an_error_without_a_schema_is_kept() {
        let (value, rewrites) = run(
            apply,
            json!({"paths": {"/x": {"get": {"operationId": "les", "responses": {"200": {}, "404": {}, "500": {}}}}}}),
        );
        let responses = value.pointer("/paths/~1x/get/responses").unwrap();
        assert_eq!(responses["200"], json!({}));
        for status in ["404", "500"] {
            assert!(
                responses[status]
                    .pointer("/content/application~1octet-stream")
                    .is_some()
            );
        }
        assert_eq!(rewrites.len(), 1);
    }

    #[test]
    fn one_schema_everywhere_stays_as_it_is() {
        let document = json!({"paths": {"/x": {"get": {"operationId": "les", "responses": {"200": body("A"), "400": body("E"), "404": body("E")}}}}});
        let (value, rewrites) = run(apply, document.clone());
        assert_eq!(value, document);
        assert!(rewrites.is_empty());
    }
}
