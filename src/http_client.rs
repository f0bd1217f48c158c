//! The connections: TLS, timeouts, and no redirects.

use reqwest::redirect::Policy;
use url::Url;

use crate::environment::is_loopback;
use crate::error::ConfigurationError;
use crate::{Environment, Settings};

/// One set of connections for the network, and one for this computer that never goes through a
/// proxy: plain http with a token must not leave the machine because of an environment variable.
pub(crate) struct HttpClients {
    network: Option<reqwest::Client>,
    loopback: Option<reqwest::Client>,
}

impl HttpClients {
    pub(crate) fn new(environment: &Environment, settings: &Settings) -> Result<Self, ConfigurationError> {
        let issuer = environment.well_known()?;
        // Metadata fetched over the network may name a token endpoint there.
        let urls = || environment.urls().chain([&issuer]);
        let network = urls().any(|url| !is_loopback(url));
        let loopback = urls().any(is_loopback);
        Ok(Self {
            network: network.then(|| build(settings, false)).transpose()?,
            loopback: loopback.then(|| build(settings, true)).transpose()?,
        })
    }

    /// The connections for this address.
    ///
    /// # Errors
    /// [`ConfigurationError`] when nothing in the environment has led to expect such a host.
    pub(crate) fn for_url(&self, url: &Url) -> Result<&reqwest::Client, ConfigurationError> {
        let client = if is_loopback(url) {
            &self.loopback
        } else {
            &self.network
        };
        client.as_ref().ok_or_else(|| {
            ConfigurationError::new(
                "the address lies on this computer while the environment is on the network, or the other way round",
                "let all addresses of one environment be of the same kind",
            )
        })
    }
}

fn build(settings: &Settings, loopback: bool) -> Result<reqwest::Client, ConfigurationError> {
    let mut builder = reqwest::Client::builder()
        // A token is for one host: the address a redirect names is data, not an instruction.
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .https_only(!loopback);
    if loopback {
        builder = builder.no_proxy();
    }
    for pem in &settings.root_certificates {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| {
            ConfigurationError::new(
                "a trusted root certificate cannot be read",
                "give it as PEM, with BEGIN CERTIFICATE and END CERTIFICATE",
            )
            .with_source(error.without_url())
        })?;
        if certificates.is_empty() {
            return Err(ConfigurationError::new(
                "a file of trusted root certificates holds none",
                "give it as PEM, with BEGIN CERTIFICATE and END CERTIFICATE",
            ));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| {
        ConfigurationError::new(
            "no connections can be set up",
            "check the trusted root certificates of this computer and in the settings",
        )
        .with_source(error.without_url())
    })
}
