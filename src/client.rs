//! The client: one set of connections and tokens, any number of organisations.

use std::fmt;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::error::{
    ConfigurationError, Error, TimeoutKind, TokenError, TokenErrorKind, TransportError, TransportErrorKind,
};
use crate::http_client::HttpClients;
use crate::maskinporten::{self, TokenInfo, Tokens};
use crate::observer::Observer;
use crate::transport::Transport;
use crate::{Access, Api, Environment, Settings};

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) environment: Environment,
    pub(crate) settings: Settings,
    pub(crate) http: HttpClients,
    pub(crate) tokens: Tokens,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Calls the APIs on behalf of one organisation.
///
/// Cheap to clone. [`with_access`](Self::with_access) gives a client for another organisation that
/// shares connections and the token cache; tokens are kept apart by organisation.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    access: Access,
}

impl Client {
    /// Starts building a client for an environment.
    pub fn builder(environment: Environment) -> Builder {
        Builder {
            environment,
            maskinporten: None,
            access: Access::OwnOrganisation,
            settings: Settings::default(),
            observer: None,
            clock: None,
        }
    }

    /// A client on behalf of another organisation, with the same connections and token cache.
    #[must_use]
    pub fn with_access(&self, access: Access) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            access,
        }
    }

    /// On whose behalf this client calls.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Where this client calls.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// Fetches a token for an API, or takes the one that is kept, and says what is in it. The
    /// token itself is not given out.
    ///
    /// # Errors
    /// [`Error::Token`] or [`Error::Configuration`].
    pub async fn token(&self, api: Api) -> Result<TokenInfo, Error> {
        let limit = self.shared.settings.call_timeout;
        let info = self.shared.tokens.info(&self.shared, api, &self.access);
        tokio::time::timeout(limit, info).await.unwrap_or_else(|_| {
            let kind = TransportErrorKind::Timeout(TimeoutKind::Call);
            let error = TransportError::new(kind, "Maskinporten").with_limit(limit);
            Err(TokenError::new(TokenErrorKind::Unreachable(error)).into())
        })
    }

    /// What sends calls of the generated bindings: for operations that have no method of their
    /// own here.
    #[must_use]
    pub fn transport(&self) -> Transport {
        Transport::new(Arc::clone(&self.shared), self.access.clone())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("environment", &self.shared.environment.name())
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Client`].
#[must_use]
pub struct Builder {
    environment: Environment,
    maskinporten: Option<maskinporten::Config>,
    access: Access,
    settings: Settings,
    observer: Option<Arc<dyn Observer>>,
    clock: Option<Arc<dyn Clock>>,
}

impl Builder {
    /// The client's registration with Maskinporten. Required.
    pub fn maskinporten(mut self, config: maskinporten::Config) -> Self {
        self.maskinporten = Some(config);
        self
    }

    /// On whose behalf to call. Default: the organisation that owns the Maskinporten client.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Limits and habits.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sees every exchange, unredacted.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Another source of time, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] when something is missing or cannot work.
    pub fn build(self) -> Result<Client, Error> {
        let maskinporten = self.maskinporten.ok_or_else(|| {
            ConfigurationError::new(
                "no Maskinporten client is set",
                "give its client id and key with Builder::maskinporten",
            )
        })?;
        self.settings.validate()?;
        self.access.validate()?;
        self.environment.issuer()?;
        let http = HttpClients::new(&self.environment, &self.settings)?;
        Ok(Client {
            shared: Arc::new(Shared {
                tokens: Tokens::new(maskinporten, self.settings.token_capacity),
                environment: self.environment,
                settings: self.settings,
                http,
                observer: self.observer,
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
            }),
            access: self.access,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("environment", &self.environment.name())
            .field("access", &self.access)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
