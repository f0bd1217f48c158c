//! What can be wrong with a configuration. Messages hold no value that could be a secret.

use std::path::PathBuf;

use skatteetaten_client::error::ConfigurationError;

/// Why a configuration cannot be used: what is wrong, why, and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{path} cannot be read: {detail}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        detail: String,
    },
    /// The file is not TOML of the documented shape.
    #[error("{source_name}, line {line}: {detail}; skatteetaten.example.toml documents every key")]
    Syntax {
        /// The file.
        source_name: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// Something that is needed is not set.
    #[error("{what} is not set; put {key} into the configuration file, or set {variable}")]
    Missing {
        /// What it is.
        what: &'static str,
        /// The key of the file.
        key: &'static str,
        /// The environment variable.
        variable: &'static str,
    },
    /// Values that do not go together.
    #[error("{problem}; {remedy}")]
    Contradiction {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A host that may not be called.
    #[error(
        "the host {host} is not one of the test hosts, so it is not called; if it is meant, allow it \
         with [[allow_host]], host = {host:?} and a reason, which every evidence pack then records"
    )]
    HostNotAllowed {
        /// The host.
        host: String,
    },
    /// Production Maskinporten.
    #[error(
        "the host {host} is production Maskinporten, which this tool never calls: it is for test \
         environments; use the issuer https://test.maskinporten.no/"
    )]
    Production {
        /// The host.
        host: String,
    },
    /// A customer that could be real, in a test environment.
    #[error(
        "an organisation under [[access.organisation]] could be real: system users and delegations of \
         a test environment belong to synthetic organisations, whose numbers start with 2 or 3; if it \
         is test data all the same, declare it under [synthetic] numbers"
    )]
    OrganisationCouldBeReal,
    /// A key file that others can read.
    #[error(
        "the private key in {path} can be read by other users of this computer; make it yours alone \
         with: chmod 600 {path}",
        path = .path.display()
    )]
    KeyReadable {
        /// The file.
        path: PathBuf,
    },
    /// A key that cannot be used.
    #[error("the key in {source_name} cannot be used: {detail}")]
    Key {
        /// Where it came from.
        source_name: String,
        /// What is wrong.
        detail: String,
    },
    /// A value that the client does not take.
    #[error("{0}")]
    Client(String),
}

impl From<ConfigurationError> for ConfigError {
    fn from(error: ConfigurationError) -> Self {
        Self::Client(error.to_string())
    }
}
