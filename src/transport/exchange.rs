//! One request and its whole answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use reqwest::{Request, Response};
use url::Url;

use super::fault;
use crate::client::Shared;
use crate::error::{TransportError, TransportErrorKind};
use crate::observer::{Exchange, ExchangeKind, Observer, Outcome};

/// What a request is, beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    pub(crate) kind: ExchangeKind,
    pub(crate) operation: &'static str,
    pub(crate) attempt: u32,
    /// Largest answer that is read, in bytes.
    pub(crate) limit: usize,
}

/// A complete answer, whatever its status, except redirects.
pub(crate) struct Incoming {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends one request and reads the whole answer. The observer hears of it in every case, also when
/// this future is dropped.
pub(crate) async fn exchange(
    shared: &Shared,
    http: &reqwest::Client,
    purpose: Purpose,
    request: Request,
) -> Result<Incoming, TransportError> {
    let host = fault::host(request.url());
    let mut record = Record::new(shared, purpose, &request);
    let mut head = None;
    let result = receive(http, purpose.limit, request, &mut head).await;
    let outcome = match &result {
        Ok(incoming) => Outcome::Response {
            status: incoming.status,
            headers: incoming.headers.clone(),
            body: incoming.body.clone(),
        },
        Err(fault) => Outcome::Fault { kind: fault.kind, head },
    };
    record.finish(outcome);
    let incoming = result.map_err(|fault| fault.into_error(host.clone(), &shared.settings))?;
    if incoming.status.is_redirection() {
        let status = incoming.status.as_u16();
        return Err(TransportError::new(TransportErrorKind::Redirect { status }, host));
    }
    Ok(incoming)
}

async fn receive(
    http: &reqwest::Client,
    limit: usize,
    request: Request,
    head: &mut Option<(StatusCode, HeaderMap)>,
) -> Result<Incoming, fault::Fault> {
    let mut response = http.execute(request).await.map_err(fault::Fault::from_library)?;
    let status = response.status();
    let headers = response.headers().clone();
    *head = Some((status, headers.clone()));
    let body = read_body(&mut response, limit).await?;
    Ok(Incoming { status, headers, body })
}

/// Reads a body as it arrives, so that one that is too large never fills the memory.
async fn read_body(response: &mut Response, limit: usize) -> Result<Bytes, fault::Fault> {
    let announced = response.content_length();
    let too_large = || fault::Fault::new(TransportErrorKind::TooLarge { limit });
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(fault::Fault::from_library)? {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Tells the observer about the exchange exactly once.
struct Record {
    observer: Option<Arc<dyn Observer>>,
    exchange: Option<Exchange>,
    clock: Arc<dyn crate::clock::Clock>,
    began: Duration,
}

impl Record {
    fn new(shared: &Shared, purpose: Purpose, request: &Request) -> Self {
        let exchange = shared
            .observer
            .is_some()
            .then(|| blank(purpose, request, shared.clock.now()));
        Self {
            observer: shared.observer.clone(),
            exchange,
            clock: Arc::clone(&shared.clock),
            began: shared.clock.monotonic(),
        }
    }

    fn finish(&mut self, outcome: Outcome) {
        if let (Some(observer), Some(mut exchange)) = (&self.observer, self.exchange.take()) {
            exchange.duration = self.clock.monotonic().saturating_sub(self.began);
            exchange.outcome = outcome;
            observer.exchange(&exchange);
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.finish(Outcome::Cancelled);
    }
}

fn blank(purpose: Purpose, request: &Request, started: SystemTime) -> Exchange {
    let method: Method = request.method().clone();
    let url: Url = request.url().clone();
    Exchange {
        kind: purpose.kind,
        operation: purpose.operation,
        attempt: purpose.attempt,
        method,
        url,
        request_headers: request.headers().clone(),
        request_body: request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .map(Bytes::copy_from_slice)
            .unwrap_or_default(),
        started,
        duration: Duration::ZERO,
        outcome: Outcome::Cancelled,
    }
}
