//! What the tests of the rewrites share.

use serde_json::{Value, json};

use super::{LowerError, Lowering, Rewrite, tree};

/// A document with these component schemas.
pub(crate) fn components(schemas: Value) -> Value {
    json!({ "components": { "schemas": schemas } })
}

/// Runs one rewrite alone.
pub(crate) fn run(pass: fn(&mut Lowering) -> Result<(), LowerError>, document: Value) -> (Value, Vec<Rewrite>) {
    let mut lowering = Lowering::new("test", document);
    tree::annotate(&mut lowering.value);
    pass(&mut lowering).unwrap();
    tree::strip(&mut lowering.value);
    (lowering.value, lowering.rewrites)
}

/// Runs one rewrite that must refuse the document.
pub(crate) fn refused(pass: fn(&mut Lowering) -> Result<(), LowerError>, document: Value) -> LowerError {
    let mut lowering = Lowering::new("test", document);
    tree::annotate(&mut lowering.value);
    pass(&mut lowering).unwrap_err()
}
