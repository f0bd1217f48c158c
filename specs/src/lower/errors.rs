//! Error responses of one operation with and without a body.

use serde_json::{Map, Value};

use super::{LowerError, Lowering, tree};

const NAME: &str = "errors";

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut found = Vec::new();
    tree::walk_operations(&mut lowering.value, &mut |_, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            return;
        };
        let body = responses
            .iter()
            .filter(|(status, _)| status.starts_with(['4', '5']))
            .find_map(|(_, response)| response.get("content").filter(|content| !is_empty(content)))
            .cloned();
        let Some(body) = body else {
            return;
        };
        for (status, response) in responses.iter_mut() {
            if status.starts_with(['4', '5'])
                && let Some(response) = response.as_object_mut()
                && response.get("content").is_none_or(is_empty)
            {
                found.push(tree::origin(response));
                response.insert("content".to_owned(), body.clone());
            }
        }
    });
    for pointer in found {
        lowering.record(
            NAME,
            pointer,
            "progenitor takes one error type for each operation",
            "the same error type as the operation's other errors",
        );
    }
    Ok(())
}

fn is_empty(content: &Value) -> bool {
    content.as_object().is_none_or(Map::is_empty)
}
