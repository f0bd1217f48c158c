//! The vendor's own logs: scanned for secrets and for numbers that could be real, redacted, and
//! put into the evidence pack with the digest of what was handed in.
//!
//! ```
//! use std::collections::BTreeSet;
//! use skatteetaten_conformance::{client_logs, redaction::Redactor, synthetic::{Declared, Guard}};
//!
//! # let dir = tempfile::tempdir()?;
//! std::fs::write(dir.path().join("client.log"), "polling\nAuthorization: Bearer abcdefgh12345\n")?;
//! let guard = Guard::new(Declared::default(), &[1; 32]);
//! let logs = client_logs::read(&[dir.path().into()], &Redactor::new(), &guard, &BTreeSet::new())?;
//! assert_eq!(logs.logs.len(), 1);
//! assert_eq!(logs.secrets, ["client.log:2"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod handed;
mod scan;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use skatteetaten_specs::manifest::sha256_hex;

use crate::{
    evidence::ClientLog,
    redaction::{Hits, Redactor},
    results::{Check, Provenance, Text, Verdict},
    synthetic::Guard,
};

pub(crate) use handed::Handed;

/// Largest log that is taken, in bytes.
const LARGEST: u64 = 64 << 20;

/// Most files that are taken.
const MOST: usize = 1_000;

/// The case about secrets, which the logs are searched for.
pub const SECRETS_CASE: &str = "SEC-04";

/// The case about numbers that could be real.
pub const IDENTIFIERS_CASE: &str = "SEC-02";

/// A log that cannot be taken.
#[derive(Debug, thiserror::Error)]
#[error("the client log {path}: {problem}", path = .path.display())]
#[non_exhaustive]
pub struct LogError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// What was handed in.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Logs {
    /// What goes into the pack.
    pub logs: Vec<Scanned>,
    /// Where secrets stood, as `file:line`.
    pub secrets: Vec<String>,
    /// Where numbers stood that could belong to real people, as `file:line`.
    pub could_be_real: Vec<String>,
}

/// One file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Scanned {
    /// Its redacted copy.
    pub log: ClientLog,
    /// SHA-256 of the file as it was handed in, hexadecimal.
    pub sha256: String,
    /// What was removed, by rule.
    pub hits: Hits,
}

impl Logs {
    /// What the logs say about a case; `None` when they say nothing or there are none.
    #[must_use]
    pub fn check(&self, case_id: &str) -> Option<Check> {
        if self.logs.is_empty() {
            return None;
        }
        let (name, expected, places, bad) = match case_id {
            SECRETS_CASE => (
                Text::new("Hemmeligheter i klientens logger", "Secrets in the client's logs"),
                Text::new("ingen", "none"),
                &self.secrets,
                Verdict::Failed,
            ),
            // The number may have come from the authority: a person has to look.
            IDENTIFIERS_CASE => (
                Text::new("Nummer i klientens logger", "Numbers in the client's logs"),
                Text::new(
                    "bare syntetiske eller tillatte nummer",
                    "only synthetic or allowed numbers",
                ),
                &self.could_be_real,
                Verdict::NeedsReview,
            ),
            _ => return None,
        };
        let count = self.logs.len();
        let found = if places.is_empty() {
            Text::new(
                format!("{count} filer, ingen funn"),
                format!("{count} files, no finding"),
            )
        } else {
            let shown = places.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            let more = places.len().saturating_sub(5);
            Text::same(if more == 0 { shown } else { format!("{shown} (+{more})") })
        };
        Some(Check {
            name,
            verdict: if places.is_empty() { Verdict::Passed } else { bad },
            provenance: Provenance::Published,
            expected,
            found,
        })
    }
}

/// Reads files, and all files in folders. `known` are the secrets that were on the wire: they are
/// found whatever they look like.
///
/// # Errors
/// [`LogError`] when one cannot be read, is no UTF-8 text (what cannot be looked at is not taken),
/// is too large, or nothing is there.
pub fn read(paths: &[PathBuf], redactor: &Redactor, guard: &Guard, known: &BTreeSet<String>) -> Result<Logs, LogError> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        list(path, path, &mut files)?;
        if files.len() == before {
            return Err(wrong(path, "holds no file"));
        }
    }
    let mut logs = Logs::default();
    let mut names = BTreeSet::new();
    for (path, relative) in files {
        let size = fs::metadata(&path)
            .map_err(|error| wrong(&path, format!("cannot be read: {error}")))?
            .len();
        if size > LARGEST {
            return Err(wrong(
                &path,
                format!(
                    "is larger than {} MB; hand in the part that belongs to the test",
                    LARGEST >> 20
                ),
            ));
        }
        let bytes = fs::read(&path).map_err(|error| wrong(&path, format!("cannot be read: {error}")))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            wrong(
                &path,
                "is no UTF-8 text, so that it cannot be searched; unpack it, convert it, or leave it out",
            )
        })?;
        let name = unique(&relative, &mut names);
        let scanned = scan::scan(text, redactor, guard, known);
        let place = |line: &usize| format!("{name}:{line}");
        logs.secrets.extend(scanned.secrets.iter().map(place));
        logs.could_be_real.extend(scanned.could_be_real.iter().map(place));
        logs.logs.push(Scanned {
            sha256: sha256_hex(&bytes),
            hits: scanned.hits,
            log: ClientLog {
                name,
                bytes: scanned.text.into_bytes(),
            },
        });
    }
    Ok(logs)
}

fn wrong(path: &Path, problem: impl Into<String>) -> LogError {
    LogError {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

/// Every file below a path with its name relative to the path's own parent, in a fixed order.
fn list(root: &Path, path: &Path, files: &mut Vec<(PathBuf, String)>) -> Result<(), LogError> {
    let failed = |error: std::io::Error| wrong(path, format!("cannot be read: {error}"));
    // Links are followed only where they are named: a folder may hold one to anywhere.
    let metadata = if root == path {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    }
    .map_err(failed)?;
    if metadata.is_dir() {
        let mut entries = fs::read_dir(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            list(root, &entry.path(), files)?;
        }
        return Ok(());
    }
    if !metadata.is_file() {
        return Err(wrong(path, "is neither a file nor a folder; hand in the file itself"));
    }
    if files.len() == MOST {
        return Err(wrong(
            root,
            format!("holds more than {MOST} files; hand in those that belong to the test"),
        ));
    }
    let relative = match path.strip_prefix(root) {
        Ok(relative) if !relative.as_os_str().is_empty() => relative,
        _ => Path::new(path.file_name().unwrap_or_default()),
    };
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    files.push((path.to_owned(), parts.join("-")));
    Ok(())
}

/// A name that can stand in a pack on every system, and that no other file has. A number that
/// could be somebody's does not stand in a name either.
fn unique(relative: &str, names: &mut BTreeSet<String>) -> String {
    let safe: String = relative
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => character,
            _ => '_',
        })
        .collect();
    let mut safe = safe.trim_matches('.').to_owned();
    let long_digits = safe.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == 11);
    if safe.is_empty() || long_digits || safe.len() > 80 {
        safe = "log.txt".to_owned();
    }
    let mut name = safe.clone();
    let mut number = 1;
    // Windows and macOS take names that differ in case only for the same.
    while !names.insert(name.to_lowercase()) {
        number += 1;
        name = format!("{number}-{safe}");
    }
    name
}
