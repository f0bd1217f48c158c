//! The lock file `specs.toml` and the documents it pins.
//!
//! A pinned document is never edited: its SHA-256 stands in the lock file, and everything that
//! uses a document goes through [`PinnedDocument::verified`], which refuses other bytes.

use std::{fmt, sync::OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Where the bytes of a pinned document come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provenance {
    /// Fetched byte for byte from its source.
    Published,
    /// Put together from public pages; nobody outside has confirmed it.
    Reconstructed,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Published => "published",
            Self::Reconstructed => "reconstructed",
        })
    }
}

/// One entry of `specs.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of the API in the registry, for instance `trekkpaalegg-app`.
    pub api: String,
    /// Version in the registry, for instance `1.4`.
    pub version: String,
    /// Name of the Rust module that holds the bindings; a document without one is for comparison only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Address the document is, or would be, fetched from.
    pub source: String,
    /// SHA-256 of the file, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Whether the bytes are the publisher's own.
    pub provenance: Provenance,
    /// Date of retrieval or reconstruction, `YYYY-MM-DD`, or a full RFC 3339 time.
    pub retrieved: String,
}

/// The whole lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Entries in the order of the file.
    #[serde(rename = "document", default)]
    pub documents: Vec<Entry>,
}

impl Manifest {
    /// Reads a lock file's text.
    ///
    /// # Errors
    /// When the text is not TOML of the documented shape; the message holds line and column.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        toml::from_str(text).map_err(|error| ManifestError::Syntax {
            detail: error.to_string(),
        })
    }
}

/// A document that this build carries within itself.
#[derive(Debug, Clone)]
pub struct PinnedDocument {
    entry: Entry,
    bytes: &'static [u8],
}

impl PinnedDocument {
    /// Its entry in the lock file.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// `api@version`, the way the command line names a pinned document.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}@{}", self.entry.api, self.entry.version)
    }

    /// The bytes as embedded, unchecked. Prefer [`Self::verified`].
    #[must_use]
    pub fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    /// The bytes, after their digest has been compared with the lock file.
    ///
    /// # Errors
    /// [`ManifestError::Digest`] when the bytes are others than those pinned.
    pub fn verified(&self) -> Result<&'static [u8], ManifestError> {
        let found = sha256_hex(self.bytes);
        if found == self.entry.sha256 {
            Ok(self.bytes)
        } else {
            Err(ManifestError::Digest {
                id: self.id(),
                api: self.entry.api.clone(),
                expected: self.entry.sha256.clone(),
                found,
            })
        }
    }
}

/// The documents this build carries, in the order of `specs.toml`.
///
/// # Errors
/// [`ManifestError::Syntax`] when the lock file that was compiled in cannot be read.
pub fn pinned() -> Result<&'static [PinnedDocument], ManifestError> {
    static PINNED: OnceLock<Result<Vec<PinnedDocument>, ManifestError>> = OnceLock::new();
    PINNED
        .get_or_init(|| {
            let manifest = Manifest::parse(include_str!("../specs.toml"))?;
            Ok(manifest
                .documents
                .into_iter()
                .zip(FILES)
                .map(|(entry, (_, bytes))| PinnedDocument { entry, bytes })
                .collect())
        })
        .as_deref()
        .map_err(Clone::clone)
}

/// The pinned document called `api@version`, or `api` alone for the one with bindings.
///
/// # Errors
/// [`ManifestError::Unknown`] when nothing of that name is pinned; it lists what is.
pub fn find(name: &str) -> Result<&'static PinnedDocument, ManifestError> {
    let all = pinned()?;
    let (api, version) = match name.split_once('@') {
        Some((api, version)) => (api, Some(version)),
        None => (name, None),
    };
    all.iter()
        .find(|document| {
            document.entry.api == api
                && version.map_or(document.entry.module.is_some(), |v| document.entry.version == v)
        })
        .ok_or_else(|| ManifestError::Unknown {
            name: name.to_owned(),
            known: all.iter().map(PinnedDocument::id).collect(),
        })
}

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            use fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// What can be wrong with the lock file or a pinned document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The lock file is not TOML of the documented shape.
    #[error("specs.toml cannot be read: {detail}")]
    Syntax {
        /// The parser's message, with line and column.
        detail: String,
    },
    /// A document's bytes are not those whose digest is pinned.
    #[error(
        "{id}: the document's SHA-256 is {found}, but specs.toml pins {expected}; a pinned document is never edited. \
         Restore the file from version control, or run `cargo xtask specs pull {api}` to fetch and pin a new one"
    )]
    Digest {
        /// `api@version`.
        id: String,
        /// The API, as the command that mends it wants it.
        api: String,
        /// Digest in the lock file.
        expected: String,
        /// Digest of the bytes.
        found: String,
    },
    /// No such document is pinned.
    #[error("no pinned document is called {name}; there are {}", .known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Every pinned `api@version`.
        known: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pinned_document_has_the_pinned_digest() {
        let documents = pinned().unwrap();
        assert_eq!(documents.len(), 4);
        for document in documents {
            document.verified().unwrap();
        }
    }

    #[test]
    fn embedded_files_stand_in_the_order_of_the_lock_file() {
        for (document, (id, _)) in pinned().unwrap().iter().zip(FILES) {
            assert_eq!(document.id(), *id);
        }
    }

    #[test]
    fn other_bytes_are_refused_with_the_command_that_mends_it() {
        let mut document = find("trekkpaalegg-app").unwrap().clone();
        document.bytes = b"{}";
        let message = document.verified().unwrap_err().to_string();
        assert!(message.contains("trekkpaalegg-app@1.4"), "{message}");
        assert!(message.contains("cargo xtask specs pull trekkpaalegg-app"), "{message}");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let message = find("nothing@9").unwrap_err().to_string();
        assert!(message.contains("trekkpaalegg-app@2024-10"), "{message}");
    }
}
