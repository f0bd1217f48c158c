//! Errors that say whose fault it is and what to do.
//!
//! | variant | whose | what to do |
//! |---|---|---|
//! | [`Error::Configuration`] | this program's set-up | correct it; nothing was sent |
//! | [`Error::Token`] | Maskinporten refused, or could not be reached | see [`TokenError::remedy`] |
//! | [`Error::Transport`] | the network or TLS | try again, or repair the connection |
//! | [`Error::Api`] | the API refused | see [`ApiError::code`] and its remedy |
//! | [`Error::Contract`] | the API answered what its document does not allow | report it |
//! | [`Error::Misuse`] | the calling code | change the call; nothing was sent |
//!
//! No `Display` or `Debug` in this module shows a body, a header, a token, an assertion or an
//! identity number, nor free text from a server, which may hold any of them. Such text can be
//! reached through accessors whose documentation says so.

mod api;
mod codes;
mod configuration;
mod contract;
mod safe;
mod table;
mod token;
mod transport;

pub use api::{ApiError, Specification};
pub use codes::{Code, CodeInfo, CodeTable, codes};
pub use configuration::{ConfigurationError, Misuse};
pub use contract::ContractViolation;
pub use token::{ClockDifference, Refusal, TokenError, TokenErrorKind};
pub use transport::{TimeoutKind, TransportError, TransportErrorKind};

pub(crate) use safe::safe_identifier;

/// Everything that can go wrong in a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client is set up wrongly. Nothing was sent.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// No access token: Maskinporten refused, answered nonsense, or could not be reached.
    #[error(transparent)]
    Token(#[from] Box<TokenError>),
    /// The API could not be reached, or the connection broke before the answer was complete.
    #[error(transparent)]
    Transport(#[from] Box<TransportError>),
    /// The API answered with a status outside 200–299.
    #[error(transparent)]
    Api(#[from] Box<ApiError>),
    /// The API answered with something its own document does not allow.
    #[error(transparent)]
    Contract(#[from] Box<ContractViolation>),
    /// The client was called in a way that cannot work. Nothing was sent.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl Error {
    /// Whether the same call may succeed later without anything being changed.
    ///
    /// The policy: connections that fail or break and timeouts may; a TLS failure, a redirect and
    /// an oversized answer will not. From the API, statuses 408, 429 and 5xx may; all other 4xx
    /// will not. From Maskinporten likewise, except that any refusal with an OAuth error code
    /// needs a change first. Configuration, contract violations and misuse never do.
    ///
    /// Whether repeating is *safe* is another question: for a submission, only with the same
    /// idempotency key and the same bytes.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Token(error) => error.is_retryable(),
            Self::Transport(error) => error.is_retryable(),
            Self::Api(error) => error.is_retryable(),
            Self::Configuration(_) | Self::Contract(_) | Self::Misuse(_) => false,
        }
    }

    /// The HTTP status of the answer that this error is about, from the API or from Maskinporten;
    /// `None` when there was no answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status()),
            Self::Token(error) => error.status(),
            Self::Contract(error) => error.status(),
            Self::Transport(error) => error.status(),
            Self::Configuration(_) | Self::Misuse(_) => None,
        }
    }

    /// What to ask the authority's support about: the `korrelasjonsid` of the answer, or else the
    /// `Korrelasjonsid` that was sent.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.korrelasjonsid(),
            Self::Contract(error) => error.correlation_id(),
            Self::Transport(error) => error.correlation_id(),
            Self::Token(_) | Self::Configuration(_) | Self::Misuse(_) => None,
        }
    }

    /// How many requests were sent for the call that ended with this error.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Api(error) => error.attempts(),
            Self::Transport(error) => error.attempts(),
            _ => 0,
        }
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Token(Box::new(error))
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(Box::new(error))
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<ContractViolation> for Error {
    fn from(error: ContractViolation) -> Self {
        Self::Contract(Box::new(error))
    }
}
