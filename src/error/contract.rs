//! The API answered with something its own document does not allow.

use crate::Api;

/// An answer that breaks the API's contract: where, what was expected, and what kind of thing was
/// found. The value itself is never kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{api} answered outside its contract ({operation}): at {}: expected {expected}, found {found}", if pointer.is_empty() { "the top level" } else { pointer })]
pub struct ContractViolation {
    api: Api,
    operation: &'static str,
    pointer: String,
    expected: String,
    found: String,
    status: Option<u16>,
    correlation_id: Option<String>,
}

impl ContractViolation {
    /// `pointer` is a JSON pointer into the body, empty for the whole of it. `found` names a kind
    /// (`text of 12 characters`, `nothing`), never the value: it may be personal data.
    pub fn new(
        api: Api,
        operation: &'static str,
        pointer: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            api,
            operation,
            pointer: pointer.into(),
            expected: expected.into(),
            found: found.into(),
            status: None,
            correlation_id: None,
        }
    }

    /// The same violation with the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same violation with the correlation id of the call.
    #[must_use]
    pub fn with_correlation_id(mut self, id: Option<String>) -> Self {
        self.correlation_id = id;
        self
    }

    /// Whose answer it was.
    #[must_use]
    pub fn api(&self) -> Api {
        self.api
    }

    /// The `operationId` of the call.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// JSON pointer into the body; empty for the whole of it.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What the contract allows.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What kind of thing was there.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// HTTP status of the answer, if known.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Correlation id of the call, if known.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }
}
