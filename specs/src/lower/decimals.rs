//! Numbers are exact decimals: an amount that goes through a binary float may come back as another.

use serde_json::json;

use super::{LowerError, Lowering, tree};

const NAME: &str = "decimals";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_schemas(&mut lowering.value, &mut |_, schema| {
        if schema.get("type").is_some_and(|kind| kind == "number") && !schema.contains_key("x-rust-type") {
            schema.shift_remove("format");
            schema.shift_remove("enum");
            schema.insert(
                "x-rust-type".to_owned(),
                json!({ "crate": "rust_decimal", "version": "*", "path": "rust_decimal::Decimal" }),
            );
            found.push(tree::origin(schema));
        }
    });
    for pointer in found {
        lowering.record(
            NAME,
            pointer,
            "a number would become `f64`, in which 0.1 is not 0.1",
            "`rust_decimal::Decimal`, read from and written as a JSON number, digit for digit",
        );
    }
    Ok(())
}
