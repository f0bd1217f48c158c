//! A journal in a directory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use uuid::Uuid;

use super::disk::{DRAFT, Directory, Disk};
use super::{Entry, Journal, JournalError, Outcome, Repeat, format};
use crate::finansprodukter::Submission;

/// A [`Journal`] in a directory of its own, safe for several processes at once.
///
/// Each submission is one file, `NAME-N.submission`: a line of JSON with the idempotency key,
/// the destination and the digest, then the bytes as they are sent. `NAME` is made of the
/// destination and the bytes, `N` counts the times that the same bytes were deliberately submitted
/// again. Beside it, once it is known, `NAME-N.outcome.json`.
///
/// Files are written completely and flushed before they get their name, names are given in one
/// step and never to two, and nothing is changed afterwards. What a crash leaves behind ends in
/// `.draft`, means nothing, and may be deleted.
///
/// **The directory holds personal data**: it is made readable for its owner only (on Unix; on
/// Windows it inherits the rights of the directory it stands in). Once an outcome is there and
/// the feedback has been dealt with, both files can be deleted together; the same bytes are from
/// then on unknown to the journal and would be submitted anew.
#[derive(Clone)]
pub struct FileJournal {
    path: PathBuf,
    disk: Arc<dyn Disk>,
}

const SUBMISSION: &str = ".submission";
const OUTCOME: &str = ".outcome.json";
const WRITABLE: &str = "make the directory readable and writable for this program, with room left \
    on its disk; nothing is sent before this works";

impl FileJournal {
    /// Opens a journal, and makes the directory if needed.
    ///
    /// # Errors
    /// [`JournalError`] when the directory cannot be made or written to.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let opened = path.clone();
        let disk = blocking(move || {
            Directory::open(&opened)
                .map_err(|error| JournalError::new(format!("open {}", opened.display()), WRITABLE).with_source(error))
        })
        .await?;
        Ok(Self {
            path,
            disk: Arc::new(disk),
        })
    }

    #[cfg(test)]
    pub(super) fn on(disk: Arc<dyn Disk>) -> Self {
        Self {
            path: PathBuf::from("test"),
            disk,
        }
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileJournal")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Journal for FileJournal {
    fn prepare<'a>(
        &'a self,
        submission: &'a Submission,
        destination: &'a str,
        repeat: Repeat,
    ) -> BoxFuture<'a, Result<Entry, JournalError>> {
        let disk = Arc::clone(&self.disk);
        let submission = submission.clone();
        let destination = destination.to_owned();
        blocking(move || prepare(&*disk, submission, &destination, repeat)).boxed()
    }

    fn record<'a>(&'a self, entry: &'a Entry, outcome: &'a Outcome) -> BoxFuture<'a, Result<(), JournalError>> {
        let disk = Arc::clone(&self.disk);
        let id = entry.id.clone();
        let outcome = outcome.clone();
        blocking(move || record(&*disk, &id, &outcome)).boxed()
    }

    fn pending<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        let disk = Arc::clone(&self.disk);
        let destination = destination.to_owned();
        blocking(move || pending(&*disk, &destination)).boxed()
    }
}

/// Runs file operations where they stop nobody else. They run to their end even if the caller
/// goes away, so that a cancelled call leaves nothing half-written.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(JournalError::new("finish its file operations", WRITABLE).with_source(error)),
    }
}

fn prepare(disk: &dyn Disk, submission: Submission, destination: &str, repeat: Repeat) -> Result<Entry, JournalError> {
    let stem = format::stem(&submission, destination);
    // Another process can take a number between our look and our write; it is looked at then.
    let mut number = 1u32;
    loop {
        let id = format!("{stem}-{number}");
        if let Some(entry) = load(disk, &id)? {
            let goes_on = match (&entry.outcome, repeat) {
                (None, _) | (Some(Outcome::Received { .. } | Outcome::Conflict { .. }), Repeat::Never) => false,
                (Some(Outcome::Refused { .. }), _) | (Some(_), Repeat::EvenIfReceived) => true,
            };
            // A later entry decides over an earlier one.
            let later = format!("{stem}-{}{SUBMISSION}", number + 1);
            if goes_on || exists(disk, &later)? {
                number += 1;
                continue;
            }
            if entry.outcome.is_none() {
                // The name is there, but a crash may have kept it from being flushed.
                flush(disk)?;
            }
            return Ok(entry);
        }
        // Not the key of an entry that is there already.
        let submission = if number == 1 {
            submission.clone()
        } else {
            submission.with_new_key()
        };
        let file = format::write(&submission, destination)?;
        if store(disk, &format!("{id}{SUBMISSION}"), &file)? {
            return Ok(Entry::new(id, submission, None));
        }
    }
}

fn record(disk: &dyn Disk, id: &str, outcome: &Outcome) -> Result<(), JournalError> {
    let name = format!("{id}{OUTCOME}");
    if store(disk, &name, &format::write_outcome(outcome)?)? {
        return Ok(());
    }
    let before = read(disk, &name)?.unwrap_or_default();
    let before = format::read_outcome(&name, &before)?;
    if before == *outcome {
        // Another process has sent the same submission, and has had the same answer.
        return Ok(());
    }
    Err(JournalError::new(
        format!("record the outcome of {id}: another one is recorded already"),
        "compare the two with the authority's support; the recorded one stays as it is",
    ))
}

fn pending(disk: &dyn Disk, destination: &str) -> Result<Vec<Entry>, JournalError> {
    let mut names = disk.names().map_err(|error| failed("list its files", error))?;
    names.sort();
    let mut entries = Vec::new();
    for name in &names {
        let Some(id) = name.strip_suffix(SUBMISSION) else {
            continue;
        };
        if names.binary_search(&format!("{id}{OUTCOME}")).is_ok() {
            continue;
        }
        let Some(file) = read(disk, name)? else { continue };
        let kept = format::read(name, file)?;
        if kept.destination == destination {
            entries.push((kept.written_at, Entry::new(id, kept.submission, None)));
        }
    }
    entries.sort_by_key(|(written_at, _)| *written_at);
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn load(disk: &dyn Disk, id: &str) -> Result<Option<Entry>, JournalError> {
    let name = format!("{id}{SUBMISSION}");
    let Some(file) = read(disk, &name)? else {
        return Ok(None);
    };
    let submission = format::read(&name, file)?.submission;
    let name = format!("{id}{OUTCOME}");
    let outcome = match read(disk, &name)? {
        Some(file) => Some(format::read_outcome(&name, &file)?),
        None => None,
    };
    Ok(Some(Entry::new(id, submission, outcome)))
}

/// Writes a file that is either there completely or not at all, for good. `false` when the name
/// is taken.
fn store(disk: &dyn Disk, name: &str, bytes: &[u8]) -> Result<bool, JournalError> {
    let draft = format!("{}{DRAFT}", Uuid::new_v4());
    let doing = || format!("write {name}");
    disk.write_draft(&draft, bytes)
        .map_err(|error| failed(doing(), error))?;
    let is_ours = disk.publish(&draft, name).map_err(|error| failed(doing(), error))?;
    flush(disk)?;
    Ok(is_ours)
}

fn flush(disk: &dyn Disk) -> Result<(), JournalError> {
    disk.flush_names().map_err(|error| failed("flush its directory", error))
}

fn read(disk: &dyn Disk, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
    disk.read(name).map_err(|error| failed(format!("read {name}"), error))
}

fn exists(disk: &dyn Disk, name: &str) -> Result<bool, JournalError> {
    // Entries are at most 10 MB, and this is asked once per submission.
    Ok(read(disk, name)?.is_some())
}

fn failed(doing: impl Into<String>, error: std::io::Error) -> JournalError {
    JournalError::new(doing, WRITABLE).with_source(error)
}
