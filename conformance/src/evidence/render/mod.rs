//! Everything in a pack that a person or another tool reads, made from [`PackData`] alone: the same
//! data gives the same bytes.

use std::collections::BTreeMap;

use super::{EvidenceError, PackData, name};

/// The documents that every pack has.
pub(super) const DOCUMENTS: &[&str] = &[
    name::RESULTS,
    name::SCHEMA,
    name::CATALOGUE,
    name::REQUIREMENTS,
    name::DEVIATIONS,
    name::AMBIGUITIES,
    name::ENVIRONMENT,
    name::SYNTHETIC,
    name::REDACTION,
    name::ATTESTATIONS,
    name::EVENTS,
];

/// The renderings that every pack has.
pub(super) const RENDERINGS: &[&str] = &[];

/// Every rendering, by path in the pack.
pub(super) fn all(_data: &PackData) -> Result<BTreeMap<String, Vec<u8>>, EvidenceError> {
    Ok(BTreeMap::new())
}
