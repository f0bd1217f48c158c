//! Tokens that are fetched once and kept until shortly before they expire.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use http::HeaderValue;
use serde_json::Value;

use super::cache::Cache;
use super::{Config, answer, request};
use crate::client::Shared;
use crate::clock::Clock;
use crate::error::{ClockDifference, ConfigurationError, Error, TokenError, TokenErrorKind};
use crate::{Access, Api};

/// The longest time before its expiry that a token is renewed.
const LARGEST_MARGIN: Duration = Duration::from_secs(30);

/// What is known about a token. The token itself is not in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// How long the token was valid when it was issued, in whole seconds.
    pub expires_in: Duration,
    /// When it expires, by this computer's clock.
    pub expires_at: SystemTime,
    /// The claims inside, when the token is a JWT: it is meant for the API's eyes, so they are for
    /// information only, and they have not been verified.
    pub claims: Option<Value>,
    /// How far this computer's clock is from Maskinporten's, if the answer said what time it is.
    pub clock_difference: Option<ClockDifference>,
}

impl fmt::Debug for TokenInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenInfo")
            .field("scopes", &self.scopes)
            .field("expires_in", &self.expires_in)
            .field("clock_difference", &self.clock_difference)
            .finish_non_exhaustive()
    }
}

/// A token that is kept.
pub(crate) struct Token {
    header: HeaderValue,
    scopes: Vec<String>,
    lifetime: Duration,
    /// When to stop using it, by both clocks: the time of day can be set back, and the other one
    /// may stand still while a computer sleeps.
    usable_until: (Duration, SystemTime),
    expires_at: SystemTime,
    clock_difference: Option<ClockDifference>,
}

impl Token {
    fn new(
        issued: answer::Issued,
        asked_at: (Duration, SystemTime),
        clock_difference: Option<ClockDifference>,
    ) -> Self {
        let lifetime = issued.lifetime;
        let usable = lifetime - LARGEST_MARGIN.min(lifetime / 4);
        Self {
            header: issued.header,
            scopes: issued.scopes,
            lifetime,
            usable_until: (asked_at.0 + usable, asked_at.1 + usable),
            expires_at: asked_at.1 + lifetime,
            clock_difference,
        }
    }

    /// `Bearer …`, for the `Authorization` header.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    fn is_usable(&self, clock: &dyn Clock) -> bool {
        clock.monotonic() < self.usable_until.0 && clock.now() < self.usable_until.1
    }

    fn info(&self) -> TokenInfo {
        let text = self.header.to_str().unwrap_or_default();
        TokenInfo {
            scopes: self.scopes.clone(),
            expires_in: self.lifetime,
            expires_at: self.expires_at,
            claims: answer::claims(text.trim_start_matches("Bearer ")),
            clock_difference: self.clock_difference,
        }
    }
}

/// Whom and what a token is for. The issuer and the client are the same for all tokens of one
/// [`Tokens`].
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    scopes: String,
    access: Access,
}

/// All tokens of one client, in one environment.
pub(crate) struct Tokens {
    config: Config,
    tokens: Arc<Cache<Key, Token, TokenError>>,
    endpoints: Arc<Cache<(), request::Endpoint, TokenError>>,
}

impl Tokens {
    pub(crate) fn new(config: Config, capacity: usize) -> Self {
        Self {
            config,
            tokens: Arc::new(Cache::new(capacity)),
            endpoints: Arc::new(Cache::new(1)),
        }
    }

    /// A token for this API on behalf of `access`, fetched if need be.
    pub(crate) async fn get(&self, shared: &Arc<Shared>, api: Api, access: &Access) -> Result<Arc<Token>, Error> {
        access.validate()?;
        let key = self.key(api, access)?;
        let clock = shared.clock.as_ref();
        let fetch = || {
            let (shared, key) = (Arc::clone(shared), key.clone());
            async move { fetch(&shared, &key.scopes, &key.access).await }.boxed()
        };
        let token = self.tokens.get(&key, |token| token.is_usable(clock), fetch).await;
        token.map_err(|error| match error.kind() {
            TokenErrorKind::Configuration(configuration) => configuration.clone().into(),
            _ => error.into(),
        })
    }

    /// What is known about the token for this API, fetched if need be.
    pub(crate) async fn info(&self, shared: &Arc<Shared>, api: Api, access: &Access) -> Result<TokenInfo, Error> {
        Ok(self.get(shared, api, access).await?.info())
    }

    /// The API did not take this token: the next call fetches another. However many calls find
    /// out about the same token, it is renewed once.
    pub(crate) fn forget(&self, api: Api, access: &Access, token: &Arc<Token>) {
        if let Ok(key) = self.key(api, access) {
            self.tokens.forget(&key, token);
        }
    }

    fn key(&self, api: Api, access: &Access) -> Result<Key, ConfigurationError> {
        Ok(Key {
            scopes: self.config.scopes_for(api)?,
            access: access.clone(),
        })
    }
}

async fn fetch(shared: &Arc<Shared>, scopes: &str, access: &Access) -> Result<Token, TokenError> {
    let tokens = &shared.tokens;
    let clock = shared.clock.as_ref();
    let look_up = || {
        let shared = Arc::clone(shared);
        async move { request::discover(&shared).await }.boxed()
    };
    let endpoint = tokens
        .endpoints
        .get(&(), |endpoint| endpoint.is_usable(clock), look_up)
        .await?;
    let asked_at = (clock.monotonic(), clock.now());
    let (issued, difference) = request::token(shared, &tokens.config, &endpoint, scopes, access).await?;
    Ok(Token::new(issued, asked_at, difference))
}
