//! What changed between two OpenAPI documents, and what that breaks for a client.
//!
//! A schema is a set of JSON values. What narrows in a request or widens in a response breaks a
//! client that was written for the old document; what no rule can prove harmless is *undecided*
//! and fails like a break. Levels, wording and remedies are data, one file a rule in `rules/`.
//!
//! ```
//! use skatteetaten_specs::diff::{self, Options, Source};
//!
//! let base = r#"{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"responses":{}}}}}"#;
//! let old = Source::parse("old.json", base.as_bytes())?;
//! let new = Source::parse("new.json", base.replace("/a", "/b").as_bytes())?;
//! let report = diff::diff(&old, &new, &Options::default())?;
//! assert_eq!(report.findings[0].rule, "path-removed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accepted;
mod compare;
mod consequences;
mod fingerprint;
mod hints;
mod level;
mod load;
mod model;
pub mod output;
mod position;
mod report;
mod rules;
mod touched;

use std::{collections::BTreeMap, thread};

pub use self::{
    accepted::{Accepted, AcceptedError},
    consequences::{Consequences, Evidence, RustChange, Stale},
    level::{FailOn, Level, Profile},
    load::Source,
    position::Position,
    report::{Direction, Finding, Place, Report, Summary},
    rules::{Action, Catalogue, Effect, Example, Flow, Levels, Rule, RuleError},
};

/// How to compare.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose eyes the levels are for.
    pub profile: Profile,
    /// Levels that replace those of the rules, by rule id.
    pub levels: BTreeMap<String, Level>,
    /// Findings that somebody has accepted.
    pub accepted: Accepted,
    /// The day on which acceptances and sunsets are judged. Without it acceptances do not expire,
    /// and sunsets are judged as of the machine's own day.
    pub today: Option<chrono::NaiveDate>,
}

/// Why two documents could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// A rule file is broken.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A level was given for a rule that does not exist.
    #[error("there is no rule `{rule}`{}; `--rules` lists them all", suggestion.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default())]
    UnknownRule {
        /// As given.
        rule: String,
        /// The rule that is spelled most like it.
        suggestion: Option<String>,
    },
    /// The comparison could not run to its end.
    #[error("the comparison of {old} with {new} ended early: {problem}; please report the two documents")]
    Stopped {
        /// Name of the old document.
        old: String,
        /// Name of the new document.
        new: String,
        /// What happened.
        problem: String,
    },
}

/// Room for the deepest documents that the readers let through, far above what they need.
const STACK: usize = 256 << 20;

/// Compares two documents.
///
/// # Errors
/// [`DiffError`] when an option names a rule that does not exist.
pub fn diff(old: &Source, new: &Source, options: &Options) -> Result<Report, DiffError> {
    let catalogue = Catalogue::embedded()?;
    for rule in options
        .levels
        .keys()
        .map(String::as_str)
        .chain(options.accepted.rules())
    {
        if catalogue.get(rule).is_none() {
            let suggestion = catalogue
                .rules()
                .iter()
                .map(|known| (strsim::jaro_winkler(known.id, rule), known.id))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.8)
                .map(|(_, id)| id.to_owned());
            return Err(DiffError::UnknownRule {
                rule: rule.to_owned(),
                suggestion,
            });
        }
    }
    let stopped = |problem: &str| DiffError::Stopped {
        old: old.document().name().to_owned(),
        new: new.document().name().to_owned(),
        problem: problem.to_owned(),
    };
    let today = options.today.unwrap_or_else(|| chrono::Local::now().date_naive());
    thread::scope(|scope| {
        thread::Builder::new()
            .name("diff".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                let sides = (model::Side::new(old), model::Side::new(new));
                let mut engine = compare::Engine::new(sides.0, sides.1, catalogue, today);
                engine.run();
                hints::add(&mut engine);
                report::build(engine, old, new, options)
            })
            .map_err(|error| stopped(&error.to_string()))?
            .join()
            .map_err(|_| stopped("an internal fault"))
    })
}
