//! A session with a vendor's system: the simulator, the recording, and the script played on it.

use std::{collections::BTreeSet, fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::Jwk;
use tempfile::TempDir;
use url::Url;

use super::{
    Judgement, Subject, Vendor, VendorError,
    driver::{Assignment, Driver, DriverError},
    judge, material,
    recorder::{RUNAWAY, Recorder},
    steps::{Customers, PlannedAct, Step},
    tape::{Customer, Ended, Given, Tape},
};
use crate::{
    results::Verdict,
    simulator::{CLIENT_ID, Data, DataError, Directive, Endpoints, Received, Script, Simulator, StartError},
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

    /// Starts serving on the current tokio runtime.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn start(self) -> Result<Counterparty, SessionError> {
        let recorder = Arc::new(Recorder::new());
        let own_client = self.vendor.is_none();
        let vendor = self.vendor.unwrap_or_else(own_vendor);
        let parties = vendor.parties();
        let mut builder = Simulator::builder()
            .data(self.orders.unwrap_or_else(Data::empty))
            .script(Shared(Arc::clone(&recorder)));
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
        if let Some(address) = self.listen {
            builder = builder.listen(address);
        }
        if let Some(url) = self.public_url {
            builder = builder.public_url(url);
        }
        let simulator = builder.start().await?;
        let folder = tempfile::Builder::new()
            .prefix("skatt-counterparty-")
            .tempdir()
            .map_err(SessionError::Folder)?;
        Ok(Counterparty {
            simulator,
            recorder,
            vendor,
            parties,
            folder,
            timeout: self.timeout,
            started: Utc::now(),
        })
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
        .customer("310000019", None)
        .customer("310000019", Some("avdeling-2"))
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

/// A running counterparty. It stops when it is dropped.
pub struct Counterparty {
    pub(super) simulator: Simulator,
    recorder: Arc<Recorder>,
    pub(super) vendor: Vendor,
    parties: Vec<Customer>,
    folder: TempDir,
    timeout: Duration,
    pub(super) started: DateTime<Utc>,
}

impl fmt::Debug for Counterparty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counterparty")
            .field("address", &self.simulator.address())
            .finish_non_exhaustive()
    }
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a step is played or not")]
pub enum Played {
    /// It was played to its end.
    Yes,
    /// The vendor has not enough customers, or does not use its API.
    NotApplicable,
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
        }
    }

    /// Where the services are.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        self.simulator.endpoints()
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.simulator.address()
    }

    /// The client id of [`Self::start`]'s client.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        self.simulator.client_id()
    }

    /// The `kid` of [`Self::start`]'s client.
    #[must_use]
    pub fn kid(&self) -> &'static str {
        self.simulator.kid()
    }

    /// The private key of [`Self::start`]'s client, PKCS#8 PEM.
    #[must_use]
    pub fn private_key_pem(&self) -> &'static str {
        self.simulator.private_key_pem()
    }

    /// The public part of it.
    #[must_use]
    pub fn public_key(&self) -> Option<Jwk> {
        let client = self.simulator.registered(CLIENT_ID)?;
        client.keys.first().cloned()
    }

    /// The simulator behind it.
    #[must_use]
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// What has been recorded so far.
    #[must_use]
    pub fn tape(&self) -> Tape {
        self.recorder.tape()
    }

    /// Keeps what the system concluded in what it is doing now.
    pub fn conclude(&self, conclusion: super::Conclusion) {
        self.recorder.conclude(conclusion);
    }

    /// What is known of the system.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            issuer: self.endpoints().issuer.to_string(),
            client_id: self.vendor.client_id.clone(),
            system_users: self.parties.clone(),
            system_user: self.vendor.system_user,
            apis: self.vendor.apis.iter().copied().collect(),
            authority: false,
        }
    }

    /// Judges what has been recorded so far.
    #[must_use]
    pub fn judge(&self) -> Verdicts {
        Verdicts(judge(&self.tape(), &self.subject()))
    }

    /// Plays one step.
    ///
    /// # Errors
    /// [`SessionError`] when a task cannot be given.
    pub async fn play(&self, step: &Step, driver: &dyn Driver) -> Result<Played, SessionError> {
        let customers: Option<Vec<_>> = step.acts.iter().map(|act| self.customers(act.customers)).collect();
        let (Some(customers), true) = (customers, self.vendor.apis.contains(&step.api())) else {
            return Ok(Played::NotApplicable);
        };
        self.recorder.begin_scene(&step.id);
        let folder = self.folder.path().join(&step.id);
        std::fs::create_dir_all(&folder).map_err(SessionError::Folder)?;
        for (number, (act, customers)) in (1..).zip(step.acts.iter().zip(customers)) {
            let assignment = self.prepare(step, number, act, customers, &folder)?;
            self.act(act, assignment, driver).await?;
        }
        Ok(Played::Yes)
    }

    fn prepare(
        &self,
        step: &Step,
        number: usize,
        act: &PlannedAct,
        customers: Vec<Customer>,
        folder: &std::path::Path,
    ) -> Result<Assignment, SessionError> {
        let mut employers: Vec<String> = Vec::new();
        for customer in customers.iter().chain(&self.parties) {
            if !employers.contains(&customer.organisation) {
                employers.push(customer.organisation.clone());
            }
        }
        if let Some(orders) = act
            .orders
            .as_deref()
            .and_then(|name| material::orders(name, &employers))
        {
            self.simulator.set_orders(orders)?;
        }
        let reporter = employers.first().map_or("", String::as_str);
        let mut files = Vec::new();
        for name in &act.files {
            if let Some(bytes) = material::file(name, reporter, self.vendor.income_year) {
                let path = folder.join(format!("{name}.json"));
                std::fs::write(&path, bytes).map_err(SessionError::Folder)?;
                files.push(path);
            }
        }
        let result = folder.join(format!("result-{number}.json"));
        Ok(Assignment {
            step: step.id.clone(),
            act: number,
            task: act.task.clone(),
            instruction: step.instruction.clone(),
            given: Given {
                customers,
                page_size: act.page_size.clone(),
                pay_dates: act.pay_dates.clone(),
                order: act.order.clone(),
                production: act.production,
                oversize: act.files.iter().any(|name| name == "oversize"),
            },
            files,
            folder: folder.to_owned(),
            result,
            endpoints: self.endpoints().clone(),
        })
    }

    async fn act(&self, act: &PlannedAct, assignment: Assignment, driver: &dyn Driver) -> Result<(), SessionError> {
        let script = |error: super::StepsError| DriverError::Script(error.to_string());
        self.recorder
            .begin_act(&act.task, assignment.given.clone(), &act.faults)
            .map_err(script)?;
        let mut progress = self.recorder.watch();
        let work = driver.perform(assignment);
        let (ended, told) = tokio::select! {
            told = work => (Ended::Done, told?),
            // The sender lives in the recorder, so this ends only when the condition holds.
            _ = progress.wait_for(|progress| act.stop && progress.held || progress.requests > RUNAWAY) => {
                let runaway = self.recorder.watch().borrow().requests > RUNAWAY;
                (if runaway { Ended::Runaway } else { Ended::Killed }, None)
            }
            () = tokio::time::sleep(self.timeout) => (Ended::TimedOut, None),
        };
        self.recorder.end_act(ended, told);
        Ok(())
    }

    /// The customers that an act needs, where the vendor has them.
    fn customers(&self, which: Customers) -> Option<Vec<Customer>> {
        let all = &self.parties;
        let first = all.first()?.clone();
        Some(match which {
            Customers::One => vec![first],
            Customers::Two => {
                let second = all
                    .iter()
                    .find(|customer| customer.organisation != first.organisation)?;
                vec![first, second.clone()]
            }
            Customers::TwoSystemUsers => {
                let pairs = all.iter().enumerate().find_map(|(index, a)| {
                    let b = all[index + 1..].iter().find(|b| b.organisation == a.organisation)?;
                    Some(vec![a.clone(), b.clone()])
                });
                pairs?
            }
            Customers::WithReference => {
                vec![all.iter().find(|customer| customer.external_ref.is_some())?.clone()]
            }
        })
    }

    /// Stops serving.
    pub async fn stop(self) {
        self.simulator.stop().await;
    }

    /// Where the systems' data and the reports of the script are.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// What a recording says about every case.
#[derive(Debug, Clone)]
pub struct Verdicts(Vec<Judgement>);

impl Verdicts {
    /// Every case that can be judged, in ascending order of id.
    #[must_use]
    pub fn all(&self) -> &[Judgement] {
        &self.0
    }

    /// One case.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Judgement> {
        self.0.iter().find(|judgement| judgement.case_id == id)
    }

    /// The cases with this verdict.
    #[must_use]
    pub fn with(&self, verdict: Verdict) -> BTreeSet<&'static str> {
        self.0
            .iter()
            .filter(|judgement| judgement.verdict == verdict)
            .map(|judgement| judgement.case_id)
            .collect()
    }

    /// Asserts that a case passed, with or without a remark; says otherwise what was found and
    /// what to correct.
    ///
    /// # Panics
    /// When it did not, or no such case is judged: this is for tests.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion, for tests")]
    pub fn assert_passed(&self, id: &str) {
        match self.case(id) {
            Some(judgement) if judgement.verdict.is_pass() => {}
            Some(judgement) => panic!(
                "{id} is {}: {}\n  what to do: {}",
                judgement.verdict.label().en,
                judgement.reason.en,
                judgement.hint.en
            ),
            None => panic!("there is no case {id} that a recording can show"),
        }
    }

    /// Asserts that no case failed. Cases that were not run are no failure.
    ///
    /// # Panics
    /// When one did: this is for tests.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion, for tests")]
    pub fn assert_none_failed(&self) {
        let failed: Vec<String> = self
            .0
            .iter()
            .filter(|judgement| judgement.verdict.is_finding())
            .map(|judgement| {
                format!(
                    "\n  {}: {}\n    what to do: {}",
                    judgement.case_id, judgement.reason.en, judgement.hint.en
                )
            })
            .collect();
        if !failed.is_empty() {
            panic!("{} case(s) failed:{}", failed.len(), failed.concat());
        }
    }
}
