//! Judges a recording: one small function per case, one file per group of cases.
//!
//! Every function looks for the situation that its case is about, wherever it occurs on the tape,
//! and records what it finds. A situation that did not occur, or that only the system itself could
//! tell about and did not, is *missing*: the case is then not run, whatever else held. So a system
//! that did its whole nightly job gets every case that it happened to exercise.

mod access;
mod feedback;
mod guards;
mod orders;
mod paging;
mod reception;
mod reports;
mod resilience;
mod submissions;
mod tokens;
mod withholding;

use std::collections::{BTreeSet, HashMap};

use super::tape::{Act, Customer, Seen, Tape};
use crate::{
    results::{ApiName, Check, Provenance, Text, Verdict},
    run::{of_broken_rule, of_checks},
};

/// What is known of the system whose recording is judged.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Subject {
    /// The issuer that assertions must be addressed to.
    pub issuer: String,
    /// Its client id, where it is known.
    pub client_id: Option<String>,
    /// Whether whoever grants tokens knows the client's keys, so that signatures are verified.
    pub registered: bool,
    /// The customers' system users, where they are known; empty where they are not.
    pub system_users: Vec<Customer>,
    /// Whether access goes through a system user.
    pub system_user: bool,
    /// The APIs that it uses.
    pub apis: BTreeSet<ApiName>,
    /// Whether the other side was the authority's own environment: a rule that nobody has
    /// published cannot fail there.
    pub authority: bool,
}

/// What a recording says about one case.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Judgement {
    /// The case.
    pub case_id: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Text,
    /// What was checked.
    pub checks: Vec<Check>,
    /// The exchanges that it rests on, by their numbers on the tape.
    pub exchanges: Vec<usize>,
    /// What to correct, where something is wrong.
    pub hint: Text,
}

/// One case and how it is judged.
pub(super) struct Rule {
    pub(super) case: &'static str,
    /// What to correct when it fails, in bokmål and English.
    pub(super) hint: [&'static str; 2],
    pub(super) judge: fn(&mut Sheet<'_>),
}

const GROUPS: [&[Rule]; 11] = [
    tokens::RULES,
    access::RULES,
    paging::RULES,
    orders::RULES,
    reception::RULES,
    withholding::RULES,
    submissions::RULES,
    reports::RULES,
    feedback::RULES,
    resilience::RULES,
    guards::RULES,
];

/// The cases that can be judged, in no particular order.
#[must_use]
pub fn judged_cases() -> Vec<&'static str> {
    GROUPS
        .iter()
        .flat_map(|group| group.iter().map(|rule| rule.case))
        .collect()
}

/// Judges every case on a recording.
#[must_use]
pub fn judge(tape: &Tape, subject: &Subject) -> Vec<Judgement> {
    let tokens = tape.tokens();
    let mut all: Vec<_> = GROUPS
        .iter()
        .flat_map(|group| group.iter())
        .map(|rule| {
            let mut sheet = Sheet {
                tape,
                subject,
                tokens: &tokens,
                checks: Vec::new(),
                missing: Vec::new(),
                cited: BTreeSet::new(),
            };
            (rule.judge)(&mut sheet);
            sheet.judgement(rule)
        })
        .collect();
    all.sort_by_key(|judgement| judgement.case_id);
    all
}

/// Where a case's checks go.
pub(super) struct Sheet<'a> {
    pub(super) tape: &'a Tape,
    pub(super) subject: &'a Subject,
    /// Whom each access token was asked for.
    pub(super) tokens: &'a HashMap<String, Customer>,
    checks: Vec<Check>,
    missing: Vec<Text>,
    cited: BTreeSet<usize>,
}

/// Bokmål and English.
pub(super) fn t(nb: &str, en: &str) -> Text {
    Text::new(nb, en)
}

impl<'a> Sheet<'a> {
    /// A rule that everything looked at must keep: `bad` says, free of personal data, where it is
    /// broken. Nothing is recorded when nothing was looked at.
    pub(super) fn rule(&mut self, name: Text, expected: Text, looked_at: usize, bad: &[String]) {
        self.rule_from(Provenance::Published, name, expected, looked_at, bad);
    }

    /// As [`Self::rule`], for one with another source.
    pub(super) fn rule_from(
        &mut self,
        provenance: Provenance,
        name: Text,
        expected: Text,
        looked_at: usize,
        bad: &[String],
    ) {
        if looked_at == 0 && bad.is_empty() {
            return;
        }
        let found = if bad.is_empty() {
            t(&format!("holdt {looked_at} ganger"), &format!("held {looked_at} times"))
        } else {
            let mut shown = bad.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
            if bad.len() > 5 {
                shown.push_str(&format!("; +{}", bad.len() - 5));
            }
            Text::same(shown)
        };
        let verdict = if bad.is_empty() {
            Verdict::Passed
        } else {
            of_broken_rule(provenance, self.subject.authority)
        };
        self.checks.push(Check {
            name,
            verdict,
            provenance,
            expected,
            found,
        });
    }

    /// Something the reader should know that fails nothing.
    pub(super) fn remark(&mut self, name: Text, expected: Text, found: Text) {
        self.checks.push(Check {
            name,
            verdict: Verdict::Remark,
            provenance: Provenance::Published,
            expected,
            found,
        });
    }

    /// What the case needs and the tape does not show.
    pub(super) fn missing(&mut self, what: Text) {
        if !self.missing.contains(&what) {
            self.missing.push(what);
        }
    }

    /// The same, unless something is there.
    pub(super) fn needs(&mut self, there: bool, nb: &str, en: &str) {
        if !there {
            self.missing(t(nb, en));
        }
    }

    /// An exchange that the verdict rests on.
    pub(super) fn cite(&mut self, seen: &Seen) {
        self.cited.insert(seen.number);
    }

    /// Whom a call is made for.
    pub(super) fn customer(&self, seen: &Seen) -> Option<&'a Customer> {
        self.tokens.get(seen.bearer()?)
    }

    /// Every act that has a call which `is` is true of.
    pub(super) fn acts_with(&self, is: impl Fn(&Seen) -> bool) -> Vec<&'a Act> {
        self.tape.acts().filter(|act| act.seen.iter().any(&is)).collect()
    }

    fn judgement(self, rule: &Rule) -> Judgement {
        let (verdict, reason) = if self.checks.iter().any(|check| check.verdict.is_finding()) {
            of_checks(&self.checks)
        } else if !self.missing.is_empty() || self.checks.is_empty() {
            let join = |pick: fn(&Text) -> &str| self.missing.iter().map(pick).collect::<Vec<_>>().join("; ");
            let (nb, en) = if self.missing.is_empty() {
                (
                    "ingen forespørsel som saken gjelder".to_owned(),
                    "no request that the case is about".to_owned(),
                )
            } else {
                (join(|text| &text.nb), join(|text| &text.en))
            };
            (
                Verdict::NotRun,
                Text::new(
                    format!("Mangler i opptaket: {nb}."),
                    format!("Missing in the recording: {en}."),
                ),
            )
        } else {
            of_checks(&self.checks)
        };
        Judgement {
            case_id: rule.case,
            verdict,
            reason,
            checks: self.checks,
            exchanges: self.cited.into_iter().collect(),
            hint: Text::new(rule.hint[0], rule.hint[1]),
        }
    }
}

/// `#12`: an exchange by its number, for a check's findings.
pub(super) fn at(seen: &Seen) -> String {
    format!("#{}", seen.number)
}

/// Texts that say that the system told nothing.
pub(super) const NO_RESULT: [&str; 2] = [
    "systemet har ikke fortalt hva det konkluderte med",
    "the system has not told what it concluded",
];
