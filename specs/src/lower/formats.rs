//! Formats that progenitor does not know, mapped to those it does, and the others removed.

use super::{LowerError, Lowering, tree};

const NAME: &str = "formats";

/// Formats of strings that typify turns into a type of their own.
const KEPT: [&str; 4] = ["date", "date-time", "uuid", "binary"];

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
