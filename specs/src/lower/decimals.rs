//! Numbers are exact decimals: an amount that goes through a binary float may come back as another.

use serde_json::{Value, json};

use super::{LowerError, Lowering, tree};

const NAME: &str = "decimals";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        let at = tree::origin(schema);
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        let (marker, reason, effect) = match (kind, format) {
            ("number", _) => (
                "NumberDecimal",
                "a number would become `f64`, in which 0.1 is not 0.1",
                "`rust_decimal::Decimal`, read from and written as a JSON number, digit for digit",
            ),
            ("string", "decimal") => (
                "TextDecimal",
                "a decimal in a text would become a text",
                "`rust_decimal::Decimal`, read from and written as a JSON string",
            ),
            _ => return,
        };
        for key in ["format", "enum", "type"] {
            schema.shift_remove(key);
        }
        schema.insert("x-rust-type".to_owned(), json!({
            "crate": "bindings_types", "version": "*", "path": format!("bindings_types::{marker}"), "parameters": [],
        }));
        found.push((at, reason, effect));
    });
    for (pointer, reason, effect) in found {
        lowering.record(NAME, pointer, reason, effect);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::{components, run};

    #[test]
    fn numbers_and_decimal_texts_are_native_types() {
        let (value, rewrites) = run(
            apply,
            components(
                json!({"A": {"type": "number", "format": "double"}, "B": {"type": "string", "format": "decimal"}, "C": {"type": "integer"}}),
            ),
        );
        assert_eq!(
            value.pointer("/components/schemas/A/x-rust-type/path"),
            Some(&json!("bindings_types::NumberDecimal"))
        );
        assert_eq!(
            value.pointer("/components/schemas/B/x-rust-type/path"),
            Some(&json!("bindings_types::TextDecimal"))
        );
        assert_eq!(
            value.pointer("/components/schemas/C"),
            Some(&json!({"type": "integer"}))
        );
        assert_eq!(rewrites.len(), 2);
    }
}
