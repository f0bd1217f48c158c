//! What an id means, as a digest that must not change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Case, Catalogue};
use crate::results::Requirement;

/// `locked.toml`: the digest of each id's meaning. Ids are only ever added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Cases.
    pub cases: BTreeMap<String, String>,
    /// Requirements.
    pub requirements: BTreeMap<String, String>,
}

impl Lock {
    /// The lock that is part of this crate.
    ///
    /// # Errors
    /// When the file is not what it should be.
    pub fn builtin() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../catalogue/locked.toml"))
    }

    /// The lock as it would be for a catalogue.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        Self {
            cases: catalogue
                .cases()
                .iter()
                .map(|case| (case.id().to_owned(), meaning_of_case(case)))
                .collect(),
            requirements: catalogue
                .requirements()
                .iter()
                .map(|requirement| (requirement.id.clone(), meaning_of_requirement(requirement)))
                .collect(),
        }
    }

    /// Ids that have gone, or mean something else than when they were locked.
    #[must_use]
    pub fn broken_by(&self, now: &Self) -> Vec<String> {
        let gone = |then: &BTreeMap<String, String>, now: &BTreeMap<String, String>| {
            then.iter()
                .filter(|(id, meaning)| now.get(*id) != Some(meaning))
                .map(|(id, _)| id.clone())
                .collect::<Vec<_>>()
        };
        let mut broken = gone(&self.cases, &now.cases);
        broken.extend(gone(&self.requirements, &now.requirements));
        broken
    }
}

/// Digest of what a case means: what it checks and what is expected. Titles and rewording of steps'
/// actions may improve; roles may be added as more of a case can be automated.
#[must_use]
pub fn meaning_of_case(case: &Case) -> String {
    let mut parts = vec![case.record.purpose.nb.as_str(), case.record.purpose.en.as_str()];
    for step in &case.record.steps {
        parts.push(&step.expected.nb);
        parts.push(&step.expected.en);
    }
    digest(&parts)
}

/// Digest of what a requirement means.
#[must_use]
pub fn meaning_of_requirement(requirement: &Requirement) -> String {
    let strength = requirement.strength.label().en;
    digest(&[
        &requirement.text.nb,
        &requirement.text.en,
        &strength,
        &requirement.source.url,
    ])
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps the parts apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
