//! Reads one record that the bindings could not decode together with its neighbours.

use std::sync::{Arc, LazyLock};

use skatteetaten_specs::{document::Document, manifest, schema::Validator};

use crate::generated::trekkpaalegg::types;

use super::{
    assemble::{Employer, assemble},
    body::{Body, Defect},
    normalise::{self, Members},
    order::{Order, Record, RejectedOrder},
    rule::{Violation, ViolationRule},
};

/// Reads the record at `index`, whatever it is.
pub(super) fn read(body: &Arc<Body>, index: usize, employer: Employer<'_>) -> Result<Order, RejectedOrder> {
    let text = body.record(index);
    let record = || Record {
        body: Arc::clone(body),
        index,
    };
    let mut violations = match decode(text) {
        Ok((decoded, remarks)) => match assemble(decoded, remarks, employer, record) {
            Ok(order) => {
                let defects = defects(text, &body.defects(index));
                if defects.is_empty() {
                    return Ok(order);
                }
                defects
            }
            Err(mut violations) => {
                violations.extend(defects(text, &body.defects(index)));
                violations
            }
        },
        Err(mut violations) => {
            violations.extend(defects(text, &body.defects(index)));
            violations
        }
    };
    violations.sort_by(|a, b| (&a.pointer, a.rule).cmp(&(&b.pointer, b.rule)));
    violations.dedup();
    Err(RejectedOrder {
        sekvensnummer: normalise::sekvensnummer(text),
        violations,
        record: record(),
    })
}

type Decoded = (types::Trekkpaalegg, Vec<super::rule::Remark>);

fn decode(text: &str) -> Result<Decoded, Vec<Violation>> {
    if let Ok(decoded) = serde_json::from_str(text) {
        return Ok((decoded, Vec::new()));
    }
    let Some(normalised) = normalise::normalise(text) else {
        return Err(vec![Violation::new("", ViolationRule::NotAnObject)]);
    };
    match serde_json::from_str(&normalised.text) {
        Ok(decoded) if normalised.duplicates.is_empty() => Ok((decoded, normalised.remarks)),
        _ => {
            let mut violations = normalised.duplicates;
            violations.extend(locate(&normalised.text));
            if violations.is_empty() {
                violations.push(Violation::new("", ViolationRule::Unreadable));
            }
            Err(violations)
        }
    }
}

/// Finds the places where a record differs from the pinned document's schema, as far as that
/// explains why it could not be decoded. Limits that the schema sets beside types are not
/// applied: a client must not reject what it can read.
fn locate(text: &str) -> Vec<Violation> {
    static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| {
        let pinned = manifest::find("trekkpaalegg-app").ok()?;
        let document = Document::parse(pinned.id(), pinned.bytes()).ok()?;
        Validator::new(&document, "/components/schemas/Trekkpaalegg").ok()
    });
    let (Some(validator), Ok(value)) = (VALIDATOR.as_ref(), serde_json::from_str(text)) else {
        return Vec::new();
    };
    validator
        .validate(&value)
        .into_iter()
        .filter_map(|found| {
            let (pointer, rule) = match found.keyword.as_str() {
                "type" => (found.pointer, ViolationRule::WrongType),
                "format" => (found.pointer, ViolationRule::UnreadableDate),
                "required" => {
                    // The message names the member in quotes; without one the object will do.
                    let member = found.message.split('"').nth(1).unwrap_or_default();
                    let separator = if member.is_empty() { "" } else { "/" };
                    (format!("{}{separator}{member}", found.pointer), ViolationRule::Missing)
                }
                "oneOf" => (found.pointer, ViolationRule::ExactlyOneSize),
                _ => return None,
            };
            Some(Violation::new(pointer, rule))
        })
        .collect()
}

/// The repaired places of a record as violations, each at the member that holds it.
fn defects(text: &str, defects: &[(usize, Defect)]) -> Vec<Violation> {
    if defects.is_empty() {
        return Vec::new();
    }
    let members = Members::parse(text);
    defects
        .iter()
        .map(|(place, defect)| {
            let member = members.as_ref().and_then(|members| {
                members.0.iter().find(|(_, value)| {
                    let start = value.get().as_ptr().addr() - text.as_ptr().addr();
                    (start..start + value.get().len()).contains(place)
                })
            });
            Violation::new(
                member.map_or_else(String::new, |(name, _)| format!("/{}", escape(name))),
                match defect {
                    Defect::Control => ViolationRule::ControlCharacter,
                    Defect::NotUtf8 => ViolationRule::NotUtf8,
                },
            )
        })
        .collect()
}

/// A member's name as a token of a JSON pointer. A name is text from outside: where it is not
/// one that a document could list, it is left out.
fn escape(name: &str) -> String {
    if name.len() <= 64 && name.chars().all(|c| c.is_alphabetic() || c == '_') {
        name.to_owned()
    } else {
        "…".to_owned()
    }
}
