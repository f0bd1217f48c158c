//! Formats that progenitor does not know, mapped to those it does, and the others removed.

use super::{LowerError, Lowering, tree};

const NAME: &str = "formats";

/// Formats of strings that typify turns into a type of their own.
const KEPT: [&str; 5] = ["date", "date-time", "uuid", "decimal", "binary"];

/// What a format is another spelling of, and the type it has.
fn meant(format: &str) -> Option<(&'static str, &'static str)> {
    let plain: String = format.chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match plain.to_ascii_lowercase().as_str() {
        "uuid" | "guid" => ("uuid", "uuid::Uuid"),
        "date" => ("date", "chrono::NaiveDate"),
        "datetime" => ("date-time", "chrono::DateTime<Utc>"),
        "decimal" | "bigdecimal" => ("decimal", "rust_decimal::Decimal"),
        _ => return None,
    })
}

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
        if let Some((known, rust)) = meant(&format) {
            if known != format {
                schema.insert("format".to_owned(), known.into());
                found.push((tree::origin(schema), format, rust));
            }
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

    #[test]
    fn other_spellings_are_the_same_format() {
        let (value, _) = run(
            apply,
            components(
                json!({"A": {"type": "string", "format": "DateTime"}, "B": {"type": "string", "format": "UUID"}}),
            ),
        );
        assert_eq!(
            value,
            components(
                json!({"A": {"type": "string", "format": "date-time"}, "B": {"type": "string", "format": "uuid"}})
            )
        );
    }
}
