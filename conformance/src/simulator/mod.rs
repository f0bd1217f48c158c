//! A simulator of both APIs, of Maskinporten and of Dialogporten's part, for tests without network.
//!
//! It listens on one address of this computer and keeps to the protocols as the public pages
//! describe them: paths, statuses and codes, token rules, paging, idempotency, receipts, feedback.
//! What those pages leave open is settled here in one way and said so in `docs/simulator.md`.
//! [`faults()`] lists what it can be told to do wrong; every fault is bound to requests, not to the
//! clock.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use skatteetaten_conformance::simulator::Simulator;
//!
//! let simulator = Simulator::builder()
//!     .fault("error-500:times=1:operation=hentAlleGjeldende".parse()?)
//!     .start()
//!     .await?;
//! println!("orders at {}", simulator.endpoints().trekkpaalegg);
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```

use std::{net::SocketAddr, path::Path};

use serde_json::Value;
use url::Url;

pub use answer::Answer;
pub use builder::{Builder, CLIENT_ID, SECOND_SYSTEM_USER, StartError, VENDOR};
pub use codes::{CODES, CodeRow};
pub use configuration::WrittenConfig;
pub use data::{Data, DataError, Listing, Order};
pub use faults::{Fault, FaultError, FaultInfo, faults};
pub use identity::{RegisteredClient, SCOPE_DIALOGPORTEN, SCOPE_FINANSPRODUKTER, SCOPE_TREKKPAALEGG, SystemUser};
pub use maskinporten::AssertionFacts;
pub use operation::{Operation, Service};
pub use received::Received;
pub use script::{Directive, Script};

pub(crate) use connection::Connection;
use keys::SigningPair;
pub(crate) use server::Server;
use state::{State, lock};

mod answer;
mod builder;
mod codes;
mod configuration;
mod connection;
mod data;
mod deliver;
mod dialogporten;
mod faults;
mod finansprodukter;
mod identity;
mod keys;
mod maskinporten;
mod operation;
mod pipeline;
mod received;
mod request;
mod script;
mod server;
mod state;
mod trekkpaalegg;

/// Base URLs of a running simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoints {
    /// Trekkpålegg: the host; operations are below `/api/trekkpaalegg/v1`.
    pub trekkpaalegg: Url,
    /// Finansprodukter, with its version.
    pub finansprodukter: Url,
    /// Dialogporten.
    pub dialogporten: Url,
    /// Maskinporten's issuer, with the slash at its end.
    pub issuer: Url,
    /// Maskinporten's token endpoint.
    pub token_endpoint: Url,
}

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    state: std::sync::Arc<State>,
    server: Server,
    address: SocketAddr,
    endpoints: Endpoints,
    key: &'static SigningPair,
    organisations: Vec<String>,
    data: Data,
}

impl Simulator {
    /// Options for a new simulator.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URLs.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Client id of the client it knows.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        CLIENT_ID
    }

    /// `kid` of that client's key.
    #[must_use]
    pub fn kid(&self) -> &'static str {
        self.key.kid()
    }

    /// That client's private key, PKCS#8 PEM. Made for this process; it opens nothing but simulators.
    #[must_use]
    pub fn private_key_pem(&self) -> &'static str {
        self.key.pem()
    }

    /// The organisations that the client acts for.
    #[must_use]
    pub fn organisations(&self) -> &[String] {
        &self.organisations
    }

    /// The orders it was started with.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Replaces the faults; counts start anew.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.state.set_faults(faults);
    }

    /// Replaces the orders, exactly as given: nothing is renumbered or refused.
    ///
    /// # Errors
    /// [`DataError`] when a value is no JSON object.
    pub fn set_orders(&self, orders: Vec<Value>) -> Result<(), DataError> {
        let orders: Result<Vec<_>, _> = orders.iter().map(|value| Order::parse(&value.to_string())).collect();
        let orders = orders.map_err(|error| DataError::Shape {
            source_name: "orders".to_owned(),
            detail: error.to_string(),
        })?;
        self.state.set_listing(Listing::new(orders));
        Ok(())
    }

    /// Registers a client, replacing the one with the same id.
    pub fn register(&self, client: RegisteredClient) {
        self.state.change_clients(|clients| {
            clients.retain(|known| known.client_id != client.client_id);
            clients.push(client);
        });
    }

    /// What a client is registered as; `None` when it is unknown.
    #[must_use]
    pub fn registered(&self, client_id: &str) -> Option<RegisteredClient> {
        self.state.client(client_id)
    }

    /// Grants the simulator's own client one more system user.
    pub fn grant(&self, user: SystemUser) {
        self.state.change_clients(|clients| {
            if let Some(client) = clients.iter_mut().find(|client| client.client_id == CLIENT_ID) {
                client.system_users.push(user);
            }
        });
    }

    /// What has been received so far, in the order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.received().borrow().clone()
    }

    /// Waits until what has been received satisfies a condition; it is asked again at each change.
    pub async fn wait_until(&self, condition: impl FnMut(&Vec<Received>) -> bool) {
        // The sender lives in the state, which this simulator holds.
        let _ = self.state.received().wait_for(condition).await;
    }

    /// Lets go the answers that the faults `slow` and `slow-body` hold back now.
    pub fn release(&self) {
        self.state.released.send_modify(|count| *count += 1);
    }

    /// How many submissions have been taken in; one that is repeated under its key counts once.
    #[must_use]
    pub fn submission_count(&self) -> usize {
        lock(&self.state.submissions).count()
    }

    /// Stops serving; the port is free afterwards.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Loads orders from files and folders, as `simulate --data` does.
///
/// # Errors
/// As [`Data::load`].
pub fn load_data<'paths>(paths: impl IntoIterator<Item = &'paths Path>) -> Result<Data, DataError> {
    let mut data = Data::empty();
    for path in paths {
        data.load(path)?;
    }
    Ok(data)
}
