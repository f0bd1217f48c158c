//! Nothing, or only part of an answer, came back.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which limit ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// No connection within [`Settings::connect_timeout`](crate::Settings::connect_timeout).
    Connect,
    /// Nothing arrived within [`Settings::read_timeout`](crate::Settings::read_timeout).
    Read,
    /// The call, with its token and retries, took longer than
    /// [`Settings::call_timeout`](crate::Settings::call_timeout).
    Call,
}

/// What went wrong between here and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: the name does not resolve, or nobody listens.
    Connect,
    /// The connection could not be secured: the certificate is for another host, has expired, or
    /// is not signed by anybody trusted here.
    Tls,
    /// A limit ran out.
    Timeout(TimeoutKind),
    /// The connection broke before the answer was complete.
    Interrupted,
    /// What came back is no HTTP, or its encoding is broken.
    Protocol,
    /// The server answered with a redirect. It is not followed: the token is for one host only.
    Redirect {
        /// The status, 300–399.
        status: u16,
    },
    /// The answer is larger than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The request could not be built or sent for another reason.
    Request,
}

impl TransportErrorKind {
    /// A short fixed name, for logs and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout(TimeoutKind::Connect) => "connect-timeout",
            Self::Timeout(TimeoutKind::Read) => "read-timeout",
            Self::Timeout(TimeoutKind::Call) => "call-timeout",
            Self::Interrupted => "interrupted",
            Self::Protocol => "protocol",
            Self::Redirect { .. } => "redirect",
            Self::TooLarge { .. } => "too-large",
            Self::Request => "request",
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::Timeout(_) | Self::Interrupted | Self::Protocol
        )
    }
}

/// No complete answer: what happened, to which host, after how many attempts.
#[derive(Debug, Clone)]
pub struct TransportError {
    kind: TransportErrorKind,
    host: String,
    attempts: u32,
    correlation_id: Option<String>,
    after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl TransportError {
    pub(crate) fn new(kind: TransportErrorKind, host: impl Into<String>) -> Self {
        Self {
            kind,
            host: host.into(),
            attempts: 1,
            correlation_id: None,
            after: None,
            source: None,
        }
    }

    pub(crate) fn with_source(mut self, source: Arc<dyn StdError + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    pub(crate) fn with_limit(mut self, limit: Duration) -> Self {
        self.after = Some(limit);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    pub(crate) fn with_correlation_id(mut self, id: Option<String>) -> Self {
        self.correlation_id = id;
        self
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Host and port that were called.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// How many requests were sent or tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The `Korrelasjonsid` that was sent, if the operation has one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The status of a redirect; otherwise there was no answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            TransportErrorKind::Redirect { status } => Some(status),
            _ => None,
        }
    }

    /// Whether the same call may succeed later; see [`Error::is_retryable`](crate::Error::is_retryable).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.kind {
            TransportErrorKind::Connect => write!(
                f,
                "no connection to {host}: check the host name, the network, and any proxy or firewall in between"
            ),
            TransportErrorKind::Tls => write!(
                f,
                "no secure connection to {host}: its certificate is not accepted; check the host name, this computer's clock, and the trusted root certificates"
            ),
            TransportErrorKind::Timeout(kind) => {
                match kind {
                    TimeoutKind::Connect => write!(f, "no connection to {host}")?,
                    TimeoutKind::Read => write!(f, "nothing more arrived from {host}")?,
                    TimeoutKind::Call => write!(f, "the call to {host} was not finished")?,
                }
                if let Some(after) = self.after {
                    write!(f, " within {} ms", after.as_millis())?;
                }
                write!(f, ": try again later, or allow more time in the settings")
            }
            TransportErrorKind::Interrupted => write!(
                f,
                "the connection to {host} broke before the answer was complete: try again"
            ),
            TransportErrorKind::Protocol => write!(
                f,
                "{host} answered with something that is not valid HTTP: check the address and any proxy in between"
            ),
            TransportErrorKind::Redirect { status } => write!(
                f,
                "{host} answered with a redirect (status {status}), which is not followed since the token is for this host only: correct the base URL"
            ),
            TransportErrorKind::TooLarge { limit } => write!(
                f,
                "the answer from {host} is larger than the limit of {limit} bytes: ask for smaller pages, or raise the limit in the settings"
            ),
            TransportErrorKind::Request => write!(f, "the request to {host} could not be sent"),
        }?;
        if self.attempts > 1 {
            write!(f, " ({} attempts)", self.attempts)?;
        }
        Ok(())
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
