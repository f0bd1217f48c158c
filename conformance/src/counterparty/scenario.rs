//! The scenario file: who the vendor's client is and how its system is run.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{CommandDriver, Vendor, VendorError};
use crate::results::{ApiName, System};

/// A scenario, read from a TOML file. Paths in it are relative to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scenario {
    /// The vendor's client.
    pub vendor: Vendor,
    /// The command that does a task; without one a person does it.
    pub command: Option<CommandDriver>,
    /// How long a task may take, in seconds.
    pub timeout_seconds: u64,
}

/// A scenario that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It cannot be read.
    #[error("the scenario {file} cannot be read: {detail}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        detail: String,
    },
    /// It is not what a scenario looks like.
    #[error("the scenario {file}: {problem}")]
    Content {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A key or certificate that it names cannot be used.
    #[error(transparent)]
    Vendor(#[from] VendorError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "both")]
    apis: Vec<ApiName>,
    #[serde(default)]
    access: Access,
    #[serde(default = "income_year")]
    income_year: i32,
    #[serde(default)]
    client: Client,
    #[serde(default)]
    customer: Vec<CustomerEntry>,
    #[serde(default)]
    system: SystemEntry,
    #[serde(default)]
    run: Run,
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Access {
    #[default]
    SystemUser,
    OwnOrganisation,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Client {
    id: Option<String>,
    organisation: Option<String>,
    jwks: Option<PathBuf>,
    public_key: Option<PathBuf>,
    kid: Option<String>,
    certificate_chain: Vec<PathBuf>,
    scopes: Vec<String>,
    trust_on_first_use: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerEntry {
    organisation: String,
    #[serde(default)]
    external_ref: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SystemEntry {
    name: String,
    version: String,
    commit: Option<String>,
    vendor: Option<String>,
    organisation: Option<String>,
    contact: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Run {
    command: Vec<String>,
    timeout_seconds: u64,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            timeout_seconds: 120,
        }
    }
}

fn both() -> Vec<ApiName> {
    vec![ApiName::Trekkpaalegg, ApiName::Finansprodukter]
}

fn income_year() -> i32 {
    2024
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// [`ScenarioError`] when it cannot be used.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ScenarioError::Read {
            file: name.clone(),
            detail: error.to_string(),
        })?;
        let wrong = |problem: String| ScenarioError::Content {
            file: name.clone(),
            problem,
        };
        let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut vendor = Vendor::on_first_use();
        vendor.client_id = file.client.id;
        vendor.trust_on_first_use = file.client.trust_on_first_use;
        if let Some(organisation) = file.client.organisation {
            vendor.organisation = organisation;
        }
        if let Some(jwks) = file.client.jwks {
            vendor = vendor.jwks(&folder.join(jwks))?;
        }
        match (file.client.public_key, file.client.kid) {
            (Some(key), Some(kid)) => vendor = vendor.public_key(&folder.join(key), &kid)?,
            (None, None) => {}
            _ => {
                return Err(wrong(
                    "public_key and kid go together: the key, and the kid that it is registered with in Maskinporten"
                        .to_owned(),
                ));
            }
        }
        for chain in file.client.certificate_chain {
            vendor = vendor.certificate_chain(&folder.join(chain))?;
        }
        vendor.scopes = file.client.scopes;
        vendor.system_user = file.access == Access::SystemUser;
        vendor.apis = file.apis;
        vendor.income_year = file.income_year;
        for customer in file.customer {
            let number = &customer.organisation;
            let digits = number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || !number.starts_with(['2', '3']) {
                return Err(wrong(
                    "each [[customer]] needs a synthetic organisation: nine digits, the first of them 2 or 3"
                        .to_owned(),
                ));
            }
            vendor = vendor.customer(customer.organisation, customer.external_ref.as_deref());
        }
        vendor.system = System {
            name: file.system.name,
            version: file.system.version,
            commit: file.system.commit,
            vendor: file.system.vendor,
            organisation: file.system.organisation,
            contact: file.system.contact,
        };
        vendor.registration()?;
        let command = (!file.run.command.is_empty()).then(|| CommandDriver::new(file.run.command, Some(folder)));
        Ok(Self {
            vendor,
            command,
            timeout_seconds: file.run.timeout_seconds,
        })
    }
}
