//! Several media types for one response or body.

use serde_json::{Map, Value, json};

use super::{LowerError, Lowering, tree, tree::Part};

const NAME: &str = "media-types";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_parts(&mut lowering.value, &mut |part, _, value| {
        if part != Part::Response && part != Part::RequestBody {
            return;
        }
        let at = tree::origin_of(value);
        let Some(content) = value.get_mut("content").and_then(Value::as_object_mut) else {
            return;
        };
        let kinds: Vec<String> = content.keys().cloned().collect();
        let json = kinds.iter().find(|kind| is_json(kind)).or_else(|| {
            kinds
                .iter()
                .find(|kind| kind.as_str() == "*/*" || kind.as_str() == "application/*")
        });
        let typed = json.filter(|kind| {
            let schema = content.get(*kind).and_then(|media| media.get("schema"));
            kinds.len() == 1 || schema.is_some_and(|schema| !is_empty(schema))
        });
        let mut kept = Map::new();
        if let Some(kind) = typed {
            let mut media = content.get(kind).cloned().unwrap_or_default();
            if media.get("schema").is_none() {
                media = json!({ "schema": {} });
            }
            if kinds.len() > 1 || kind != "application/json" {
                found.push((at, kinds.join(", "), "JSON is decoded".to_owned()));
            }
            kept.insert("application/json".to_owned(), media);
        } else if !kinds.is_empty() {
            kept.insert(
                "application/octet-stream".to_owned(),
                json!({ "schema": { "type": "string", "format": "binary" } }),
            );
            found.push((
                at,
                kinds.join(", "),
                "a stream of bytes, whatever the media type".to_owned(),
            ));
        }
        *content = kept;
    });
    for (pointer, kinds, effect) in found {
        lowering.record(
            NAME,
            format!("{pointer}/content"),
            format!("progenitor takes one media type, not {kinds}"),
            effect,
        );
    }
    Ok(())
}

fn is_empty(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|schema| schema.keys().all(|key| key == tree::ORIGIN || key == "description"))
}

/// `application/json`, and every type with the suffix `+json`.
fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}
