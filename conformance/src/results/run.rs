//! What was run, when, by whom, against what.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunInfo {
    /// Identifier of the run, lower-case letters, digits and hyphens (usually a UUID).
    pub id: String,
    /// When the run started.
    pub start: DateTime<Utc>,
    /// When it ended; absent while the pack is unfinished. Set by the pack writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime<Utc>>,
    /// The APIs that were tested.
    pub apis: Vec<ApiName>,
    /// The tool that tested.
    pub tool: Tool,
    /// Version of the catalogue of cases.
    pub catalogue_version: String,
    /// Version of the register of requirements.
    pub register_version: String,
    /// What was tested against.
    pub target: Target,
    /// Name of the preset: the access model that was tried.
    pub preset: String,
    /// Who ran it, as they wish to be named; absent when they said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The system under test.
    pub system: System,
    /// The OpenAPI documents that the checks rest on.
    pub documents: Vec<DocumentRef>,
    /// The run whose unfinished pack was completed, one entry for each time it was taken up again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<DateTime<Utc>>,
}

/// One of the APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApiName {
    /// Withholding orders.
    Trekkpaalegg,
    /// Reports on financial products.
    Finansprodukter,
}

impl ApiName {
    /// The name people use.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Trekkpaalegg => "Trekkpålegg",
            Self::Finansprodukter => "Innrapportering finansprodukter",
        }
    }

    /// The name in JSON and in file names.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Trekkpaalegg => "trekkpaalegg",
            Self::Finansprodukter => "finansprodukter",
        }
    }
}

/// The tool that tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the program that ran, as hexadecimal; absent when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_sha256: Option<String>,
}

/// What was tested against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// Kind of environment.
    pub kind: TargetKind,
    /// One sentence for the reader.
    pub description: Text,
}

/// Kind of environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TargetKind {
    /// This project's simulator.
    Simulator,
    /// The authority's test environment.
    Test,
    /// Other hosts, which the configuration names with a reason.
    Custom,
}

/// The system under test and who answers for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct System {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The supplier's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The supplier's organisation number: a real one, allowed in this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// An OpenAPI document that checks rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentRef {
    /// Name in the registry.
    pub api: String,
    /// Version in the registry.
    pub version: String,
    /// SHA-256 of the bytes, as hexadecimal.
    pub sha256: String,
    /// Whether the bytes are the publisher's own: `published` or `reconstructed`.
    pub provenance: super::Provenance,
}
