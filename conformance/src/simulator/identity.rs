//! Who the simulated Maskinporten knows: clients, their keys, scopes, system users and delegations.

use std::fmt;

use jsonwebtoken::jwk::Jwk;

/// Scope of Trekkpålegg.
pub const SCOPE_TREKKPAALEGG: &str = "skatteetaten:trekkpaalegg";
/// Scope of finansprodukter.
pub const SCOPE_FINANSPRODUKTER: &str = "skatteetaten:innrapporteringfinansprodukter";
/// Scope of Dialogporten.
pub const SCOPE_DIALOGPORTEN: &str = "digdir:dialogporten";

/// A client as it is registered in Maskinporten. Public parts only.
#[derive(Debug, Clone)]
pub struct RegisteredClient {
    /// Its client id.
    pub client_id: String,
    /// The organisation that owns it: nine digits.
    pub organisation: String,
    /// Its registered public keys, each with a `kid`.
    pub keys: Vec<Jwk>,
    /// Its enterprise certificates, each with its chain as DER: itself first, the root last.
    pub chains: Vec<Vec<Vec<u8>>>,
    /// Whether its key is unknown and whichever it uses first is taken as its own, without proof:
    /// signatures by a key that is only named (`kid`) cannot be verified then.
    pub trust_first_key: bool,
    /// The scopes granted to it.
    pub scopes: Vec<String>,
    /// The system users that organisations have granted to its system.
    pub system_users: Vec<SystemUser>,
    /// Organisations that have delegated to its owner without a system user (`consumer_org`).
    pub delegations: Vec<String>,
}

impl RegisteredClient {
    /// A client with all three scopes and no key, system user or delegation yet.
    pub fn new(client_id: impl Into<String>, organisation: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            organisation: organisation.into(),
            keys: Vec::new(),
            chains: Vec::new(),
            trust_first_key: false,
            scopes: [SCOPE_TREKKPAALEGG, SCOPE_FINANSPRODUKTER, SCOPE_DIALOGPORTEN]
                .map(str::to_owned)
                .to_vec(),
            system_users: Vec::new(),
            delegations: Vec::new(),
        }
    }

    /// The system user that a request for this organisation and reference means. One requested
    /// without a reference is found without one, or by its organisation number.
    #[must_use]
    pub fn system_user(&self, organisation: &str, reference: Option<&str>) -> Option<&SystemUser> {
        self.system_users
            .iter()
            .filter(|user| user.organisation == organisation)
            .find(|user| match (&user.external_ref, reference) {
                (Some(known), Some(asked)) => known == asked,
                (None, None) => true,
                (None, Some(asked)) => asked == user.organisation,
                (Some(_), None) => false,
            })
    }
}

/// A system user: an organisation's permission for the client's system.
#[derive(Clone, PartialEq, Eq)]
pub struct SystemUser {
    /// The organisation: nine digits.
    pub organisation: String,
    /// The reference it was requested with, if any.
    pub external_ref: Option<String>,
    /// The reporters it may submit for; `None` is any.
    pub reporters: Option<Vec<String>>,
}

impl fmt::Debug for SystemUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemUser")
            .field("organisation", &self.organisation)
            .finish_non_exhaustive()
    }
}

impl SystemUser {
    /// A system user without reference, for any reporter.
    pub fn new(organisation: impl Into<String>) -> Self {
        Self {
            organisation: organisation.into(),
            external_ref: None,
            reporters: None,
        }
    }

    /// The same system user, requested with a reference.
    #[must_use]
    pub fn with_ref(mut self, reference: impl Into<String>) -> Self {
        self.external_ref = Some(reference.into());
        self
    }

    /// The same system user, limited to these reporters.
    #[must_use]
    pub fn for_reporters(mut self, reporters: impl IntoIterator<Item = String>) -> Self {
        self.reporters = Some(reporters.into_iter().collect());
        self
    }
}
