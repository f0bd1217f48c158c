//! No access token.

use std::fmt;
use std::time::Duration;

use super::{Code, ConfigurationError, TransportError, safe_identifier};
use crate::secret::Private;

/// What Maskinporten refused, by what has to be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The client id is unknown, or the key or certificate does not belong to it (MP-100,
    /// `invalid_client`).
    Client,
    /// The key has expired (MP-121).
    KeyExpired,
    /// The enterprise certificate is not accepted (MP-120).
    Certificate,
    /// The audience is not the issuer (MP-110).
    Audience,
    /// The scope is unknown or has not been granted to the consumer (`invalid_scope`).
    Scope,
    /// No such delegation or system user (MP-303, `invalid_altinn_customer_configuration`).
    Delegation,
    /// The assertion was refused as such: its times, its `jti`, or a claim that is not documented
    /// (`invalid_grant` without a more specific code).
    Assertion,
    /// The request was refused for a reason that is not documented.
    Other,
}

impl Refusal {
    /// What the vendor has to do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Client => {
                "check the client id, and that the key (kid) or certificate is registered on this client in this environment"
            }
            Self::KeyExpired => "register a new key on the client and use its kid",
            Self::Certificate => {
                "use a valid enterprise certificate of this environment, with its whole chain; production certificates do not work in test"
            }
            Self::Audience => "use the issuer of this environment exactly as published, with its trailing slash",
            Self::Scope => "ask for access to the scope, and add it to the client in this environment",
            Self::Delegation => {
                "check that the organisation has approved the system user or delegation for this system, and that externalRef is given exactly when the system user was requested with one"
            }
            Self::Assertion => {
                "check this computer's clock, that the key belongs to the client, and that the environment's issuer is the right one"
            }
            Self::Other => "look the error up in Maskinporten's documentation",
        }
    }
}

/// The difference between the server's clock and this computer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDifference {
    /// Whole seconds that this computer is ahead of the server; negative when it is behind.
    pub seconds_ahead: i64,
}

impl ClockDifference {
    /// Whether Maskinporten accepts assertions written with this clock (ten seconds either way).
    #[must_use]
    pub const fn is_tolerated(self) -> bool {
        self.seconds_ahead.unsigned_abs() <= 10
    }
}

impl fmt::Display for ClockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds_ahead.unsigned_abs();
        if self.seconds_ahead >= 0 {
            write!(f, "this computer's clock is {seconds} s ahead of the server's")
        } else {
            write!(f, "this computer's clock is {seconds} s behind the server's")
        }
    }
}

/// Why there is no token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// Maskinporten refused the request with an OAuth error.
    Refused(Refusal),
    /// Maskinporten could not be reached.
    Unreachable(TransportError),
    /// Maskinporten is out of order: a status of 5xx, or 429.
    Unavailable,
    /// The answer is not what OAuth prescribes; the text says in which way.
    InvalidAnswer(&'static str),
    /// The request could not be written: a key that does not sign, a scope that is not asked for.
    Configuration(ConfigurationError),
}

/// No access token: why, and what has to be repaired. Never holds the assertion or a token.
#[derive(Debug, Clone)]
pub struct TokenError {
    kind: TokenErrorKind,
    status: Option<u16>,
    error: Option<String>,
    code: Option<Code>,
    description: Option<Private<String>>,
    trace_id: Option<String>,
    clock: Option<ClockDifference>,
    retry_after: Option<Duration>,
}

impl TokenError {
    pub(crate) fn new(kind: TokenErrorKind) -> Self {
        Self {
            kind,
            status: None,
            error: None,
            code: None,
            description: None,
            trace_id: None,
            clock: None,
            retry_after: None,
        }
    }

    /// Why.
    #[must_use]
    pub fn kind(&self) -> &TokenErrorKind {
        &self.kind
    }

    /// What was refused, if Maskinporten refused.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.kind {
            TokenErrorKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// HTTP status of Maskinporten's answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The OAuth error (`invalid_grant`, `invalid_scope`), if it has the form of one.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The code at the start of the description (`MP-303`).
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        self.code.as_ref()
    }

    /// `error_description`. Free text from the server: keep it out of logs.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_ref().map(|text| text.expose().as_str())
    }

    /// The trace id in the description, which support asks for.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// How far this computer's clock is from Maskinporten's, if the answer said what time it is.
    #[must_use]
    pub fn clock_difference(&self) -> Option<ClockDifference> {
        self.clock
    }

    /// How long Maskinporten asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether asking again may help without anything being changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.kind {
            TokenErrorKind::Unreachable(error) => error.is_retryable(),
            TokenErrorKind::Unavailable => true,
            TokenErrorKind::Refused(_) | TokenErrorKind::InvalidAnswer(_) | TokenErrorKind::Configuration(_) => false,
        }
    }

    /// What the vendor has to do.
    #[must_use]
    pub fn remedy(&self) -> &str {
        match &self.kind {
            TokenErrorKind::Refused(refusal) => refusal.remedy(),
            TokenErrorKind::Unreachable(_) => "check the issuer's address and the network",
            TokenErrorKind::Unavailable => "try again later",
            TokenErrorKind::InvalidAnswer(_) => {
                "check that the issuer's address is Maskinporten's, and that no proxy answers in its place"
            }
            TokenErrorKind::Configuration(error) => error.remedy(),
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TokenErrorKind::Refused(_) => {
                write!(f, "Maskinporten refused to issue a token")?;
            }
            TokenErrorKind::Unreachable(error) => {
                return write!(f, "Maskinporten could not be reached: {error}");
            }
            TokenErrorKind::Unavailable => write!(f, "Maskinporten is out of order")?,
            TokenErrorKind::InvalidAnswer(what) => {
                write!(f, "Maskinporten's answer cannot be used: {what}")?;
            }
            TokenErrorKind::Configuration(error) => {
                return write!(f, "no token can be asked for: {error}");
            }
        }
        if let Some(status) = self.status {
            write!(f, " (status {status})")?;
        }
        if let Some(error) = self.error() {
            write!(f, ", {error}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if let Some(id) = &self.trace_id {
            write!(f, " (trace {id})")?;
        }
        write!(f, ": {}", self.remedy())?;
        match self.clock {
            Some(clock) if !clock.is_tolerated() => {
                write!(f, "; {clock}, more than the 10 s that are accepted: correct it first")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            TokenErrorKind::Unreachable(error) => Some(error),
            TokenErrorKind::Configuration(error) => Some(error),
            _ => None,
        }
    }
}

impl TokenError {
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_clock(mut self, clock: Option<ClockDifference>) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }

    /// What the body said. An error that does not look like one is not kept apart, since anything
    /// may stand there; it can still be seen in the recorded exchange.
    pub(crate) fn with_answer(
        mut self,
        error: Option<String>,
        code: Option<String>,
        description: Option<String>,
    ) -> Self {
        self.error = error
            .filter(|error| error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
            .and_then(|error| safe_identifier(&error).map(str::to_owned));
        self.code = code.map(Code::new);
        self.trace_id = description.as_deref().and_then(trace_id).map(str::to_owned);
        self.description = description.map(Private::new);
        self
    }
}

/// What follows `trace_id`, `trace id` or `traceId` in a description.
fn trace_id(description: &str) -> Option<&str> {
    let lower = description.to_ascii_lowercase();
    let after = ["trace_id", "trace id", "traceid", "trace-id"]
        .iter()
        .find_map(|name| lower.find(name).map(|at| at + name.len()))?;
    let rest = description[after..].trim_start_matches([':', '=', ' ', '"']);
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(rest.len());
    safe_identifier(&rest[..end])
}
