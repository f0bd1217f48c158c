//! Lengths, patterns and bounds: rules that a value is checked against, not types.
//!
//! typify makes a newtype of every constrained string, once per place it occurs, and narrows
//! integers to their bounds; one value outside them then fails a whole response.

use super::{LowerError, Lowering, tree};

const NAME: &str = "constraints";

const KEYWORDS: [&str; 12] = [
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
];

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let mut removed = Vec::new();
        for keyword in KEYWORDS.into_iter().chain(["uniqueItems"]) {
            if schema.shift_remove(keyword).is_some() {
                removed.push(format!("`{keyword}`"));
            }
        }
        if !removed.is_empty() {
            found.push((tree::origin(schema), removed.join(", ")));
        }
    });
    for (pointer, keywords) in found {
        lowering.record(
            NAME,
            pointer,
            format!("{keywords} would make a newtype of its own at every place, and fail a whole response for one value outside"),
            "the plain type; the rule is checked against the schema and not by the type",
        );
    }
    Ok(())
}
