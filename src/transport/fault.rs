//! What an error of the HTTP library means.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use url::Url;

use crate::Settings;
use crate::error::{TimeoutKind, TransportError, TransportErrorKind};

/// What went wrong, before it is known for which host and after how many attempts.
pub(super) struct Fault {
    pub(super) kind: TransportErrorKind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Fault {
    pub(super) fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(super) fn from_library(error: reqwest::Error) -> Self {
        let kind = if error.is_timeout() {
            TransportErrorKind::Timeout(if error.is_connect() {
                TimeoutKind::Connect
            } else {
                TimeoutKind::Read
            })
        } else if error.is_builder() {
            TransportErrorKind::Request
        } else if any_source(&error, &is_tls) {
            TransportErrorKind::Tls
        } else if error.is_connect() {
            TransportErrorKind::Connect
        } else if any_source(&error, &is_parse) {
            TransportErrorKind::Protocol
        } else {
            TransportErrorKind::Interrupted
        };
        Self {
            kind,
            // The address may hold identifiers; the host is said anyway.
            source: Some(Arc::new(error.without_url())),
        }
    }

    pub(super) fn into_error(self, host: String, settings: &Settings) -> TransportError {
        let mut error = TransportError::new(self.kind, host);
        if let Some(source) = self.source {
            error = error.with_source(source);
        }
        match self.kind {
            TransportErrorKind::Timeout(TimeoutKind::Connect) => error.with_limit(settings.connect_timeout),
            TransportErrorKind::Timeout(TimeoutKind::Read) => error.with_limit(settings.read_timeout),
            _ => error,
        }
    }
}

/// Host and port, for messages.
pub(crate) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "an address without a host".to_owned(),
    }
}

fn any_source(error: &(dyn StdError + 'static), found: &dyn Fn(&(dyn StdError + 'static)) -> bool) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if found(error) {
            return true;
        }
        // An io::Error hides the error it carries: its source is that error's source.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && any_source(inner, found)
        {
            return true;
        }
        next = error.source();
    }
    false
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>()
}

fn is_parse(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
}
