//! The API refused.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::{Code, safe_identifier};
use crate::Api;
use crate::secret::Private;

/// An answer with a status outside 200–299.
///
/// The body's form is that of both APIs (`kode`, `melding`, `korrelasjonsid`, `spesifisering`), read
/// with tolerance: what is missing is `None`, what is foreign (HTML, plain text, other JSON) is
/// kept and never shown. Never match on `melding`: its text varies for one code.
#[derive(Debug, Clone)]
pub struct ApiError {
    api: Api,
    operation: &'static str,
    status: u16,
    code: Option<Code>,
    message: Option<Private<String>>,
    correlation_id: Option<String>,
    specifications: Vec<Specification>,
    instance_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    body: Private<Bytes>,
}

/// One entry of `spesifisering`: what exactly is wrong with the request.
#[derive(Debug, Clone)]
pub struct Specification {
    code: Option<Code>,
    message: Option<Private<String>>,
    path: Option<Private<String>>,
    given: Option<Private<Value>>,
}

impl Specification {
    /// `kode`, such as `GLD_1052`.
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        self.code.as_ref()
    }

    /// `melding`. Free text that may repeat personal data: keep it out of logs.
    #[must_use]
    pub fn melding(&self) -> Option<&str> {
        self.message.as_ref().map(|text| text.expose().as_str())
    }

    /// `sti`: where in the request. It is text from the server, so it is not shown either.
    #[must_use]
    pub fn sti(&self) -> Option<&str> {
        self.path.as_ref().map(|text| text.expose().as_str())
    }

    /// `angittVerdi`: the value that was sent. Often personal data: keep it out of logs.
    #[must_use]
    pub fn angitt_verdi(&self) -> Option<&Value> {
        self.given.as_ref().map(Private::expose)
    }
}

impl ApiError {
    /// Reads the body of a refusal, whatever it is.
    pub(crate) fn read(
        api: Api,
        operation: &'static str,
        status: u16,
        sent_correlation_id: Option<&str>,
        body: Bytes,
    ) -> Self {
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        let object = json.as_ref().and_then(Value::as_object);
        let text = |name: &str| object.and_then(|object| object.get(name)).and_then(as_text);
        let specifications = object
            .and_then(|object| object.get("spesifisering"))
            .and_then(Value::as_array)
            .map(|entries| entries.iter().map(specification).collect())
            .unwrap_or_default();
        let answered_id = text("korrelasjonsid");
        Self {
            api,
            operation,
            status,
            code: text("kode").map(Code::new),
            message: text("melding").map(Private::new),
            correlation_id: answered_id
                .as_deref()
                .and_then(safe_identifier)
                .or(sent_correlation_id)
                .map(str::to_owned),
            specifications,
            instance_id: if object.is_none() { instance_id(&body) } else { None },
            retry_after: None,
            attempts: 1,
            body: Private::new(body),
        }
    }

    pub(crate) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Who refused.
    #[must_use]
    pub fn api(&self) -> Api {
        self.api
    }

    /// The `operationId` of the call.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// `kode`, if the body has one: with its documented meaning and remedy if it is a known code.
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        self.code.as_ref()
    }

    /// `melding`. Free text that may repeat personal data: keep it out of logs.
    #[must_use]
    pub fn melding(&self) -> Option<&str> {
        self.message.as_ref().map(|text| text.expose().as_str())
    }

    /// The id that support asks for: `korrelasjonsid` of the answer, or else the
    /// `Korrelasjonsid` that was sent.
    #[must_use]
    pub fn korrelasjonsid(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The entries of `spesifisering`.
    #[must_use]
    pub fn spesifisering(&self) -> &[Specification] {
        &self.specifications
    }

    /// Whether `kode` or any entry of `spesifisering` is this code.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.code
            .iter()
            .chain(self.specifications.iter().filter_map(Specification::code))
            .any(|found| found.as_str() == code)
    }

    /// The reference in an answer that never reached the service (`Unknown instance. ID=…`).
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.instance_id.as_deref()
    }

    /// How long the server asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// How many requests were sent before giving up.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The whole body. It may hold personal data: keep it out of logs.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.body.expose()
    }

    /// Whether the same call may succeed later; see [`Error::is_retryable`](crate::Error::is_retryable).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..=599)
    }

    /// What to do about it: the remedy of the first known code, the specific ones before `kode`.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.specifications
            .iter()
            .filter_map(Specification::code)
            .chain(&self.code)
            .find_map(Code::info)
            .map_or_else(|| self.remedy_of_status(), |info| info.remedy)
    }

    fn remedy_of_status(&self) -> &'static str {
        match self.status {
            401 => "check that the token is for this API and this environment",
            403 => "check that the scope, and the system user or delegation, have been granted",
            404 => "check the base URL and the identifiers in the call",
            408 | 429 => "wait, then try again",
            410 => "it has been removed; nothing more can be fetched",
            500..=599 => "try again later; if it persists, give support the korrelasjonsid",
            _ => "check the request against the API's documentation",
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused {} with status {}", self.api, self.operation, self.status)?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        for code in self.specifications.iter().filter_map(Specification::code) {
            write!(f, "; {code}")?;
        }
        if self.code.is_none() && !self.body.expose().is_empty() {
            write!(f, ", with a body that is not the API's own error format")?;
        }
        if let Some(id) = &self.instance_id {
            write!(f, " (reference {id})")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, " (korrelasjonsid {id})")?;
        }
        if self.attempts > 1 {
            write!(f, " ({} attempts)", self.attempts)?;
        }
        write!(f, ": {}", self.remedy())
    }
}

impl std::error::Error for ApiError {}

fn specification(entry: &Value) -> Specification {
    let text = |name: &str| entry.get(name).and_then(as_text);
    Specification {
        code: text("kode").map(Code::new),
        message: text("melding").map(Private::new),
        path: text("sti").map(Private::new),
        given: entry.get("angittVerdi").cloned().map(Private::new),
    }
}

/// Text, or a number where a text is expected: a code written as `1007` is still a code.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The reference in `Unknown instance. ID=…`, when it is safe to show.
fn instance_id(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.get(..4096).unwrap_or(body));
    let after = text.split("ID=").nth(1)?;
    let end = after
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(after.len());
    safe_identifier(&after[..end]).map(str::to_owned)
}
