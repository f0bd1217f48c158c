//! Puts a simulator together.

use std::{fmt, net::SocketAddr, path::Path, sync::Arc};

use axum::Router;
use chrono::{DateTime, Duration, Utc};
use skatteetaten_specs::{document::Document, manifest, schema::Validator};
use tokio::net::TcpListener;
use url::Url;

use super::{
    Endpoints, Simulator,
    data::{Data, DataError},
    faults::Fault,
    identity::{RegisteredClient, SystemUser},
    keys::{client_key, issuer_key},
    operation::base,
    pipeline,
    script::Script,
    server::Server,
    state::{Clock, Start, State},
};
use crate::tls::Acceptor;

/// Client id of the client that every simulator knows.
pub const CLIENT_ID: &str = "5f2a1c3e-simulator-client";
/// The vendor that owns it: a synthetic organisation.
pub const VENDOR: &str = "310000000";
/// `externalRef` of each organisation's second system user.
pub const SECOND_SYSTEM_USER: &str = "avdeling-2";

/// Options of a simulator; see [`Simulator::builder`].
pub struct Builder {
    data: Option<Data>,
    faults: Vec<Fault>,
    organisations: Vec<String>,
    system_users: Vec<SystemUser>,
    clients: Vec<RegisteredClient>,
    first_client: Option<RegisteredClient>,
    delegations: Vec<String>,
    owner: String,
    listen: SocketAddr,
    public_url: Option<Url>,
    token_lifetime: Duration,
    strict_totals: bool,
    first_income_year: i32,
    clock: Clock,
    script: Option<Arc<dyn Script>>,
    pages: Router,
    tls: Option<Acceptor>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("listen", &self.listen)
            .field("faults", &self.faults)
            .field("organisations", &self.organisations)
            .finish_non_exhaustive()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            data: None,
            faults: Vec::new(),
            organisations: Vec::new(),
            system_users: Vec::new(),
            clients: Vec::new(),
            first_client: None,
            delegations: Vec::new(),
            owner: VENDOR.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            token_lifetime: Duration::seconds(120),
            strict_totals: false,
            first_income_year: 2020,
            clock: Arc::new(Utc::now),
            script: None,
            pages: Router::new(),
            tls: None,
        }
    }
}

impl Builder {
    /// Serves these orders. Without this and [`Self::load`] the published scenarios are served.
    #[must_use]
    pub fn data(mut self, data: Data) -> Self {
        self.data = Some(data);
        self
    }

    /// Adds orders from a file or folder; what it may hold stands at [`Data::load`].
    ///
    /// # Errors
    /// As [`Data::load`].
    pub fn load(mut self, path: &Path) -> Result<Self, DataError> {
        self.data.get_or_insert_with(Data::empty).load(path)?;
        Ok(self)
    }

    /// Adds a fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The client acts for this organisation. Without any, it acts for every `trekkpliktig` of the
    /// data. Each organisation gets a system user without `externalRef`, and a second one whose
    /// reference is [`SECOND_SYSTEM_USER`].
    #[must_use]
    pub fn organisation(mut self, organisation: impl Into<String>) -> Self {
        self.organisations.push(organisation.into());
        self
    }

    /// Grants the client one more system user, beside those of [`Self::organisation`].
    #[must_use]
    pub fn system_user(mut self, user: SystemUser) -> Self {
        self.system_users.push(user);
        self
    }

    /// Lets an organisation delegate to the client's owner without a system user.
    #[must_use]
    pub fn delegation(mut self, organisation: impl Into<String>) -> Self {
        self.delegations.push(organisation.into());
        self
    }

    /// The organisation that owns the client, [`VENDOR`] if not set: the employer of a token
    /// without system user.
    #[must_use]
    pub fn owner(mut self, organisation: impl Into<String>) -> Self {
        self.owner = organisation.into();
        self
    }

    /// Registers another client, with its own keys.
    #[must_use]
    pub fn client(mut self, client: RegisteredClient) -> Self {
        self.clients.push(client);
        self
    }

    /// Takes the first client that nobody has registered as this one, whatever its id: trust on
    /// first use. Set [`RegisteredClient::trust_first_key`] too, unless it has keys.
    #[must_use]
    pub fn first_client(mut self, client: RegisteredClient) -> Self {
        self.first_client = Some(client);
        self
    }

    /// Listens here instead of on a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The address under which clients reach the simulator, where it is not the one it listens on.
    #[must_use]
    pub fn public_url(mut self, url: Url) -> Self {
        self.public_url = Some(url);
        self
    }

    /// How long access tokens last, 120 seconds if not set.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Refuses submissions whose control totals differ from what they sum. Whether the service
    /// does is unknown, so the default is to take them.
    #[must_use]
    pub fn strict_totals(mut self, strict: bool) -> Self {
        self.strict_totals = strict;
        self
    }

    /// The first income year that is open, 2020 if not set; the last is the current year.
    #[must_use]
    pub fn first_income_year(mut self, year: i32) -> Self {
        self.first_income_year = year;
        self
    }

    /// Tells the time instead of the computer's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Decides about each request.
    #[must_use]
    pub fn script(mut self, script: impl Script + 'static) -> Self {
        self.script = Some(Arc::new(script));
        self
    }

    /// Serves further pages beside the services: a router whose paths do not collide with theirs.
    #[must_use]
    pub fn pages(mut self, pages: Router) -> Self {
        self.pages = self.pages.merge(pages);
        self
    }

    /// Serves over TLS.
    #[must_use]
    pub fn tls(mut self, acceptor: Acceptor) -> Self {
        self.tls = Some(acceptor);
        self
    }

    /// Starts serving on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when the address cannot be listened on, or something this build carries is
    /// broken.
    pub async fn start(self) -> Result<Simulator, StartError> {
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| StartError::Listen(self.listen, error.to_string()))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError::Listen(self.listen, error.to_string()))?;
        let base = match self.public_url {
            Some(url) => url,
            None => local_url(address, self.tls.is_some())?,
        };
        let endpoints = Endpoints::below(&base)?;
        let data = self.data.unwrap_or_else(Data::published);
        let mut organisations = self.organisations;
        if organisations.is_empty() {
            organisations = data.employers();
        }
        let key = client_key()?;
        let mut client = RegisteredClient::new(CLIENT_ID, self.owner);
        client.keys.push(key.jwk().clone());
        client.delegations = self.delegations;
        for organisation in &organisations {
            let user = SystemUser::new(organisation);
            client.system_users.push(user.clone());
            client.system_users.push(user.with_ref(SECOND_SYSTEM_USER));
        }
        client.system_users.extend(self.system_users);
        let mut clients = vec![client];
        clients.extend(self.clients);
        let state = Arc::new(State::new(Start {
            base,
            endpoints: endpoints.clone(),
            issuer_key: issuer_key()?,
            token_lifetime: self.token_lifetime,
            strict_totals: self.strict_totals,
            first_income_year: self.first_income_year,
            innsending: submission_validator()?,
            script: self.script,
            clock: self.clock,
            clients,
            first_client: self.first_client,
            listing: data.listing(),
            faults: self.faults,
        }));
        let services = Router::new().fallback(pipeline::handle).with_state(Arc::clone(&state));
        let server = Server::start_with(listener, self.pages.fallback_service(services), self.tls);
        Ok(Simulator {
            state,
            server,
            address,
            endpoints,
            key,
            organisations,
            data,
        })
    }
}

fn submission_validator() -> Result<Validator, StartError> {
    let broken = |error: &dyn fmt::Display| StartError::Document(error.to_string());
    let pinned = manifest::find("innrapportering-finansprodukter-api").map_err(|e| broken(&e))?;
    let bytes = pinned.verified().map_err(|error| broken(&error))?;
    let document = Document::parse(pinned.id(), bytes).map_err(|error| broken(&error))?;
    Validator::new(&document, "/components/schemas/Innsending").map_err(|error| broken(&error))
}

fn local_url(mut address: SocketAddr, tls: bool) -> Result<Url, StartError> {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    let scheme = if tls { "https" } else { "http" };
    Url::parse(&format!("{scheme}://{address}/")).map_err(|error| StartError::Address(error.to_string()))
}

impl Endpoints {
    fn below(base: &Url) -> Result<Self, StartError> {
        let text = base.as_str().trim_end_matches('/');
        let url = |path: &str| Url::parse(&format!("{text}{path}")).map_err(|e| StartError::Address(e.to_string()));
        Ok(Self {
            trekkpaalegg: url("/")?,
            finansprodukter: url(base::FINANSPRODUKTER)?,
            dialogporten: url(base::DIALOGPORTEN)?,
            issuer: url("/")?,
            token_endpoint: url(base::TOKEN)?,
        })
    }
}

/// Why a simulator cannot start.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, or not this computer's.
    #[error("cannot listen on {0}: {1}; choose another address, or port 0 for any free one")]
    Listen(SocketAddr, String),
    /// The public address is no usable base.
    #[error("the simulator's address is not usable: {0}")]
    Address(String),
    /// A key could not be made.
    #[error("no RSA key could be made: {0}")]
    Key(String),
    /// The pinned document that submissions are checked against cannot be used.
    #[error("the pinned document for finansprodukter cannot be used: {0}")]
    Document(String),
    /// A file could not be written.
    #[error("{path} cannot be written: {detail}", path = .path.display())]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// The reason.
        detail: String,
    },
}
