//! Which hosts the client talks to.

use std::fmt;

use url::Url;

use crate::error::ConfigurationError;

/// The APIs that the client calls with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Api {
    /// Trekkpålegg: withholding orders for an employer.
    Trekkpaalegg,
    /// Innrapportering finansprodukter: reports from financial institutions.
    Finansprodukter,
    /// Dialogporten, where the feedback on a submission is announced.
    Dialogporten,
}

impl Api {
    /// Every API, in a fixed order.
    pub const ALL: [Self; 3] = [Self::Trekkpaalegg, Self::Finansprodukter, Self::Dialogporten];

    /// The short name used in configuration, logs and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trekkpaalegg => "trekkpaalegg",
            Self::Finansprodukter => "finansprodukter",
            Self::Dialogporten => "dialogporten",
        }
    }

    /// The Maskinporten scope that a token for this API needs.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Trekkpaalegg => "skatteetaten:trekkpaalegg",
            Self::Finansprodukter => "skatteetaten:innrapporteringfinansprodukter",
            Self::Dialogporten => "digdir:dialogporten",
        }
    }

    /// The name under which the API's document is pinned in `skatteetaten-specs`.
    #[must_use]
    pub const fn document(self) -> &'static str {
        match self {
            Self::Trekkpaalegg => "trekkpaalegg-app",
            Self::Finansprodukter => "innrapportering-finansprodukter-api",
            Self::Dialogporten => "dialogporten-enduser",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Trekkpaalegg => 0,
            Self::Finansprodukter => 1,
            Self::Dialogporten => 2,
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Base URLs of the APIs and the Maskinporten issuer that belong together.
///
/// ```
/// use skatteetaten_client::{Api, Environment};
///
/// let test = Environment::test();
/// assert_eq!(test.base_url(Api::Trekkpaalegg)?.as_str(), "https://api-test.sits.no/");
///
/// // Another host for one API, for instance a simulator on this computer.
/// let local = Environment::custom("simulator")
///     .with_base_url(Api::Trekkpaalegg, "http://127.0.0.1:8080")?
///     .with_issuer("http://127.0.0.1:8080/")?;
/// assert!(local.base_url(Api::Finansprodukter).is_err());
/// # Ok::<(), skatteetaten_client::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    name: String,
    base_urls: [Option<Url>; 3],
    unconfirmed: [bool; 3],
    issuer: Option<String>,
    well_known: Option<Url>,
    token_endpoint: Option<Url>,
}

impl Environment {
    /// The authority's test environment. Synthetic data only.
    #[must_use]
    pub fn test() -> Self {
        Self::known(
            "test",
            [
                "https://api-test.sits.no",
                "https://innrapporteringfinansprodukter.api.skatteetaten-test.no/v1",
                "https://platform.tt02.altinn.no/dialogporten",
            ],
            [false; 3],
            "https://test.maskinporten.no/",
        )
    }

    /// Production.
    ///
    /// The base URL of Trekkpålegg is not published; the one here is what a public production
    /// client uses. [`is_confirmed`](Self::is_confirmed) says so, and
    /// [`with_base_url`](Self::with_base_url) replaces it.
    #[must_use]
    pub fn production() -> Self {
        Self::known(
            "production",
            [
                "https://api.skatteetaten.no",
                "https://innrapporteringfinansprodukter.api.skatteetaten.no/v1",
                "https://platform.altinn.no/dialogporten",
            ],
            [true, false, false],
            "https://maskinporten.no/",
        )
    }

    /// An environment with nothing in it yet: set the issuer and the base URLs that are used.
    #[must_use]
    pub fn custom(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            base_urls: [None, None, None],
            unconfirmed: [false; 3],
            issuer: None,
            well_known: None,
            token_endpoint: None,
        }
    }

    fn known(name: &str, urls: [&str; 3], unconfirmed: [bool; 3], issuer: &str) -> Self {
        Self {
            name: name.to_owned(),
            // The literals above are parsed by a test; a `None` would surface as "not set".
            base_urls: urls.map(|url| Url::parse(url).ok()),
            unconfirmed,
            issuer: Some(issuer.to_owned()),
            well_known: None,
            token_endpoint: None,
        }
    }

    /// The same environment with another base URL for one API.
    ///
    /// # Errors
    /// [`ConfigurationError`] when the text is no absolute URL, carries a query, a fragment or
    /// credentials, or is neither https nor a loopback address: a token would travel readable.
    pub fn with_base_url(mut self, api: Api, url: &str) -> Result<Self, ConfigurationError> {
        self.base_urls[api.index()] = Some(secure_url(url, api.name())?);
        self.unconfirmed[api.index()] = false;
        Ok(self)
    }

    /// The same environment with another Maskinporten issuer.
    ///
    /// The text is used exactly as given as the audience of assertions, since Maskinporten
    /// compares it character by character: the trailing slash belongs to it.
    ///
    /// # Errors
    /// As [`with_base_url`](Self::with_base_url).
    pub fn with_issuer(mut self, issuer: &str) -> Result<Self, ConfigurationError> {
        secure_url(issuer, "the Maskinporten issuer")?;
        self.issuer = Some(issuer.to_owned());
        self.well_known = None;
        self.token_endpoint = None;
        Ok(self)
    }

    /// The same environment with the address of the issuer's metadata document, where it is not
    /// at `/.well-known/oauth-authorization-server` under the issuer.
    ///
    /// # Errors
    /// As [`with_base_url`](Self::with_base_url).
    pub fn with_well_known(mut self, url: &str) -> Result<Self, ConfigurationError> {
        self.well_known = Some(secure_url(url, "the Maskinporten metadata")?);
        Ok(self)
    }

    /// The same environment with a fixed token endpoint: nothing is discovered.
    ///
    /// # Errors
    /// As [`with_base_url`](Self::with_base_url).
    pub fn with_token_endpoint(mut self, url: &str) -> Result<Self, ConfigurationError> {
        self.token_endpoint = Some(secure_url(url, "the Maskinporten token endpoint")?);
        Ok(self)
    }

    /// The name, for messages: `test`, `production`, or what [`custom`](Self::custom) was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The base URL of an API.
    ///
    /// # Errors
    /// [`ConfigurationError`] when a custom environment has none for this API.
    pub fn base_url(&self, api: Api) -> Result<&Url, ConfigurationError> {
        self.base_urls[api.index()].as_ref().ok_or_else(|| {
            ConfigurationError::new(
                format!("environment `{}` has no base URL for {api}", self.name),
                format!("set one with Environment::with_base_url(Api::…, \"https://…\") before calling {api}"),
            )
        })
    }

    /// Whether the base URL comes from the authority's own documentation or from the user.
    /// False only for an address that is inferred from somebody else's client.
    #[must_use]
    pub fn is_confirmed(&self, api: Api) -> bool {
        !self.unconfirmed[api.index()]
    }

    /// The Maskinporten issuer, exactly as it goes into assertions.
    ///
    /// # Errors
    /// [`ConfigurationError`] when a custom environment has none.
    pub fn issuer(&self) -> Result<&str, ConfigurationError> {
        self.issuer.as_deref().ok_or_else(|| {
            ConfigurationError::new(
                format!("environment `{}` has no Maskinporten issuer", self.name),
                "set one with Environment::with_issuer(\"https://…/\")",
            )
        })
    }

    /// The fixed token endpoint, if one is set.
    #[must_use]
    pub fn token_endpoint(&self) -> Option<&Url> {
        self.token_endpoint.as_ref()
    }

    /// Where the issuer's metadata is (RFC 8414).
    ///
    /// # Errors
    /// As [`issuer`](Self::issuer).
    pub fn well_known(&self) -> Result<Url, ConfigurationError> {
        if let Some(url) = &self.well_known {
            return Ok(url.clone());
        }
        let mut url = secure_url(self.issuer()?, "the Maskinporten issuer")?;
        let path = url.path().trim_end_matches('/').to_owned();
        // Maskinporten serves its metadata below the issuer's path, as OpenID Connect does.
        url.set_path(&format!("{path}/.well-known/oauth-authorization-server"));
        Ok(url)
    }

    /// Every URL that is set, for building connections.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &Url> {
        self.base_urls
            .iter()
            .flatten()
            .chain(&self.well_known)
            .chain(&self.token_endpoint)
    }
}

/// Whether the host can only be this computer.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Parses an address that credentials may be sent to. The message never repeats the text, which
/// might carry a password.
pub(crate) fn secure_url(text: &str, what: &str) -> Result<Url, ConfigurationError> {
    let url = Url::parse(text).map_err(|error| {
        ConfigurationError::new(
            format!("the address of {what} is not a URL: {error}"),
            "write it in full, for example https://host.example/path",
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigurationError::new(
            format!("the address of {what} carries a user name or password"),
            "remove it; access is granted by the Maskinporten token",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigurationError::new(
            format!("the address of {what} has a query or a fragment"),
            "give the address only up to the path",
        ));
    }
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if !secure || url.host().is_none() {
        return Err(ConfigurationError::new(
            format!(
                "the address of {what} uses {}:// to a host that is not this computer",
                url.scheme()
            ),
            "use https; plain http is accepted for loopback addresses only, since a token would travel readable",
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_environments_are_complete() {
        for environment in [Environment::test(), Environment::production()] {
            for api in Api::ALL {
                assert_eq!(environment.base_url(api).unwrap().scheme(), "https");
            }
            assert!(environment.issuer().unwrap().ends_with('/'));
        }
        assert!(!Environment::production().is_confirmed(Api::Trekkpaalegg));
        assert!(Environment::production().is_confirmed(Api::Finansprodukter));
        assert!(Environment::test().is_confirmed(Api::Trekkpaalegg));
    }

    #[test]
    fn a_base_url_set_by_the_user_counts_as_confirmed() {
        let environment = Environment::production()
            .with_base_url(Api::Trekkpaalegg, "https://withholding.example")
            .unwrap();
        assert!(environment.is_confirmed(Api::Trekkpaalegg));
    }

    #[test]
    fn metadata_is_looked_for_below_the_issuer() {
        assert_eq!(
            Environment::test().well_known().unwrap().as_str(),
            "https://test.maskinporten.no/.well-known/oauth-authorization-server"
        );
        let nested = Environment::custom("x")
            .with_issuer("http://127.0.0.1:1/maskinporten")
            .unwrap();
        assert_eq!(
            nested.well_known().unwrap().path(),
            "/maskinporten/.well-known/oauth-authorization-server"
        );
    }

    #[test]
    fn only_https_or_loopback_is_accepted() {
        for good in [
            "https://api.example",
            "http://127.0.0.1:8080",
            "http://[::1]:8080/x",
            "http://localhost:1",
            "http://127.9.9.9",
        ] {
            assert!(secure_url(good, "x").is_ok(), "{good}");
        }
        for bad in [
            "http://api.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "http://localhost.example",
            "ftp://localhost",
            "https://user:hush@api.example",
            "https://api.example?x=1",
            "https://api.example#x",
            "api.example",
            "",
            "data:text/plain,x",
        ] {
            let error = secure_url(bad, "x").unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{bad}");
        }
    }
}
