//! Which party a request is for.
//!
//! Paths stay as they are, so they tell the party: the longest base path that fits. Maskinporten is
//! known by its metadata, and by what the metadata says.

use std::sync::{PoisonError, RwLock};

use http::Method;
use skatteetaten_client::{Api, Environment};
use url::Url;

use super::{Endpoints, StartError, operations};
use crate::recording::Kind;

/// Who is behind the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "there are no other parties")]
pub enum Party {
    /// One of the APIs.
    Api(Api),
    /// The issuer of tokens.
    Maskinporten,
}

impl Party {
    /// Its name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api(api) => api.name(),
            Self::Maskinporten => "maskinporten",
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub(super) struct Route<'path> {
    pub(super) party: Party,
    /// Scheme, host and port.
    pub(super) origin: Url,
    pub(super) kind: Kind,
    pub(super) operation: &'static str,
    /// Path parameters by name.
    pub(super) parameters: Vec<(&'static str, &'path str)>,
}

/// The parties and their places.
#[derive(Debug)]
pub(super) struct Routes {
    /// Longest path first.
    apis: Vec<(Api, Url)>,
    issuer: String,
    well_known: Url,
    /// Endpoints of Maskinporten by path: from the configuration, from convention until the
    /// metadata has been seen, and from the metadata.
    endpoints: RwLock<Vec<(String, Url)>>,
}

/// Base path without the slash at its end.
fn base(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

fn below<'path>(path: &'path str, base: &str) -> Option<&'path str> {
    let rest = path.strip_prefix(base)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

pub(super) fn origin(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    origin
}

impl Routes {
    pub(super) fn new(environment: &Environment) -> Result<Self, StartError> {
        let mut apis: Vec<(Api, Url)> = Api::ALL
            .into_iter()
            .filter_map(|api| Some((api, environment.base_url(api).ok()?.clone())))
            .collect();
        apis.sort_by_key(|(_, url)| std::cmp::Reverse(base(url).len()));
        for pair in apis.windows(2) {
            if base(&pair[0].1) == base(&pair[1].1) {
                return Err(StartError::SamePath {
                    first: pair[0].0.name(),
                    second: pair[1].0.name(),
                });
            }
        }
        let issuer = environment.issuer().map_err(StartError::Environment)?.to_owned();
        let well_known = environment.well_known().map_err(StartError::Environment)?;
        let mut endpoints = Vec::new();
        for path in ["/token", "/jwk"] {
            let mut url = well_known.clone();
            let parent = well_known.path().split("/.well-known/").next().unwrap_or_default();
            url.set_path(&format!("{parent}{path}"));
            endpoints.push((url.path().to_owned(), url));
        }
        if let Some(url) = environment.token_endpoint() {
            endpoints.insert(0, (url.path().to_owned(), url.clone()));
        }
        Ok(Self {
            apis,
            issuer,
            well_known,
            endpoints: RwLock::new(endpoints),
        })
    }

    /// The host of Maskinporten's metadata.
    pub(super) fn well_known(&self) -> &Url {
        &self.well_known
    }

    /// Every party's origin.
    pub(super) fn origins(&self) -> Vec<(Party, Url)> {
        let mut all: Vec<_> = self
            .apis
            .iter()
            .map(|(api, url)| (Party::Api(*api), origin(url)))
            .collect();
        all.push((Party::Maskinporten, origin(&self.well_known)));
        let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
        all.extend(endpoints.iter().map(|(_, url)| (Party::Maskinporten, origin(url))));
        all
    }

    /// The same parties at the proxy's own address.
    pub(super) fn endpoints(&self, own: &Url) -> Endpoints {
        let at = |url: &Url| {
            let mut here = own.clone();
            here.set_path(url.path());
            here
        };
        let of = |wanted: Api| self.apis.iter().find(|(api, _)| *api == wanted).map(|(_, url)| at(url));
        let token = {
            let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
            endpoints.first().map(|(_, url)| at(url))
        };
        Endpoints {
            trekkpaalegg: of(Api::Trekkpaalegg),
            finansprodukter: of(Api::Finansprodukter),
            dialogporten: of(Api::Dialogporten),
            well_known: at(&self.well_known),
            token_endpoint: token.unwrap_or_else(|| at(&self.well_known)),
            issuer: self.issuer.clone(),
        }
    }

    /// An endpoint that the metadata names.
    pub(super) fn learn(&self, endpoint: &Url) {
        let mut endpoints = self.endpoints.write().unwrap_or_else(PoisonError::into_inner);
        let path = endpoint.path().to_owned();
        endpoints.retain(|(known, _)| *known != path);
        endpoints.push((path, endpoint.clone()));
    }

    pub(super) fn of<'path>(&self, method: &Method, path: &'path str) -> Option<Route<'path>> {
        if path == self.well_known.path() {
            return Some(Route {
                party: Party::Maskinporten,
                origin: origin(&self.well_known),
                kind: Kind::Discovery,
                operation: "discovery",
                parameters: Vec::new(),
            });
        }
        let endpoint = {
            let endpoints = self.endpoints.read().unwrap_or_else(PoisonError::into_inner);
            endpoints
                .iter()
                .find(|(known, _)| known == path)
                .map(|(_, url)| origin(url))
        };
        if let Some(origin) = endpoint {
            let keys = path.rsplit('/').next().is_some_and(|name| name.starts_with("jwk"));
            let (kind, operation) = if keys {
                (Kind::Discovery, "jwks")
            } else {
                (Kind::Token, "token")
            };
            return Some(Route {
                party: Party::Maskinporten,
                origin,
                kind,
                operation,
                parameters: Vec::new(),
            });
        }
        let (api, url, rest) = self
            .apis
            .iter()
            .find_map(|(api, url)| Some((*api, url, below(path, base(url))?)))?;
        let (operation, parameters) = operations::of(api, method, rest);
        Some(Route {
            party: Party::Api(api),
            origin: origin(url),
            kind: Kind::Api(api),
            operation,
            parameters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authoritys_test_environment_has_a_place_for_every_path() {
        let routes = Routes::new(&Environment::test()).unwrap();
        for (method, path, party, host, operation) in [
            (
                "GET",
                "/api/trekkpaalegg/v1",
                "trekkpaalegg",
                "api-test.sits.no",
                "hentAlleGjeldende",
            ),
            (
                "POST",
                "/v1/2024",
                "finansprodukter",
                "innrapporteringfinansprodukter.api.skatteetaten-test.no",
                "innsending",
            ),
            (
                "GET",
                "/dialogporten/api/v1/enduser/dialogs/x",
                "dialogporten",
                "platform.tt02.altinn.no",
                "hentDialog",
            ),
            (
                "GET",
                "/.well-known/oauth-authorization-server",
                "maskinporten",
                "test.maskinporten.no",
                "discovery",
            ),
            ("POST", "/token", "maskinporten", "test.maskinporten.no", "token"),
            ("GET", "/jwk", "maskinporten", "test.maskinporten.no", "jwks"),
            ("GET", "/whatever", "trekkpaalegg", "api-test.sits.no", "unknown"),
        ] {
            let route = routes.of(&method.parse().unwrap(), path).unwrap();
            assert_eq!(route.party.name(), party, "{path}");
            assert_eq!(route.origin.host_str(), Some(host), "{path}");
            assert_eq!(route.operation, operation, "{path}");
        }
        let own = Url::parse("http://127.0.0.1:9/").unwrap();
        let endpoints = routes.endpoints(&own);
        assert_eq!(endpoints.token_endpoint.as_str(), "http://127.0.0.1:9/token");
        assert_eq!(endpoints.finansprodukter.unwrap().as_str(), "http://127.0.0.1:9/v1");
        assert_eq!(endpoints.issuer, "https://test.maskinporten.no/");
    }

    #[test]
    fn parties_that_cannot_be_told_apart_are_refused() {
        let environment = Environment::custom("x")
            .with_base_url(Api::Trekkpaalegg, "http://127.0.0.1:1/")
            .and_then(|e| e.with_base_url(Api::Finansprodukter, "http://127.0.0.1:2/"))
            .and_then(|e| e.with_issuer("http://127.0.0.1:3/"))
            .unwrap();
        assert!(matches!(Routes::new(&environment), Err(StartError::SamePath { .. })));
    }

    #[test]
    fn a_path_that_only_starts_alike_is_not_below() {
        assert_eq!(below("/v1/2024", "/v1"), Some("/2024"));
        assert_eq!(below("/v12/2024", "/v1"), None);
    }
}
