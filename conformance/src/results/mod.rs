//! What a run found, as data: the content of an evidence pack.
//!
//! [`Results`] is `resultater.json`, the canonical record. Everything a person reads in a pack
//! (HTML, Markdown, JUnit, CSV …) is a rendering of these types. They are plain data: nothing here
//! performs input or output, and nothing here may hold a token, a key, an assertion, an identity
//! number or a body; exchanges reach a pack redacted, as files of their own.
//!
//! Names in JSON are camelCase. Every time is RFC 3339 in UTC. Unknown fields are errors when a
//! file is read back, since a pack is only what it says it is.

mod case;
mod catalogue;
mod deviation;
mod ledger;
mod run;
mod schema;
mod text;
mod verdict;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use case::{Attempt, CaseResult, Check, Problem, RunStatus};
pub use catalogue::{
    Ambiguity, Area, CaseRecord, Catalogue, ChecklistItem, Level, Requirement, Requirements, Role, ShownBy, Source,
    Step, Strength,
};
pub use deviation::{Attestation, Deviation, DeviationStatus, Fault, Severity};
pub use ledger::{
    AllowedField, Blocked, Capability, Class, Direction, EnvironmentInfo, FieldCount, FileHits, HostInfo,
    IdentifierUse, RedactionReport, RedactionRule, SimulatorInfo, SyntheticLedger, TlsFact,
};
pub use run::{ApiName, DocumentRef, RunInfo, System, Target, TargetKind, Tool};
pub use schema::{SchemaViolation, schema, schema_text, validate};
pub use text::{Lang, Text};
pub use verdict::{Grade, Provenance, Verdict};

/// Number of the format of `resultater.json`; it grows when a reader has to know.
pub const FORMAT: u32 = 1;

/// `resultater.json`: one run and its results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Results {
    /// Number of the format, see [`FORMAT`].
    pub format: u32,
    /// What was run, when, by whom, against what.
    pub run: RunInfo,
    /// One result for each case, in ascending order of the case's id.
    pub results: Vec<CaseResult>,
}

impl Results {
    /// Puts a run and its results together, sorted by case id.
    #[must_use]
    pub fn new(run: RunInfo, mut results: Vec<CaseResult>) -> Self {
        results.sort_by(|a, b| a.case_id.cmp(&b.case_id));
        Self {
            format: FORMAT,
            run,
            results,
        }
    }

    /// The result of one case.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&CaseResult> {
        self.results.iter().find(|result| result.case_id == id)
    }

    /// What contradicts itself in these results and a JSON Schema cannot say: a verdict without
    /// a check to rest on, a case that occurs twice, an end before the start.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.results.iter().flat_map(CaseResult::problems).collect();
        for pair in self.results.windows(2) {
            if let [a, b] = pair
                && a.case_id >= b.case_id
            {
                problems.push(Problem::new(
                    &b.case_id,
                    "results are not in ascending order of case id, or a case occurs twice",
                ));
            }
        }
        if self.run.end.is_some_and(|end| end < self.run.start) {
            problems.push(Problem::new("run", "the run ends before it starts"));
        }
        problems
    }
}
