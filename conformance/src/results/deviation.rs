//! Deviations and statements: what the vendor itself says.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// A known error or deficiency: one entry of `avvik.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deviation {
    /// Identifier chosen by the vendor.
    pub id: String,
    /// The case that shows it.
    pub case_id: String,
    /// The requirement it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement_id: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub description: Text,
    /// What it leads to.
    pub impact: Text,
    /// Who sees to it: a role or a team.
    pub owner: String,
    /// What will be done.
    pub plan: Text,
    /// By when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// How far it has come.
    pub status: DeviationStatus,
    /// When it was first seen.
    pub first_seen: NaiveDate,
    /// The run that showed it corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retest_run: Option<String>,
    /// Whose error it is.
    pub fault: Fault,
}

/// How bad a deviation is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Money or reports go wrong.
    Critical,
    /// A function does not work.
    Serious,
    /// A function works, with a flaw.
    Minor,
    /// Only looks.
    Cosmetic,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::Serious, Self::Minor, Self::Cosmetic];

    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Critical => ("kritisk", "critical"),
            Self::Serious => ("alvorlig", "serious"),
            Self::Minor => ("mindre", "minor"),
            Self::Cosmetic => ("kosmetisk", "cosmetic"),
        };
        Text::new(nb, en)
    }
}

/// How far a deviation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeviationStatus {
    /// Not corrected.
    Open,
    /// Corrected, not shown by a new test.
    Corrected,
    /// Corrected, and a new test shows it.
    Retested,
    /// Will stay as it is, for the stated reason.
    Accepted,
}

impl DeviationStatus {
    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Open => ("åpen", "open"),
            Self::Corrected => ("rettet, ikke retestet", "corrected, not retested"),
            Self::Retested => ("rettet og retestet", "corrected and retested"),
            Self::Accepted => ("akseptert", "accepted"),
        };
        Text::new(nb, en)
    }

    /// Whether the error is still there as far as testing has shown.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Retested)
    }
}

/// Whose error a deviation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// The vendor's own.
    Own,
    /// The authority's.
    Authority,
    /// Not known yet.
    Unclear,
}

impl Fault {
    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Own => ("hos leverandøren", "own error"),
            Self::Authority => ("hos Skatteetaten", "the authority's"),
            Self::Unclear => ("uavklart", "unclear"),
        };
        Text::new(nb, en)
    }
}

/// A statement by the vendor: one entry of `egenerklaeringer.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attestation {
    /// The case that asks for it.
    pub case_id: String,
    /// What is stated.
    pub statement: Text,
    /// The answer: whether the statement holds.
    pub answer: bool,
    /// What the vendor adds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Who states it.
    pub name: String,
    /// In which role.
    pub role: String,
    /// When.
    pub date: NaiveDate,
    /// SHA-256 of an attachment kept by the vendor, as hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_sha256: Option<String>,
}
