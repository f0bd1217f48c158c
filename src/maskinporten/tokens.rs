//! Tokens that are fetched once and kept until shortly before they expire.

use std::time::SystemTime;

use serde_json::Value;

use super::Config;
use crate::client::Shared;
use crate::error::{Error, TokenError, TokenErrorKind};
use crate::{Access, Api};

/// What is known about a token. The token itself is not in it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// When it expires.
    pub expires_at: SystemTime,
    /// The claims inside, when the token is a JWT: it is meant for the API's eyes, so they are for
    /// information only.
    pub claims: Option<Value>,
}

pub(crate) struct Tokens {
    config: Config,
    capacity: usize,
}

impl Tokens {
    pub(crate) fn new(config: Config, capacity: usize) -> Self {
        Self { config, capacity }
    }

    pub(crate) async fn info(&self, _shared: &Shared, api: Api, access: &Access) -> Result<TokenInfo, Error> {
        access.validate()?;
        let _ = (self.config.scopes_for(api)?, self.capacity);
        Err(TokenError::new(TokenErrorKind::InvalidAnswer("no token was requested")).into())
    }
}
