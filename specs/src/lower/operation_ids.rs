//! Every operation needs a name of its own, and one that Rust takes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LowerError, Lowering, names, tree};

const NAME: &str = "operation-ids";

/// Methods that the generated client has anyway.
const TAKEN: [&str; 9] = [
    "new",
    "new_with_client",
    "api_version",
    "baseurl",
    "client",
    "inner",
    "pre",
    "post",
    "exec",
];

pub(super) fn apply(lowering: &mut Lowering) -> Result<(), LowerError> {
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    let mut found = Vec::new();
    tree::walk_operations(&mut lowering.value, &mut |pointer, operation| {
        let at = tree::origin(operation);
        operation.shift_remove("x-bindings");
        let given = operation
            .get("operationId")
            .and_then(Value::as_str)
            .filter(|name| name.chars().any(unicode_ident::is_xid_start))
            .map(str::to_owned);
        let wanted = given.clone().unwrap_or_else(|| from_place(pointer));
        let mut name = wanted.clone();
        let mut number = 2;
        while taken.contains(&names::snake(&name)) {
            name = if TAKEN.contains(&names::snake(&wanted).as_str()) && number == 2 {
                format!("{wanted}Operation")
            } else {
                format!("{wanted}{number}")
            };
            number += 1;
        }
        taken.insert(names::snake(&name));
        if given.as_deref() != Some(name.as_str()) {
            found.push((at, given, name.clone()));
        }
        operation.insert("operationId".to_owned(), json!(name));
    });
    for (pointer, given, name) in found {
        let reason = match given {
            Some(given) => format!("`{given}` is the name of another operation too, or of a method every client has"),
            None => "no operationId that makes a name".to_owned(),
        };
        lowering.record(
            NAME,
            pointer,
            reason,
            format!("the method is `{}`", names::snake(&name)),
        );
    }
    Ok(())
}

/// Method and path, without the braces.
fn from_place(pointer: &str) -> String {
    let mut steps = pointer.split('/').skip(2);
    let path = steps.next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let method = steps.next().unwrap_or_default();
    let words: Vec<String> = path
        .split('/')
        .filter(|word| !word.is_empty())
        .map(
            |word| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
                Some(parameter) => format!("by-{parameter}"),
                None => word.to_owned(),
            },
        )
        .collect();
    format!("{method}-{}", words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::testing::run;

    #[test]
    fn missing_repeated_and_taken_names() {
        let (value, rewrites) = run(
            apply,
            json!({"paths": {
                "/a/{id}": {"get": {}, "put": {"operationId": "hent"}, "post": {"operationId": "Hent"}},
                "/b": {"get": {"operationId": "client"}, "delete": {"operationId": "fjern"}}
            }}),
        );
        let id = |path: &str| value.pointer(path).unwrap().as_str().unwrap().to_owned();
        assert_eq!(id("/paths/~1a~1{id}/get/operationId"), "get-a-by-id");
        assert_eq!(id("/paths/~1a~1{id}/put/operationId"), "hent");
        assert_eq!(id("/paths/~1a~1{id}/post/operationId"), "Hent2");
        assert_eq!(id("/paths/~1b/get/operationId"), "clientOperation");
        assert_eq!(id("/paths/~1b/delete/operationId"), "fjern");
        assert_eq!(rewrites.len(), 3);
    }
}
