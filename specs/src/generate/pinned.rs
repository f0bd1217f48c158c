//! What a build script calls.

use std::{env, fs, io, path::PathBuf};

use super::{GenerateError, Options, rust};
use crate::{
    document::{Document, DocumentError},
    lower::{LowerError, lower},
    manifest::{ManifestError, pinned},
};

/// Generates the bindings of every pinned document with a `module` into `OUT_DIR`, as
/// `<module>.rs`. The client's inner type is `crate::transport::Call`.
///
/// # Errors
/// [`PinnedError`]: a digest that is off, a document that cannot be read, lowered or generated.
pub fn pinned_to_out_dir() -> Result<(), PinnedError> {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(PinnedError::NoOutDir)?;
    let options = Options {
        inner_type: Some("crate::transport::Call".to_owned()),
    };
    for pinned in pinned()? {
        let Some(module) = &pinned.entry().module else {
            continue;
        };
        let document = Document::parse(pinned.id(), pinned.verified()?)?;
        let code = rust(&lower(&document)?, &options)?;
        let file = out.join(format!("{module}.rs"));
        fs::write(&file, code).map_err(|source| PinnedError::Write { file, source })?;
    }
    Ok(())
}

/// Why the bindings of the pinned documents could not be generated.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum PinnedError {
    /// Not called from a build script.
    #[error("OUT_DIR is not set: this is for build scripts, and Cargo sets it")]
    NoOutDir,
    /// The lock file, or a digest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The document cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A construct that no rewrite understands.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// progenitor refused.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The code could not be written.
    #[error("{} cannot be written: {source}", .file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

// A build script that returns an error shows its `Debug`.
impl std::fmt::Debug for PinnedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
