//! Counts what the guard saw.

use std::collections::BTreeMap;

use super::{RULE_VERSION, fields};
use crate::results::{AllowedField, Blocked, Class, Direction, FieldCount, IdentifierUse, SyntheticLedger};

/// What was seen, case by case. What an earlier part of a resumed run saw is in an entry of its own.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    cases: BTreeMap<Option<String>, Entry>,
    earlier: Entry,
}

#[derive(Debug, Default, Clone)]
struct Entry {
    counts: BTreeMap<(String, Direction, Class), u64>,
    identifiers: BTreeMap<String, (Class, BTreeMap<String, u64>)>,
    blocked: Vec<Blocked>,
}

impl Entry {
    fn saw(&mut self, field: &str, hash: &str, class: Class, times: u64) {
        let entry = self
            .identifiers
            .entry(hash.to_owned())
            .or_insert_with(|| (class, BTreeMap::new()));
        // The gravest class that one value had anywhere.
        entry.0 = entry.0.max(class);
        *entry.1.entry(field.to_owned()).or_default() += times;
    }

    fn counted(&mut self, field: &str, direction: Direction, class: Class, times: u64) {
        *self.counts.entry((field.to_owned(), direction, class)).or_default() += times;
    }

    fn add(&mut self, other: &Self) {
        for ((field, direction, class), count) in &other.counts {
            self.counted(field, *direction, *class, *count);
        }
        for (hash, (class, fields)) in &other.identifiers {
            for (field, count) in fields {
                self.saw(field, hash, *class, *count);
            }
        }
        self.blocked.extend(other.blocked.iter().cloned());
    }
}

impl Ledger {
    pub(super) fn saw(&mut self, case_id: Option<&str>, field: &str, direction: Direction, class: Class, hash: &str) {
        let entry = self.cases.entry(case_id.map(str::to_owned)).or_default();
        entry.counted(field, direction, class, 1);
        entry.saw(field, hash, class, 1);
    }

    pub(super) fn stopped(&mut self, field: &str, hash: &str, case_id: Option<&str>) {
        let entry = self.cases.entry(case_id.map(str::to_owned)).or_default();
        entry.blocked.push(Blocked {
            field: field.to_owned(),
            identifier: hash.to_owned(),
            case_id: case_id.map(str::to_owned),
        });
    }

    pub(super) fn take_over(&mut self, ledger: &SyntheticLedger) {
        for count in &ledger.counts {
            self.earlier
                .counted(&count.field, count.direction, count.class, count.count);
        }
        for used in &ledger.identifiers {
            for (field, count) in &used.fields {
                self.earlier.saw(field, &used.identifier, used.class, *count);
            }
        }
        self.earlier.blocked.extend(ledger.blocked.iter().cloned());
    }

    /// Of one case, in this part of the run.
    pub(super) fn of(&self, case_id: Option<&str>) -> SyntheticLedger {
        let entry = self.cases.get(&case_id.map(str::to_owned)).cloned();
        report(&entry.unwrap_or_default())
    }

    /// Of the whole run.
    pub(super) fn report(&self) -> SyntheticLedger {
        let mut all = self.earlier.clone();
        self.cases.values().for_each(|entry| all.add(entry));
        report(&all)
    }
}

fn report(entry: &Entry) -> SyntheticLedger {
    let mut blocked = entry.blocked.clone();
    blocked.sort_by(|a, b| (&a.case_id, &a.field, &a.identifier).cmp(&(&b.case_id, &b.field, &b.identifier)));
    SyntheticLedger {
        rule_version: RULE_VERSION.to_owned(),
        counts: entry
            .counts
            .iter()
            .map(|((field, direction, class), count)| FieldCount {
                field: field.clone(),
                direction: *direction,
                class: *class,
                count: *count,
            })
            .collect(),
        allowed_fields: fields::allowed()
            .into_iter()
            .map(|(field, reason)| AllowedField {
                field: field.to_owned(),
                reason,
            })
            .collect(),
        blocked,
        identifiers: entry
            .identifiers
            .iter()
            .map(|(identifier, (class, fields))| IdentifierUse {
                identifier: identifier.clone(),
                class: *class,
                fields: fields.clone(),
            })
            .collect(),
    }
}
