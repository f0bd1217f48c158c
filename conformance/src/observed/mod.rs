//! Evidence from traffic that the vendor's own system caused, whoever recorded it: what a session
//! with the counterparty and one through the proxy have in common.

mod results;

use crate::{
    evidence::{EvidenceError, PackWriter},
    recording::RawExchange,
    redaction::Side,
    run::{self, Recorded, Shared},
};

pub(crate) use results::{Inspection, inspected, judged};

/// An exchange that stands in the pack.
pub(crate) struct Kept {
    /// Its number in the order of arrival, from 0.
    pub(crate) number: u64,
    /// Its id in the pack.
    pub(crate) id: String,
    pub(crate) recorded: Recorded,
    /// Where what was sent deviates from the pinned document.
    pub(crate) request_findings: usize,
    /// Where what came back does.
    pub(crate) response_findings: usize,
}

/// Writes an exchange, redacted, and notes which numbers came back in it. Those that were sent are
/// noted by whoever could have stopped them.
pub(crate) fn write(
    writer: &PackWriter,
    shared: &Shared,
    folder: &str,
    number: u64,
    raw: RawExchange,
) -> Result<Kept, EvidenceError> {
    shared.guard.incoming(&raw.response_body, None);
    let mut redacted = shared.redactor.exchange(&raw);
    redacted.schema_findings = run::schema_findings(&raw);
    for finding in &mut redacted.schema_findings {
        // A pointer repeats names out of the body.
        finding.pointer = shared.redactor.text(&finding.pointer, &mut redacted.hits);
    }
    let id = writer.exchange(folder, &redacted)?;
    shared.redactor.record(format!("logg/{id}.json"), &redacted.hits);
    let requests = redacted
        .schema_findings
        .iter()
        .filter(|finding| finding.side == Side::Request)
        .count();
    Ok(Kept {
        number,
        id,
        request_findings: requests,
        response_findings: redacted.schema_findings.len() - requests,
        recorded: Recorded {
            raw,
            written: serde_json::to_value(&redacted).unwrap_or_default(),
        },
    })
}
