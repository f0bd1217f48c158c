//! Access tokens: what stands in them, and how the APIs judge them.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::assertion::Grant;
use crate::simulator::state::State;

/// The claims of an access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    aud: String,
    pub(crate) scope: String,
    iss: String,
    client_amr: String,
    token_type: String,
    exp: i64,
    iat: i64,
    pub(crate) client_id: String,
    jti: String,
    consumer: Party,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_details: Option<Vec<Detail>>,
}

/// An organisation as tokens name it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Party {
    authority: String,
    #[serde(rename = "ID")]
    id: String,
}

impl Party {
    fn new(organisation: &str) -> Self {
        Self {
            authority: "iso6523-actorid-upis".to_owned(),
            id: format!("0192:{organisation}"),
        }
    }

    fn number(&self) -> &str {
        self.id.trim_start_matches("0192:")
    }
}

/// The system user in a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Detail {
    #[serde(rename = "type")]
    kind: String,
    systemuser_id: Vec<String>,
    systemuser_org: Party,
    system_id: String,
    /// Only within the simulator: which of an organisation's system users this is.
    #[serde(rename = "externalRef", skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
}

impl AccessClaims {
    pub(super) fn for_grant(grant: &Grant, issuer: &str, now: DateTime<Utc>, lifetime: Duration) -> Self {
        let consumer = grant.consumer_org.as_deref().unwrap_or(&grant.owner);
        let mut claims = Self {
            aud: grant.resource.clone().unwrap_or_else(|| UNSPECIFIED.to_owned()),
            scope: grant.scope.clone(),
            iss: issuer.to_owned(),
            client_amr: "private_key_jwt".to_owned(),
            token_type: "Bearer".to_owned(),
            exp: 0,
            iat: 0,
            client_id: grant.client_id.clone(),
            jti: Uuid::new_v4().to_string(),
            consumer: Party::new(consumer),
            supplier: grant.consumer_org.as_ref().map(|_| Party::new(&grant.owner)),
            authorization_details: grant.system_user.as_ref().map(|(organisation, reference)| {
                vec![Detail {
                    kind: "urn:altinn:systemuser".to_owned(),
                    systemuser_id: vec![Uuid::new_v4().to_string()],
                    systemuser_org: Party::new(organisation),
                    system_id: format!("{}_simulator", grant.owner),
                    external_ref: reference.clone(),
                }]
            }),
        };
        claims.set_times(now, lifetime);
        claims
    }

    pub(super) fn set_times(&mut self, now: DateTime<Utc>, lifetime: Duration) {
        self.iat = now.timestamp();
        self.exp = (now + lifetime).timestamp();
    }

    pub(super) fn change_organisation(&mut self, organisation: &str) {
        let party = Party::new(organisation);
        match self.authorization_details.as_mut().and_then(|list| list.first_mut()) {
            Some(detail) => detail.systemuser_org = party,
            None => self.consumer = party,
        }
    }

    /// The organisation that the token speaks for: the system user's, or the consumer.
    pub(crate) fn employer(&self) -> &str {
        self.system_user_organisation()
            .unwrap_or_else(|| self.consumer.number())
    }

    /// The system user's organisation, where there is a system user.
    pub(crate) fn system_user_organisation(&self) -> Option<&str> {
        let detail = self.authorization_details.as_ref()?.first()?;
        Some(detail.systemuser_org.number())
    }

    /// Which system user of that organisation, where it has a reference.
    pub(crate) fn external_ref(&self) -> Option<&str> {
        self.authorization_details.as_ref()?.first()?.external_ref.as_deref()
    }

    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|known| known == scope)
    }
}

/// The audience of a token asked for without `resource`.
const UNSPECIFIED: &str = "unspecified";

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No bearer token.
    Missing,
    /// Not one of ours, changed, or expired.
    Invalid,
    /// The scope is not in it.
    Scope,
}

impl AccessClaims {
    /// Reads and verifies the token in an `Authorization` header.
    pub(crate) fn verify(state: &State, authorization: Option<&str>, scope: &str) -> Result<Self, Refused> {
        let token = bearer(authorization.ok_or(Refused::Missing)?).ok_or(Refused::Invalid)?;
        let claims = match state.opaque(token) {
            Some(claims) => claims,
            None => Self::decode(state, token).ok_or(Refused::Invalid)?,
        };
        if claims.exp <= state.now().timestamp() || claims.aud != UNSPECIFIED {
            return Err(Refused::Invalid);
        }
        if claims.has_scope(scope) {
            Ok(claims)
        } else {
            Err(Refused::Scope)
        }
    }

    fn decode(state: &State, token: &str) -> Option<Self> {
        let key = DecodingKey::from_jwk(state.issuer_key.jwk()).ok()?;
        let mut validation = Validation::new(Algorithm::RS256);
        // The simulator's clock decides, not the computer's.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        validation.set_issuer(&[state.issuer()]);
        let decoded = jsonwebtoken::decode::<Self>(token, &key, &validation).ok()?;
        Some(decoded.claims)
    }
}

/// The token of a bearer `Authorization` header.
pub(crate) fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
