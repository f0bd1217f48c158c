//! Collects findings, bounded in number.

use std::collections::BTreeSet;

use serde_json::Value;
use skatteetaten_specs::schema::Validator;

use super::pointer::{Path, safe};
use super::report::{Difference, Finding};
use super::{MAX_FINDINGS, Rule, Severity};

pub(super) struct Findings {
    accepted: BTreeSet<Rule>,
    list: Vec<Finding>,
    errors: Count,
    remarks: Count,
}

impl Findings {
    pub(super) fn new(accepted: BTreeSet<Rule>) -> Self {
        Self {
            accepted,
            list: Vec::new(),
            errors: Count::default(),
            remarks: Count::default(),
        }
    }

    pub(super) fn add(&mut self, rule: Rule, at: Path<'_>, message: impl Into<String>) {
        self.push(rule, || at.to_pointer(), message.into(), None);
    }

    pub(super) fn add_at(&mut self, rule: Rule, pointer: String, message: String) {
        self.push(rule, || pointer, message, None);
    }

    /// Adds how a value, which stands at `at`, breaks its schema.
    pub(super) fn add_violations(&mut self, validator: &Validator, value: &Value, at: Path<'_>) {
        // Asking for a yes is several times faster than asking for all errors.
        if validator.is_valid(value) {
            return;
        }
        for violation in validator.validate(value) {
            let pointer = at.to_pointer() + &safe(&violation.pointer);
            let message = format!("{}: {}", violation.keyword, violation.message);
            self.add_at(Rule::Schema, pointer, message);
        }
    }

    pub(super) fn add_difference(&mut self, rule: Rule, at: Path<'_>, message: &str, difference: Difference) {
        self.push(rule, || at.to_pointer(), message.to_owned(), Some(difference));
    }

    fn push(&mut self, rule: Rule, pointer: impl FnOnce() -> String, message: String, difference: Option<Difference>) {
        let severity = if self.accepted.contains(&rule) && rule.can_be_accepted() {
            Severity::Remark
        } else {
            rule.severity()
        };
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Remark => &mut self.remarks,
        };
        if count.listed == MAX_FINDINGS {
            count.omitted += 1;
            return;
        }
        count.listed += 1;
        self.list.push(Finding {
            pointer: pointer(),
            rule,
            severity,
            message,
            difference,
        });
    }

    /// The list in the order of the rules, places in the order they were met; and how many errors
    /// and how many remarks are not in it.
    pub(super) fn finish(mut self) -> (Vec<Finding>, usize, usize) {
        self.list.sort_by_key(|finding| finding.rule);
        (self.list, self.errors.omitted, self.remarks.omitted)
    }
}

/// Findings of one severity: remarks by the thousand must not crowd out an error.
#[derive(Default)]
struct Count {
    listed: usize,
    omitted: usize,
}
