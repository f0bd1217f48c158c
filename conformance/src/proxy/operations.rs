//! Which operation of the pinned documents a request is.

use std::sync::LazyLock;

use http::Method;
use skatteetaten_client::Api;
use skatteetaten_specs::{document::Document, manifest};

/// What a path that fits no operation is called.
pub(super) const UNKNOWN: &str = "unknown";

struct Operation {
    api: Api,
    method: String,
    path: Vec<String>,
    id: String,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for api in Api::ALL {
        let Ok(pinned) = manifest::find(api.document()) else {
            continue;
        };
        let Some(document) = pinned
            .verified()
            .ok()
            .and_then(|bytes| Document::parse(api.document(), bytes).ok())
        else {
            continue;
        };
        all.extend(document.operations().filter_map(|(method, path, operation)| {
            Some(Operation {
                api,
                method: method.to_uppercase(),
                path: path.split('/').map(str::to_owned).collect(),
                id: operation.get("operationId")?.as_str()?.to_owned(),
            })
        }));
    }
    all
});

/// The `operationId` at a path below the API's base URL, whatever the method when no operation has
/// this one; and the values of its path parameters, by name, as they stand in the path.
pub(super) fn of<'path>(
    api: Api,
    method: &Method,
    path: &'path str,
) -> (&'static str, Vec<(&'static str, &'path str)>) {
    let fitting = || {
        OPERATIONS
            .iter()
            .filter(|operation| operation.api == api && fits(operation, path))
    };
    let exact = fitting().find(|operation| operation.method == method.as_str());
    match exact.or_else(|| fitting().next()) {
        Some(operation) => {
            let parameters = operation
                .path
                .iter()
                .zip(path.split('/'))
                .filter_map(|(wanted, found)| Some((wanted.strip_prefix('{')?.strip_suffix('}')?, found)))
                .collect();
            (&operation.id, parameters)
        }
        None => (UNKNOWN, Vec::new()),
    }
}

fn fits(operation: &Operation, path: &str) -> bool {
    let mut found = path.split('/');
    let same = operation.path.iter().all(|wanted| match found.next() {
        Some(found) if wanted.starts_with('{') => !found.is_empty(),
        Some(found) => wanted == found,
        None => false,
    });
    same && found.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_the_documents_operations() {
        let id = |api, path| of(api, &Method::GET, path).0;
        assert_eq!(id(Api::Trekkpaalegg, "/api/trekkpaalegg/v1"), "hentAlleGjeldende");
        assert_eq!(id(Api::Trekkpaalegg, "/api/trekkpaalegg/v1/a/2"), "hentVersjon");
        assert_eq!(id(Api::Trekkpaalegg, "/api/trekkpaalegg/v1/a//"), UNKNOWN);
        assert_eq!(id(Api::Trekkpaalegg, "/api/trekkpaalegg/v2"), UNKNOWN);
        assert_eq!(of(Api::Finansprodukter, &Method::POST, "/2024").0, "innsending");
        // The wrong method is still about the operation.
        assert_eq!(of(Api::Finansprodukter, &Method::PUT, "/2024").0, "innsending");
        assert_eq!(
            id(Api::Finansprodukter, "/2024/forsendelser/x/dokumenter/y"),
            "uthentingDokument"
        );
        assert_eq!(id(Api::Dialogporten, "/api/v1/enduser/dialogs/z"), "hentDialog");
        let (_, parameters) = of(Api::Trekkpaalegg, &Method::GET, "/api/trekkpaalegg/v1/a/2");
        assert_eq!(parameters, [("trekkid", "a"), ("trekkversjon", "2")]);
    }
}
