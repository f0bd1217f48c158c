//! What the simulator has received, without secrets: tokens and assertions as digests and facts.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{
    maskinporten::{AssertionFacts, assertion::hex},
    operation::{Operation, Service},
    request::Request,
};

/// One request. Holds no token, assertion, key or body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Its number, from 0, in the order of arrival.
    pub number: usize,
    /// When it had been read, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// Method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query without the question mark.
    pub query: Option<String>,
    /// The service that the path belongs to.
    pub service: Service,
    /// The operation at this path.
    pub operation: Option<Operation>,
    /// Status of the answer; `None` while there is none, and when the connection was broken first.
    pub status: Option<u16>,
    /// Names of the faults that acted on it.
    pub faults: Vec<String>,
    /// The organisation that its token speaks for, where the token is valid.
    pub organisation: Option<String>,
    /// SHA-256 of the bearer token, hexadecimal.
    pub token_sha256: Option<String>,
    /// `idempotencyKey`.
    pub idempotency_key: Option<String>,
    /// `Korrelasjonsid` as it was sent.
    pub korrelasjonsid: Option<String>,
    /// `Klientid`.
    pub klientid: Option<String>,
    /// `Accept`.
    pub accept: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// Names of all headers, lower case, in the order of arrival.
    pub header_names: Vec<String>,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// SHA-256 of a submission's body, hexadecimal.
    pub body_sha256: Option<String>,
    /// What a token request asked for.
    pub assertion: Option<AssertionFacts>,
}

impl Received {
    pub(crate) fn new(at: DateTime<Utc>, request: &Request) -> Self {
        let header = |name: &str| request.header(name).map(str::to_owned);
        let operation = request.route.operation;
        let token = request.header("authorization").and_then(super::maskinporten::bearer);
        Self {
            number: 0,
            at,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            service: request.route.service,
            operation,
            status: None,
            faults: Vec::new(),
            organisation: None,
            token_sha256: token.map(|token| hex(&Sha256::digest(token.as_bytes()))),
            idempotency_key: header("idempotencykey"),
            korrelasjonsid: header("korrelasjonsid"),
            klientid: header("klientid"),
            accept: header("accept"),
            content_type: header("content-type"),
            user_agent: header("user-agent"),
            header_names: request.headers.keys().map(|name| name.as_str().to_owned()).collect(),
            body_bytes: request.body_bytes,
            body_sha256: (operation == Some(Operation::Innsending)).then(|| hex(&Sha256::digest(&request.body))),
            assertion: (operation == Some(Operation::Token))
                .then(|| AssertionFacts::of(&request.body))
                .flatten(),
        }
    }
}
