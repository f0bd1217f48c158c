//! Options, and starting.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use rustls::pki_types::CertificateDer;
use skatteetaten_client::error::ConfigurationError;
use tokio::net::TcpListener;
use url::Url;

use super::{
    Proxy, Sink,
    forward::{Limits, Shared, handle},
    routes::Routes,
    upstream::Upstream,
};
use crate::{
    config::Config,
    simulator::Server,
    synthetic::Guard,
    tls::{Acceptor, TestCa},
};

/// Why a proxy cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It cannot listen there.
    #[error("cannot listen on {0}: {1}; choose another address or port with --listen")]
    Listen(SocketAddr, std::io::Error),
    /// Something about the environment is missing.
    #[error(transparent)]
    Environment(ConfigurationError),
    /// Requests to two parties look alike.
    #[error(
        "{first} and {second} have the same base path, and the proxy tells parties apart by it; start one proxy for each, with a configuration that names only one of them under [hosts] and environment = \"custom\""
    )]
    SamePath {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// The certificates that are trusted cannot be read.
    #[error("no trusted root certificates for connections to the other side: {0}")]
    Trust(String),
    /// No certificate for the own listener.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// No random numbers.
    #[error("the operating system gives no random numbers")]
    Random,
}

/// Options of a proxy.
#[derive(Debug)]
pub struct Builder {
    routes: Routes,
    listen: SocketAddr,
    name: Option<String>,
    ca: Option<TestCa>,
    guard: Option<Arc<Guard>>,
    declared: crate::synthetic::Declared,
    roots: Vec<CertificateDer<'static>>,
    limits: Limits,
}

impl Proxy {
    /// A proxy for the hosts of a configuration, which have been checked against the allow-list
    /// when it was read.
    ///
    /// # Errors
    /// [`StartError`] when the parties cannot be told apart.
    pub fn builder(config: &Config) -> Result<Builder, StartError> {
        Ok(Builder {
            routes: Routes::new(config.environment())?,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            name: None,
            ca: None,
            guard: None,
            declared: config.synthetic().clone(),
            roots: Vec::new(),
            limits: Limits {
                request: 64 << 20,
                recorded_answer: 64 << 20,
                recorded: 1 << 30,
            },
        })
    }
}

impl Builder {
    /// Where to listen. Default: a free port on 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The host name under which the vendor's system calls the proxy. Default: the address.
    #[must_use]
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Listens with TLS, with a certificate of this authority.
    #[must_use]
    pub fn tls(mut self, ca: TestCa) -> Self {
        self.ca = Some(ca);
        self
    }

    /// The guard that requests pass, with its ledger. Default: one of its own.
    #[must_use]
    pub fn guard(mut self, guard: Arc<Guard>) -> Self {
        self.guard = Some(guard);
        self
    }

    /// One more root certificate, as DER, to trust beside the operating system's.
    #[must_use]
    pub fn trust(mut self, root: CertificateDer<'static>) -> Self {
        self.roots.push(root);
        self
    }

    /// How much is recorded in all before the proxy takes no more, in bytes. Default 1 GiB.
    #[must_use]
    pub fn recorded_at_most(mut self, bytes: usize) -> Self {
        self.limits.recorded = bytes;
        self
    }

    /// Starts on the current runtime. `sink` is told of every exchange.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(self, sink: Arc<dyn Sink>) -> Result<Proxy, StartError> {
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| StartError::Listen(self.listen, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError::Listen(self.listen, error))?;
        let host = self.name.unwrap_or_else(|| address.ip().to_string());
        let acceptor = self
            .ca
            .map(|ca| {
                let mut hosts = vec![host.clone()];
                for local in ["localhost", "127.0.0.1"] {
                    if address.ip().is_loopback() && !hosts.iter().any(|known| known == local) {
                        hosts.push(local.to_owned());
                    }
                }
                Acceptor::new(&ca, &hosts)
            })
            .transpose()?;
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host };
        let own = Url::parse(&format!("{scheme}://{bracketed}:{}/", address.port()))
            .map_err(|_| crate::tls::TlsError::Host(bracketed))?;
        let guard = match self.guard {
            Some(guard) => guard,
            None => {
                let mut key = [0; 32];
                aws_lc_rs::rand::fill(&mut key).map_err(|_| StartError::Random)?;
                Arc::new(Guard::new(self.declared, &key))
            }
        };
        let origins: Vec<Url> = self.routes.origins().into_iter().map(|(_, url)| url).collect();
        let upstream = Upstream::new(&origins, &self.roots)?;
        let endpoints = self.routes.endpoints(&own);
        let shared = Arc::new(Shared::new(own, self.routes, upstream, guard, self.limits, sink));
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        Ok(Proxy {
            address,
            endpoints,
            shared,
            server: Server::start_with(listener, router, acceptor),
        })
    }
}
