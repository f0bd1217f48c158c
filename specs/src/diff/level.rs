//! How bad a change is, and for whom.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a change is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Only what people read.
    Documentation,
    /// New, or no concern of this kind of client.
    NonBreaking,
    /// Breaks strict readers, or some clients.
    Risky,
    /// No rule could prove it harmless: treated like breaking.
    Undecided,
    /// Breaks.
    Breaking,
}

impl Level {
    /// All levels, worst first: the order of reports.
    pub const WORST_FIRST: [Self; 5] = [
        Self::Breaking,
        Self::Undecided,
        Self::Risky,
        Self::NonBreaking,
        Self::Documentation,
    ];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::NonBreaking => "non-breaking",
            Self::Risky => "risky",
            Self::Undecided => "undecided",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::WORST_FIRST
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| {
                format!("`{text}` is no level; use breaking, undecided, risky, non-breaking or documentation")
            })
    }
}

/// From which level on the comparison fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Breaking and undecided findings.
    Breaking,
    /// Those and risky ones.
    Risky,
    /// Those and everything that is more than documentation.
    NonBreaking,
    /// Any finding.
    Documentation,
    /// Never.
    None,
}

impl FailOn {
    /// Whether a finding of this level fails the comparison.
    #[must_use]
    pub fn fails(self, level: Level) -> bool {
        match self {
            Self::Breaking => level >= Level::Undecided,
            Self::Risky => level >= Level::Risky,
            Self::NonBreaking => level >= Level::NonBreaking,
            Self::Documentation => true,
            Self::None => false,
        }
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Risky => "risky",
            Self::NonBreaking => "non-breaking",
            Self::Documentation => "documentation",
            Self::None => "none",
        }
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [
            Self::Breaking,
            Self::Risky,
            Self::NonBreaking,
            Self::Documentation,
            Self::None,
        ]
        .into_iter()
        .find(|choice| choice.name() == text)
        .ok_or_else(|| format!("`{text}` is not one of breaking, risky, non-breaking, documentation, none"))
    }
}

/// Whose eyes the levels are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// This project's generated Rust: names matter, responses are read tolerantly.
    #[default]
    Bindings,
    /// Any client that follows the document.
    Wire,
    /// Clients that reject codes and fields they do not know.
    Strict,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::Bindings, Self::Wire, Self::Strict];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bindings => "bindings",
            Self::Wire => "wire",
            Self::Strict => "strict",
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("`{text}` is no profile; use bindings, wire or strict"))
    }
}
