//! Verdicts, grades, and where a rule comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;

/// How a case, an attempt or a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Everything was as expected.
    Passed,
    /// As expected, with something the reader should know.
    Remark,
    /// Not as expected.
    Failed,
    /// Could not be tried, since something it needs did not work. Never counts as passed.
    Blocked,
    /// Was not tried.
    NotRun,
    /// Does not concern this system, which the vendor has declared.
    NotApplicable,
    /// A person has to look at it.
    NeedsReview,
    /// Stated by the vendor, not tested.
    Attested,
    /// The tool itself failed; says nothing about the system.
    ToolError,
}

impl Verdict {
    /// Every verdict, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Passed,
        Self::Remark,
        Self::Failed,
        Self::Blocked,
        Self::ToolError,
        Self::NeedsReview,
        Self::NotRun,
        Self::NotApplicable,
        Self::Attested,
    ];

    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Passed => ("bestått", "passed"),
            Self::Remark => ("bestått med merknad", "passed with remark"),
            Self::Failed => ("feilet", "failed"),
            Self::Blocked => ("blokkert", "blocked"),
            Self::NotRun => ("ikke gjennomført", "not run"),
            Self::NotApplicable => ("ikke relevant", "not applicable"),
            Self::NeedsReview => ("til vurdering", "needs review"),
            Self::Attested => ("egenerklært", "attested"),
            Self::ToolError => ("verktøyfeil", "tool error"),
        };
        Text::new(nb, en)
    }

    /// The name in JSON, and the CSS class of the report.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Remark => "remark",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::NotRun => "notRun",
            Self::NotApplicable => "notApplicable",
            Self::NeedsReview => "needsReview",
            Self::Attested => "attested",
            Self::ToolError => "toolError",
        }
    }

    /// Passed, with or without a remark.
    #[must_use]
    pub const fn is_pass(self) -> bool {
        matches!(self, Self::Passed | Self::Remark)
    }

    /// A finding, which gives exit code 100: failed, blocked or tool error.
    #[must_use]
    pub const fn is_finding(self) -> bool {
        matches!(self, Self::Failed | Self::Blocked | Self::ToolError)
    }

    /// Whether the verdict rests on checks that were made, so that at least one must be recorded.
    #[must_use]
    pub const fn rests_on_checks(self) -> bool {
        matches!(self, Self::Passed | Self::Remark | Self::Failed)
    }
}

/// Who was tested against what. Only a letter in data; people read [`Grade::label`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Grade {
    /// The vendor's client against the authority's test environment, through the recording proxy.
    A,
    /// The vendor's client against the simulator.
    B,
    /// This tool's client against the authority's test environment.
    C,
    /// A statement by the vendor.
    D,
    /// This tool's client against its own simulator: a self-check, never counted in any total.
    E,
}

impl Grade {
    /// Every grade, strongest first.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// The letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// The grade in plain words.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::A => (
                "leverandørens system mot Skatteetatens testmiljø",
                "the vendor's system against the Tax Administration's test environment",
            ),
            Self::B => (
                "leverandørens system mot simulator",
                "the vendor's system against a simulator",
            ),
            Self::C => (
                "testverktøyets klient mot Skatteetatens testmiljø",
                "the test tool's client against the Tax Administration's test environment",
            ),
            Self::D => ("leverandørens egenerklæring", "the vendor's own statement"),
            Self::E => (
                "selvtest av verktøyet mot egen simulator; teller ikke",
                "self-check of the tool against its own simulator; not counted",
            ),
        };
        Text::new(nb, en)
    }

    /// Whether results of this grade may be counted in totals: all but E.
    #[must_use]
    pub const fn counts(self) -> bool {
        !matches!(self, Self::E)
    }
}

/// Where the rule that a check rests on comes from. A verdict is no stronger than its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Provenance {
    /// Stated by the publisher.
    Published,
    /// Stands in a document put together from public pages.
    Reconstructed,
    /// Concluded from something else; confirmed by nobody outside.
    Inferred,
}

impl Provenance {
    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Published => ("publisert", "published"),
            Self::Reconstructed => ("rekonstruert", "reconstructed"),
            Self::Inferred => ("utledet", "inferred"),
        };
        Text::new(nb, en)
    }
}
