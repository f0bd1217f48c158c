//! Formats that progenitor does not know, mapped to those it does, and the others removed.

use super::{LowerError, Lowering, tree};

const NAME: &str = "formats";

/// Formats of strings that typify turns into a type of their own.
const KEPT: [&str; 5] = ["date", "date-time", "uuid", "decimal", "binary"];

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let Some(format) = schema.get("format").and_then(|f| f.as_str()).map(str::to_owned) else {
            return;
        };
        let kind = schema
            .get("type")
            .and_then(|t| t.as_str())
            .unwrap_or("string")
            .to_owned();
        if schema.contains_key("enum") || kind == "boolean" || kind == "object" || kind == "array" {
            // typify does not expect a format there.
            schema.shift_remove("format");
            return;
        }
        if kind == "integer" {
            if !["int32", "int64"].contains(&format.as_str()) {
                schema.shift_remove("format");
                found.push((tree::origin(schema), format, "i64"));
            }
            return;
        }
        if kind != "string" {
            return;
        }
        if format.eq_ignore_ascii_case("guid") {
            schema.insert("format".to_owned(), "uuid".into());
            found.push((tree::origin(schema), format, "uuid::Uuid"));
        } else if !KEPT.contains(&format.as_str()) {
            schema.shift_remove("format");
            found.push((tree::origin(schema), format, "String"));
        }
    });
    for (pointer, format, rust) in found {
        lowering.record(
            NAME,
            format!("{pointer}/format"),
            format!("progenitor knows no format `{format}`"),
            format!("the type is `{rust}`"),
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
    fn known_formats_stay_and_others_go() {
        let (value, rewrites) = run(
            apply,
            components(json!({
                "A": {"type": "string", "format": "guid"}, "B": {"type": "string", "format": "year"},
                "C": {"type": "string", "format": "date"}, "D": {"type": "integer", "format": "year"}
            })),
        );
        assert_eq!(
            value,
            components(json!({
                "A": {"type": "string", "format": "uuid"}, "B": {"type": "string"},
                "C": {"type": "string", "format": "date"}, "D": {"type": "integer"}
            }))
        );
        assert_eq!(rewrites.len(), 3);
    }
}
