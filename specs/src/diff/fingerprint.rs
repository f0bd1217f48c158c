//! A short name for a finding that stays the same when wording, line numbers or key order change.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{compare::Raw, rules::Rule};

/// Sixteen hexadecimal digits over rule, place, subject and values. Names in path templates are
/// free, so they are left out.
pub(crate) fn of(rule: &Rule, raw: &Raw<'_>) -> String {
    let mut hash = Sha256::new();
    let location = without_template_names(&raw.location);
    let parts = [
        rule.id,
        raw.wanted.as_ref(),
        &location,
        &raw.subject,
        raw.old.as_deref().unwrap_or("\u{1}"),
        raw.new.as_deref().unwrap_or("\u{1}"),
    ];
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The fingerprint of findings that are told as one, whatever their order.
pub(crate) fn all(parts: &BTreeSet<String>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn without_template_names(location: &str) -> String {
    let mut out = String::with_capacity(location.len());
    let mut rest = location;
    while let Some((before, after)) = rest.split_once("/{") {
        out.push_str(before);
        out.push_str("/{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_templates_do_not_count() {
        assert_eq!(without_template_names("GET /a/{x}/b/{y} → 200"), "GET /a/{}/b/{} → 200");
        assert_eq!(without_template_names("Map{}.x"), "Map{}.x");
    }
}
