//! What the pinned documents say about the exchanges.

use std::{collections::HashMap, sync::LazyLock};

use skatteetaten_specs::{
    document::Document,
    manifest::{self, Provenance as Pinned},
    schema::Validator,
};

use super::Context;
use crate::{
    recording::RawExchange,
    redaction::{SchemaFinding, Side},
    results::{DocumentRef, Provenance, Text},
};

/// Operation, side, document, and pointer to the schema of a successful body.
const BODIES: &[(&str, Side, &str, &str)] = &[
    (
        "hentAlleGjeldende",
        Side::Response,
        "trekkpaalegg-app",
        "/paths/~1api~1trekkpaalegg~1v1/get/responses/200/content/application~1json/schema",
    ),
    (
        "hentVersjon",
        Side::Response,
        "trekkpaalegg-app",
        "/components/schemas/Trekkpaalegg",
    ),
    (
        "innsending",
        Side::Request,
        "innrapportering-finansprodukter-api",
        "/components/schemas/Innsending",
    ),
    (
        "innsending",
        Side::Response,
        "innrapportering-finansprodukter-api",
        "/components/schemas/Leveransebekreftelse",
    ),
];

/// A document that cannot be used leaves its operations out; a test sees to it that none is.
static VALIDATORS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    BODIES
        .iter()
        .filter_map(|(operation, side, name, pointer)| {
            let pinned = manifest::find(name).ok()?;
            let document = Document::parse(pinned.id(), pinned.verified().ok()?).ok()?;
            let validator = Validator::new(&document, pointer).ok()?;
            Some((format!("{operation} {side:?}"), validator))
        })
        .collect()
});

/// Where both sides of an exchange deviate from the pinned document. Only what was meant to
/// succeed is looked at: a refused request may be wrong on purpose.
pub(crate) fn findings(exchange: &RawExchange) -> Vec<SchemaFinding> {
    if !exchange.status.is_some_and(|status| (200..300).contains(&status)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (side, body) in [
        (Side::Request, exchange.request_json()),
        (Side::Response, exchange.response_json()),
    ] {
        let key = format!("{} {side:?}", exchange.operation);
        let (Some(validator), Some(body)) = (VALIDATORS.get(&key), body) else {
            continue;
        };
        findings.extend(validator.validate(&body).into_iter().map(|violation| SchemaFinding {
            side,
            pointer: violation.pointer,
            keyword: violation.keyword,
        }));
    }
    findings
}

/// The provenance of rules that stand in a document: they are published when its bytes are.
pub(crate) fn provenance(operation: &str) -> Provenance {
    BODIES
        .iter()
        .find(|(known, ..)| *known == operation)
        .and_then(|(_, _, name, _)| manifest::find(name).ok())
        .map_or(Provenance::Inferred, |pinned| of(pinned.entry().provenance))
}

fn of(pinned: Pinned) -> Provenance {
    match pinned {
        Pinned::Published => Provenance::Published,
        _ => Provenance::Reconstructed,
    }
}

/// The documents that checks rest on, for the pack.
pub(crate) fn documents() -> Vec<DocumentRef> {
    [
        "trekkpaalegg-app",
        "innrapportering-finansprodukter-api",
        "dialogporten-enduser",
    ]
    .iter()
    .filter_map(|name| manifest::find(name).ok())
    .map(|pinned| {
        let entry = pinned.entry();
        DocumentRef {
            api: entry.api.clone(),
            version: entry.version.clone(),
            sha256: entry.sha256.clone(),
            provenance: of(entry.provenance),
        }
    })
    .collect()
}

impl Context {
    /// Checks that every successful answer to an operation in this case fits the pinned document.
    pub fn fits_document(&self, operation: &str) {
        let places: Vec<String> = self
            .recorder()
            .all()
            .iter()
            .filter(|exchange| exchange.operation == operation)
            .flat_map(findings)
            .filter(|finding| finding.side == Side::Response)
            .map(|finding| format!("{} ({})", finding.pointer, finding.keyword))
            .collect();
        let shown = places.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        self.check(
            Text::new(
                "Svaret passer til det låste dokumentet",
                "The answer fits the pinned document",
            ),
            provenance(operation),
            Text::new("ingen avvik fra skjemaet", "no deviation from the schema"),
            if places.is_empty() {
                Text::new("ingen", "none")
            } else {
                Text::new(
                    format!("{} avvik: {shown}", places.len()),
                    format!("{} deviations: {shown}", places.len()),
                )
            },
            places.is_empty(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_schema_can_be_used() {
        assert_eq!(VALIDATORS.len(), BODIES.len());
        assert_eq!(documents().len(), 3);
    }
}
