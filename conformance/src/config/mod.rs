//! The configuration: one TOML file, and environment variables over it.
//!
//! `skatteetaten.example.toml` documents every key, [`variables()`] every variable. A configuration
//! that could reach a host nobody meant is refused when it is read: see [`Hosts`].

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use skatteetaten_client::{Access, Api, Client, Environment, Settings, observer::Observer};

pub use error::ConfigError;
pub use file::{Model, System};
pub use hosts::{AllowedHost, HostClass, Hosts, classify};
pub use variables::{Variable, variables};

use crate::synthetic::{Declared, Guard};
use file::File;
use key::KeySource;

mod error;
mod file;
mod hosts;
mod key;
mod variables;

/// File that is read when none is named, in the working directory.
pub const DEFAULT_FILE: &str = "skatteetaten.toml";

/// A configuration that has been read and checked. Private keys are read when a client is made.
#[derive(Clone)]
pub struct Config {
    source: Option<PathBuf>,
    environment: Environment,
    hosts: Hosts,
    client_id: Option<String>,
    scopes: Vec<String>,
    key: Option<KeySource>,
    model: Model,
    organisations: Vec<Access>,
    system: System,
    synthetic: Declared,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("source", &self.source)
            .field("environment", &self.environment.name())
            .field("hosts", &self.hosts)
            .field("model", &self.model)
            .field("organisations", &self.organisations)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the configuration: the file at `path`, or at `SKATT_CONFIG`, or `skatteetaten.toml` in
    /// the working directory if there is one; then the environment, as `env` tells it.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read, has a key that is not documented or a value of
    /// another shape, when values contradict each other, or when a host is not allowed.
    pub fn load(path: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let path = match (path, env("SKATT_CONFIG")) {
            (Some(path), _) => Some(path.to_owned()),
            (None, Some(path)) => Some(PathBuf::from(path)),
            (None, None) => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file()),
        };
        let text = match &path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
                path: path.clone(),
                detail: error.to_string(),
            })?,
        };
        Self::parse(&text, path.as_deref(), env)
    }

    /// Reads a configuration from text. Relative paths in it start from the folder of `path`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, path: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut file = File::parse(text, path)?;
        let jwk = variables::apply(&mut file, env);
        let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
        let environment = hosts::environment(&file)?;
        let hosts = Hosts::check(&environment, &file.allow_host)?;
        let organisations = file.accesses()?;
        let key = KeySource::choose(&file.maskinporten, jwk, folder, env)?;
        Ok(Self {
            source: path.map(Path::to_owned),
            environment,
            hosts,
            client_id: file.maskinporten.client_id,
            scopes: file.maskinporten.scopes,
            key,
            model: file.access.model.unwrap_or_default(),
            organisations,
            system: file.system,
            synthetic: file.synthetic,
        })
    }

    /// The file it was read from.
    #[must_use]
    pub fn source(&self) -> Option<&Path> {
        self.source.as_deref()
    }

    /// Where clients call.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Every host that is called, and why it is allowed.
    #[must_use]
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// How access is granted.
    #[must_use]
    pub fn model(&self) -> Model {
        self.model
    }

    /// On whose behalf to call: one entry for each organisation, and at least one.
    #[must_use]
    pub fn accesses(&self) -> &[Access] {
        &self.organisations
    }

    /// The vendor's system, as evidence names it.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The test data that the vendor declares.
    #[must_use]
    pub fn synthetic(&self) -> &Declared {
        &self.synthetic
    }

    /// A guard that knows the declared test data, for commands that keep no ledger.
    #[must_use]
    pub fn guard(&self) -> Guard {
        Guard::new(self.synthetic.clone(), &[0; 32])
    }

    /// The client id in Maskinporten, where it is set.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The same configuration with another base URL for one API, as `--base-url` sets it.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no usable address, or its host is not allowed.
    pub fn with_base_url(mut self, api: Api, url: &str) -> Result<Self, ConfigError> {
        self.environment = self.environment.with_base_url(api, url)?;
        self.hosts = self.hosts.recheck(&self.environment)?;
        Ok(self)
    }

    /// The same configuration, acting for these organisations only, as a preset or an option
    /// chooses them.
    #[must_use]
    pub fn with_accesses(mut self, accesses: Vec<Access>) -> Self {
        self.organisations = accesses;
        self
    }

    /// The same configuration with a key that is in memory already.
    pub(crate) fn with_key(mut self, name: &'static str, pem: &str, kid: &str) -> Self {
        self.key = Some(KeySource::Text {
            name,
            text: pem.into(),
            id: Some(key::Id::Kid(kid.to_owned())),
        });
        self
    }

    /// A client for the first organisation; [`Client::with_access`] gives one for the others.
    /// `observer` sees every exchange.
    ///
    /// # Errors
    /// [`ConfigError`] when client id or key is missing, or the key cannot be used: it cannot be
    /// read, is readable by others, or is no RSA key.
    pub fn client(&self, observer: Option<Arc<dyn Observer>>) -> Result<Client, ConfigError> {
        self.client_with(Settings::default(), observer)
    }

    /// As [`Self::client`], with other limits and habits.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn client_with(&self, settings: Settings, observer: Option<Arc<dyn Observer>>) -> Result<Client, ConfigError> {
        if !self.hosts.only_loopback() {
            let guard = self.guard();
            if self.organisations.iter().any(|access| guard.acts_for(access).is_err()) {
                return Err(ConfigError::OrganisationCouldBeReal);
            }
        }
        let client_id = self.client_id.clone().ok_or(ConfigError::Missing {
            what: "the client id in Maskinporten",
            key: "maskinporten.client_id",
            variable: "MASKINPORTEN_CLIENT_ID",
        })?;
        let key = self.key.as_ref().ok_or(ConfigError::Missing {
            what: "the private key of the Maskinporten client",
            key: "maskinporten.key or maskinporten.pkcs12",
            variable: "MASKINPORTEN_CLIENT_JWK",
        })?;
        let mut registration = skatteetaten_client::maskinporten::Config::new(client_id, key.read()?);
        if !self.scopes.is_empty() {
            registration = registration.scopes(&self.scopes);
        }
        let mut builder = Client::builder(self.environment.clone())
            .maskinporten(registration)
            .settings(settings);
        if let Some(access) = self.organisations.first() {
            builder = builder.access(access.clone());
        }
        if let Some(observer) = observer {
            builder = builder.observer(observer);
        }
        builder.build().map_err(|error| ConfigError::Client(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
