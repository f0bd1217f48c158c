//! How an entry is written: one line of JSON, then the bytes exactly as they are sent.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skatteetaten_specs::manifest::sha256_hex;
use uuid::Uuid;

use super::{JournalError, Outcome};
use crate::finansprodukter::check::Reference;
use crate::finansprodukter::submission::{Content, Submission};

const FORMAT: u32 = 1;
const DAMAGED: &str = "the file has been changed or damaged; restore it from a backup, or find out \
    from the authority whether this submission has been received before you remove it";

/// The first line of an entry.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    format: u32,
    written_at: DateTime<Utc>,
    idempotency_key: Uuid,
    destination: String,
    inntektsaar: u16,
    sha256: String,
    bytes: usize,
    antall_oppgaver: u64,
    antall_sletteoppgaver: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referanse: Option<String>,
}

/// The name under which all entries with these bytes for this destination begin.
pub(super) fn stem(submission: &Submission, destination: &str) -> String {
    // The year is part of the bytes. 128 bits of the digest are enough to tell files apart.
    let mut name = sha256_hex(format!("{destination}\n{}", submission.sha256()).as_bytes());
    name.truncate(32);
    name
}

/// An entry as bytes.
pub(super) fn write(submission: &Submission, destination: &str) -> Result<Vec<u8>, JournalError> {
    let header = Header {
        format: FORMAT,
        written_at: Utc::now(),
        idempotency_key: submission.key(),
        destination: destination.to_owned(),
        inntektsaar: submission.income_year(),
        sha256: submission.sha256().to_owned(),
        bytes: submission.bytes().len(),
        antall_oppgaver: submission.reports(),
        antall_sletteoppgaver: submission.deletions(),
        referanse: submission.reference().map(str::to_owned),
    };
    let mut out =
        serde_json::to_vec(&header).map_err(|error| JournalError::new("write an entry", DAMAGED).with_source(error))?;
    out.reserve_exact(submission.bytes().len() + 1);
    out.push(b'\n');
    out.extend_from_slice(submission.bytes());
    Ok(out)
}

/// An entry as it was written down.
pub(super) struct Kept {
    pub(super) submission: Submission,
    pub(super) destination: String,
    pub(super) written_at: DateTime<Utc>,
}

/// Reads an entry back, and makes sure that the bytes are those that were written down.
pub(super) fn read(name: &str, file: Vec<u8>) -> Result<Kept, JournalError> {
    let damaged = || JournalError::new(format!("read {name}"), DAMAGED);
    let end = file.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let file = Bytes::from(file);
    // No source: the parser's message could quote the reference.
    let header: Header = serde_json::from_slice(&file[..end]).map_err(|_| damaged())?;
    if header.format != FORMAT {
        let doing = format!(
            "read {name}: it has format {}, this version knows {FORMAT}",
            header.format
        );
        return Err(JournalError::new(
            doing,
            "use the version of this program that wrote it, or a newer one",
        ));
    }
    let bytes = file.slice(end + 1..);
    if bytes.len() != header.bytes || sha256_hex(&bytes) != header.sha256 {
        return Err(damaged());
    }
    let content = Content {
        sha256: header.sha256,
        year: header.inntektsaar,
        reports: header.antall_oppgaver,
        deletions: header.antall_sletteoppgaver,
        reference: header.referanse.map(Reference::new),
    };
    Ok(Kept {
        submission: Submission::restored(header.idempotency_key, bytes, content),
        destination: header.destination,
        written_at: header.written_at,
    })
}

/// An outcome as bytes.
pub(super) fn write_outcome(outcome: &Outcome) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec_pretty(outcome)
        .map_err(|error| JournalError::new("write an outcome", DAMAGED).with_source(error))
}

/// Reads an outcome back.
pub(super) fn read_outcome(name: &str, file: &[u8]) -> Result<Outcome, JournalError> {
    serde_json::from_slice(file).map_err(|_| JournalError::new(format!("read {name}"), DAMAGED))
}
