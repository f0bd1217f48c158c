//! The event log: one event in each line, each line holding the hash of the one before.
//!
//! `hash of a line` = SHA-256 of its bytes without the line end. The first line holds the SHA-256
//! of the run's id, so that the log of another run cannot take its place.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EvidenceError, canonical, files::sha256_hex, journal::whole_lines};

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventLine {
    /// 1 for the first.
    pub seq: u64,
    /// When, RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// What kind of event, for instance `case.started`.
    pub kind: String,
    /// The case it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    /// Details, redacted.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// Hash of the previous line, as hexadecimal.
    pub previous: String,
}

/// Where a log stops being a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct ChainFault {
    /// Number of the line, 1 for the first.
    pub line: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Checks the chain of a log; returns the number of lines and the hash of the last one.
///
/// # Errors
/// The first line that does not follow from the one before.
pub fn check_chain(bytes: &[u8], run_id: &str) -> Result<(u64, String), ChainFault> {
    let mut head = anchor(run_id);
    let mut seq = 0;
    if whole_lines(bytes).len() != bytes.len() {
        return Err(ChainFault {
            line: bytes.split(|byte| *byte == b'\n').count(),
            why: "the last line is cut off",
        });
    }
    let lines = bytes.strip_suffix(b"\n").map(|all| all.split(|byte| *byte == b'\n'));
    for (number, line) in (1..).zip(lines.into_iter().flatten()) {
        let fault = |why| ChainFault { line: number, why };
        let value: Value = serde_json::from_slice(line).map_err(|_| fault("it is not JSON"))?;
        if canonical::to_line(&value).as_bytes() != line {
            return Err(fault("it is not in canonical form"));
        }
        let event: EventLine = serde_json::from_value(value).map_err(|_| fault("it is not an event"))?;
        seq += 1;
        if event.seq != seq {
            return Err(fault("a line is missing, added or moved before it"));
        }
        if event.previous != head {
            return Err(fault("the line before it was changed"));
        }
        head = sha256_hex(line);
    }
    Ok((seq, head))
}

fn anchor(run_id: &str) -> String {
    sha256_hex(run_id.as_bytes())
}

/// The log while it is written.
#[derive(Debug)]
pub(super) struct EventLog {
    path: PathBuf,
    file: File,
    seq: u64,
    head: String,
}

impl EventLog {
    /// Starts a log, or goes on with the one that is there after dropping a line cut off by a crash.
    pub(super) fn open(path: &Path, run_id: &str) -> Result<Self, EvidenceError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(EvidenceError::io("creating", folder))?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(EvidenceError::io("opening", path))?;
        let bytes = fs::read(path).map_err(EvidenceError::io("reading", path))?;
        let whole = whole_lines(&bytes);
        if whole.len() < bytes.len() {
            file.set_len(whole.len() as u64)
                .map_err(EvidenceError::io("writing", path))?;
        }
        let (seq, head) = check_chain(whole, run_id).map_err(|fault| EvidenceError::NotResumable {
            path: path.to_owned(),
            why: fault.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            seq,
            head,
        })
    }

    /// Adds an event.
    pub(super) fn append(
        &mut self,
        time: DateTime<Utc>,
        kind: &str,
        case_id: Option<&str>,
        data: Value,
    ) -> Result<(), EvidenceError> {
        let event = EventLine {
            seq: self.seq + 1,
            time: time.to_rfc3339_opts(SecondsFormat::Millis, true),
            kind: kind.to_owned(),
            case_id: case_id.map(str::to_owned),
            data,
            previous: self.head.clone(),
        };
        let value = serde_json::to_value(&event).map_err(EvidenceError::json("an event"))?;
        let line = canonical::to_line(&value);
        // One write for the whole line: a crash can cut it off, but not mix it with another.
        self.file
            .write_all(format!("{line}\n").as_bytes())
            .map_err(EvidenceError::io("writing", &self.path))?;
        self.seq += 1;
        self.head = sha256_hex(line.as_bytes());
        Ok(())
    }

    /// Number of lines and hash of the last one.
    pub(super) fn head(&self) -> (u64, String) {
        (self.seq, self.head.clone())
    }
}
