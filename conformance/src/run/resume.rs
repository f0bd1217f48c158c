//! What a resumed run takes over from before the interruption, beside the results.

use std::{fs, path::Path};

use crate::{
    evidence::{EventLine, EvidenceError},
    redaction::Redactor,
    results::SyntheticLedger,
    synthetic::Guard,
};

/// The kind of event that holds what the guard saw in one case.
pub(super) const IDENTIFIERS: &str = "case.identifiers";

/// Gives guard and redactor what the pack so far says. Placeholders go on with the next number: the
/// values behind the earlier ones were never written, so no later value may share one.
pub(super) fn take_over(folder: &Path, guard: &Guard, redactor: &Redactor) -> Result<(), EvidenceError> {
    let log = folder.join("logg");
    let events = log.join("hendelser.ndjson");
    for line in read(&events)?.lines() {
        let Ok(event) = serde_json::from_str::<EventLine>(line) else {
            // The chain is checked elsewhere; a line cut off by a crash holds nothing.
            continue;
        };
        if event.kind == IDENTIFIERS
            && let Ok(ledger) = serde_json::from_value::<SyntheticLedger>(event.data)
        {
            guard.take_over(&ledger);
        }
    }
    for case in folders(&log)? {
        for file in entries(&case)? {
            let (Some(case), Some(name)) = (case.file_name(), file.file_name()) else {
                continue;
            };
            let path = format!("logg/{}/{}", case.to_string_lossy(), name.to_string_lossy());
            redactor.take_over(path, &read(&file)?);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, EvidenceError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        result => result.map_err(|error| unreadable(path, &error)),
    }
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, EvidenceError> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<_> = listed.map_err(|error| unreadable(folder, &error))?;
    paths.sort();
    Ok(paths)
}

fn folders(folder: &Path) -> Result<Vec<std::path::PathBuf>, EvidenceError> {
    let mut paths = if folder.is_dir() { entries(folder)? } else { Vec::new() };
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

fn unreadable(path: &Path, error: &std::io::Error) -> EvidenceError {
    EvidenceError::NotResumable {
        path: path.to_owned(),
        why: format!("it cannot be read: {error}"),
    }
}
