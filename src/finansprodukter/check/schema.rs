//! The schema of a submission, from the pinned document, applied piece by piece.

use std::sync::OnceLock;

use serde_json::Value;
use skatteetaten_specs::{document::Document, manifest, schema::Validator};

use super::read::{DELIVERY, List};
use crate::Api;

/// Where the schema of the request body stands in the document.
const BODY: &str = "/paths/~1{inntektsaar}/post/requestBody/content/application~1json/schema";

/// Validators for the body and, where that says the same, for the items of its lists.
#[derive(Debug)]
pub(super) struct Schema {
    /// For the body.
    pub(super) body: Validator,
    /// For the items of [`List::ALL`], in that order; then the body is judged with empty lists.
    /// `None` when the schema ties items to each other or to the rest, so that only the whole
    /// can be judged.
    pub(super) items: Option<[Validator; 2]>,
}

impl Schema {
    fn new(document: &Document) -> Result<Self, String> {
        let validator = |pointer: &str| Validator::new(document, pointer).map_err(|error| error.to_string());
        let items = match List::ALL.map(|list| separable(document.value(), list)) {
            [Some(reports), Some(deletions)] => Some([validator(&reports)?, validator(&deletions)?]),
            _ => None,
        };
        Ok(Self {
            body: validator(BODY)?,
            items,
        })
    }

    /// The validator of a list's items.
    pub(super) fn of(&self, list: List) -> Option<&Validator> {
        let [reports, deletions] = self.items.as_ref()?;
        Some(match list {
            List::Oppgave => reports,
            List::Sletteoppgave => deletions,
        })
    }
}

/// The pinned document, after its digest has been verified.
pub(super) fn document() -> Result<Document, String> {
    let pinned = manifest::find(Api::Finansprodukter.document()).map_err(|error| error.to_string())?;
    let bytes = pinned.verified().map_err(|error| error.to_string())?;
    Document::parse(pinned.id(), bytes).map_err(|error| error.to_string())
}

/// The schema, built once per process. The error is what makes the pinned document unusable.
pub(super) fn schema() -> Result<&'static Schema, &'static str> {
    static SCHEMA: OnceLock<Result<Schema, String>> = OnceLock::new();
    SCHEMA
        .get_or_init(|| Schema::new(&document()?))
        .as_ref()
        .map_err(String::as_str)
}

/// Keywords of an object that say nothing about what its members hold.
const OF_OBJECTS: [&str; 5] = ["type", "required", "properties", "additionalProperties", "nullable"];
/// Keywords of a list that say nothing about its items but what each of them is.
const OF_LISTS: [&str; 3] = ["type", "items", "nullable"];
/// Keywords that only describe.
const DESCRIPTIVE: [&str; 5] = ["title", "description", "example", "externalDocs", "xml"];

/// The pointer to the schema of a list's items, if judging each item by it, and the rest with an
/// empty list, is the same as judging the whole: nothing on the way from the body to the items may
/// look at several of them together.
fn separable(document: &Value, list: List) -> Option<String> {
    let mut at = resolve(document, BODY.to_owned())?;
    for name in [DELIVERY, list.name()] {
        only(document.pointer(&at)?, &OF_OBJECTS)?;
        at = resolve(document, format!("{at}/properties/{name}"))?;
    }
    only(document.pointer(&at)?, &OF_LISTS)?;
    let items = format!("{at}/items");
    document.pointer(&items).map(|_| items)
}

/// Follows references within the document; `None` for a missing one, one elsewhere, or a circle.
fn resolve(document: &Value, mut at: String) -> Option<String> {
    for _ in 0..32 {
        match document.pointer(&at)?.get("$ref") {
            None => return Some(at),
            Some(reference) => at = reference.as_str()?.strip_prefix('#')?.to_owned(),
        }
    }
    None
}

fn only(schema: &Value, allowed: &[&str]) -> Option<()> {
    schema
        .as_object()?
        .keys()
        .map(String::as_str)
        .all(|key| allowed.contains(&key) || DESCRIPTIVE.contains(&key) || key.starts_with("x-"))
        .then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_document_can_be_judged_item_by_item() {
        let document = document().unwrap();
        for list in List::ALL {
            assert!(separable(document.value(), list).is_some(), "{list:?}");
        }
    }

    #[test]
    fn a_schema_that_ties_items_together_is_judged_as_a_whole() {
        for (pointer, keyword, value) in [
            (
                "/components/schemas/Leveranse/properties/oppgave",
                "uniqueItems",
                Value::Bool(true),
            ),
            ("/components/schemas/Leveranse/properties/oppgave", "minItems", 1.into()),
            ("/components/schemas/Leveranse", "oneOf", Value::Array(vec![])),
            (
                "/components/schemas/Innsending",
                "not",
                Value::Object(serde_json::Map::new()),
            ),
        ] {
            let mut changed = document().unwrap().into_value();
            changed.pointer_mut(pointer).unwrap()[keyword] = value;
            assert_eq!(separable(&changed, List::Oppgave), None, "{pointer} {keyword}");
        }
    }
}
