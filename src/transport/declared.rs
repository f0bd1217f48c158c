//! What the pinned documents say about an operation: its path and its header parameters.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;
use skatteetaten_specs::document::Document;
use skatteetaten_specs::manifest;

use crate::Api;
use crate::error::ConfigurationError;

/// One operation, as far as sending it is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    /// Path template, such as `/api/trekkpaalegg/v1/{trekkid}/{trekkversjon}`.
    path: String,
    headers: Vec<String>,
}

impl Declared {
    /// Whether the operation has this header parameter.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|header| header.eq_ignore_ascii_case(name))
    }

    /// Whether a path below the base URL is one of this operation's: the same number of segments,
    /// the same literal ones, and a value in each variable one. A parameter of `..` or with a
    /// slash would otherwise turn one request into another.
    pub(crate) fn matches_path(&self, path: &str) -> bool {
        let mut found = path.split('/');
        let mut wanted = self.path.split('/');
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found)) => {
                    let same = if wanted.starts_with('{') {
                        !found.is_empty()
                    } else {
                        wanted == found
                    };
                    if !same {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }
}

/// Looks an operation up by the `operationId` of the pinned document.
///
/// # Errors
/// [`ConfigurationError`] when the document of this build has no such operation.
pub(crate) fn operation(api: Api, id: &str) -> Result<&'static Declared, ConfigurationError> {
    static ALL: OnceLock<HashMap<(Api, String), Declared>> = OnceLock::new();
    ALL.get_or_init(read_all).get(&(api, id.to_owned())).ok_or_else(|| {
        ConfigurationError::new(
            format!("the pinned document of {api} has no operation `{id}`"),
            "use an operationId that is in the document, or build against one that has it",
        )
    })
}

fn read_all() -> HashMap<(Api, String), Declared> {
    Api::ALL
        .into_iter()
        .filter_map(|api| {
            let bytes = manifest::find(api.document()).ok()?.verified().ok()?;
            Some((api, Document::parse(api.document(), bytes).ok()?))
        })
        .flat_map(|(api, document)| read(&document).into_iter().map(move |(id, found)| ((api, id), found)))
        .collect()
}

fn read(document: &Document) -> Vec<(String, Declared)> {
    let root = document.value();
    document
        .operations()
        .filter_map(|(_, path, operation)| {
            let id = operation.get("operationId")?.as_str()?;
            let shared = root.get("paths")?.get(path)?.get("parameters");
            let headers = [shared, operation.get("parameters")]
                .into_iter()
                .flatten()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(|parameter| resolve(root, parameter))
                .filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("header"))
                .filter_map(|parameter| parameter.get("name")?.as_str())
                .map(str::to_owned)
                .collect();
            Some((
                id.to_owned(),
                Declared {
                    path: path.to_owned(),
                    headers,
                },
            ))
        })
        .collect()
}

/// The parameter itself, where it is written as a reference.
fn resolve<'a>(root: &'a Value, parameter: &'a Value) -> Option<&'a Value> {
    match parameter.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(parameter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_the_documents_declare() {
        let list = operation(Api::Trekkpaalegg, "hentAlleGjeldende").unwrap();
        assert!(list.has_header("Klientid") && list.has_header("Korrelasjonsid"));
        let submit = operation(Api::Finansprodukter, "innsending").unwrap();
        assert!(!submit.has_header("Klientid") && submit.has_header("Korrelasjonsid"));
        let dialog = operation(Api::Dialogporten, "hentDialog").unwrap();
        assert!(!dialog.has_header("Klientid") && !dialog.has_header("Korrelasjonsid"));
        assert!(operation(Api::Dialogporten, "innsending").is_err());
    }

    #[test]
    fn a_parameter_cannot_change_the_path() {
        let one = operation(Api::Trekkpaalegg, "hentVersjon").unwrap();
        assert!(one.matches_path("/api/trekkpaalegg/v1/abc/2"));
        assert!(one.matches_path("/api/trekkpaalegg/v1/a%2Fb/2"));
        for bad in [
            "/api/trekkpaalegg/v1//2",
            "/api/trekkpaalegg/v1/a/b/2",
            "/api/trekkpaalegg/2",
            "/api/other/v1/a/2",
            "/api/trekkpaalegg/v1/a/2/",
        ] {
            assert!(!one.matches_path(bad), "{bad}");
        }
    }
}
