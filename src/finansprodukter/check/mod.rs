//! Checks a submission before anything is sent, with all findings at once.
//!
//! What is checked: JSON syntax and repeated names, the schema of the pinned document, the size
//! limit, the income year, the count of reports, every control total with exact decimals,
//! identity and organisation numbers, and combinations that contradict themselves. [`Rule::ALL`]
//! lists the rules; [`Rule::remedy`] says what to do.
//!
//! Whether the authority checks all of this is not published; where a rule is stricter than you
//! know the authority to be, [`Checker::accept`] overrules it by name.
//!
//! ```
//! use skatteetaten_client::finansprodukter::{Rule, check};
//!
//! let report = check(br#"{"leveranse": {"inntektsaar": 2024}}"#);
//! assert!(!report.is_sendable());
//! assert!(report.of(Rule::Schema).count() > 0);
//! ```

mod findings;
mod pointer;
mod read;
mod report;
mod rule;
mod schema;
mod totals;
mod walk;

use std::collections::BTreeSet;

use skatteetaten_specs::manifest::sha256_hex;

use findings::Findings;
use pointer::Path;
use schema::Schema;
use walk::Walk;

pub use report::{Difference, Finding, InvalidSubmission, Reference, Report, Summary};
pub use rule::{Rule, Severity, UnknownRule};

pub(super) use totals::totals_of;

/// The largest body that the API takes, in bytes: "10 MB" read as 10,000,000, the smaller of the
/// two readings. Source: the service's current page.
pub const MAX_BYTES: usize = 10_000_000;

/// The most errors, and the most remarks, that a [`Report`] lists; how many more there are is
/// counted.
pub const MAX_FINDINGS: usize = 10_000;

/// Checks a body with every rule. See [`Checker`] for what can be chosen.
#[must_use]
pub fn check(bytes: &[u8]) -> Report {
    Checker::new().check(bytes)
}

/// A check with choices.
#[derive(Debug, Clone, Default)]
pub struct Checker {
    year: Option<u16>,
    synthetic_only: bool,
    accepted: BTreeSet<Rule>,
}

impl Checker {
    /// Every rule, real and synthetic numbers, whatever year the body states.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands this income year.
    #[must_use]
    pub fn year(mut self, year: u16) -> Self {
        self.year = Some(year);
        self
    }

    /// Demands that every identity and organisation number is provably synthetic, as the test
    /// environment does.
    #[must_use]
    pub fn synthetic_only(mut self) -> Self {
        self.synthetic_only = true;
        self
    }

    /// Makes findings of this rule remarks. Without effect for rules that
    /// [cannot be accepted](Rule::can_be_accepted).
    #[must_use]
    pub fn accept(mut self, rule: Rule) -> Self {
        self.accepted.insert(rule);
        self
    }

    /// Checks a body. Costs less than three times what parsing the same bytes costs.
    #[must_use]
    pub fn check(&self, bytes: &[u8]) -> Report {
        let mut findings = Findings::new(self.accepted.clone());
        let summary = Summary {
            bytes: bytes.len(),
            sha256: sha256_hex(bytes),
            ..Summary::default()
        };
        if bytes.len() > MAX_BYTES {
            findings.add(
                Rule::Size,
                Path::Root,
                format!("{} bytes; the API takes at most {MAX_BYTES}", bytes.len()),
            );
        }
        let schema = schema::schema();
        if let Err(problem) = schema {
            // Unknown is not the same as right.
            let message = format!("cannot be checked, because the schema cannot be used: {problem}");
            findings.add(Rule::Schema, Path::Root, message);
        }
        let summary = self.read(bytes, schema.ok(), &mut findings, summary);
        let (findings, omitted_errors, omitted_remarks) = findings.finish();
        Report {
            summary,
            findings,
            omitted_errors,
            omitted_remarks,
        }
    }

    fn read(&self, bytes: &[u8], schema: Option<&Schema>, findings: &mut Findings, summary: Summary) -> Summary {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            findings.add(Rule::Syntax, Path::Root, "starts with a byte order mark");
            return summary;
        }
        // Items that cannot be judged one by one stay in the tree, to be judged with the rest.
        let keep = schema.is_some_and(|schema| schema.items.is_none());
        let mut walk = Walk::new(self, schema, findings, summary);
        match read::read(bytes, keep, &mut walk) {
            Ok(remains) => {
                let summary = walk.finish(Some(&remains.value));
                if let Some(schema) = schema {
                    findings.add_violations(&schema.body, &remains.value, Path::Root);
                }
                for pointer in remains.repeated {
                    let message = "a member of this name stands in the same object already";
                    findings.add_at(Rule::RepeatedName, pointer, message.to_owned());
                }
                summary
            }
            Err(error) => {
                let summary = walk.finish(None);
                findings.add(Rule::Syntax, Path::Root, format!("not JSON: {error}"));
                summary
            }
        }
    }
}
