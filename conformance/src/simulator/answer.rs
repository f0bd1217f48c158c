//! What a service answers, before faults and the connection have had their say.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{codes, operation::Service};

/// A whole answer, kept in memory.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers beyond `Content-Length`, `Date` and the like.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// An answer with a body of this media type.
    pub fn new(status: StatusCode, media_type: &str, body: impl Into<Bytes>) -> Self {
        Self::empty(status).with("content-type", media_type).with_body(body)
    }

    /// A JSON answer.
    #[must_use]
    pub fn json(status: StatusCode, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Replaces the media type; the empty text removes it.
    pub(crate) fn set_content_type(&mut self, media_type: &str) {
        self.headers.retain(|(name, _)| *name != "content-type");
        if !media_type.is_empty() {
            self.headers.push(("content-type", media_type.to_owned()));
        }
    }
}

/// One entry of `spesifisering`: a code, and what it is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detail {
    pub(crate) code: Option<&'static str>,
    pub(crate) message: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) value: Option<String>,
}

impl Detail {
    pub(crate) fn code(code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..Self::default()
        }
    }

    pub(crate) fn about(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(crate) fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    pub(crate) fn given(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    fn value(self) -> Value {
        let mut entry = Map::new();
        if let Some(code) = self.code {
            entry.insert("kode".into(), code.into());
        }
        let message = self
            .message
            .or_else(|| Some(codes::find(self.code?)?.melding.to_owned()));
        for (name, text) in [("melding", message), ("sti", self.path), ("angittVerdi", self.value)] {
            if let Some(text) = text {
                entry.insert(name.into(), text.into());
            }
        }
        Value::Object(entry)
    }
}

/// The body that goes with a documented code, as the service in question writes it. A
/// specification code comes under its main code.
pub(crate) fn refusal(service: Service, code: &str, correlation_id: &str, details: Vec<Detail>) -> Answer {
    let Some(row) = codes::find(code) else {
        return Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    if row.service == Some(Service::Maskinporten) {
        return token_refusal(code, "", correlation_id);
    }
    let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (main, mut details) = match row.under.and_then(codes::find) {
        Some(main) if details.is_empty() => (main, vec![Detail::code(row.code)]),
        Some(main) => (main, details),
        None => (row, details),
    };
    for detail in &mut details {
        if detail.code.is_none() && row.under.is_some() {
            detail.code = Some(row.code);
        }
    }
    if service == Service::Dialogporten {
        return problem(status, row.melding, correlation_id);
    }
    let mut body = json!({
        "kode": main.code,
        "melding": main.melding,
        "korrelasjonsid": correlation_id,
    });
    if !details.is_empty() {
        body["spesifisering"] = details.into_iter().map(Detail::value).collect();
    }
    Answer::json(status, &body).with("korrelasjonsid", correlation_id)
}

/// A refusal of the token endpoint. `more` says what exactly, and may be empty.
pub(crate) fn token_refusal(code: &str, more: &str, trace_id: &str) -> Answer {
    let (error, status, text) = codes::find(code).map_or(("server_error", 500, ""), |row| {
        (row.under.unwrap_or(row.code), row.status, row.melding)
    });
    let space = if more.is_empty() { "" } else { " " };
    let body = json!({
        "error": error,
        "error_description": format!("{text}{space}{more} (trace_id: {trace_id})"),
        "error_uri": "https://docs.digdir.no/docs/Maskinporten/maskinporten_feilsoking.html",
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Answer::json(status, &body)
        .with("cache-control", "no-store")
        .with("pragma", "no-cache")
}

/// A problem as Dialogporten writes it.
pub(crate) fn problem(status: StatusCode, detail: &str, trace_id: &str) -> Answer {
    let body = json!({
        "type": format!("https://httpstatuses.io/{}", status.as_u16()),
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "traceId": trace_id,
        "detail": detail,
    });
    Answer::new(status, "application/problem+json", body.to_string())
}
