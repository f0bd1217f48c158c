//! One call: token, headers, attempts, and the verdict.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, StatusCode};
use reqwest::{Body, Request};
use tracing::Instrument as _;
use uuid::Uuid;

use super::call::{CallInner, Outcome, Retry};
use super::declared::{self, Declared};
use super::exchange::{Incoming, Purpose, exchange};
use super::fault;
use super::retry::{Schedule, retry_after};
use crate::error::{ApiError, ConfigurationError, Error, Misuse, TimeoutKind, TransportError, TransportErrorKind};
use crate::maskinporten::Token;
use crate::observer::ExchangeKind;

const KLIENTID: HeaderName = HeaderName::from_static("klientid");
const KORRELASJONSID: HeaderName = HeaderName::from_static("korrelasjonsid");

/// Runs the whole call within its time limit.
pub(super) async fn run(call: &CallInner, request: Request) -> Outcome {
    let options = &call.options;
    let span = tracing::debug_span!("call", api = options.api.name(), operation = options.operation,);
    let limit = call.shared.settings.call_timeout;
    let host = fault::host(request.url());
    let mut progress = Progress::default();
    let whole = tokio::time::timeout(limit, attempts(call, request, &mut progress));
    let result = whole.instrument(span).await.unwrap_or_else(|_| {
        let kind = TransportErrorKind::Timeout(TimeoutKind::Call);
        Err(TransportError::new(kind, host)
            .with_limit(limit)
            .with_attempts(progress.requests)
            .with_correlation_id(progress.correlation_id.take())
            .into())
    });
    match result {
        Ok(incoming) => Outcome::Answered {
            status: incoming.status.as_u16(),
            headers: incoming.headers,
            body: incoming.body,
            correlation_id: progress.correlation_id,
            attempts: progress.requests,
        },
        Err(error) => {
            tracing::debug!(
                api = options.api.name(),
                operation = options.operation,
                status = error.status(),
                requests = progress.requests,
                retryable = error.is_retryable(),
                "call failed"
            );
            Outcome::Failed(error)
        }
    }
}

/// How far a call has come.
#[derive(Default)]
struct Progress {
    requests: u32,
    correlation_id: Option<String>,
}

async fn attempts(call: &CallInner, request: Request, progress: &mut Progress) -> Result<Incoming, Error> {
    let shared = &call.shared;
    let options = &call.options;
    let declared = declared::operation(options.api, options.operation)?;
    let template = Template::new(call, request, declared)?;
    let mut schedule = Schedule::new(&shared.settings.retry, options.retry == Retry::Idempotent);
    let mut renewed = false;
    loop {
        let token = shared.tokens.get(shared, options.api, &call.access).await?;
        let request = template.request(&token, progress)?;
        let purpose = Purpose {
            kind: ExchangeKind::Api(options.api),
            operation: options.operation,
            attempt: progress.requests,
            limit: options.max_response.unwrap_or(shared.settings.max_response),
        };
        let result = exchange(shared, &call.http, purpose, request).await;
        let (error, asked) = match result {
            Ok(incoming) if incoming.status.is_success() => return Ok(incoming),
            Ok(incoming) => {
                if incoming.status == StatusCode::UNAUTHORIZED && !renewed {
                    // The token may have been withdrawn, or its key changed. The API has not
                    // looked at the request, so that sending it again is safe in any case.
                    renewed = true;
                    shared.tokens.forget(options.api, &call.access, &token);
                    continue;
                }
                let asked = retry_after(&incoming.headers, shared.clock.as_ref());
                (refusal(call, incoming, progress), asked)
            }
            Err(error) => {
                let error = error
                    .with_attempts(progress.requests)
                    .with_correlation_id(progress.correlation_id.clone());
                (error.into(), None)
            }
        };
        let wait = match worth_repeating(&error) {
            true => schedule.next(asked),
            false => None,
        };
        let Some(wait) = wait else {
            return Err(with_retry_after(error, asked));
        };
        tracing::debug!(
            attempt = progress.requests,
            status = error.status(),
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "will be sent again"
        );
        shared.clock.sleep(wait).await;
    }
}

/// Repeating by itself stops short of what a caller may try again later: 4xx is final.
fn worth_repeating(error: &Error) -> bool {
    match error {
        Error::Api(error) => error.status() >= 500,
        other => other.is_retryable(),
    }
}

fn refusal(call: &CallInner, incoming: Incoming, progress: &Progress) -> Error {
    ApiError::read(
        call.options.api,
        call.options.operation,
        incoming.status.as_u16(),
        progress.correlation_id.as_deref(),
        incoming.body,
    )
    .with_attempts(progress.requests)
    .into()
}

fn with_retry_after(error: Error, asked: Option<std::time::Duration>) -> Error {
    match error {
        Error::Api(error) => error.with_retry_after(asked).into(),
        other => other,
    }
}

/// A request as all attempts have it in common.
struct Template<'a> {
    request: Request,
    body: Option<Bytes>,
    declared: &'a Declared,
}

impl<'a> Template<'a> {
    fn new(call: &CallInner, mut request: Request, declared: &'a Declared) -> Result<Self, Error> {
        check_address(call, &request, declared)?;
        let settings = &call.shared.settings;
        let body = match &call.options.body {
            Some(bytes) => Some(bytes.clone()),
            None => request
                .body()
                .map(|body| body.as_bytes().map(Bytes::copy_from_slice).ok_or_else(streamed))
                .transpose()?,
        };
        *request.body_mut() = None;
        let klientid = HeaderValue::from_str(&settings.klientid).map_err(|error| {
            ConfigurationError::new("Klientid cannot be a header", "use visible ASCII characters").with_source(error)
        })?;
        let headers = request.headers_mut();
        if declared.has_header(KLIENTID.as_str()) {
            headers.insert(KLIENTID, klientid.clone());
        }
        headers.insert(USER_AGENT, klientid);
        if let Some(accept) = &call.options.accept {
            headers.insert(ACCEPT, accept.clone());
        }
        if body.is_some() && !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(Self {
            request,
            body,
            declared,
        })
    }

    fn request(&self, token: &Token, progress: &mut Progress) -> Result<Request, Error> {
        // A body of bytes, or none, can always be copied.
        let mut request = self.request.try_clone().ok_or_else(streamed)?;
        *request.body_mut() = self.body.clone().map(Body::from);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.header());
        if self.declared.has_header(KORRELASJONSID.as_str()) {
            let id = Uuid::new_v4().to_string();
            if let Ok(value) = HeaderValue::from_str(&id) {
                headers.insert(KORRELASJONSID, value);
            }
            progress.correlation_id = Some(id);
        }
        progress.requests += 1;
        Ok(request)
    }
}

fn streamed() -> Error {
    Misuse::new(
        "the body is a stream, which cannot be sent a second time",
        "give the body as bytes",
    )
    .into()
}

/// The token goes to the configured host and to this operation's path only.
fn check_address(call: &CallInner, request: &Request, declared: &Declared) -> Result<(), Error> {
    let base = call.shared.environment.base_url(call.options.api)?;
    let url = request.url();
    let below = url
        .path()
        .strip_prefix(base.path().trim_end_matches('/'))
        .filter(|_| url.origin() == base.origin());
    if below.is_some_and(|path| declared.matches_path(path)) {
        return Ok(());
    }
    Err(Misuse::new(
        format!(
            "the parameters of {} do not give one of its addresses",
            call.options.operation
        ),
        "let no path parameter be empty or consist of dots",
    )
    .into())
}
