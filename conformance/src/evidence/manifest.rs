//! `manifest.json`: path, size and digest of every file of a pack.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EvidenceError, canonical, files::sha256_hex, name};

/// The manifest. Its bytes are the canonical form of its content, so no byte is free to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Number of the format.
    pub format: u32,
    /// The run.
    pub run_id: String,
    /// Every file but this one and the two that are made from it, in ascending order of path.
    pub files: Vec<FileEntry>,
    /// Number of lines of the event log.
    pub event_count: u64,
    /// Hash of the last line of the event log, as hexadecimal.
    pub event_head: String,
    /// Digest of the manifest of the previous pack in the series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// SHA-256 of the canonical form of this manifest without this member, as hexadecimal.
    #[serde(default)]
    pub digest: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileEntry {
    /// Path in the pack, with `/`.
    pub path: String,
    /// SHA-256 of the content, as hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
}

impl Manifest {
    /// Number of the format that this version writes and reads.
    pub const FORMAT: u32 = 1;

    /// Files that the manifest does not list: itself, the signature over it, a time stamp of it.
    pub const OUTSIDE: [&'static str; 2] = [name::MANIFEST, name::ATTESTATION];

    /// The manifest of these files.
    pub(super) fn of(
        run_id: &str,
        files: &BTreeMap<String, Vec<u8>>,
        (event_count, event_head): (u64, String),
        previous: Option<String>,
    ) -> Result<Self, EvidenceError> {
        let mut manifest = Self {
            format: Self::FORMAT,
            run_id: run_id.to_owned(),
            files: files
                .iter()
                .filter(|(path, _)| !Self::OUTSIDE.contains(&path.as_str()))
                .map(|(path, bytes)| FileEntry {
                    path: path.clone(),
                    sha256: sha256_hex(bytes),
                    size: bytes.len() as u64,
                })
                .collect(),
            event_count,
            event_head,
            previous,
            digest: String::new(),
        };
        manifest.digest = manifest.own_digest()?;
        Ok(manifest)
    }

    /// The digest that the member `digest` must have.
    ///
    /// # Errors
    /// Never for a manifest that was read or built; the signature is that of serialisation.
    pub fn own_digest(&self) -> Result<String, EvidenceError> {
        let mut value = serde_json::to_value(self).map_err(EvidenceError::json(name::MANIFEST))?;
        if let Some(members) = value.as_object_mut() {
            members.shift_remove("digest");
        }
        Ok(sha256_hex(canonical::to_string(&value).as_bytes()))
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// As [`Self::own_digest`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        canonical::to_bytes(self).map_err(EvidenceError::json(name::MANIFEST))
    }
}
