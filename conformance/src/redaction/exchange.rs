//! One recorded exchange, redacted.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::SecondsFormat;
use http::{HeaderMap, HeaderName, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skatteetaten_specs::manifest::sha256_hex;

use super::{Hits, Redactor, Rule, patterns};
use crate::recording::{Kind, RawExchange};

/// Headers whose values are kept, beside the patterns. Everything else is named and emptied.
const HARMLESS: &[&str] = &[
    "accept",
    "accept-encoding",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "host",
    "idempotencykey",
    "klientid",
    "korrelasjonsid",
    "retry-after",
    "server",
    "transfer-encoding",
    "user-agent",
    "vary",
];

/// Largest part of a text that is no JSON which is kept, in characters.
const LONGEST_TEXT: usize = 4_000;

/// Which side of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// What was sent.
    Request,
    /// What came back.
    Response,
}

/// One way in which a body does not fit the pinned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaFinding {
    /// Whose body.
    pub side: Side,
    /// JSON pointer into it.
    pub pointer: String,
    /// The keyword of the schema that it breaks.
    pub keyword: String,
}

/// An exchange that may be written to a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactedExchange {
    /// What it was for: the API, `discovery` or `token`.
    pub kind: String,
    /// The `operationId`, or `discovery` or `token`.
    pub operation: String,
    /// Which attempt of the same call, from 1.
    pub attempt: u32,
    /// When it was sent, RFC 3339 with milliseconds.
    pub started: String,
    /// How long until the outcome was known, in milliseconds.
    pub ms: u64,
    /// Method.
    pub method: String,
    /// Address, without secrets.
    pub url: String,
    /// What was sent.
    pub request: RedactedMessage,
    /// What came of it.
    pub outcome: RedactedOutcome,
    /// Header and claims of the assertion in a token request, without its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<Value>,
    /// Both sides' deviations from the pinned document.
    pub schema_findings: Vec<SchemaFinding>,
    /// How often each rule struck.
    #[serde(skip)]
    pub hits: Hits,
}

/// Headers and body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactedMessage {
    /// Headers in alphabetical order; several of one name are joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// Body, absent when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<RedactedBody>,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RedactedBody {
    /// JSON.
    Json(Value),
    /// The fields of a form.
    Form(BTreeMap<String, String>),
    /// Text that is no JSON.
    Text(String),
    /// Neither; only described.
    #[serde(rename_all = "camelCase")]
    Binary {
        /// Size in bytes.
        bytes: usize,
        /// SHA-256, as hexadecimal.
        sha256: String,
    },
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RedactedOutcome {
    /// An answer.
    #[serde(rename_all = "camelCase")]
    Response {
        /// Status.
        status: u16,
        /// Headers and body.
        #[serde(flatten)]
        message: RedactedMessage,
    },
    /// No complete answer.
    #[serde(rename_all = "camelCase")]
    Fault {
        /// What happened.
        kind: String,
        /// Status, when the answer broke off after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// The caller gave up.
    Cancelled,
}

impl Redactor {
    /// The exchange without secrets and personal data.
    #[must_use]
    pub fn exchange(&self, exchange: &RawExchange) -> RedactedExchange {
        let mut hits = Hits::new();
        let request = self.message(&exchange.request_headers, &exchange.request_body, &mut hits);
        let assertion = match exchange.kind {
            Kind::Token => self.assertion(&exchange.request_body, &mut hits),
            _ => None,
        };
        let outcome = match (&exchange.fault, exchange.status) {
            (Some(kind), status) => RedactedOutcome::Fault {
                kind: self.text(kind, &mut hits),
                status,
            },
            (None, Some(status)) => RedactedOutcome::Response {
                status,
                message: self.message(&exchange.response_headers, &exchange.response_body, &mut hits),
            },
            (None, None) => RedactedOutcome::Cancelled,
        };
        let mut url = exchange.url.clone();
        // Neither fails for an address that was called.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        RedactedExchange {
            kind: match exchange.kind {
                Kind::Api(api) => api.name().to_owned(),
                Kind::Discovery => "discovery".to_owned(),
                Kind::Token => "token".to_owned(),
            },
            operation: self.text(&exchange.operation, &mut hits),
            attempt: exchange.attempt,
            started: exchange.started.to_rfc3339_opts(SecondsFormat::Millis, true),
            ms: exchange.ms,
            method: exchange.method.to_string(),
            url: self.text(url.as_str(), &mut hits),
            request,
            outcome,
            assertion,
            schema_findings: Vec::new(),
            hits,
        }
    }

    /// Headers and body without secrets and personal data.
    pub fn message(&self, headers: &HeaderMap, body: &[u8], hits: &mut Hits) -> RedactedMessage {
        RedactedMessage {
            headers: self.headers(headers, hits),
            body: self.body(headers, body, hits),
        }
    }

    fn headers(&self, headers: &HeaderMap, hits: &mut Hits) -> BTreeMap<String, String> {
        let mut redacted: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = self.header(name, &value, hits);
            redacted
                .entry(name.as_str().to_owned())
                .and_modify(|known| *known = format!("{known}, {value}"))
                .or_insert(value);
        }
        redacted
    }

    fn header(&self, name: &HeaderName, value: &str, hits: &mut Hits) -> String {
        if patterns::is_placeholder(value) {
            return value.to_owned();
        }
        if *name == header::AUTHORIZATION {
            let token = value.split_once(' ').map_or(value, |(_, token)| token);
            return match value.split_once(' ') {
                Some((scheme, _)) if patterns::is_placeholder(token) => format!("{scheme} {token}"),
                Some((scheme, _)) => format!("{scheme} {}", self.placeholder(Rule::Jwt, token, hits)),
                None => self.placeholder(Rule::Secret, token, hits),
            };
        }
        if *name == header::COOKIE || *name == header::SET_COOKIE {
            return self.placeholder(Rule::Cookie, value, hits);
        }
        if HARMLESS.contains(&name.as_str()) {
            return self.text(value, hits);
        }
        self.placeholder(Rule::Header, value, hits)
    }

    fn body(&self, headers: &HeaderMap, body: &[u8], hits: &mut Hits) -> Option<RedactedBody> {
        if body.is_empty() {
            return None;
        }
        let media_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if media_type.starts_with("application/x-www-form-urlencoded") {
            let fields = url::form_urlencoded::parse(body).map(|(name, value)| {
                let redacted = match self.json(&serde_json::json!({ name.as_ref(): value }), hits) {
                    Value::Object(object) => object
                        .into_iter()
                        .next()
                        .and_then(|(_, value)| value.as_str().map(str::to_owned)),
                    _ => None,
                };
                (self.text(&name, hits), redacted.unwrap_or_default())
            });
            return Some(RedactedBody::Form(fields.collect()));
        }
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return Some(RedactedBody::Json(self.json(&value, hits)));
        }
        match std::str::from_utf8(body) {
            // Broken JSON has no fields to go by, so none of its text is kept.
            Ok(_) if media_type.contains("json") => Some(described(body)),
            Ok(text) if !media_type.starts_with("application/pdf") => {
                let redacted = self.text(text, hits);
                let short: String = redacted.chars().take(LONGEST_TEXT).collect();
                Some(RedactedBody::Text(short))
            }
            _ => Some(described(body)),
        }
    }

    /// Header and claims of an assertion, `jti` and personal data removed.
    fn assertion(&self, body: &[u8], hits: &mut Hits) -> Option<Value> {
        let (_, assertion) = url::form_urlencoded::parse(body).find(|(name, _)| name == "assertion")?;
        let mut parts = assertion.split('.');
        let mut part = || -> Option<Value> {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let mut head = part()?;
        let mut claims = part()?;
        if let Some(chain) = head.get_mut("x5c") {
            let count = chain.as_array().map_or(0, Vec::len);
            *chain = Value::String(format!("{count} certificates"));
        }
        if let Some(id) = claims.get_mut("jti") {
            *id = Value::String(self.placeholder(Rule::Secret, &id.to_string(), hits));
        }
        Some(serde_json::json!({ "header": self.json(&head, hits), "claims": self.json(&claims, hits) }))
    }
}

fn described(body: &[u8]) -> RedactedBody {
    RedactedBody::Binary {
        bytes: body.len(),
        sha256: sha256_hex(body),
    }
}
