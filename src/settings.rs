//! Limits and habits of the client.

use std::time::Duration;

use crate::error::ConfigurationError;

/// Limits and habits. The defaults suit a server process that polls.
///
/// ```
/// use std::time::Duration;
/// use skatteetaten_client::{RetryPolicy, Settings};
///
/// let settings = Settings::default()
///     .klientid("LonnPluss/4.2")
///     .read_timeout(Duration::from_secs(60))
///     .retry(RetryPolicy::default().max_attempts(5));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Settings {
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_response: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) klientid: String,
    pub(crate) token_capacity: usize,
    pub(crate) root_certificates: Vec<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(180),
            max_response: 64 * 1024 * 1024,
            retry: RetryPolicy::default(),
            klientid: concat!("skatteetaten-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            token_capacity: 20_000,
            root_certificates: Vec::new(),
        }
    }
}

impl Settings {
    /// Time allowed for a connection, TLS included. Default 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Longest silence while waiting for an answer or its next part. Default 30 s.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.read_timeout = limit;
        self
    }

    /// Time allowed for a whole call: token, every attempt, and the waiting between them.
    /// Default 180 s.
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = limit;
        self
    }

    /// Largest answer in bytes that is read from an API, unless a call sets its own limit.
    /// Default 64 MiB.
    pub fn max_response(mut self, bytes: usize) -> Self {
        self.max_response = bytes;
        self
    }

    /// How failed requests are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// What the header `Klientid` says, where an operation has it, and `User-Agent` everywhere:
    /// name and version of the calling system, at most 100 visible ASCII characters. Default:
    /// this crate's name and version.
    pub fn klientid(mut self, name_and_version: impl Into<String>) -> Self {
        self.klientid = name_and_version.into();
        self
    }

    /// How many tokens are kept at most; beyond it the one unused for longest is dropped. A token
    /// takes one to two KiB. Default 20,000.
    pub fn token_capacity(mut self, tokens: usize) -> Self {
        self.token_capacity = tokens;
        self
    }

    /// One more trusted root certificate (PEM, one or several), beside those of the operating
    /// system: for a proxy that inspects traffic, or a test server.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigurationError> {
        let visible = self
            .klientid
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if self.klientid.trim().is_empty() || self.klientid.len() > 100 || !visible {
            return Err(ConfigurationError::new(
                "Klientid must be 1 to 100 visible ASCII characters",
                "use the system's name and version, such as `LonnPluss/4.2`",
            ));
        }
        if self.token_capacity == 0 {
            return Err(ConfigurationError::new(
                "the token cache has room for no token",
                "keep at least one, or every call asks Maskinporten",
            ));
        }
        for (name, limit) in [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("call_timeout", self.call_timeout),
        ] {
            if limit.is_zero() {
                return Err(ConfigurationError::new(
                    format!("{name} is zero, so that no call can succeed"),
                    "give a positive duration",
                ));
            }
        }
        Ok(())
    }
}

/// How failed requests are repeated.
///
/// Only what is safe to repeat is: reading, and a submission with the same idempotency key and the
/// same bytes. Repeated are connections that fail or break, silence, and statuses 5xx; a status of
/// 4xx is final, except that a refused token is renewed once. The server's `Retry-After` is
/// honoured, up to [`max_retry_after`](Self::max_retry_after).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) first_delay: Duration,
    pub(crate) max_delay: Duration,
    pub(crate) max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(15),
            max_retry_after: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// No repetition.
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// How many requests one call may send, the first included; 0 counts as 1. Default 3.
    /// The renewal of a refused token comes on top, once.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The wait before the second attempt, before a random addition of up to as much again. It
    /// doubles each time. Default 0.5 s.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// The longest wait between two attempts, before the random addition. Default 15 s.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The longest `Retry-After` that is waited for. When the server asks for more, the call ends
    /// with its answer, and the caller finds the wait in
    /// [`ApiError::retry_after`](crate::error::ApiError::retry_after). Default 60 s.
    pub fn max_retry_after(mut self, limit: Duration) -> Self {
        self.max_retry_after = limit;
        self
    }
}
