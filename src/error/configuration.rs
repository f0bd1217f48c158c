//! Errors that are found before anything is sent.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The client is set up wrongly: what is wrong, and what to do about it.
#[derive(Debug, Clone)]
pub struct ConfigurationError {
    problem: String,
    remedy: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl ConfigurationError {
    /// `problem` and `remedy` are shown to the user: no credential may be in them.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
            source: None,
        }
    }

    /// The same error with the one that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration: {}: {}", self.problem, self.remedy)
    }
}

impl StdError for ConfigurationError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// The client was called in a way that cannot work: what, and how to call it instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("misuse: {problem}: {remedy}")]
pub struct Misuse {
    problem: String,
    remedy: String,
}

impl Misuse {
    /// Both texts are shown to the user: no personal data may be in them.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// What cannot work.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do instead.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}
