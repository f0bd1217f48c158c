//! What a running simulator knows and remembers.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use skatteetaten_specs::schema::Validator;
use tokio::sync::watch;
use url::Url;
use uuid::Uuid;

use super::{
    Endpoints,
    data::Listing,
    faults::{Effect, Fault},
    finansprodukter::Submissions,
    identity::RegisteredClient,
    keys::SigningPair,
    maskinporten::AccessClaims,
    operation::Operation,
    received::Received,
    script::Script,
};

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Everything that the handlers share.
pub(crate) struct State {
    pub(crate) issuer_key: &'static SigningPair,
    pub(crate) token_lifetime: Duration,
    pub(crate) strict_totals: bool,
    pub(crate) first_income_year: i32,
    pub(crate) innsending: Validator,
    pub(crate) submissions: Mutex<Submissions>,
    pub(crate) script: Option<Arc<dyn Script>>,
    /// Grows each time held-back answers are let go.
    pub(crate) released: watch::Sender<u64>,
    base: Url,
    endpoints: Endpoints,
    clock: Clock,
    clients: Mutex<Vec<RegisteredClient>>,
    /// What the first unknown client becomes, where there is such trust.
    first_client: Mutex<Option<RegisteredClient>>,
    /// The first key of clients whose key nobody has, by client id.
    first_keys: Mutex<HashMap<String, String>>,
    listing: Mutex<Arc<Listing>>,
    faults: Mutex<Vec<ActiveFault>>,
    used_assertions: Mutex<HashSet<[u8; 32]>>,
    opaque_tokens: Mutex<HashMap<String, AccessClaims>>,
    token_uses: Mutex<HashMap<String, u32>>,
    received: watch::Sender<Vec<Received>>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

struct ActiveFault {
    fault: Fault,
    used: u32,
}

/// What a [`State`] starts from.
pub(crate) struct Start {
    pub(crate) base: Url,
    pub(crate) endpoints: Endpoints,
    pub(crate) issuer_key: &'static SigningPair,
    pub(crate) token_lifetime: Duration,
    pub(crate) strict_totals: bool,
    pub(crate) first_income_year: i32,
    pub(crate) innsending: Validator,
    pub(crate) script: Option<Arc<dyn Script>>,
    pub(crate) clock: Clock,
    pub(crate) clients: Vec<RegisteredClient>,
    pub(crate) first_client: Option<RegisteredClient>,
    pub(crate) listing: Listing,
    pub(crate) faults: Vec<Fault>,
}

/// A lock that goes on after a panic elsewhere: each value is replaced whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(crate) fn new(start: Start) -> Self {
        let state = Self {
            issuer_key: start.issuer_key,
            token_lifetime: start.token_lifetime,
            strict_totals: start.strict_totals,
            first_income_year: start.first_income_year,
            innsending: start.innsending,
            submissions: Mutex::default(),
            script: start.script,
            released: watch::Sender::new(0),
            base: start.base,
            endpoints: start.endpoints,
            clock: start.clock,
            clients: Mutex::new(start.clients),
            first_client: Mutex::new(start.first_client),
            first_keys: Mutex::default(),
            listing: Mutex::new(Arc::new(start.listing)),
            faults: Mutex::default(),
            used_assertions: Mutex::default(),
            opaque_tokens: Mutex::default(),
            token_uses: Mutex::default(),
            received: watch::Sender::new(Vec::new()),
        };
        state.set_faults(start.faults);
        state
    }

    /// The time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The issuer, exactly as tokens and assertions write it: with the slash at its end.
    pub(crate) fn issuer(&self) -> String {
        self.endpoints.issuer.to_string()
    }

    /// An address of this simulator.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<RegisteredClient> {
        let clients = lock(&self.clients);
        clients.iter().find(|client| client.client_id == client_id).cloned()
    }

    /// Registers a client that nobody has registered, where the first one is trusted.
    pub(crate) fn first_client(&self, client_id: &str) -> Option<RegisteredClient> {
        if client_id.is_empty() {
            return None;
        }
        let mut client = lock(&self.first_client).take()?;
        client.client_id = client_id.to_owned();
        lock(&self.clients).push(client.clone());
        Some(client)
    }

    /// Whether a key is the first that a client has used; it is, when none was before.
    pub(crate) fn is_first_key(&self, client_id: &str, name: &str) -> bool {
        let mut keys = lock(&self.first_keys);
        keys.entry(client_id.to_owned()).or_insert_with(|| name.to_owned()) == name
    }

    pub(crate) fn change_clients(&self, change: impl FnOnce(&mut Vec<RegisteredClient>)) {
        change(&mut lock(&self.clients));
    }

    pub(crate) fn listing(&self) -> Arc<Listing> {
        Arc::clone(&lock(&self.listing))
    }

    pub(crate) fn set_listing(&self, listing: Listing) {
        *lock(&self.listing) = Arc::new(listing);
    }

    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        let active = |fault| ActiveFault { fault, used: 0 };
        *lock(&self.faults) = faults.into_iter().map(active).collect();
    }

    /// The faults that act on this request; each of them has then been used once more.
    pub(crate) fn faults_for(&self, operation: Operation) -> Vec<Fault> {
        let mut faults = lock(&self.faults);
        faults
            .iter_mut()
            .filter(|active| active.fault.concerns(operation))
            .filter(|active| active.fault.limit().is_none_or(|limit| active.used < limit))
            .map(|active| {
                active.used = active.used.saturating_add(1);
                active.fault.clone()
            })
            .collect()
    }

    /// Whether an assertion comes for the first time.
    pub(crate) fn first_use(&self, identity: &str) -> bool {
        let digest = Sha256::digest(identity.as_bytes()).into();
        lock(&self.used_assertions).insert(digest)
    }

    /// Keeps claims under a token that says nothing by itself.
    pub(crate) fn remember_opaque(&self, claims: AccessClaims) -> String {
        let token = format!("opaque-{}", Uuid::new_v4().simple());
        lock(&self.opaque_tokens).insert(token.clone(), claims);
        token
    }

    pub(crate) fn opaque(&self, token: &str) -> Option<AccessClaims> {
        lock(&self.opaque_tokens).get(token).cloned()
    }

    /// Counts one more use of the token with this digest; the number of uses before it.
    pub(crate) fn use_token(&self, sha256: &str) -> u32 {
        let mut uses = lock(&self.token_uses);
        let count = uses.entry(sha256.to_owned()).or_insert(0);
        *count += 1;
        *count - 1
    }

    /// Notes a request, and gives it its number.
    pub(crate) fn note(&self, mut received: Received) -> Received {
        self.received.send_modify(|all| {
            received.number = all.len();
            all.push(received.clone());
        });
        received
    }

    /// Replaces the note of a request by a later one.
    pub(crate) fn update(&self, received: Received) {
        self.received.send_modify(|all| {
            if let Some(entry) = all.get_mut(received.number) {
                *entry = received;
            }
        });
    }

    pub(crate) fn received(&self) -> watch::Receiver<Vec<Received>> {
        self.received.subscribe()
    }
}

/// The effects of faults on one request.
#[derive(Debug, Default)]
pub(crate) struct Effects(pub(crate) Vec<Effect>);

impl Effects {
    /// What `pick` takes out of the effects.
    pub(crate) fn pick<T>(&self, pick: impl Fn(&Effect) -> Option<T>) -> Vec<T> {
        self.0.iter().filter_map(pick).collect()
    }
}
