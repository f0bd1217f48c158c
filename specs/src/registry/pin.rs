//! Pins a document: writes it byte for byte, and its entry into the lock file.
//!
//! A document is written only when it can be read and lowered to bindings. What stood under the
//! same version is kept beside it, without bindings, so that the two can be compared. The document
//! is written before the lock file names it: a crash between the two leaves a file nobody uses.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::Fetched;
use crate::{
    document::{Document, DocumentError},
    manifest::{Entry, Manifest, ManifestError, Provenance, sha256_hex},
};

/// What pinning did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pinned {
    /// The published bytes are those already pinned as published.
    Unchanged,
    /// The document is new here.
    New {
        /// The version that had the bindings until now, if there was one.
        previous: Option<String>,
    },
    /// A reconstruction was replaced; it is kept as this version.
    Replaced {
        /// Name under which the earlier document is kept.
        kept_as: String,
    },
    /// The publisher has changed a document without changing its version; the earlier one is kept
    /// as this version.
    Rewritten {
        /// Name under which the earlier document is kept.
        kept_as: String,
    },
}

/// Compares a fetched document with what `folder` (the checkout's `specs/`) pins, and, unless
/// `dry_run`, writes it. `now` is the time of retrieval (RFC 3339), `usable` says whether bindings
/// can be made of the document.
///
/// # Errors
/// [`PinError`]; nothing has been changed then, except that [`PinError::Write`] for the lock file
/// may leave the new document's file behind, unused.
pub fn pin(
    folder: &Path,
    api: &str,
    version: &str,
    fetched: &Fetched,
    now: &str,
    dry_run: bool,
    usable: impl FnOnce(&Document) -> Result<(), String>,
) -> Result<Pinned, PinError> {
    let lock = folder.join("specs.toml");
    let text = fs::read_to_string(&lock).map_err(|error| PinError::Read {
        path: lock.clone(),
        error: error.to_string(),
    })?;
    let manifest = Manifest::parse(&text)?;
    let id = format!("{api}@{version}");
    let document = Document::parse(&id, &fetched.bytes)?;
    usable(&document).map_err(|problem| PinError::Unusable {
        id: id.clone(),
        problem,
    })?;

    let sha256 = sha256_hex(&fetched.bytes);
    let existing = manifest
        .documents
        .iter()
        .find(|entry| entry.api == api && entry.version == version);
    let outcome = match existing {
        Some(entry) if entry.sha256 == sha256 && entry.provenance == Provenance::Published => {
            return Ok(Pinned::Unchanged);
        }
        Some(entry) if entry.provenance == Provenance::Published => Pinned::Rewritten {
            kept_as: format!("{version}-{}", &entry.sha256[..8.min(entry.sha256.len())]),
        },
        Some(_) => Pinned::Replaced {
            kept_as: format!("{version}-reconstructed"),
        },
        None => Pinned::New {
            previous: manifest
                .documents
                .iter()
                .find(|entry| entry.api == api && entry.module.is_some())
                .map(|entry| entry.version.clone()),
        },
    };
    if dry_run {
        return Ok(outcome);
    }
    let module = manifest
        .documents
        .iter()
        .find(|entry| entry.api == api && entry.module.is_some())
        .and_then(|entry| entry.module.clone());
    let new = Entry {
        api: api.to_owned(),
        version: version.to_owned(),
        module,
        source: fetched.url.clone(),
        sha256,
        provenance: Provenance::Published,
        retrieved: now.to_owned(),
    };
    let target = folder.join(api).join(format!("{version}.json"));
    if let Pinned::Replaced { kept_as } | Pinned::Rewritten { kept_as } = &outcome {
        let kept = folder.join(api).join(format!("{kept_as}.json"));
        let earlier = fs::read(&target).map_err(|error| PinError::Read {
            path: target.clone(),
            error: error.to_string(),
        })?;
        write_atomically(&kept, &earlier)?;
    }
    let edited = edit_lock(&text, &new, &outcome)?;
    write_atomically(&target, &fetched.bytes)?;
    write_atomically(&lock, edited.as_bytes())?;
    Ok(outcome)
}

/// The lock file with the new entry, comments and order of the rest untouched.
fn edit_lock(text: &str, new: &Entry, outcome: &Pinned) -> Result<String, PinError> {
    let mut lock: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| ManifestError::Syntax {
            detail: error.to_string(),
        })?;
    if !lock.contains_key("document") {
        lock.insert("document", Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let Some(entries) = lock.get_mut("document").and_then(Item::as_array_of_tables_mut) else {
        return Err(ManifestError::Syntax {
            detail: "`document` is no array of tables".to_owned(),
        }
        .into());
    };
    for entry in entries.iter_mut() {
        if entry.get("api").and_then(Item::as_str) != Some(&new.api) {
            continue;
        }
        // Only one document of an API has bindings: the one just pinned.
        entry.remove("module");
        if entry.get("version").and_then(Item::as_str) == Some(&new.version)
            && let Pinned::Replaced { kept_as } | Pinned::Rewritten { kept_as } = outcome
        {
            entry.insert("version", value(kept_as));
        }
    }
    let mut table = Table::new();
    table.insert("api", value(&new.api));
    table.insert("version", value(&new.version));
    if let Some(module) = &new.module {
        table.insert("module", value(module));
    }
    table.insert("source", value(&new.source));
    table.insert("sha256", value(&new.sha256));
    table.insert("provenance", value(new.provenance.to_string()));
    table.insert("retrieved", value(&new.retrieved));
    entries.push(table);
    Ok(lock.to_string())
}

fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), PinError> {
    let attempt = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        // A temporary file is private; a pinned document is for everyone.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|error| PinError::Write {
        path: path.to_path_buf(),
        error: error.to_string(),
    })
}

/// Why a document was not pinned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// The lock file is unusable.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The fetched document cannot be read.
    #[error("{0}; nothing was changed")]
    Document(#[from] DocumentError),
    /// No bindings can be made of the document.
    #[error("{id}: no bindings can be made of this document, so nothing was changed: {problem}")]
    Unusable {
        /// `api@version`.
        id: String,
        /// What stands in the way.
        problem: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {error}; nothing was changed", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {error}; the lock file still names what it named before", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: String,
    },
}
