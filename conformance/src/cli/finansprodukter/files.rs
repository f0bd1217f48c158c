//! Files that the commands read and write.

use std::{io::Write as _, path::Path};

use crate::cli::Failure;

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| cannot("read", path, &error))
}

/// Saves a document of a verdict, which is asked for again and again: one that is there already
/// with the same bytes is left alone.
pub(super) fn keep(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    match std::fs::read(path) {
        Ok(kept) if kept == bytes => Ok(()),
        _ => save(path, bytes),
    }
}

/// Writes a file that is either complete or not there, and never replaces one.
pub(super) fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::usage(format!(
                "{} is there already and is not replaced: name another file, or move it away",
                path.display()
            ))
        } else {
            cannot("write", path, &error)
        }
    })
}

pub(super) fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot {what} {}: {error}", path.display()))
}
