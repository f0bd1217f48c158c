//! What one call is, and what came of it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::client::Shared;
use crate::error::Error;
use crate::{Access, Api, Environment};

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Reading, or writing the same bytes under the same idempotency key.
    Idempotent,
    /// Anything else: one attempt. A refused token is renewed all the same, since the API has
    /// then not looked at the request.
    Never,
}

/// How one call is made.
#[derive(Clone)]
#[non_exhaustive]
pub struct CallOptions {
    /// Which API.
    pub api: Api,
    /// The `operationId` as the pinned document writes it, such as `hentAlleGjeldende`. It decides
    /// which of the headers `Klientid` and `Korrelasjonsid` are sent: those the document declares.
    pub operation: &'static str,
    /// Whether repeating is safe.
    pub retry: Retry,
    /// Exactly these bytes are the body, in place of what the bindings wrote.
    pub body: Option<Bytes>,
    /// The `Accept` header, in place of the bindings' `application/json`.
    pub accept: Option<HeaderValue>,
    /// Largest answer in bytes; `None` for the settings' limit.
    pub max_response: Option<usize>,
}

impl CallOptions {
    /// A call that is safe to repeat, with the bindings' own body and `Accept`.
    #[must_use]
    pub fn new(api: Api, operation: &'static str) -> Self {
        Self {
            api,
            operation,
            retry: Retry::Idempotent,
            body: None,
            accept: None,
            max_response: None,
        }
    }

    /// The same call with these bytes as its body.
    #[must_use]
    pub fn body(mut self, bytes: Bytes) -> Self {
        self.body = Some(bytes);
        self
    }

    /// The same call with another rule for repeating.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The same call with another `Accept` header.
    #[must_use]
    pub fn accept(mut self, accept: HeaderValue) -> Self {
        self.accept = Some(accept);
        self
    }

    /// The same call with another limit on the answer, in bytes.
    #[must_use]
    pub fn max_response(mut self, bytes: usize) -> Self {
        self.max_response = Some(bytes);
        self
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("api", &self.api)
            .field("operation", &self.operation)
            .field("retry", &self.retry)
            .field("body", &self.body.as_ref().map(Bytes::len))
            .field("accept", &self.accept)
            .field("max_response", &self.max_response)
            .finish()
    }
}

/// A complete answer with a status of 200–299.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer<T> {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body, as it came.
    pub body: Bytes,
    /// What the bindings decoded; `None` when they could not read the body. The caller then reads
    /// it record by record.
    pub value: Option<T>,
    /// The `Korrelasjonsid` that was sent, if the operation has one.
    pub correlation_id: Option<String>,
    /// How many requests it took.
    pub attempts: u32,
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("decoded", &self.value.is_some())
            .field("correlation_id", &self.correlation_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What the hook leaves behind for [`Transport::send`].
#[derive(Default)]
pub(super) enum Outcome {
    /// The hook has not run: the bindings refused their own input.
    #[default]
    NotSent,
    /// A complete answer with a status of 200–299.
    Answered {
        status: u16,
        headers: HeaderMap,
        body: Bytes,
        correlation_id: Option<String>,
        attempts: u32,
    },
    /// Anything else.
    Failed(Error),
}

/// One call, as the inner value of a generated client.
///
/// Clones share the same call, since the bindings keep a copy of their own.
#[derive(Clone)]
pub struct Call {
    inner: Arc<CallInner>,
}

pub(super) struct CallInner {
    pub(super) shared: Arc<Shared>,
    pub(super) access: Access,
    pub(super) options: CallOptions,
    pub(super) http: reqwest::Client,
    base_url: String,
    outcome: Mutex<Outcome>,
}

impl Call {
    pub(super) fn new(transport: &Transport, options: CallOptions) -> Result<Self, crate::error::ConfigurationError> {
        let url = transport.shared.environment.base_url(options.api)?;
        Ok(Self {
            inner: Arc::new(CallInner {
                http: transport.shared.http.for_url(url)?.clone(),
                base_url: url.as_str().trim_end_matches('/').to_owned(),
                shared: Arc::clone(&transport.shared),
                access: transport.access.clone(),
                options,
                outcome: Mutex::default(),
            }),
        })
    }

    /// Base URL for the generated client, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// HTTP client for the generated client.
    #[must_use]
    pub fn http(&self) -> reqwest::Client {
        self.inner.http.clone()
    }

    pub(super) fn inner(&self) -> &CallInner {
        &self.inner
    }

    pub(super) fn finish(&self, outcome: Outcome) {
        *self.lock() = outcome;
    }

    pub(super) fn take(&self) -> Outcome {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Outcome> {
        // The value is replaced as a whole, so a panic elsewhere cannot leave half of one.
        self.inner.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.inner.options).finish()
    }
}

/// Sends calls on behalf of one [`Access`]. Cheap to clone; clones share connections and tokens.
#[derive(Clone)]
pub struct Transport {
    pub(super) shared: Arc<Shared>,
    pub(super) access: Access,
}

impl Transport {
    pub(crate) fn new(shared: Arc<Shared>, access: Access) -> Self {
        Self { shared, access }
    }

    /// On whose behalf calls are sent.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Where calls are sent.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("environment", &self.shared.environment.name())
            .field("access", &self.access)
            .finish()
    }
}
