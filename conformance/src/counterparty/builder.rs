//! How a session starts.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use url::Url;

use super::{Counterparty, Vendor, VendorError, driver::DriverError, page, recorder::Recorder, tape::Customer};
use crate::{
    simulator::{CLIENT_ID, Data, DataError, Directive, Received, Script, Simulator, StartError},
    tls::Acceptor,
};

/// Why a session cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The vendor's registration cannot be used.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// The simulator cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// There is no place for the systems' data.
    #[error("no temporary folder can be made: {0}")]
    Folder(std::io::Error),
    /// A task cannot be given.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The script's orders cannot be served.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Options of a session.
#[derive(Debug)]
pub struct Builder {
    vendor: Option<Vendor>,
    listen: Option<SocketAddr>,
    public_url: Option<Url>,
    timeout: Duration,
    orders: Option<Data>,
    token_lifetime: Option<Duration>,
    tls: Option<Acceptor>,
}

impl Builder {
    /// Listens here instead of on a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = Some(address);
        self
    }

    /// The address under which the system reaches the counterparty, where it is not the one it
    /// listens on.
    #[must_use]
    pub fn public_url(mut self, url: Url) -> Self {
        self.public_url = Some(url);
        self
    }

    /// How long a task may take before it is given up. Default two minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Orders to serve outside the script.
    #[must_use]
    pub fn orders(mut self, data: Data) -> Self {
        self.orders = Some(data);
        self
    }

    /// How long access tokens last, in whole seconds. Default two minutes.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = Some(lifetime);
        self
    }

    /// Serves over TLS. The script then also shows certificates that the system has to refuse.
    #[must_use]
    pub fn tls(mut self, acceptor: Acceptor) -> Self {
        self.tls = Some(acceptor);
        self
    }

    /// Starts serving on the current tokio runtime.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn start(self) -> Result<Counterparty, SessionError> {
        let recorder = Arc::new(Recorder::new());
        let own_client = self.vendor.is_none();
        let vendor = self.vendor.unwrap_or_else(own_vendor);
        let parties = vendor.parties();
        let shared = page::Shared::new(Arc::clone(&recorder));
        let mut builder = Simulator::builder()
            .data(self.orders.unwrap_or_else(Data::empty))
            .script(Shared(Arc::clone(&recorder)))
            .pages(page::router(Arc::clone(&shared)));
        if own_client {
            // The simulator's own client, whose key the caller may use.
            for customer in &parties {
                builder = builder.system_user(system_user(customer));
            }
        } else {
            let registration = vendor.registration()?;
            builder = match &vendor.client_id {
                Some(_) => builder.client(registration),
                None => builder.first_client(registration),
            };
        }
        if let Some(lifetime) = self.token_lifetime {
            let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::from(u32::MAX));
            builder = builder.token_lifetime(TimeDelta::seconds(seconds.min(i64::from(u32::MAX))));
        }
        if let Some(address) = self.listen {
            builder = builder.listen(address);
        }
        if let Some(acceptor) = &self.tls {
            builder = builder.tls(acceptor.clone());
        }
        if let Some(url) = self.public_url {
            builder = builder.public_url(url);
        }
        let simulator = builder.start().await?;
        let folder = tempfile::Builder::new()
            .prefix("skatt-counterparty-")
            .tempdir()
            .map_err(SessionError::Folder)?;
        let counterparty = Counterparty {
            simulator,
            recorder,
            vendor,
            parties,
            folder,
            shared,
            tls: self.tls,
            timeout: self.timeout,
            started: Utc::now(),
        };
        // Nobody else has set it.
        let _ = counterparty.shared.subject.set(counterparty.subject());
        Ok(counterparty)
    }
}

fn system_user(customer: &Customer) -> crate::simulator::SystemUser {
    let user = crate::simulator::SystemUser::new(&customer.organisation);
    match &customer.external_ref {
        Some(reference) => user.with_ref(reference),
        None => user,
    }
}

/// The simulator's own client as the vendor's: for tests that have no registration of their own.
fn own_vendor() -> Vendor {
    let mut vendor = Vendor::new(CLIENT_ID)
        .customer("310000035", None)
        .customer("310000035", Some("avdeling-2"))
        .customer("310000027", Some("lonn"));
    vendor.system.name = "test".to_owned();
    vendor
}

struct Shared(Arc<Recorder>);

impl Script for Shared {
    fn direct(&self, request: &Received) -> Directive {
        self.0.direct(request)
    }

    fn arrived(&self, request: &Received, exchange: &crate::recording::RawExchange) {
        self.0.arrived(request, exchange);
    }

    fn exchanged(&self, request: &Received, exchange: &crate::recording::RawExchange) {
        self.0.exchanged(request, exchange);
    }
}

impl Counterparty {
    /// Starts a counterparty for a client of this test: its id, `kid` and private key are
    /// [`Self::client_id`], [`Self::kid`] and [`Self::private_key_pem`].
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn start() -> Result<Self, SessionError> {
        Builder {
            vendor: None,
            ..Self::builder(Vendor::on_first_use())
        }
        .start()
        .await
    }

    /// Options of a session with a registered client.
    #[must_use]
    pub fn builder(vendor: Vendor) -> Builder {
        Builder {
            vendor: Some(vendor),
            listen: None,
            public_url: None,
            timeout: Duration::from_secs(120),
            orders: None,
            token_lifetime: None,
            tls: None,
        }
    }
}
