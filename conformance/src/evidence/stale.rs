//! Evidence that no longer holds, since what it rests on has changed.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{EvidenceError, Pack, name};
use crate::{
    catalogue,
    results::{ApiName, Catalogue, DocumentRef, Requirements, Results},
};

/// One thing that has changed, and the cases whose results rest on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stale {
    /// What has changed: a document (`api version`) or a requirement (its id).
    pub what: String,
    /// How.
    pub why: String,
    /// The cases of the pack that have to be run again, in ascending order.
    pub case_ids: Vec<String>,
}

/// What a judgement about staleness is made from: the documents and requirements of one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// OpenAPI documents.
    pub documents: Vec<DocumentRef>,
    /// Requirements.
    pub requirements: Requirements,
}

impl Basis {
    /// What this version of the tool carries.
    ///
    /// # Errors
    /// When the catalogue or the lock file that was compiled in cannot be read.
    pub fn current() -> Result<Self, EvidenceError> {
        let failed = |file: &str, detail: String| EvidenceError::Render {
            file: file.to_owned(),
            detail,
        };
        let requirements = catalogue::Catalogue::builtin()
            .map_err(|error| failed("catalogue", error.to_string()))?
            .register();
        let documents = skatteetaten_specs::manifest::pinned()
            .map_err(|error| failed("specs.toml", error.to_string()))?
            .iter()
            .filter(|document| document.entry().module.is_some())
            .map(|document| {
                let entry = document.entry();
                DocumentRef {
                    api: entry.api.clone(),
                    version: entry.version.clone(),
                    sha256: entry.sha256.clone(),
                    provenance: match entry.provenance {
                        skatteetaten_specs::manifest::Provenance::Published => crate::results::Provenance::Published,
                        _ => crate::results::Provenance::Reconstructed,
                    },
                }
            })
            .collect();
        Ok(Self {
            documents,
            requirements,
        })
    }

    /// What a pack was made from.
    ///
    /// # Errors
    /// When the pack cannot be read.
    pub fn of(pack: &Pack) -> Result<Self, EvidenceError> {
        Ok(Self {
            documents: pack.results()?.run.documents,
            requirements: read(pack, name::REQUIREMENTS)?,
        })
    }
}

/// What in a pack has gone stale, measured against a later basis.
///
/// # Errors
/// When the pack cannot be read.
pub fn stale(pack: &Pack, now: &Basis) -> Result<Vec<Stale>, EvidenceError> {
    let results = pack.results()?;
    let cases: Catalogue = read(pack, name::CATALOGUE)?;
    let then = Basis::of(pack)?;
    let mut stale: Vec<Stale> = then
        .documents
        .iter()
        .filter_map(|old| {
            let why = match now.documents.iter().find(|new| new.api == old.api) {
                None => "it is no longer used".to_owned(),
                Some(new) if new.sha256 != old.sha256 => {
                    let short = |digest: &str| digest.chars().take(12).collect::<String>();
                    format!(
                        "another document has taken its place: {} {} ({}, was {})",
                        new.api,
                        new.version,
                        short(&new.sha256),
                        short(&old.sha256)
                    )
                }
                Some(_) => return None,
            };
            Some(Stale {
                what: format!("{} {}", old.api, old.version),
                why,
                case_ids: about(&old.api, &cases, &results),
            })
        })
        .collect();
    for old in &then.requirements.requirements {
        let new = now.requirements.requirements.iter().find(|new| new.id == old.id);
        let why = match new {
            // A vendor's own requirement is in its packs and not in the tool.
            None => continue,
            Some(new) if new.text != old.text || new.strength != old.strength => "its text or strength has changed",
            Some(new) if new.source.sha256 != old.source.sha256 => "the page it comes from has changed",
            Some(_) => continue,
        };
        let case_ids: Vec<String> = results
            .results
            .iter()
            .filter(|result| result.requirement_ids.contains(&old.id))
            .map(|result| result.case_id.clone())
            .collect();
        stale.push(Stale {
            what: old.id.clone(),
            why: why.to_owned(),
            case_ids,
        });
    }
    Ok(stale)
}

/// Cases about the API of a document; one that is about no API in particular may rest on any.
fn about(document: &str, cases: &Catalogue, results: &Results) -> Vec<String> {
    let api = if document.contains(ApiName::Trekkpaalegg.code()) {
        Some(ApiName::Trekkpaalegg)
    } else if document.contains(ApiName::Finansprodukter.code()) {
        Some(ApiName::Finansprodukter)
    } else {
        None
    };
    let ids: BTreeSet<&str> = results
        .results
        .iter()
        .map(|result| result.case_id.as_str())
        .filter(|id| {
            let of_case = cases.case(id).and_then(|case| case.api);
            match (api, of_case) {
                (Some(api), Some(of_case)) => api == of_case,
                _ => true,
            }
        })
        .collect();
    ids.into_iter().map(str::to_owned).collect()
}

fn read<T: serde::de::DeserializeOwned>(pack: &Pack, file: &str) -> Result<T, EvidenceError> {
    let bytes = pack.file(file).ok_or_else(|| EvidenceError::Unreadable {
        path: pack.path().to_owned(),
        why: format!("it has no {file}"),
    })?;
    serde_json::from_slice(bytes).map_err(EvidenceError::json(file))
}
