//! Counts what the guard saw.

use std::collections::BTreeMap;

use super::{RULE_VERSION, fields};
use crate::results::{AllowedField, Blocked, Class, Direction, FieldCount, IdentifierUse, SyntheticLedger};

#[derive(Debug, Default)]
pub(super) struct Ledger {
    counts: BTreeMap<(String, Direction, Class), u64>,
    identifiers: BTreeMap<String, (Class, BTreeMap<String, u64>)>,
    blocked: Vec<Blocked>,
}

impl Ledger {
    pub(super) fn saw(&mut self, field: &str, direction: Direction, class: Class, hash: &str) {
        *self.counts.entry((field.to_owned(), direction, class)).or_default() += 1;
        let entry = self
            .identifiers
            .entry(hash.to_owned())
            .or_insert_with(|| (class, BTreeMap::new()));
        // The gravest class that one value had anywhere.
        entry.0 = entry.0.max(class);
        *entry.1.entry(field.to_owned()).or_default() += 1;
    }

    pub(super) fn stopped(&mut self, field: &str, hash: &str, case_id: Option<&str>) {
        self.blocked.push(Blocked {
            field: field.to_owned(),
            identifier: hash.to_owned(),
            case_id: case_id.map(str::to_owned),
        });
    }

    pub(super) fn report(&self) -> SyntheticLedger {
        let mut blocked = self.blocked.clone();
        blocked.sort_by(|a, b| (&a.case_id, &a.field, &a.identifier).cmp(&(&b.case_id, &b.field, &b.identifier)));
        SyntheticLedger {
            rule_version: RULE_VERSION.to_owned(),
            counts: self
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
            identifiers: self
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
}
