//! A recording proxy between a vendor's system and the real test environment.
//!
//! The system calls this computer instead of the authority's hosts; paths, queries, headers and
//! bodies stay as they are in both directions. The proxy adds no retry, no header and no timeout.
//! What it does beyond passing on:
//!
//! - **one rewrite**: the endpoint addresses in Maskinporten's metadata lead to the proxy, so that
//!   token requests come through it. `issuer` stays, and so does the audience of assertions. Every
//!   rewritten field is told to the [`Sink`].
//! - **a guard**: a request with something in it that could belong to a real person is answered
//!   here and never leaves ([`Fault::Stopped`]). For that a request is read whole before it is sent
//!   on; answers are streamed.
//! - **a record**: each exchange, once, whatever becomes of it.
//!
//! What the proxy answers itself is `application/problem+json` with the header [`OWN_ANSWER`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use skatteetaten_conformance::{config::Config, proxy::Proxy, recording::Recorder};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::load(None, &|name| std::env::var(name).ok())?;
//! let recorder = Recorder::default();
//! let proxy = Proxy::builder(&config)?.start(Arc::new(recorder.clone())).await?;
//! println!("{}", proxy.endpoints().well_known);
//! // … the vendor's system does what it does …
//! proxy.stop().await;
//! println!("{} exchanges", recorder.len());
//! # Ok(())
//! # }
//! ```

mod body;
mod builder;
mod discovery;
mod forward;
mod guard;
mod open;
mod operations;
mod routes;
pub mod session;
mod upstream;

use std::{fmt, net::SocketAddr, sync::Arc};

use url::Url;

pub use builder::{Builder, StartError};
pub use discovery::Rewritten;
pub use open::{Fault, Passed, Sink};
pub use routes::Party;

use crate::{recording::RawExchange, simulator::Server};
use forward::Shared;

/// The header of answers that come from the proxy itself and not from the other side.
pub const OWN_ANSWER: &str = "skatt-proxy";

/// Where the vendor's system finds each party.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoints {
    /// Trekkpålegg, where the configuration names it.
    pub trekkpaalegg: Option<Url>,
    /// Finansprodukter, with its version, where the configuration names it.
    pub finansprodukter: Option<Url>,
    /// Dialogporten, where the configuration names it.
    pub dialogporten: Option<Url>,
    /// Maskinporten's metadata.
    pub well_known: Url,
    /// Maskinporten's token endpoint, for systems that do not read the metadata.
    pub token_endpoint: Url,
    /// The issuer, which is **not** changed: it is the audience of assertions.
    pub issuer: String,
}

/// A running proxy. It stops when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    endpoints: Endpoints,
    shared: Arc<Shared>,
    server: Server,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Proxy {
    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the vendor's system is pointed at.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// From now on every request is answered with 503 and this reason.
    pub fn refuse(&self, reason: impl Into<String>) {
        self.shared.refuse(reason.into());
    }

    /// Stops, breaks off what is under way (which is recorded as such) and waits until everything
    /// has been recorded.
    pub async fn stop(self) {
        let Self { server, shared, .. } = self;
        server.stop().await;
        shared.all_recorded().await;
    }
}

/// A plain recorder keeps the exchanges and nothing about them.
impl Sink for crate::recording::Recorder {
    fn passed(&self, passed: Passed) {
        self.push(passed.exchange);
    }
}

/// Whether an exchange is one that the other side never saw.
#[must_use]
pub fn stayed_here(exchange: &RawExchange) -> bool {
    exchange.fault.as_deref().is_some_and(|fault| {
        Fault::ALL
            .iter()
            .any(|known| known.name() == fault && known.stayed_here())
    })
}
