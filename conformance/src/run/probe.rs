//! Requests that a well-behaved client would not send.
//!
//! Some cases ask what the target does with a request that lacks a header or carries nonsense. The
//! client cannot be made to send such a thing, so the runner does, over a connection of its own,
//! with the same guards and the same recording.

use std::time::Instant;

use bytes::Bytes;
use chrono::Utc;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use skatteetaten_client::Api;

use super::{Context, Stop};
use crate::{
    recording::{Kind, RawExchange},
    results::{Provenance, Text},
};

/// What stands in the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "these are the ways to be refused")]
pub enum Bearer {
    /// A proper token for this API.
    Of(Api),
    /// Nothing.
    Missing,
    /// Something that is no token.
    Garbage,
}

/// One request, put together by hand.
#[derive(Debug, Clone)]
#[must_use]
pub struct Probe {
    api: Api,
    operation: &'static str,
    method: Method,
    path: String,
    bearer: Bearer,
    headers: HeaderMap,
    body: Bytes,
}

/// What came of a probe.
#[derive(Debug, Clone)]
pub struct Probed {
    /// Status.
    pub status: u16,
    /// The body as JSON, if it is.
    pub json: Value,
    /// Headers.
    pub headers: HeaderMap,
}

impl Probed {
    /// `kode` of the body.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.json.get("kode").and_then(Value::as_str)
    }

    /// Whether `kode` or an entry of `spesifisering` is this code.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        let specifications = self.json.get("spesifisering").and_then(Value::as_array);
        self.code() == Some(code)
            || specifications
                .into_iter()
                .flatten()
                .any(|entry| entry.get("kode").and_then(Value::as_str) == Some(code))
    }

    /// Status and codes in one line; free text from the server stays out.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut line = self.status.to_string();
        let specifications = self.json.get("spesifisering").and_then(Value::as_array);
        let codes = self.code().into_iter().chain(
            specifications
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.get("kode").and_then(Value::as_str)),
        );
        for code in codes {
            // A code is short and plain; anything else is not repeated.
            if code.len() <= 24
                && code
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            {
                line.push(' ');
                line.push_str(code);
            }
        }
        line
    }
}

impl Probe {
    /// A request to an API; `path` is appended to its base URL.
    pub fn new(api: Api, operation: &'static str, method: Method, path: impl Into<String>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            api,
            operation,
            method,
            path: path.into(),
            bearer: Bearer::Of(api),
            headers,
            body: Bytes::new(),
        }
    }

    /// Another `Authorization`.
    pub fn bearer(mut self, bearer: Bearer) -> Self {
        self.bearer = bearer;
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// A body, with `Content-Type: application/json` unless a header says otherwise.
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = bytes.into();
        self.headers
            .entry(http::header::CONTENT_TYPE)
            .or_insert(HeaderValue::from_static("application/json"));
        self
    }

    /// Sends it, once.
    ///
    /// # Errors
    /// [`Stop`] when a guard stops it, there is no token, or there is no answer.
    pub async fn send(mut self, context: &Context) -> Result<Probed, Stop> {
        let target = context.target();
        let base = target
            .environment
            .base_url(self.api)
            .map_err(|error| Stop::blocked(&error.into()))?;
        let address = format!("{}{}", base.as_str().trim_end_matches('/'), self.path);
        let url = url::Url::parse(&address).map_err(Stop::tool)?;
        target.hosts.check(&url).map_err(|refused| {
            Stop::Blocked(Text::new(format!("Verten er stanset: {refused}"), refused.to_string()))
        })?;
        context.release(&self.body)?;
        match self.bearer {
            Bearer::Missing => {}
            Bearer::Garbage => {
                self.headers.insert(
                    http::header::AUTHORIZATION,
                    HeaderValue::from_static("Bearer this-is-no-token"),
                );
            }
            Bearer::Of(api) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", bearer_token(context, api).await?))
                    .map_err(|_| Stop::tool("the token is no header value"))?;
                value.set_sensitive(true);
                self.headers.insert(http::header::AUTHORIZATION, value);
            }
        }
        self.exchange(context, url).await
    }

    async fn exchange(self, context: &Context, url: url::Url) -> Result<Probed, Stop> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(std::time::Duration::from_secs(20))
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .map_err(|_| Stop::tool("no HTTP client"))?;
        let started = Utc::now();
        let clock = Instant::now();
        let sent = http
            .request(self.method.clone(), url.clone())
            .headers(self.headers.clone())
            .body(self.body.clone())
            .send()
            .await;
        let answer = match sent {
            Ok(response) => {
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                response.bytes().await.map(|body| (status, headers, body))
            }
            Err(error) => Err(error),
        };
        let mut exchange = RawExchange {
            kind: Kind::Api(self.api),
            operation: self.operation.to_owned(),
            attempt: 1,
            method: self.method,
            url,
            request_headers: self.headers,
            request_body: self.body,
            started,
            ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
            status: None,
            response_headers: HeaderMap::new(),
            response_body: Bytes::new(),
            fault: None,
        };
        match answer {
            Ok((status, headers, body)) => {
                exchange.status = Some(status);
                exchange.response_headers = headers.clone();
                exchange.response_body = body.clone();
                context.recorder().push(exchange);
                Ok(Probed {
                    status,
                    headers,
                    json: serde_json::from_slice(&body).unwrap_or(Value::Null),
                })
            }
            Err(error) => {
                let fault = if error.is_timeout() { "timeout" } else { "connection" };
                exchange.fault = Some(fault.to_owned());
                context.recorder().push(exchange);
                Err(Stop::Blocked(Text::new(
                    format!("Ikke noe svar ({fault})."),
                    format!("No answer ({fault})."),
                )))
            }
        }
    }
}

/// A token for an API. The client does not give tokens out, but its observer sees them arrive.
async fn bearer_token(context: &Context, api: Api) -> Result<String, Stop> {
    let already = context.recorder().len();
    let client = context.client()?;
    client.token(api).await.map_err(|error| Stop::blocked(&error))?;
    context
        .recorder()
        .all()
        .iter()
        .skip(already)
        .rev()
        .filter(|exchange| exchange.kind == Kind::Token)
        .find_map(|exchange| {
            exchange
                .response_json()?
                .get("access_token")?
                .as_str()
                .map(str::to_owned)
        })
        .ok_or_else(|| Stop::tool("the token that was fetched was not recorded"))
}

impl Context {
    /// Checks the status and code of a refusal that a probe met. `code` is `None` where nobody says
    /// which code comes.
    pub fn refused(&self, name: Text, provenance: Provenance, probed: &Probed, status: &[u16], code: Option<&str>) {
        let expected = status.iter().map(u16::to_string).collect::<Vec<_>>();
        let code_text = code.map(|code| format!(" {code}")).unwrap_or_default();
        let holds = status.contains(&probed.status) && code.is_none_or(|code| probed.has(code));
        self.check(
            name,
            provenance,
            Text::new(
                format!("{}{code_text}", expected.join(" eller ")),
                format!("{}{code_text}", expected.join(" or ")),
            ),
            Text::same(probed.summary()),
            holds,
        );
    }
}
