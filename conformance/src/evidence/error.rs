//! What can go wrong with a pack.

use std::{io, path::PathBuf};

/// Why a pack could not be written, read or signed: what happened, why, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Reading or writing a file failed.
    #[error("{action} {} failed: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder of a new pack exists already.
    #[error("{} exists already; give the run another id or another --out, or take the unfinished pack up again with --resume", .0.display())]
    Exists(PathBuf),
    /// There is nothing to take up again.
    #[error("{} cannot be resumed: {why}", path.display())]
    NotResumable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A name cannot be part of a path in a pack.
    #[error("\"{name}\" cannot be used as {what}: {why}")]
    Name {
        /// The name.
        name: String,
        /// What it names.
        what: &'static str,
        /// Why not, and what is allowed.
        why: &'static str,
    },
    /// The results contradict themselves or their schema.
    #[error("the results cannot be recorded: {}", .0.join("; "))]
    Results(Vec<String>),
    /// Something cannot be expressed in JSON.
    #[error("{what} cannot be written as JSON: {source}")]
    Json {
        /// What.
        what: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A rendering failed.
    #[error("the file {file} could not be rendered: {detail}")]
    Render {
        /// The file.
        file: String,
        /// Why.
        detail: String,
    },
    /// The signing key cannot be used.
    #[error("the signing key cannot be used: {0}")]
    Key(String),
    /// The pack cannot be read as one.
    #[error("{} is not an evidence pack that can be read: {why}", path.display())]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A test stopped the writer here.
    #[doc(hidden)]
    #[error("stopped at step {0} by a test")]
    Stopped(usize),
}

impl EvidenceError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    pub(super) fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Json { what, source }
    }
}
