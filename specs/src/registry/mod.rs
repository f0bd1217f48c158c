//! Talks to SwaggerHub's public registry, where Skatteetaten publishes its OpenAPI documents.
//!
//! Two requests are all it knows: the list of versions of an API (in APIs.json form) and one
//! document. Nothing here writes a file; [`pin`] does, and only after a document has proven usable.
//!
//! The format of the answers is described in SwaggerHub's registry API; base URL, time and size
//! limits can be set, the usual proxy variables are honoured, and a redirect is followed only
//! within the host that was asked.

mod answer;
pub mod pin;

use std::time::Duration;

use futures::StreamExt as _;
use url::Url;

pub use answer::Versions;

/// SwaggerHub's registry for the owner `skatteetaten`.
pub const SWAGGERHUB: &str = "https://api.swaggerhub.com/apis/skatteetaten/";

/// How requests to the registry are made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Address of an owner's APIs; a document is at `{base}/{api}/{version}/swagger.json`.
    pub base: Url,
    /// Limit for making a connection.
    pub connect_timeout: Duration,
    /// Limit for a whole request.
    pub timeout: Duration,
    /// Largest answer that is read, in bytes.
    pub max_bytes: usize,
}

impl Options {
    /// Limits that suit documents of a few megabytes, for the registry at `base`.
    ///
    /// # Errors
    /// [`RegistryError::Address`] when `base` is no `https` URL, nor `http` on loopback.
    pub fn new(base: &str) -> Result<Self, RegistryError> {
        let address = |problem: String| RegistryError::Address {
            base: base.to_owned(),
            problem,
        };
        let mut url = Url::parse(base).map_err(|error| address(error.to_string()))?;
        let loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err(address("it names no host".to_owned())),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(address("only https, or http to this machine, is allowed".to_owned())),
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self {
            base: url,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            max_bytes: 32 * 1024 * 1024,
        })
    }
}

/// A registry that can be asked.
#[derive(Debug, Clone)]
pub struct Registry {
    http: reqwest::Client,
    options: Options,
}

impl Registry {
    /// A client for the registry that `options` names.
    ///
    /// # Errors
    /// [`RegistryError::Unreachable`] when no HTTP client can be made, for instance for a proxy
    /// variable that is no URL.
    pub fn new(options: Options) -> Result<Self, RegistryError> {
        let host = options.base.host_str().map(str::to_owned);
        let port = options.base.port_or_known_default();
        let redirect = reqwest::redirect::Policy::custom(move |attempt| {
            let same = attempt.url().host_str().map(str::to_owned) == host
                && attempt.url().port_or_known_default() == port
                && attempt
                    .previous()
                    .first()
                    .is_some_and(|first| first.scheme() == attempt.url().scheme());
            if same && attempt.previous().len() < 5 {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let http = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .redirect(redirect)
            .user_agent(concat!("skatteetaten-specs/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| RegistryError::Unreachable {
                url: options.base.to_string(),
                problem: chain(&error),
            })?;
        Ok(Self { http, options })
    }

    /// The versions of `api`, and which of them the publisher recommends.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub async fn versions(&self, api: &str) -> Result<Versions, RegistryError> {
        let url = self.address(&[api])?;
        let bytes = self.get(&url).await?;
        answer::versions(&bytes).map_err(|problem| RegistryError::Answer {
            url: url.to_string(),
            problem,
        })
    }

    /// The document, byte for byte, and the address it came from.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub async fn document(&self, api: &str, version: &str) -> Result<Fetched, RegistryError> {
        let url = self.address(&[api, version, "swagger.json"])?;
        let bytes = self.get(&url).await?;
        Ok(Fetched {
            url: url.to_string(),
            bytes,
        })
    }

    fn address(&self, segments: &[&str]) -> Result<Url, RegistryError> {
        for segment in segments {
            let plain = !segment.is_empty()
                && !segment.starts_with('.')
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte));
            if !plain {
                return Err(RegistryError::Name {
                    name: (*segment).to_owned(),
                });
            }
        }
        let mut url = self.options.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Ok(url)
    }

    async fn get(&self, url: &Url) -> Result<Vec<u8>, RegistryError> {
        let unreachable = |error: reqwest::Error| RegistryError::Unreachable {
            url: url.to_string(),
            problem: chain(&error.without_url()),
        };
        let response = self.http.get(url.clone()).send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(RegistryError::Redirect { url: url.to_string() });
        }
        if status == reqwest::StatusCode::NOT_FOUND {
            return Err(RegistryError::NotFound { url: url.to_string() });
        }
        if !status.is_success() {
            return Err(RegistryError::Status {
                url: url.to_string(),
                status: status.as_u16(),
            });
        }
        let too_large = || RegistryError::TooLarge {
            url: url.to_string(),
            limit: self.options.max_bytes,
        };
        let declared = response.content_length().unwrap_or_default();
        if declared > self.options.max_bytes as u64 {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(unreachable)?;
            if bytes.len() + chunk.len() > self.options.max_bytes {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// A document as the registry gave it.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it came from.
    pub url: String,
    /// The bytes, unchanged.
    pub bytes: Vec<u8>,
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Why the registry could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The base address is unusable.
    #[error("the registry address {base} cannot be used: {problem}")]
    Address {
        /// What was given.
        base: String,
        /// Why it cannot be used.
        problem: String,
    },
    /// A name that does not belong into an address.
    #[error("{name:?} is no name of an API or a version; letters, digits and - . _ + are allowed")]
    Name {
        /// What was given.
        name: String,
    },
    /// No answer.
    #[error("no answer from {url}: {problem}; check the network and the proxy variables, then run the command again")]
    Unreachable {
        /// The address.
        url: String,
        /// The cause.
        problem: String,
    },
    /// The registry knows no such API or version.
    #[error("{url}: not found; check the name and the version with `specs status --remote`")]
    NotFound {
        /// The address.
        url: String,
    },
    /// Another status than success.
    #[error("{url} answered with status {status}; try again later")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A redirect out of the host, or too many of them.
    #[error(
        "{url} redirects away from its host, which is not followed; set the new address with --registry if it is right"
    )]
    Redirect {
        /// The address.
        url: String,
    },
    /// More bytes than allowed.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// An answer that is not what the registry promises.
    #[error("{url}: the answer cannot be understood: {problem}")]
    Answer {
        /// The address.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
}
