//! What was seen of the vendor's system: the only thing that verdicts rest on.
//!
//! A tape holds exchanges in order of arrival, whoever recorded them. A scripted session cuts it
//! into scenes (one per step) and acts (one task given to the system); what was recorded while the
//! system did whatever it does is one act without a task. It is **not redacted** and stays in memory.

use std::{collections::HashMap, fmt, sync::Arc};

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::conclusion::Conclusion;
use crate::{
    recording::{Kind, RawExchange},
    tls::{Certificate, Handshakes},
};

/// A recording.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Tape {
    /// In the order in which they began.
    pub scenes: Vec<Scene>,
}

/// The acts of one step; the system keeps its data from one act to the next.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Scene {
    /// The step, where there is a script.
    pub step: Option<String>,
    /// In order.
    pub acts: Vec<Act>,
}

/// One task, from when it was given until the system was through.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Act {
    /// What the system was asked to do, where there is a script.
    pub task: Option<String>,
    /// What it was given for it.
    pub given: Given,
    /// What it sent, and what came back.
    pub seen: Vec<Seen>,
    /// What it concluded, where it says.
    pub conclusion: Option<Conclusion>,
    /// How it ended.
    pub ended: Ended,
    /// What came of the certificate that was shown, where a wrong one was.
    pub handshakes: Option<Handshakes>,
}

/// One exchange.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Seen {
    /// Its number on the tape, from 0.
    pub number: usize,
    /// As it was on the wire; shared, since a recording is copied each time it is judged.
    pub exchange: Arc<RawExchange>,
    /// What was done wrong on purpose.
    pub faults: Vec<String>,
}

/// What a task comes with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Given {
    /// The customers to act for.
    pub customers: Vec<Customer>,
    /// `maksAntall`, as text since a task may ask for one that makes no sense.
    pub page_size: Option<String>,
    /// Pay dates.
    pub pay_dates: Vec<NaiveDate>,
    /// `trekkid` and `trekkversjon` to look up.
    pub order: Option<(String, String)>,
    /// `trekkid` of orders whose `skyldner` is not employed, where the system was told who is.
    pub strangers: Vec<String>,
    /// The wrong certificate that is shown meanwhile.
    pub certificate: Option<Certificate>,
    /// Whether the configured address is one that must not be called.
    pub production: bool,
    /// Whether a file is over the limit.
    pub oversize: bool,
}

/// A customer: the organisation, and which of its system users.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "plain data, put together by whoever records")]
pub struct Customer {
    /// Nine digits.
    pub organisation: String,
    /// `externalRef`, where the system user was requested with one.
    pub external_ref: Option<String>,
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer")
    }
}

/// How an act ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each is judged differently")]
pub enum Ended {
    /// The system, or whoever runs it, said so.
    #[default]
    Done,
    /// It was stopped on purpose in the middle.
    Killed,
    /// It did not stop by itself: far more requests came than the task needs.
    Runaway,
    /// The time was up.
    TimedOut,
}

impl Tape {
    /// What was recorded while a system did whatever it does: one act, no task.
    pub fn unordered(exchanges: impl IntoIterator<Item = impl Into<Arc<RawExchange>>>) -> Self {
        let seen = exchanges
            .into_iter()
            .enumerate()
            .map(|(number, exchange)| Seen {
                number,
                exchange: exchange.into(),
                faults: Vec::new(),
            })
            .collect();
        let act = Act { seen, ..Act::default() };
        Self {
            scenes: vec![Scene {
                step: None,
                acts: vec![act],
            }],
        }
    }

    /// Every act.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        self.scenes.iter().flat_map(|scene| &scene.acts)
    }

    /// Every exchange.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.acts().flat_map(|act| &act.seen)
    }

    /// Whom each access token was asked for, by the token.
    pub(super) fn tokens(&self) -> HashMap<String, Customer> {
        self.seen()
            .filter_map(|seen| {
                let token = seen.exchange.response_json()?.get("access_token")?.as_str()?.to_owned();
                Some((token, seen.assertion()?.customer()))
            })
            .collect()
    }
}

impl Act {
    /// The exchanges of one operation.
    pub(super) fn of<'a>(&'a self, operation: &'a str) -> impl Iterator<Item = &'a Seen> {
        self.seen
            .iter()
            .filter(move |seen| seen.exchange.operation == operation)
    }

    /// What it concluded, where it also tells what it shows.
    pub(super) fn said(&self) -> Option<&Conclusion> {
        self.conclusion
            .as_ref()
            .filter(|conclusion| conclusion.messages.is_some())
    }

    /// The calls to the APIs.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Seen> {
        self.seen
            .iter()
            .filter(|seen| matches!(seen.exchange.kind, Kind::Api(_)))
    }
}

impl Seen {
    /// Status, where there was a whole answer.
    pub(super) fn status(&self) -> Option<u16> {
        self.exchange.status.filter(|_| self.exchange.fault.is_none())
    }

    pub(super) fn succeeded(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.exchange.request_headers.get(name)?.to_str().ok()
    }

    /// The bearer token.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// A query parameter, where it is given.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.exchange.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A query parameter that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.query(name)?.parse().ok()
    }

    /// The orders of a list that came whole.
    pub(super) fn orders(&self) -> Option<Vec<Value>> {
        if !self.succeeded() || self.exchange.operation != "hentAlleGjeldende" {
            return None;
        }
        if self.exchange.response_body.is_empty() {
            return Some(Vec::new());
        }
        match self.exchange.response_json()? {
            Value::Array(orders) => Some(orders),
            _ => None,
        }
    }

    /// A submission's body.
    pub(super) fn submission(&self) -> Option<Value> {
        (self.exchange.operation == "innsending" && self.exchange.method == http::Method::POST)
            .then(|| self.exchange.request_json().unwrap_or(Value::Null))
    }

    /// `idempotencyKey`.
    pub(super) fn key(&self) -> Option<&str> {
        self.header("idempotencykey")
    }

    /// A code in an error answer, the main one or a specification.
    pub(super) fn has_code(&self, code: &str) -> bool {
        let Some(body) = self.exchange.response_json() else {
            return false;
        };
        let text = |value: &Value| value.get("kode").and_then(Value::as_str) == Some(code);
        text(&body)
            || body
                .get("spesifisering")
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(text))
    }

    /// What an error answer is known by: its code and its message, and those of its specifications.
    pub(super) fn names_of_error(&self) -> Vec<String> {
        let body = self.exchange.response_json().unwrap_or_default();
        let more = body.get("spesifisering").and_then(Value::as_array);
        let entries = std::iter::once(&body).chain(more.into_iter().flatten());
        let names = entries.flat_map(|entry| [entry.get("kode"), entry.get("melding")]);
        let texts = names.filter_map(|name| Some(name?.as_str()?.to_owned()));
        // An empty one would be found in every message.
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// The assertion of a token request.
    pub(super) fn assertion(&self) -> Option<Assertion> {
        if self.exchange.kind != Kind::Token {
            return None;
        }
        Some(Assertion::of(&self.exchange.request_body).unwrap_or_default())
    }

    /// Milliseconds from the end of this exchange until another began.
    pub(super) fn until(&self, later: &Self) -> i64 {
        let waited = later.exchange.started - self.exchange.started;
        waited.num_milliseconds() - i64::try_from(self.exchange.ms).unwrap_or_default()
    }
}

/// The assertion of a token request, read and not verified.
#[derive(Clone, Default)]
pub(super) struct Assertion {
    pub(super) text: String,
    pub(super) grant_type: String,
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
}

impl Assertion {
    fn of(form: &[u8]) -> Option<Self> {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let mut assertion = Self::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            match name.as_ref() {
                "grant_type" => assertion.grant_type = value.into_owned(),
                "assertion" => assertion.text = value.into_owned(),
                _ => {}
            }
        }
        let text = assertion.text.clone();
        let mut parts = text
            .split('.')
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok());
        assertion.header = parts.next()??;
        assertion.claims = parts.next()??;
        Some(assertion)
    }

    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    pub(super) fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }

    /// The system user that is asked for; an empty organisation without one.
    pub(super) fn customer(&self) -> Customer {
        let detail = self
            .claims
            .get("authorization_details")
            .and_then(|details| details.get(0));
        let id = detail
            .and_then(|detail| detail.pointer("/systemuser_org/ID")?.as_str())
            .or_else(|| self.claim("consumer_org"))
            .unwrap_or_default();
        Customer {
            organisation: id.trim_start_matches("0192:").to_owned(),
            external_ref: detail
                .and_then(|detail| detail.get("externalRef")?.as_str())
                .map(str::to_owned),
        }
    }
}
