//! Cases, requirements, open questions and the authority's checklist: data, with one source of
//! truth in the folder `catalogue/`.
//!
//! A case names the requirements it shows something about; nothing else does. A requirement says
//! only how it is shown, and the loader puts the two together. Ids are locked: `locked.toml` holds
//! the digest of each id's meaning, since evidence from different years has to stay comparable.
//!
//! A vendor adds its own with [`Catalogue::add_requirement`] and [`Catalogue::add_case`].

mod check;
mod file;
mod lock;

use std::collections::BTreeSet;

use crate::results::{self, ApiName, Level, Role, Text};

pub use check::Problem;
pub use lock::{Lock, meaning_of_case, meaning_of_requirement};

/// One case, with what the runner needs beside the record that goes into a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What a pack records.
    pub record: results::CaseRecord,
    /// The `operationId`s it exercises, or `token`.
    pub operations: Vec<String>,
    /// The capability without which it does not apply.
    pub when: When,
    /// What a person has to state, for cases with role M.
    pub statement: Option<Text>,
}

impl Case {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Whether this actor takes part.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.record.roles.contains(&role)
    }
}

/// The capability without which a case does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Always applies.
    Always,
    /// The system uses Trekkpålegg.
    Trekkpaalegg,
    /// The system reports financial products.
    Finansprodukter,
    /// Access goes through a system user.
    SystemUser,
    /// The system fetches for the organisation that owns the Maskinporten client.
    OwnOrganisation,
    /// A customer has delegated the access in Altinn, without a system user.
    Delegation,
}

/// Everything the catalogue holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    version: String,
    register_version: String,
    areas: Vec<results::Area>,
    cases: Vec<Case>,
    requirements: Vec<results::Requirement>,
    ambiguities: Vec<results::Ambiguity>,
    checklist: Vec<results::ChecklistItem>,
}

/// The catalogue cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A file is not what it should be.
    #[error("{file}: {problem}")]
    File {
        /// The file, below `catalogue/`.
        file: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An id is there already.
    #[error("the id {0} is in the catalogue already; choose another, for instance with your own prefix")]
    Taken(String),
    /// A case or requirement names something that is not there.
    #[error("{subject}: {problem}")]
    Inconsistent {
        /// The id it is about.
        subject: String,
        /// What is wrong.
        problem: String,
    },
}

impl Catalogue {
    /// The catalogue that is part of this crate.
    ///
    /// # Errors
    /// Never in a released crate: its tests load it.
    pub fn builtin() -> Result<Self, CatalogueError> {
        file::load()
    }

    /// Version of the cases.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Version of the register of requirements.
    #[must_use]
    pub fn register_version(&self) -> &str {
        &self.register_version
    }

    /// The cases, in ascending order of id.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// One case.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id() == id)
    }

    /// The requirements, in ascending order of id.
    #[must_use]
    pub fn requirements(&self) -> &[results::Requirement] {
        &self.requirements
    }

    /// One requirement.
    #[must_use]
    pub fn requirement(&self, id: &str) -> Option<&results::Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// Where the public documents leave something open.
    #[must_use]
    pub fn ambiguities(&self) -> &[results::Ambiguity] {
        &self.ambiguities
    }

    /// The authority's own checklist.
    #[must_use]
    pub fn checklist(&self) -> &[results::ChecklistItem] {
        &self.checklist
    }

    /// Adds a vendor's own requirement.
    ///
    /// # Errors
    /// When the id is taken.
    pub fn add_requirement(&mut self, requirement: results::Requirement) -> Result<(), CatalogueError> {
        if self.requirement(&requirement.id).is_some() {
            return Err(CatalogueError::Taken(requirement.id));
        }
        self.requirements.push(requirement);
        self.requirements.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(())
    }

    /// Adds a vendor's own case. Its requirements must be there already; its id's part before the
    /// first hyphen becomes an area of its own when no area has that name.
    ///
    /// # Errors
    /// When the id is taken, or a requirement is missing.
    pub fn add_case(&mut self, case: Case) -> Result<(), CatalogueError> {
        if self.case(case.id()).is_some() {
            return Err(CatalogueError::Taken(case.record.id));
        }
        let wrong = |problem: String| CatalogueError::Inconsistent {
            subject: case.record.id.clone(),
            problem,
        };
        if case.record.requirement_ids.is_empty() {
            return Err(wrong(
                "the case names no requirement, so that it shows nothing".to_owned(),
            ));
        }
        for id in &case.record.requirement_ids {
            let Some(requirement) = self.requirements.iter_mut().find(|known| known.id == *id) else {
                return Err(wrong(format!("there is no requirement {id}; add it first")));
            };
            match &mut requirement.shown_by {
                results::ShownBy::Cases { ids } | results::ShownBy::Attestation { ids } => {
                    ids.push(case.record.id.clone());
                    ids.sort();
                    ids.dedup();
                }
                results::ShownBy::NotTestable { .. } => {
                    return Err(wrong(format!("the requirement {id} says that no case can show it")));
                }
            }
        }
        if !self.areas.iter().any(|area| area.id == case.record.area) {
            self.areas.push(results::Area {
                id: case.record.area.clone(),
                title: Text::same(case.record.area.clone()),
            });
        }
        self.cases.push(case);
        self.cases.sort_by(|a, b| a.record.id.cmp(&b.record.id));
        Ok(())
    }

    /// The cases that exercise an operation, by `operationId`, in ascending order.
    #[must_use]
    pub fn cases_for_operation(&self, operation: &str) -> Vec<&str> {
        self.cases
            .iter()
            .filter(|case| case.operations.iter().any(|known| known == operation))
            .map(Case::id)
            .collect()
    }

    /// What is inconsistent: a case without a requirement, a requirement without case or reason,
    /// a reference to nothing, a text that is missing in one language.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    /// The record that goes into a pack.
    #[must_use]
    pub fn record(&self) -> results::Catalogue {
        results::Catalogue {
            version: self.version.clone(),
            areas: self.areas.clone(),
            cases: self.cases.iter().map(|case| case.record.clone()).collect(),
            checklist: self.checklist.clone(),
        }
    }

    /// The register of requirements that goes into a pack.
    #[must_use]
    pub fn register(&self) -> results::Requirements {
        results::Requirements {
            version: self.register_version.clone(),
            requirements: self.requirements.clone(),
        }
    }

    /// The APIs that a case is about: its own, or both when it names none.
    #[must_use]
    pub fn apis_of(case: &Case) -> BTreeSet<ApiName> {
        match case.record.api {
            Some(api) => BTreeSet::from([api]),
            None => BTreeSet::from([ApiName::Trekkpaalegg, ApiName::Finansprodukter]),
        }
    }
}

/// The ids of the built-in cases that exercise an operation; empty for an unknown operation.
///
/// ```
/// let cases = skatteetaten_conformance::catalogue::cases_for_operation("hentVersjon");
/// assert!(cases.contains(&"TP-11".to_owned()));
/// ```
#[must_use]
pub fn cases_for_operation(operation: &str) -> Vec<String> {
    Catalogue::builtin().map_or_else(
        |_| Vec::new(),
        |catalogue| {
            catalogue
                .cases_for_operation(operation)
                .into_iter()
                .map(str::to_owned)
                .collect()
        },
    )
}

/// The levels in words.
#[must_use]
pub fn level_label(level: Level) -> Text {
    match level {
        Level::Mandatory => Text::new("obligatorisk", "mandatory"),
        Level::Advisory => Text::new("rådgivende", "advisory"),
    }
}
