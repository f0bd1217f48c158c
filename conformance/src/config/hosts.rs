//! Which hosts may be called.
//!
//! The authority's test hosts and this computer are allowed. Any other host needs an entry with a
//! reason, which evidence records. Production Maskinporten is refused always: without it no
//! production API can be reached with a token of this tool's making.

use serde::{Deserialize, Serialize};
use skatteetaten_client::{Api, Environment, environment::is_loopback};
use url::Url;

use super::{ConfigError, file::File};

/// A host that the configuration allows beyond the list, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedHost {
    /// The host, without scheme or port.
    pub host: String,
    /// Why it is called. Goes into evidence.
    pub reason: String,
}

/// What a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostClass {
    /// One of the authority's or Digdir's test hosts.
    Test,
    /// This computer.
    Loopback,
    /// Production Maskinporten.
    ProductionMaskinporten,
    /// Anything else.
    Other,
}

/// The published test hosts; a leading dot stands for any host below.
const TEST_HOSTS: [&str; 5] = [
    "api-test.sits.no",
    "api-sbstest.sits.no",
    ".api.skatteetaten-test.no",
    "test.maskinporten.no",
    "platform.tt02.altinn.no",
];

/// What the host of an address is.
#[must_use]
pub fn classify(url: &Url) -> HostClass {
    if is_loopback(url) {
        return HostClass::Loopback;
    }
    let host = name(url);
    let of_maskinporten = host == "maskinporten.no" || host.ends_with(".maskinporten.no");
    if of_maskinporten && host != "test.maskinporten.no" {
        return HostClass::ProductionMaskinporten;
    }
    let is = |known: &str| {
        if known.starts_with('.') {
            host.len() > known.len() && host.ends_with(known)
        } else {
            host == known
        }
    };
    if TEST_HOSTS.into_iter().any(is) {
        HostClass::Test
    } else {
        HostClass::Other
    }
}

/// Lower case, without the dot that may end a host name.
fn name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// The hosts that a configuration calls, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    used: Vec<(String, HostClass)>,
    allowed: Vec<AllowedHost>,
}

impl Hosts {
    pub(super) fn check(environment: &Environment, allowed: &[AllowedHost]) -> Result<Self, ConfigError> {
        for entry in allowed {
            if entry.reason.trim().is_empty() {
                return Err(ConfigError::Contradiction {
                    problem: format!("allow_host {:?} has no reason", entry.host),
                    remedy: "say why it is called: the reason goes into every evidence pack",
                });
            }
        }
        let mut used = Vec::new();
        for url in addresses(environment) {
            let (host, class) = (name(&url), classify(&url));
            let permitted = allowed.iter().any(|entry| entry.host.eq_ignore_ascii_case(&host));
            match class {
                HostClass::Test | HostClass::Loopback => {}
                HostClass::ProductionMaskinporten => return Err(ConfigError::Production { host }),
                HostClass::Other if permitted => {}
                HostClass::Other => return Err(ConfigError::HostNotAllowed { host }),
            }
            if !used.contains(&(host.clone(), class)) {
                used.push((host, class));
            }
        }
        Ok(Self {
            used,
            allowed: allowed.to_vec(),
        })
    }

    pub(super) fn recheck(&self, environment: &Environment) -> Result<Self, ConfigError> {
        Self::check(environment, &self.allowed)
    }

    /// Each host that is called, and what it is.
    pub fn used(&self) -> impl Iterator<Item = (&str, HostClass)> {
        self.used.iter().map(|(host, class)| (host.as_str(), *class))
    }

    /// The hosts beyond the list that are called, with their reasons.
    pub fn exceptions(&self) -> impl Iterator<Item = &AllowedHost> {
        self.allowed.iter().filter(|entry| {
            self.used
                .iter()
                .any(|(host, class)| *class == HostClass::Other && entry.host.eq_ignore_ascii_case(host))
        })
    }

    /// Whether everything that is called is on this computer.
    #[must_use]
    pub fn only_loopback(&self) -> bool {
        self.used.iter().all(|(_, class)| *class == HostClass::Loopback)
    }
}

/// Every address that a client of this environment calls by itself. Those that discovery leads to
/// are the issuer's own affair, and the issuer is checked.
fn addresses(environment: &Environment) -> Vec<Url> {
    let mut all: Vec<Url> = Api::ALL
        .into_iter()
        .filter_map(|api| environment.base_url(api).ok().cloned())
        .collect();
    all.extend(environment.issuer().ok().and_then(|issuer| Url::parse(issuer).ok()));
    all.extend(environment.token_endpoint().cloned());
    all.extend(environment.well_known().ok());
    all
}

/// The environment that a file describes.
pub(super) fn environment(file: &File) -> Result<Environment, ConfigError> {
    let mut environment = match file.environment.as_deref() {
        None | Some("test") => Environment::test(),
        Some("production") => Environment::production(),
        Some("custom") => Environment::custom("custom"),
        Some(_) => {
            return Err(ConfigError::Contradiction {
                problem: "environment is none of test, production and custom".to_owned(),
                remedy: "set it to one of them",
            });
        }
    };
    for (api, url) in [
        (Api::Trekkpaalegg, &file.hosts.trekkpaalegg),
        (Api::Finansprodukter, &file.hosts.finansprodukter),
        (Api::Dialogporten, &file.hosts.dialogporten),
    ] {
        if let Some(url) = url {
            environment = environment.with_base_url(api, url)?;
        }
    }
    let maskinporten = &file.maskinporten;
    if let Some(issuer) = &maskinporten.issuer {
        environment = environment.with_issuer(issuer)?;
    }
    if let Some(url) = &maskinporten.well_known {
        environment = environment.with_well_known(url)?;
    }
    if let Some(url) = &maskinporten.token_endpoint {
        environment = environment.with_token_endpoint(url)?;
    }
    Ok(environment)
}
