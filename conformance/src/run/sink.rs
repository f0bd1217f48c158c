//! Where results go while a run goes on.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    evidence::{EvidenceError, PackWriter},
    redaction::RedactedExchange,
    results::{CaseResult, SyntheticLedger},
};

/// A pack, or memory for a vendor's own tests.
#[derive(Clone, Copy)]
pub(super) enum Sink<'a> {
    Pack(&'a PackWriter),
    Memory(&'a Mutex<BTreeMap<String, CaseResult>>),
}

impl Sink<'_> {
    pub(super) fn done(self) -> Vec<CaseResult> {
        match self {
            Self::Pack(writer) => writer.done(),
            Self::Memory(_) => Vec::new(),
        }
    }

    pub(super) fn case_started(self, case_id: &str) -> Result<(), EvidenceError> {
        match self {
            Self::Pack(writer) => writer.event("case.started", Some(case_id), serde_json::Value::Null),
            Self::Memory(_) => Ok(()),
        }
    }

    pub(super) fn exchange(
        self,
        case_id: &str,
        number: usize,
        exchange: &RedactedExchange,
    ) -> Result<String, EvidenceError> {
        match self {
            Self::Pack(writer) => writer.exchange(case_id, exchange),
            Self::Memory(_) => Ok(format!("{case_id}/{number}")),
        }
    }

    /// What the guard saw in a case, so that a resumed run does not lose it.
    pub(super) fn identifiers(self, case_id: &str, ledger: &SyntheticLedger) -> Result<(), EvidenceError> {
        match self {
            Self::Pack(writer) if !ledger.counts.is_empty() => {
                writer.event(super::resume::IDENTIFIERS, Some(case_id), ledger)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn case(self, result: CaseResult) -> Result<(), EvidenceError> {
        match self {
            Self::Pack(writer) => writer.case(result),
            Self::Memory(results) => {
                results
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(result.case_id.clone(), result);
                Ok(())
            }
        }
    }
}
