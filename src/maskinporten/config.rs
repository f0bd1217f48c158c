//! A client's registration with Maskinporten.

use crate::Api;
use crate::error::ConfigurationError;

use super::SigningKey;

/// A client's registration: its id, its key, and the scopes to ask for.
#[derive(Debug, Clone)]
#[must_use]
pub struct Config {
    pub(super) client_id: String,
    pub(super) key: SigningKey,
    scopes: Vec<String>,
}

impl Config {
    /// The client id that Maskinporten gave at registration, and a key registered on that client.
    pub fn new(client_id: impl Into<String>, key: SigningKey) -> Self {
        Self {
            client_id: client_id.into(),
            key,
            scopes: Vec::new(),
        }
    }

    /// Asks for all of these scopes in every token request, in place of only the scope of the API
    /// that is called. One token then serves several APIs.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self.scopes.sort();
        self.scopes.dedup();
        self
    }

    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The scopes for a call to this API, separated by spaces as they go into the assertion.
    ///
    /// # Errors
    /// [`ConfigurationError`] when scopes are set and the API's own is not among them.
    pub fn scopes_for(&self, api: Api) -> Result<String, ConfigurationError> {
        if self.scopes.is_empty() {
            return Ok(api.scope().to_owned());
        }
        if self.scopes.iter().any(|scope| scope == api.scope()) {
            return Ok(self.scopes.join(" "));
        }
        Err(ConfigurationError::new(
            format!(
                "{api} needs the scope {}, which is not among the configured scopes",
                api.scope()
            ),
            "add it to the scopes, or set none and let each call ask for its own",
        ))
    }
}
