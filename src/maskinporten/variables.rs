//! The widespread `MASKINPORTEN_…` environment variables.

use std::fmt;

use super::{Config, SigningKey};
use crate::Environment;
use crate::error::ConfigurationError;
use crate::secret::Secret;

/// Client id of the registration.
const CLIENT_ID: &str = "MASKINPORTEN_CLIENT_ID";
/// Private key as a JWK, with its `kid`.
const CLIENT_JWK: &str = "MASKINPORTEN_CLIENT_JWK";
/// Scopes, separated by spaces.
const SCOPES: &str = "MASKINPORTEN_SCOPES";
/// Address of the issuer's metadata.
const WELL_KNOWN_URL: &str = "MASKINPORTEN_WELL_KNOWN_URL";
/// Issuer, exactly as it goes into assertions.
const ISSUER: &str = "MASKINPORTEN_ISSUER";
/// Token endpoint.
const TOKEN_ENDPOINT: &str = "MASKINPORTEN_TOKEN_ENDPOINT";

/// What the environment variables say. An empty variable counts as one that is not set.
///
/// ```
/// use skatteetaten_client::Environment;
/// use skatteetaten_client::maskinporten::Variables;
///
/// let variables = Variables::read(&|name| std::env::var(name).ok());
/// let environment = variables.apply(Environment::test())?;
/// if let Some(config) = variables.config()? {
///     let client = skatteetaten_client::Client::builder(environment).maskinporten(config).build()?;
/// }
/// # Ok::<(), skatteetaten_client::Error>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Variables {
    /// `MASKINPORTEN_CLIENT_ID`.
    pub client_id: Option<String>,
    /// `MASKINPORTEN_CLIENT_JWK`.
    pub client_jwk: Option<Secret>,
    /// `MASKINPORTEN_SCOPES`, one by one.
    pub scopes: Vec<String>,
    /// `MASKINPORTEN_WELL_KNOWN_URL`.
    pub well_known_url: Option<String>,
    /// `MASKINPORTEN_ISSUER`.
    pub issuer: Option<String>,
    /// `MASKINPORTEN_TOKEN_ENDPOINT`.
    pub token_endpoint: Option<String>,
}

impl Variables {
    /// The names of all variables that are read.
    pub const NAMES: [&str; 6] = [CLIENT_ID, CLIENT_JWK, SCOPES, WELL_KNOWN_URL, ISSUER, TOKEN_ENDPOINT];

    /// Reads them with `variable`, which gives the value of a name.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name| variable(name).filter(|value| !value.trim().is_empty());
        Self {
            client_id: get(CLIENT_ID),
            client_jwk: get(CLIENT_JWK).map(Secret::new),
            scopes: get(SCOPES)
                .map(|scopes| scopes.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            well_known_url: get(WELL_KNOWN_URL),
            issuer: get(ISSUER),
            token_endpoint: get(TOKEN_ENDPOINT),
        }
    }

    /// The registration, when client id and key are both given; `None` when neither is.
    ///
    /// # Errors
    /// [`ConfigurationError`] when only one of them is given, or the key cannot be used.
    pub fn config(&self) -> Result<Option<Config>, ConfigurationError> {
        let (client_id, jwk) = match (&self.client_id, &self.client_jwk) {
            (None, None) => return Ok(None),
            (Some(client_id), Some(jwk)) => (client_id, jwk),
            (Some(_), None) => return Err(incomplete(CLIENT_ID, CLIENT_JWK)),
            (None, Some(_)) => return Err(incomplete(CLIENT_JWK, CLIENT_ID)),
        };
        let key = SigningKey::from_jwk(jwk.expose())?;
        Ok(Some(Config::new(client_id, key).scopes(&self.scopes)))
    }

    /// The environment with the issuer and the addresses that are given.
    ///
    /// The metadata's address alone also tells the issuer, whose path it is below.
    ///
    /// # Errors
    /// [`ConfigurationError`] when an address cannot be used.
    pub fn apply(&self, environment: Environment) -> Result<Environment, ConfigurationError> {
        let mut environment = environment;
        let derived = self.well_known_url.as_deref().and_then(issuer_of);
        if let Some(issuer) = self.issuer.as_deref().or(derived.as_deref()) {
            environment = environment.with_issuer(issuer)?;
        }
        if let Some(url) = &self.well_known_url {
            environment = environment.with_well_known(url)?;
        }
        if let Some(url) = &self.token_endpoint {
            environment = environment.with_token_endpoint(url)?;
        }
        Ok(environment)
    }
}

/// `https://issuer.example/` of `https://issuer.example/.well-known/…`.
fn issuer_of(well_known: &str) -> Option<String> {
    well_known
        .split_once(".well-known/")
        .map(|(issuer, _)| issuer.to_owned())
}

fn incomplete(given: &str, missing: &str) -> ConfigurationError {
    ConfigurationError::new(format!("{given} is set, but {missing} is not"), "set both, or neither")
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables")
            .field("client_id", &self.client_id)
            .field("client_jwk", &self.client_jwk)
            .field("scopes", &self.scopes)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        let get = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Variables::read(&get)
    }

    #[test]
    fn half_a_registration_is_an_error_that_names_the_other_half() {
        assert!(variables(&[]).config().unwrap().is_none());
        assert!(variables(&[(CLIENT_ID, " ")]).config().unwrap().is_none());
        let error = variables(&[(CLIENT_ID, "x")]).config().unwrap_err();
        assert!(error.to_string().contains(CLIENT_JWK), "{error}");
        let error = variables(&[(CLIENT_JWK, "{}")]).config().unwrap_err();
        assert!(error.to_string().contains(CLIENT_ID), "{error}");
    }

    #[test]
    fn a_broken_key_is_not_repeated() {
        let broken = variables(&[(CLIENT_ID, "x"), (CLIENT_JWK, r#"{"kty":"RSA","d":"hush"}"#)]);
        let error = broken.config().unwrap_err();
        assert!(!format!("{error} {error:?} {broken:?}").contains("hush"));
    }

    #[test]
    fn addresses_replace_those_of_the_environment() {
        let metadata = "https://other.example/.well-known/oauth-authorization-server";
        let environment = variables(&[(WELL_KNOWN_URL, metadata)])
            .apply(Environment::test())
            .unwrap();
        assert_eq!(environment.issuer().unwrap(), "https://other.example/");
        assert_eq!(environment.well_known().unwrap().as_str(), metadata);
        let environment = variables(&[
            (ISSUER, "https://other.example/"),
            (TOKEN_ENDPOINT, "https://other.example/t"),
        ])
        .apply(Environment::test())
        .unwrap();
        assert_eq!(environment.token_endpoint().unwrap().path(), "/t");
        assert!(
            variables(&[(ISSUER, "http://other.example/")])
                .apply(Environment::test())
                .is_err()
        );
        assert_eq!(variables(&[]).apply(Environment::test()).unwrap(), Environment::test());
    }
}
