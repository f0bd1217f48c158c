//! What a run is directed at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use skatteetaten_client::{
    Access, Api, Client, Environment, Settings,
    identifiers::{Organisation, classify},
    maskinporten,
};

use super::{
    Stop,
    hosts::{HostGuard, is_loopback},
    preset::Preset,
};
use crate::{
    config::{Config, ConfigError},
    recording::Recorder,
    results::{ApiName, Grade, TargetKind, Text},
    simulator::Simulator,
    synthetic::Declared,
};

/// Where clients come from.
#[derive(Clone)]
enum Source {
    Registration(maskinporten::Config),
    Configured(Arc<Config>),
    /// Nothing is called: somebody else's requests are looked at.
    Nobody,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(…)")
    }
}

/// The hosts, the client's registration and the access that a run uses.
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) kind: TargetKind,
    pub(crate) environment: Environment,
    source: Source,
    pub(crate) access: Access,
    pub(crate) settings: Settings,
    pub(crate) preset: Preset,
    pub(crate) hosts: HostGuard,
    pub(crate) declared: Declared,
    pub(crate) income_year: i32,
    pub(crate) reporter: Option<String>,
    delegation: Option<String>,
    pub(crate) apis: BTreeSet<ApiName>,
}

impl Target {
    /// A target. Its hosts are checked when a run starts: see [`HostGuard`].
    #[must_use]
    pub fn new(environment: Environment, maskinporten: maskinporten::Config, access: Access) -> Self {
        Self::from_source(environment, Source::Registration(maskinporten), access)
    }

    /// The hosts of a configuration, which another system calls and this tool only looks at.
    #[must_use]
    pub(crate) fn observed(config: &Config) -> Self {
        let access = config.accesses().first().cloned().unwrap_or(Access::OwnOrganisation);
        Self::described(config, Source::Nobody, access)
    }

    fn from_source(environment: Environment, source: Source, access: Access) -> Self {
        let preset = Preset::of(&access);
        Self {
            kind: TargetKind::Custom,
            environment,
            source,
            access,
            settings: Settings::default(),
            preset,
            hosts: HostGuard::default(),
            declared: Declared::default(),
            income_year: 2024,
            reporter: None,
            delegation: None,
            apis: BTreeSet::from([ApiName::Trekkpaalegg, ApiName::Finansprodukter]),
        }
    }

    /// What a configuration describes, acting for its first organisation.
    ///
    /// # Errors
    /// [`ConfigError`] when client id or key are missing or cannot be used.
    pub fn configured(config: Config) -> Result<Self, ConfigError> {
        // Finds out now whether the key can be read, instead of in every case.
        config.client(None)?;
        let access = config.accesses().first().cloned().unwrap_or(Access::OwnOrganisation);
        let config = Arc::new(config);
        let mut target = Self::described(&config, Source::Configured(Arc::clone(&config)), access);
        if !target.is_authority() && target.addresses().values().all(is_loopback) {
            // The simulator's published orders are for a number without a right check digit, which
            // no submission may carry.
            target.reporter = target
                .access
                .organisation()
                .filter(|number| classify::<Organisation>(number).is_none_or(|class| class.is_impossible()))
                .map(|_| crate::simulator::VENDOR.to_owned());
        }
        Ok(target)
    }

    /// What a configuration says of hosts, access model and test data.
    fn described(config: &Config, source: Source, access: Access) -> Self {
        let mut hosts = HostGuard::default();
        for exception in config.hosts().exceptions() {
            hosts = hosts.allow(&exception.host, &exception.reason);
        }
        let preset = Preset::ALL
            .into_iter()
            .find(|preset| preset.name() == config.model().name())
            .unwrap_or_else(|| Preset::of(&access));
        let mut target = Self::from_source(config.environment().clone(), source, access)
            .preset(preset)
            .hosts(hosts)
            .declared(config.synthetic().clone());
        if target.is_authority() {
            target.kind = TargetKind::Test;
        }
        target
    }

    /// A simulator, with a system user of its first organisation.
    ///
    /// # Errors
    /// When the simulator has no organisation or its addresses cannot be used.
    pub fn simulator(simulator: &Simulator, preset: Preset) -> Result<Self, skatteetaten_client::Error> {
        let endpoints = simulator.endpoints();
        let organisation = simulator.organisations().first().cloned().unwrap_or_default();
        let environment = Environment::custom("simulator")
            .with_base_url(Api::Trekkpaalegg, endpoints.trekkpaalegg.as_str())?
            .with_base_url(Api::Finansprodukter, endpoints.finansprodukter.as_str())?
            .with_base_url(Api::Dialogporten, endpoints.dialogporten.as_str())?
            .with_issuer(endpoints.issuer.as_str())?;
        let key = maskinporten::SigningKey::from_pem(
            simulator.private_key_pem(),
            maskinporten::KeyId::Kid(simulator.kid().to_owned()),
        )?;
        let access = match preset {
            Preset::OwnOrganisation => Access::OwnOrganisation,
            Preset::Delegation => Access::ConsumerOrg(organisation),
            Preset::All | Preset::SystemUser | Preset::ClientSystemUser => Access::system_user(organisation),
        };
        let mut target = Self::new(
            environment,
            maskinporten::Config::new(simulator.client_id(), key),
            access,
        );
        target.kind = TargetKind::Simulator;
        target.preset = preset;
        // The published orders are for an organisation number that nobody can have; submissions
        // need one with a right check digit.
        target.reporter = Some(crate::simulator::VENDOR.to_owned());
        Ok(target)
    }

    /// Which kind of environment it claims to be.
    #[must_use]
    pub fn kind(mut self, kind: TargetKind) -> Self {
        self.kind = kind;
        self
    }

    /// Limits and habits of the client.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The access model that is tried.
    #[must_use]
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }

    /// The hosts that may be called.
    #[must_use]
    pub fn hosts(mut self, hosts: HostGuard) -> Self {
        self.hosts = hosts;
        self
    }

    /// The vendor's own test data.
    #[must_use]
    pub fn declared(mut self, declared: Declared) -> Self {
        self.declared = declared;
        self
    }

    /// The income year that submissions are for. Default 2024.
    #[must_use]
    pub fn income_year(mut self, year: i32) -> Self {
        self.income_year = year;
        self
    }

    /// The reporter of submissions, where it is not the organisation that the system user acts for.
    #[must_use]
    pub fn reporter_number(mut self, organisation: impl Into<String>) -> Self {
        self.reporter = Some(organisation.into());
        self
    }

    /// The organisation that has delegated its access to the client's owner, where a run tries
    /// delegation beside the other models.
    #[must_use]
    pub fn delegation(mut self, organisation: impl Into<String>) -> Self {
        self.delegation = Some(organisation.into());
        self
    }

    /// The organisation whose delegated access can be tried.
    pub(crate) fn delegating(&self) -> Option<String> {
        match &self.access {
            Access::ConsumerOrg(organisation) => Some(organisation.clone()),
            _ => self.delegation.clone(),
        }
    }

    /// Whether an API takes part in the run. Finansprodukter needs a system user.
    #[must_use]
    pub fn tests(&self, api: ApiName) -> bool {
        self.apis.contains(&api) && (api == ApiName::Trekkpaalegg || self.preset.has_system_user())
    }

    /// Whether the access is of the kind that a preset tries.
    #[must_use]
    pub fn access_fits(&self, preset: Preset) -> bool {
        let own = Preset::of(&self.access);
        own == preset || (own == Preset::SystemUser && preset == Preset::ClientSystemUser)
    }

    pub(crate) fn organisation(&self) -> Result<String, Stop> {
        self.access.organisation().map(str::to_owned).ok_or_else(|| {
            Stop::NotRun(Text::new(
                "Tilgangen har ingen kundeorganisasjon.",
                "The access has no customer's organisation.",
            ))
        })
    }

    pub(crate) fn reporter(&self) -> Result<String, Stop> {
        match &self.reporter {
            Some(reporter) => Ok(reporter.clone()),
            None => self.organisation(),
        }
    }

    /// Every address that a run calls, by what it is used for.
    #[must_use]
    pub fn addresses(&self) -> BTreeMap<String, url::Url> {
        let mut addresses = BTreeMap::new();
        for api in Api::ALL {
            if let Ok(url) = self.environment.base_url(api) {
                addresses.insert(api.name().to_owned(), url.clone());
            }
        }
        if let Ok(issuer) = self.environment.issuer()
            && let Ok(url) = url::Url::parse(issuer)
        {
            addresses.insert("maskinporten".to_owned(), url);
        }
        if let Some(url) = self.environment.token_endpoint() {
            addresses.insert("token".to_owned(), url.clone());
        }
        addresses
    }

    /// Whether every API is the authority's own: only then is a result more than a self-check, and
    /// only then is a doubtful rule the first suspect when something differs.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        let addresses = self.addresses();
        !addresses.is_empty() && addresses.values().all(HostGuard::is_authority)
    }

    /// The grade of what this tool's client does here.
    #[must_use]
    pub fn grade(&self) -> Grade {
        if self.is_authority() { Grade::C } else { Grade::E }
    }

    /// One sentence for the reader of a pack.
    #[must_use]
    pub fn describe(&self) -> Text {
        if self.is_authority() {
            Text::new(
                "Skatteetatens testmiljø, kalt av testverktøyets klient",
                "the Tax Administration's test environment, called by the test tool's client",
            )
        } else if self.kind == TargetKind::Simulator {
            Text::new(
                "Verktøyets egen simulator: en selvtest, ikke bevis på testing mot Skatteetaten",
                "the tool's own simulator: a self-check, no evidence of testing against the Tax Administration",
            )
        } else {
            Text::new(
                "Andre verter enn Skatteetatens: en selvtest, ikke bevis på testing mot Skatteetaten",
                "hosts other than the Tax Administration's: a self-check, no evidence of testing against it",
            )
        }
    }

    pub(crate) fn client(&self, recorder: &Recorder, access: Option<Access>) -> Result<Client, Stop> {
        let access = access.unwrap_or_else(|| self.access.clone());
        let observer = Arc::new(recorder.clone());
        match &self.source {
            Source::Registration(maskinporten) => Client::builder(self.environment.clone())
                .maskinporten(maskinporten.clone())
                .access(access)
                .settings(self.settings.clone())
                .observer(observer)
                .build()
                .map_err(|error| Stop::blocked(&error)),
            Source::Configured(config) => config
                .client_with(self.settings.clone(), Some(observer))
                .map(|client| client.with_access(access))
                .map_err(|error| Stop::Blocked(Text::same(error.to_string()))),
            Source::Nobody => Err(Stop::NotRun(Text::new(
                "Verktøyet kaller ikke selv i denne kjøringen.",
                "The tool itself calls nothing in this run.",
            ))),
        }
    }
}
