//! Lengths, patterns and bounds: rules that a value is checked against, not types.
//!
//! typify makes a newtype of every constrained string, once per place it occurs, and narrows
//! integers to their bounds; one value outside them then fails a whole response.

use super::{LowerError, Lowering, tidy_schemas::describe, tree};

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
        let mut said = Vec::new();
        for keyword in KEYWORDS.into_iter().chain(["uniqueItems"]) {
            if let Some(value) = schema.shift_remove(keyword) {
                removed.push(format!("`{keyword}`"));
                said.push(format!(
                    "`{keyword}` {}",
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), |text| format!("`{text}`"))
                ));
            }
        }
        if !removed.is_empty() {
            describe(schema, &format!("Rule: {}.", said.join(", ")));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn rules_go_to_the_description() {
        let (value, rewrites) = run(
            apply,
            components(json!({"A": {"type": "string", "maxLength": 3, "pattern": "^a"}})),
        );
        assert_eq!(
            value,
            components(json!({"A": {"type": "string", "description": "Rule: `maxLength` 3, `pattern` `^a`."}}))
        );
        assert_eq!(rewrites[0].pointer, "/components/schemas/A");
    }
}
