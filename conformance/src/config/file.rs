//! The shape of the configuration file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use skatteetaten_client::Access;

use super::{ConfigError, hosts::AllowedHost};
use crate::synthetic::Declared;

/// The whole file. Every table may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) environment: Option<String>,
    pub(super) hosts: BaseUrls,
    pub(super) maskinporten: Maskinporten,
    pub(super) access: AccessTable,
    pub(super) allow_host: Vec<AllowedHost>,
    pub(super) system: System,
    pub(super) synthetic: Declared,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BaseUrls {
    pub(super) trekkpaalegg: Option<String>,
    pub(super) finansprodukter: Option<String>,
    pub(super) dialogporten: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Maskinporten {
    pub(super) issuer: Option<String>,
    pub(super) well_known: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) kid: Option<String>,
    pub(super) key: Option<PathBuf>,
    pub(super) pkcs12: Option<PathBuf>,
    pub(super) pkcs12_password_env: Option<String>,
    pub(super) certificate_chain: Option<PathBuf>,
}

/// How access to an organisation's data is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Model {
    /// The organisation that owns the Maskinporten client acts for itself.
    #[default]
    OwnOrganisation,
    /// A system user of the organisation itself.
    SystemUser,
    /// A system user of an accountant or the like, for its clients.
    ClientSystemUser,
    /// Delegation in Altinn, without a system user.
    Delegation,
}

impl Model {
    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnOrganisation => "own-organisation",
            Self::SystemUser => "system-user",
            Self::ClientSystemUser => "client-system-user",
            Self::Delegation => "delegation",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [
            Self::OwnOrganisation,
            Self::SystemUser,
            Self::ClientSystemUser,
            Self::Delegation,
        ]
        .into_iter()
        .find(|model| model.name() == name)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccessTable {
    pub(super) model: Option<Model>,
    pub(super) organisation: Vec<OrganisationEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationEntry {
    pub(super) number: String,
    #[serde(default)]
    pub(super) external_ref: Option<String>,
}

/// The vendor's system, as evidence names it. Empty texts are left open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct System {
    /// Name of the system.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Commit or build it was made from.
    pub commit: String,
    /// The vendor's name.
    pub vendor: String,
    /// The vendor's organisation number.
    pub organisation: String,
    /// Whom the authority can ask.
    pub contact: String,
}

impl File {
    pub(super) fn parse(text: &str, path: Option<&Path>) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            ConfigError::Syntax {
                source_name: path.map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string()),
                line: text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1,
                // Without the line itself: it may hold what should not be shown.
                detail: error.message().to_owned(),
            }
        })
    }

    /// What the access table says, for the client.
    pub(super) fn accesses(&self) -> Result<Vec<Access>, ConfigError> {
        let model = self.access.model.unwrap_or_default();
        let organisations = &self.access.organisation;
        if model == Model::OwnOrganisation {
            if organisations.is_empty() {
                return Ok(vec![Access::OwnOrganisation]);
            }
            return Err(ConfigError::Contradiction {
                problem: "access.model is own-organisation, but organisations are listed".to_owned(),
                remedy: "leave [[access.organisation]] out, or set access.model to system-user, \
                         client-system-user or delegation",
            });
        }
        if organisations.is_empty() {
            return Err(ConfigError::Contradiction {
                problem: format!("access.model is {}, but no organisation is listed", model.name()),
                remedy: "add [[access.organisation]] with a number, or set SKATT_ORGANISATION",
            });
        }
        let mut accesses: Vec<Access> = Vec::with_capacity(organisations.len());
        for entry in organisations {
            let access = match (&entry.external_ref, model) {
                (Some(_), Model::Delegation) => {
                    return Err(ConfigError::Contradiction {
                        problem: "external_ref is set, but access.model is delegation".to_owned(),
                        remedy: "leave external_ref out: it belongs to system users",
                    });
                }
                (None, Model::Delegation) => Access::ConsumerOrg(entry.number.clone()),
                (Some(reference), _) => Access::system_user_with_ref(&entry.number, reference),
                (None, _) => Access::system_user(&entry.number),
            };
            access.validate()?;
            if accesses.contains(&access) {
                return Err(ConfigError::Contradiction {
                    problem: "an organisation is listed twice with the same external_ref".to_owned(),
                    remedy: "remove one of them",
                });
            }
            accesses.push(access);
        }
        Ok(accesses)
    }
}
