//! Reading a pack, from a folder or a zip file, without trusting anything in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{EvidenceError, files, name, zipped};
use crate::results::{self, Results};

/// The bytes of a pack.
#[derive(Clone)]
pub struct Pack {
    path: PathBuf,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What has no place in a pack, with the reason.
    pub(super) strange: Vec<(String, String)>,
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack")
            .field("path", &self.path)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

impl Pack {
    /// Reads a pack: a folder, or the same as a zip file.
    ///
    /// # Errors
    /// When there is no such folder or file, or it cannot be read at all. What is wrong inside is
    /// left to [`super::verify`].
    pub fn open(path: &Path) -> Result<Self, EvidenceError> {
        let kind = fs::metadata(path).map_err(EvidenceError::io("opening", path))?;
        if !kind.is_dir() {
            let bytes = fs::read(path).map_err(EvidenceError::io("reading", path))?;
            return Self::from_zip(path, &bytes);
        }
        let (paths, strange) = files::list(path)?;
        let mut content = BTreeMap::new();
        for file in paths {
            let full = path.join(&file);
            let bytes = fs::read(&full).map_err(EvidenceError::io("reading", full))?;
            content.insert(file, bytes);
        }
        Ok(Self {
            path: path.to_owned(),
            files: content,
            strange: strange.into_iter().map(|(path, why)| (path, why.to_owned())).collect(),
        })
    }

    /// Reads a pack from the bytes of a zip file; `path` is only what messages call it.
    ///
    /// # Errors
    /// When the bytes are no zip file at all.
    pub fn from_zip(path: &Path, bytes: &[u8]) -> Result<Self, EvidenceError> {
        let content = zipped::decode(bytes).map_err(|why| EvidenceError::Unreadable {
            path: path.to_owned(),
            why,
        })?;
        Ok(Self {
            path: path.to_owned(),
            files: content.files,
            strange: content.faults,
        })
    }

    /// A pack from files in memory, by path.
    #[must_use]
    pub fn from_files(path: &Path, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            files,
            strange: Vec::new(),
        }
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of one file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Every file by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// `resultater.json`, checked against its schema. Says nothing of whether the pack is intact.
    ///
    /// # Errors
    /// When the file is missing or is not what its schema asks for.
    pub fn results(&self) -> Result<Results, EvidenceError> {
        let unreadable = |why: String| EvidenceError::Unreadable {
            path: self.path.clone(),
            why,
        };
        let bytes = self.file(name::RESULTS).ok_or_else(|| {
            unreadable(if self.files.contains_key(name::UNFINISHED) {
                "it is unfinished; continue the run with conformance --resume".to_owned()
            } else {
                format!("it has no {}", name::RESULTS)
            })
        })?;
        read_results(bytes).map_err(|why| unreadable(format!("{}: {why}", name::RESULTS)))
    }
}

/// Reads the canonical results from bytes: JSON, schema, canonical form, no contradiction.
pub(super) fn read_results(bytes: &[u8]) -> Result<Results, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON ({error})"))?;
    results::validate(&value).map_err(|violations| {
        violations
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    })?;
    if super::canonical::to_string(&value).as_bytes() != bytes {
        return Err("it is not in canonical form".to_owned());
    }
    let results: Results = serde_json::from_value(value).map_err(|error| format!("it cannot be read ({error})"))?;
    match results.problems().first() {
        Some(problem) => Err(problem.to_string()),
        None => Ok(results),
    }
}
