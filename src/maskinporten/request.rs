//! The two requests to Maskinporten: where the token endpoint is, and the token.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::{Body, Request};
use serde::Deserialize;
use url::Url;

use super::answer::{self, Issued};
use super::{Config, assertion};
use crate::Access;
use crate::client::Shared;
use crate::clock::Clock;
use crate::environment::{is_loopback, secure_url};
use crate::error::{ClockDifference, ConfigurationError, TokenError, TokenErrorKind, TransportError};
use crate::observer::ExchangeKind;
use crate::transport::{Incoming, Purpose, Schedule, date, exchange, retry_after};

/// Largest answer of Maskinporten that is read. Both documents are a few KiB.
const LIMIT: usize = 256 * 1024;

/// How long the issuer's metadata is taken to be true.
const METADATA_LIFETIME: Duration = Duration::from_secs(60 * 60);

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Where tokens are asked for.
pub(super) struct Endpoint {
    url: Url,
    /// By the monotonic clock; `None` when it is configured and does not change.
    usable_until: Option<Duration>,
}

impl Endpoint {
    pub(super) fn is_usable(&self, clock: &dyn Clock) -> bool {
        self.usable_until.is_none_or(|until| clock.monotonic() < until)
    }
}

#[derive(Deserialize)]
struct Metadata {
    issuer: Option<String>,
    token_endpoint: Option<String>,
}

/// Finds the token endpoint: the configured one, or the one in the issuer's metadata (RFC 8414).
pub(super) async fn discover(shared: &Shared) -> Result<Endpoint, TokenError> {
    let environment = &shared.environment;
    if let Some(url) = environment.token_endpoint() {
        return Ok(Endpoint {
            url: url.clone(),
            usable_until: None,
        });
    }
    let well_known = environment.well_known().map_err(configuration)?;
    let asked_at = shared.clock.monotonic();
    let incoming = send(shared, ExchangeKind::Discovery, "discovery", &well_known, || {
        let mut request = Request::new(Method::GET, well_known.clone());
        head(&mut request, shared)?;
        Ok(request)
    })
    .await?;
    let invalid = |what| TokenError::new(TokenErrorKind::InvalidAnswer(what)).with_status(incoming.status.as_u16());
    if !incoming.status.is_success() {
        return Err(invalid("there is no metadata document at the issuer's address"));
    }
    let metadata: Metadata =
        serde_json::from_slice(&incoming.body).map_err(|_| invalid("the issuer's metadata is not a JSON object"))?;
    // RFC 8414, 3.3: otherwise one issuer could pass itself off as another.
    if metadata.issuer.as_deref() != Some(environment.issuer().map_err(configuration)?) {
        return Err(invalid("the issuer's metadata names another issuer"));
    }
    let url = metadata
        .token_endpoint
        .and_then(|url| secure_url(&url, "the token endpoint").ok())
        // An assertion must not be led from the network to this computer, or the other way.
        .filter(|url| is_loopback(url) == is_loopback(&well_known))
        .ok_or_else(|| invalid("the issuer's metadata has no usable token_endpoint"))?;
    Ok(Endpoint {
        url,
        usable_until: Some(asked_at + METADATA_LIFETIME),
    })
}

/// Asks for a token. Each attempt has an assertion of its own, since one is accepted only once.
pub(super) async fn token(
    shared: &Shared,
    config: &Config,
    endpoint: &Endpoint,
    scope: &str,
    access: &Access,
) -> Result<(Issued, Option<ClockDifference>), TokenError> {
    let issuer = shared.environment.issuer().map_err(configuration)?;
    let incoming = send(shared, ExchangeKind::Token, "token", &endpoint.url, || {
        let assertion = assertion::assertion(config, issuer, scope, access, shared.clock.now())?;
        // Both values consist of characters that a form leaves as they are, save the colons.
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", assertion.expose())
            .finish();
        let mut request = Request::new(Method::POST, endpoint.url.clone());
        head(&mut request, shared)?;
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form_type);
        *request.body_mut() = Some(Body::from(form));
        Ok(request)
    })
    .await?;
    let difference = clock_difference(&incoming.headers, shared.clock.as_ref());
    if let Some(difference) = difference.filter(|difference| !difference.is_tolerated()) {
        tracing::warn!(
            seconds_ahead = difference.seconds_ahead,
            "this computer's clock differs from Maskinporten's by more than is accepted"
        );
    }
    let issued = answer::read(&incoming, scope, access).map_err(|error| error.with_clock(difference))?;
    Ok((issued, difference))
}

/// Sends a request until there is an answer other than a temporary failure, within the bounds for
/// repetition.
async fn send(
    shared: &Shared,
    kind: ExchangeKind,
    operation: &'static str,
    url: &Url,
    build: impl Fn() -> Result<Request, ConfigurationError>,
) -> Result<Incoming, TokenError> {
    let http = shared.http.for_url(url).map_err(configuration)?;
    let mut schedule = Schedule::new(&shared.settings.retry, true);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let purpose = Purpose {
            kind,
            operation,
            attempt,
            limit: LIMIT,
        };
        let request = build().map_err(configuration)?;
        let (error, asked) = match exchange(shared, http, purpose, request).await {
            Ok(incoming) if incoming.status.is_server_error() || incoming.status.as_u16() == 429 => {
                let asked = retry_after(&incoming.headers, shared.clock.as_ref());
                let error = TokenError::new(TokenErrorKind::Unavailable)
                    .with_status(incoming.status.as_u16())
                    .with_retry_after(asked);
                // As for the APIs, 4xx is final: the caller learns how long to wait.
                if incoming.status.is_client_error() {
                    return Err(error);
                }
                (error, asked)
            }
            Ok(incoming) => return Ok(incoming),
            Err(error) => (unreachable(error, attempt), None),
        };
        let wait = if error.is_retryable() {
            schedule.next(asked)
        } else {
            None
        };
        match wait {
            Some(wait) => shared.clock.sleep(wait).await,
            None => return Err(error),
        }
    }
}

fn head(request: &mut Request, shared: &Shared) -> Result<(), ConfigurationError> {
    let agent = HeaderValue::from_str(&shared.settings.klientid).map_err(|error| {
        ConfigurationError::new("Klientid cannot be a header", "use visible ASCII characters").with_source(error)
    })?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, agent);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(())
}

fn clock_difference(headers: &HeaderMap, clock: &dyn Clock) -> Option<ClockDifference> {
    let server = date(headers)?;
    let own: chrono::DateTime<chrono::Utc> = clock.now().into();
    Some(ClockDifference {
        seconds_ahead: (own - server).num_seconds(),
    })
}

fn configuration(error: ConfigurationError) -> TokenError {
    TokenError::new(TokenErrorKind::Configuration(error))
}

fn unreachable(error: TransportError, attempts: u32) -> TokenError {
    TokenError::new(TokenErrorKind::Unreachable(error.with_attempts(attempts)))
}
