//! Cases, requirements and open questions, as a pack records them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiName, Text};

/// `katalog.json`: the cases as they were run, and the authority's checklist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// Version of the catalogue.
    pub version: String,
    /// Areas, in the order in which they are shown.
    pub areas: Vec<Area>,
    /// Cases, in ascending order of id.
    pub cases: Vec<CaseRecord>,
    /// The authority's own checklist, line by line in its order.
    pub checklist: Vec<ChecklistItem>,
}

impl Catalogue {
    /// The record of one case.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&CaseRecord> {
        self.cases.iter().find(|case| case.id == id)
    }
}

/// A group of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Area {
    /// Short identifier, for instance `AUTH`.
    pub id: String,
    /// What it is called.
    pub title: Text,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseRecord {
    /// Identifier, locked once released.
    pub id: String,
    /// The [`Area`] it belongs to.
    pub area: String,
    /// What it is called.
    pub title: Text,
    /// What it checks.
    pub purpose: Text,
    /// The API it is about; absent when it is about both or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiName>,
    /// Who acts in it.
    pub roles: Vec<Role>,
    /// Whether a vendor has to run it.
    pub level: Level,
    /// The requirements it shows something about.
    pub requirement_ids: Vec<String>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// How the verdict is found.
    pub verdict_rule: Text,
    /// When it does not apply.
    pub applicability: Text,
    /// First version of the catalogue that has it.
    pub since: String,
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Who does what.
    pub action: Text,
    /// What should come of it.
    pub expected: Text,
}

/// Who acts in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Role {
    /// The vendor's client, with this tool as its counterparty.
    C,
    /// This tool drives the target.
    D,
    /// A check on recorded data.
    P,
    /// A statement by a person.
    M,
}

/// Whether a vendor has to run a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// It has to.
    Mandatory,
    /// It should.
    Advisory,
}

/// `krav.json`: the requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirements {
    /// Version of the register.
    pub version: String,
    /// Requirements, in ascending order of id.
    pub requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirement {
    /// Identifier, locked once released.
    pub id: String,
    /// Where it comes from.
    pub source: Source,
    /// How binding it is.
    pub strength: Strength,
    /// What it asks for, in our words.
    pub text: Text,
    /// Who has to meet it.
    pub who: Text,
    /// How it can be shown.
    pub shown_by: ShownBy,
}

/// Where a requirement comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Address of the page, or the name of our own practice.
    pub url: String,
    /// The commit the page was read at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// SHA-256 of the page as it was read, as hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The few words that carry the requirement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// How binding a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Strength {
    /// The authority demands it.
    Must,
    /// The authority recommends it.
    Recommended,
    /// Nobody asks for it; it is good practice.
    Own,
}

impl Strength {
    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Must => ("krav", "must"),
            Self::Recommended => ("anbefalt", "recommended"),
            Self::Own => ("egen god praksis", "own good practice"),
        };
        Text::new(nb, en)
    }
}

/// How a requirement can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum ShownBy {
    /// By cases.
    Cases {
        /// Their ids.
        ids: Vec<String>,
    },
    /// By a statement.
    Attestation {
        /// Ids of the cases that ask for it.
        ids: Vec<String>,
    },
    /// Not by testing.
    NotTestable {
        /// Why not.
        reason: Text,
    },
}

/// One line of the authority's checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChecklistItem {
    /// Point and line, for instance `5.2`. The digits before the dot are the point, 1 to 7.
    pub id: String,
    /// What the point is called.
    pub point: Text,
    /// The line.
    pub text: Text,
    /// Cases that show it, or that ask for the statement that does.
    pub case_ids: Vec<String>,
    /// What the vendor has to do where no case shows it.
    pub note: Text,
}

/// One entry of `uavklart.json`: where the public documents leave something open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ambiguity {
    /// Identifier, for instance `Q2`.
    pub id: String,
    /// What is open.
    pub finding: Text,
    /// What the cases do meanwhile.
    pub policy: Text,
    /// The question, ready to send.
    pub question: Text,
    /// Cases it concerns.
    pub case_ids: Vec<String>,
}
