//! Verifies a token request: the form, and the assertion in it.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::simulator::{identity::RegisteredClient, request::Request, state::State};

/// The only grant type there is.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Claims that are documented; any other makes the assertion invalid.
const CLAIMS: [&str; 9] = [
    "aud",
    "iss",
    "iat",
    "exp",
    "jti",
    "scope",
    "resource",
    "consumer_org",
    "authorization_details",
];

/// Longest time between `iat` and `exp`, in seconds.
const LONGEST_LIFE: i64 = 120;
/// How far `iat` may be from the server's clock, in seconds.
const CLOCK_TOLERANCE: i64 = 10;

/// What a verified assertion asks for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    /// Owner of the client.
    pub(crate) owner: String,
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) consumer_org: Option<String>,
    pub(crate) system_user: Option<(String, Option<String>)>,
}

/// Why a token is refused: a code of the table, and what exactly.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) more: String,
}

pub(super) fn refuse<T>(code: &'static str, more: impl Into<String>) -> Result<T, Refusal> {
    let more = more.into();
    Err(Refusal { code, more })
}

/// What can be said of an assertion without keeping it: enough to judge a client by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssertionFacts {
    /// SHA-256 of the assertion, hexadecimal.
    pub sha256: String,
    /// `alg` of the header.
    pub alg: Option<String>,
    /// `kid` of the header.
    pub kid: Option<String>,
    /// Number of certificates in `x5c`.
    pub certificates: usize,
    /// `iss`.
    pub iss: Option<String>,
    /// `aud`, where it is a single text.
    pub aud: Option<String>,
    /// `jti`.
    pub jti: Option<String>,
    /// `iat`, seconds.
    pub iat: Option<i64>,
    /// `exp`, seconds.
    pub exp: Option<i64>,
    /// `scope`.
    pub scope: Option<String>,
    /// `consumer_org`.
    pub consumer_org: Option<String>,
    /// The organisation of the system user.
    pub organisation: Option<String>,
    /// The system user's `externalRef`.
    pub external_ref: Option<String>,
    /// Names of all claims, sorted.
    pub claims: Vec<String>,
}

impl AssertionFacts {
    /// Reads a token request's form, as far as it can be read; nothing is verified.
    pub(crate) fn of(form: &[u8]) -> Option<Self> {
        let assertion = field(form, "assertion")?;
        let mut facts = Self {
            sha256: hex(&Sha256::digest(assertion.as_bytes())),
            ..Self::default()
        };
        let mut parts = assertion.split('.');
        let header = parts.next().and_then(json_part).unwrap_or_default();
        let claims = parts.next().and_then(json_part).unwrap_or_default();
        let text = |from: &Map<String, Value>, name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
        facts.alg = text(&header, "alg");
        facts.kid = text(&header, "kid");
        facts.certificates = header.get("x5c").and_then(Value::as_array).map_or(0, Vec::len);
        facts.iss = text(&claims, "iss");
        facts.aud = text(&claims, "aud");
        facts.jti = text(&claims, "jti");
        facts.iat = claims.get("iat").and_then(Value::as_i64);
        facts.exp = claims.get("exp").and_then(Value::as_i64);
        facts.scope = text(&claims, "scope");
        facts.consumer_org = text(&claims, "consumer_org");
        if let Ok(Some((organisation, external_ref))) = system_user(&claims) {
            facts.organisation = Some(organisation);
            facts.external_ref = external_ref;
        }
        facts.claims = claims.keys().cloned().collect();
        facts.claims.sort();
        Some(facts)
    }
}

/// Verifies a token request against the registered clients and the clock.
pub(crate) fn verify(state: &State, request: &Request, now: DateTime<Utc>) -> Result<Grant, Refusal> {
    let is_form = request
        .content_type()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if !is_form {
        return refuse(
            "invalid_request",
            "Content-Type must be application/x-www-form-urlencoded.",
        );
    }
    match field(&request.body, "grant_type").as_deref() {
        None => return refuse("invalid_request", "grant_type is missing."),
        Some(GRANT_TYPE) => {}
        Some(_) => return refuse("unsupported_grant_type", ""),
    }
    let Some(assertion) = field(&request.body, "assertion") else {
        return refuse("invalid_request", "assertion is missing.");
    };
    let mut parts = assertion.split('.');
    let (Some(header), Some(claims), Some(_), None) = (
        parts.next().and_then(json_part),
        parts.next().and_then(json_part),
        parts.next(),
        parts.next(),
    ) else {
        return refuse("invalid_grant", "It is no JWT.");
    };
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some("RS256") => Algorithm::RS256,
        Some("RS384") => Algorithm::RS384,
        Some("RS512") => Algorithm::RS512,
        _ => return refuse("invalid_grant", "alg must be RS256, RS384 or RS512."),
    };
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let Some(client) = state.client(issuer).or_else(|| state.first_client(issuer)) else {
        return refuse("MP-100", "The client is unknown.");
    };
    if client.trust_first_key {
        check_first_key(state, &client, &header)?;
    } else {
        check_signature(&client, &assertion, &header, algorithm, now)?;
    }
    if let Some(unknown) = claims.keys().find(|name| !CLAIMS.contains(&name.as_str())) {
        // Only a name that looks like one is repeated.
        let name: String = unknown
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .take(40)
            .collect();
        return refuse("invalid_grant", format!("The claim {name} is not documented."));
    }
    let expected = state.issuer();
    if claims.get("aud").and_then(Value::as_str) != Some(expected.as_str()) {
        return refuse("MP-110", format!("aud must be {expected}, as a single value."));
    }
    check_times(&claims, now)?;
    let grant = read_grant(&client, &claims)?;
    let identity = match claims.get("jti").and_then(Value::as_str) {
        Some(jti) => format!("{issuer}\n{jti}"),
        None => assertion.clone(),
    };
    if !state.first_use(&identity) {
        return refuse("invalid_grant", "It has been used before.");
    }
    Ok(grant)
}

/// Checks that the key is the one that was named first, for a client whose key nobody has.
fn check_first_key(state: &State, client: &RegisteredClient, header: &Map<String, Value>) -> Result<(), Refusal> {
    let certificate = header.get("x5c").and_then(|chain| chain.get(0));
    let Some(name) = certificate.or_else(|| header.get("kid")).and_then(Value::as_str) else {
        return refuse("MP-100", "The header has neither kid nor x5c.");
    };
    if state.is_first_key(&client.client_id, name) {
        Ok(())
    } else {
        refuse("MP-100", "It names another key than the first assertion did.")
    }
}

fn check_signature(
    client: &RegisteredClient,
    assertion: &str,
    header: &Map<String, Value>,
    algorithm: Algorithm,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if let Some(x5c) = header.get("x5c") {
        return super::chain::check(client, x5c, assertion, algorithm, now);
    }
    let Some(kid) = header.get("kid").and_then(Value::as_str) else {
        return refuse("MP-100", "The header has neither kid nor x5c.");
    };
    let registered = |key: &&Jwk| key.common.key_id.as_deref() == Some(kid);
    let Some(jwk) = client.keys.iter().find(registered) else {
        return refuse("MP-100", "No key with this kid is registered on the client.");
    };
    let key = DecodingKey::from_jwk(jwk);
    let mut validation = Validation::new(algorithm);
    // Times, audience and claims are judged here, by Maskinporten's own rules.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let valid = key.is_ok_and(|key| jsonwebtoken::decode::<Map<String, Value>>(assertion, &key, &validation).is_ok());
    if valid {
        Ok(())
    } else {
        refuse("MP-100", "The signature is not valid for the registered key.")
    }
}

fn check_times(claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Refusal> {
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(iat), Some(exp)) = (number("iat"), number("exp")) else {
        return refuse("invalid_grant", "iat and exp must be whole numbers.");
    };
    let now = now.timestamp();
    if (iat - now).abs() > CLOCK_TOLERANCE {
        return refuse(
            "invalid_grant",
            format!(
                "iat is {} s from the server's clock; at most {CLOCK_TOLERANCE} s are allowed.",
                iat - now
            ),
        );
    }
    if exp <= now {
        return refuse("invalid_grant", "It has expired.");
    }
    if exp <= iat || exp - iat > LONGEST_LIFE {
        return refuse(
            "invalid_grant",
            format!("exp must be at most {LONGEST_LIFE} s after iat."),
        );
    }
    Ok(())
}

fn read_grant(client: &RegisteredClient, claims: &Map<String, Value>) -> Result<Grant, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let scope = text("scope").unwrap_or_default();
    if scope.is_empty() {
        return refuse("invalid_scope", "No scope is asked for.");
    }
    if scope
        .split(' ')
        .any(|scope| !client.scopes.iter().any(|known| known == scope))
    {
        return refuse("invalid_scope", "");
    }
    let consumer_org = text("consumer_org");
    if let Some(organisation) = consumer_org
        && !client.delegations.iter().any(|known| known == organisation)
    {
        return refuse("MP-303", "There is no delegation from the consumer.");
    }
    let system_user = match system_user(claims) {
        Err(problem) => return refuse("invalid_grant", problem),
        Ok(None) => None,
        Ok(Some((organisation, reference))) => {
            let Some(user) = client.system_user(&organisation, reference.as_deref()) else {
                return refuse("MP-303", "System user not found.");
            };
            Some((user.organisation.clone(), user.external_ref.clone()))
        }
    };
    Ok(Grant {
        client_id: client.client_id.clone(),
        owner: client.organisation.clone(),
        scope: scope.to_owned(),
        resource: text("resource").map(str::to_owned),
        consumer_org: consumer_org.map(str::to_owned),
        system_user,
    })
}

/// Organisation number and `externalRef` of the system user that is asked for.
fn system_user(claims: &Map<String, Value>) -> Result<Option<(String, Option<String>)>, &'static str> {
    const PREFIX: &str = "0192:";
    let Some(details) = claims.get("authorization_details") else {
        return Ok(None);
    };
    let detail = match details.as_array().map(Vec::as_slice) {
        Some([detail]) => detail,
        _ => return Err("authorization_details must be an array of one."),
    };
    if detail.get("type").and_then(Value::as_str) != Some("urn:altinn:systemuser") {
        return Err("authorization_details: type must be urn:altinn:systemuser.");
    }
    let authority = detail.pointer("/systemuser_org/authority").and_then(Value::as_str);
    if authority != Some("iso6523-actorid-upis") {
        return Err("systemuser_org: authority must be iso6523-actorid-upis.");
    }
    let id = detail.pointer("/systemuser_org/ID").and_then(Value::as_str);
    let Some(organisation) = id.and_then(|id| id.strip_prefix(PREFIX)) else {
        return Err("systemuser_org: ID must be 0192: and an organisation number.");
    };
    let reference = detail.get("externalRef").and_then(Value::as_str);
    Ok(Some((organisation.to_owned(), reference.map(str::to_owned))))
}

fn field(form: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(form)
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn json_part(part: &str) -> Option<Map<String, Value>> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
