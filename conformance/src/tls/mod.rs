//! TLS for listeners, with a certificate authority of its own.
//!
//! A vendor's system that is tested over TLS has to trust something. [`TestCa`] is an authority
//! for tests only: its certificate is exported as PEM and as PKCS#12, its key stays with this tool.
//! An [`Acceptor`] shows a certificate for the listener's hosts, and on demand one of those that
//! every client must refuse: for another host, expired, or from an authority nobody trusts.
//!
//! ```
//! use skatteetaten_conformance::tls::{Acceptor, Certificate, TestCa};
//!
//! let ca = TestCa::new()?;
//! assert!(ca.pem().starts_with("-----BEGIN CERTIFICATE-----"));
//! let acceptor = Acceptor::new(&ca, &["127.0.0.1".to_owned(), "test.example".to_owned()])?;
//! acceptor.show(Certificate::Expired); // from the next connection on
//! # Ok::<(), skatteetaten_conformance::tls::TlsError>(())
//! ```

mod acceptor;
mod ca;
#[cfg(test)]
mod tests;

pub use acceptor::{Acceptor, Handshakes};
pub use ca::{Certificate, TestCa, files};

use std::path::PathBuf;

/// Why certificates cannot be made, read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A certificate or a key cannot be made.
    #[error("a test certificate cannot be made: {0}")]
    Make(String),
    /// A host name that no certificate can hold.
    #[error("{0:?} cannot stand in a certificate: give a host name or an IP address, without port")]
    Host(String),
    /// A file cannot be read or written.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
}
