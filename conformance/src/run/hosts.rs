//! Which hosts may be called at all.

use std::{collections::BTreeMap, net::IpAddr};

use url::{Host, Url};

/// The authority's own test hosts; a leading dot stands for every host below.
const TEST_HOSTS: &[&str] = &[
    "api-test.sits.no",
    "api-sbstest.sits.no",
    ".api.skatteetaten-test.no",
    "test.maskinporten.no",
    "platform.tt02.altinn.no",
];

/// Production. No reason makes a test run call these.
const PRODUCTION: &[&str] = &[
    "maskinporten.no",
    "www.maskinporten.no",
    "sky.maskinporten.no",
    "skatteetaten.no",
    ".skatteetaten.no",
    "api.sits.no",
    "platform.altinn.no",
    "altinn.no",
    "www.altinn.no",
];

/// Lets through the authority's test hosts and this computer; any other host only with a recorded
/// reason; production never.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostGuard {
    allowed: BTreeMap<String, String>,
}

/// A host that may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostRefused {
    /// It is production.
    #[error("{0} is production: test runs never call it; use the test environment's address")]
    Production(String),
    /// It is not known.
    #[error(
        "{0} is not a known test host: if it is meant, add [[allow_host]] with host and reason to the configuration"
    )]
    Unknown(String),
    /// The connection would not be encrypted.
    #[error("{0} is called without encryption: use https; only this computer may be called over http")]
    Plain(String),
}

impl HostGuard {
    /// One more host, with the reason that goes into the pack.
    #[must_use]
    pub fn allow(mut self, host: impl Into<String>, reason: impl Into<String>) -> Self {
        self.allowed.insert(host.into().to_lowercase(), reason.into());
        self
    }

    /// Checks an address before anything is sent to it.
    ///
    /// # Errors
    /// [`HostRefused`], which says what to do.
    pub fn check(&self, url: &Url) -> Result<(), HostRefused> {
        if is_loopback(url) {
            return Ok(());
        }
        let host = host_of(url);
        if matches_any(&host, PRODUCTION) {
            return Err(HostRefused::Production(host));
        }
        if !matches_any(&host, TEST_HOSTS) && !self.allowed.contains_key(&host) {
            return Err(HostRefused::Unknown(host));
        }
        if url.scheme() != "https" {
            return Err(HostRefused::Plain(host));
        }
        Ok(())
    }

    /// The recorded reason for a host, where one was needed.
    #[must_use]
    pub fn reason(&self, url: &Url) -> Option<&str> {
        self.allowed.get(&host_of(url)).map(String::as_str)
    }

    /// Whether an address is the authority's own test environment.
    #[must_use]
    pub fn is_authority(url: &Url) -> bool {
        matches_any(&host_of(url), TEST_HOSTS)
    }
}

/// Whether an address is this computer.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

fn host_of(url: &Url) -> String {
    // A trailing dot names the same host.
    url.host_str().unwrap_or_default().trim_end_matches('.').to_lowercase()
}

fn matches_any(host: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_prefix('.') {
        Some(_) => host.ends_with(pattern),
        None => host == *pattern,
    })
}

/// Production addresses that the guard must refuse, for the case that proves it.
pub(crate) const PRODUCTION_ADDRESSES: &[&str] = &[
    "https://maskinporten.no/",
    "https://api.skatteetaten.no/api/trekkpaalegg/v1",
    "https://innrapporteringfinansprodukter.api.skatteetaten.no/v1",
    "https://platform.altinn.no/dialogporten",
    "https://MASKINPORTEN.no./",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_test_hosts_and_this_computer_pass() {
        let guard = HostGuard::default();
        let check = |url: &str| guard.check(&Url::parse(url).unwrap());
        for good in [
            "https://api-test.sits.no/api",
            "https://innrapporteringfinansprodukter.api.skatteetaten-test.no/v1",
            "https://test.maskinporten.no/token",
            "http://127.0.0.1:8080/",
            "http://[::1]:1/",
            "http://localhost:5",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in PRODUCTION_ADDRESSES {
            assert!(matches!(check(bad), Err(HostRefused::Production(_))), "{bad}");
        }
        for bad in [
            "https://example.com",
            "https://api-test.sits.no.example.com",
            "https://evilapi.skatteetaten-test.no.org",
            "https://localhost.example.com",
            "http://127.0.0.1.example.com",
        ] {
            assert!(matches!(check(bad), Err(HostRefused::Unknown(_))), "{bad}");
        }
        assert!(matches!(check("http://api-test.sits.no"), Err(HostRefused::Plain(_))));
    }

    #[test]
    fn a_reason_opens_another_host_but_never_production() {
        let guard = HostGuard::default()
            .allow("Proxy.example", "egen proxy")
            .allow("maskinporten.no", "fordi");
        assert_eq!(guard.check(&Url::parse("https://proxy.example/x").unwrap()), Ok(()));
        assert!(guard.check(&Url::parse("https://maskinporten.no/").unwrap()).is_err());
    }
}
