//! The journal of an unfinished pack.
//!
//! One file, [`name::UNFINISHED`], does two things: as long as it exists the pack is unfinished,
//! and it holds what is needed to take the run up again. It is only appended to, one JSON value in
//! each line; a last line without its line end was cut off by a crash and is dropped. Removing the
//! file is one step of the file system, so a pack is either unfinished or finished.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{EvidenceError, name};
use crate::results::{CaseResult, RunInfo};

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    /// For a person who opens the file.
    Note(String),
    /// The run; exactly one, before anything else.
    Run(Box<RunInfo>),
    /// The result of a case.
    Case(Box<CaseResult>),
    /// The run was taken up again.
    Resumed(DateTime<Utc>),
}

/// The open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

/// What a journal says.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) run: RunInfo,
    /// In the order in which they were recorded.
    pub(super) cases: Vec<CaseResult>,
}

impl Journal {
    /// Starts the journal of a new pack. The file appears with its first lines in it.
    pub(super) fn create(folder: &Path, run: &RunInfo) -> Result<Self, EvidenceError> {
        let path = folder.join(name::UNFINISHED);
        let note = Line::Note(
            "Denne bevispakken er ikke ferdig og beviser ingenting. Fortsett med --resume. / \
             This evidence pack is unfinished and proves nothing. Continue with --resume."
                .to_owned(),
        );
        let mut bytes = encode(&note)?;
        bytes.extend(encode(&Line::Run(Box::new(run.clone())))?);
        super::files::write_atomically(&path, &bytes, true)?;
        Ok(Self {
            file: append(&path)?,
            path,
        })
    }

    /// Opens the journal of an unfinished pack and drops a line that was cut off.
    pub(super) fn reopen(folder: &Path) -> Result<(Self, Record), EvidenceError> {
        let path = folder.join(name::UNFINISHED);
        let refuse = |why: String| EvidenceError::NotResumable {
            path: folder.to_owned(),
            why,
        };
        if !path.exists() {
            let why = if folder.join(name::MANIFEST).exists() {
                "the pack is finished; start a new run".to_owned()
            } else {
                format!("it has no {}; it is not an unfinished pack", name::UNFINISHED)
            };
            return Err(refuse(why));
        }
        let bytes = fs::read(&path).map_err(EvidenceError::io("reading", &path))?;
        let whole = whole_lines(&bytes);
        let mut run = None;
        let mut cases = Vec::new();
        let mut resumed = Vec::new();
        for (number, line) in (1..).zip(whole.split(|byte| *byte == b'\n')) {
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(Line::Note(_)) => {}
                Ok(Line::Run(info)) => run = Some(*info),
                Ok(Line::Case(case)) => cases.push(*case),
                Ok(Line::Resumed(time)) => resumed.push(time),
                Err(error) => {
                    return Err(refuse(format!(
                        "line {number} of {} cannot be read ({error}); it was changed, or written by another version",
                        name::UNFINISHED
                    )));
                }
            }
        }
        let Some(mut run) = run else {
            return Err(refuse(format!("{} does not say which run it was", name::UNFINISHED)));
        };
        run.resumed = resumed;
        if whole.len() < bytes.len() {
            let file = OpenOptions::new()
                .write(true)
                .open(&path)
                .map_err(EvidenceError::io("opening", &path))?;
            file.set_len(whole.len() as u64)
                .map_err(EvidenceError::io("writing", &path))?;
        }
        let journal = Self {
            file: append(&path)?,
            path,
        };
        Ok((journal, Record { run, cases }))
    }

    /// Records a result, so that it survives whatever comes after.
    pub(super) fn case(&mut self, case: &CaseResult) -> Result<(), EvidenceError> {
        self.write(&Line::Case(Box::new(case.clone())))
    }

    /// Records that the run was taken up again.
    pub(super) fn resumed(&mut self, time: DateTime<Utc>) -> Result<(), EvidenceError> {
        self.write(&Line::Resumed(time))
    }

    fn write(&mut self, line: &Line) -> Result<(), EvidenceError> {
        let bytes = encode(line)?;
        self.file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(EvidenceError::io("writing", &self.path))
    }

    /// Removes the journal: from here on the pack is finished.
    pub(super) fn remove(self) -> Result<(), EvidenceError> {
        let Self { path, file } = self;
        // Windows does not remove a file that is open.
        drop(file);
        fs::remove_file(&path).map_err(EvidenceError::io("removing", path))
    }
}

/// The bytes up to and with the last line end.
pub(super) fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |position| position + 1);
    bytes.get(..end).unwrap_or_default()
}

fn append(path: &Path) -> Result<File, EvidenceError> {
    OpenOptions::new()
        .append(true)
        .open(path)
        .map_err(EvidenceError::io("opening", path))
}

fn encode(line: &Line) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = serde_json::to_vec(line).map_err(EvidenceError::json("a line of the journal"))?;
    bytes.push(b'\n');
    Ok(bytes)
}
