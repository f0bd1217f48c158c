//! A session with a vendor's system: the simulator, the recording, and the script played on it.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use jsonwebtoken::jwk::Jwk;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

use super::{
    Line, Subject, Vendor, Verdicts,
    attended::{Attended, Entered},
    builder::SessionError,
    driver::{Assignment, Driver, DriverError, Employees},
    judge, material, page,
    recorder::{Progress, RUNAWAY, Recorder},
    steps::{Customers, PlannedAct, Step},
    tape::{Customer, Ended, Given, Tape},
};
use crate::{
    results::Text,
    simulator::{CLIENT_ID, Endpoints, Simulator},
    tls::{Acceptor, Certificate, Handshakes},
};

/// How long a handshake may take to end after the system is through, at the most.
const SETTLE: Duration = Duration::from_secs(30);

fn script_error(error: super::StepsError) -> DriverError {
    DriverError::Script(error.to_string())
}

/// The persons in the orders, without those in these.
fn employed(orders: &[serde_json::Value], strangers: &[String]) -> Employees {
    let text = |order: &serde_json::Value, name: &str| order[name].as_str().unwrap_or_default().to_owned();
    let staff = orders
        .iter()
        .filter(|order| !strangers.contains(&text(order, "trekkid")));
    Employees(staff.map(|order| text(order, "skyldner")).collect())
}

/// A running counterparty. It stops when it is dropped.
pub struct Counterparty {
    pub(super) simulator: Simulator,
    pub(super) recorder: Arc<Recorder>,
    pub(super) vendor: Vendor,
    pub(super) parties: Vec<Customer>,
    pub(super) folder: TempDir,
    pub(super) shared: Arc<page::Shared>,
    pub(super) tls: Option<Acceptor>,
    pub(super) timeout: Duration,
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

    /// The exchanges that are through, from this number on.
    #[must_use]
    pub fn lines(&self, from: usize) -> Vec<Line> {
        let seen = self.recorder.after(from, false);
        seen.iter().map(Line::of).collect()
    }

    /// Changes with everything that is recorded.
    pub(crate) fn changes(&self) -> watch::Receiver<Progress> {
        self.recorder.watch()
    }

    /// Waits until somebody says on the page, or by a `POST` to `/counterparty/done`, that the task
    /// is done.
    pub async fn said_done(&self) {
        self.recorder.set_now(Some(page::recording()));
        self.shared.done.notified().await;
        self.recorder.set_now(None);
    }

    /// A driver for a person: a task ends when `entered` resolves, or when somebody says so on the
    /// page. What the system concluded may be posted to `/counterparty/result` before.
    pub fn attended(&self, entered: impl Fn() -> Entered + Send + Sync + 'static) -> Box<dyn Driver> {
        Box::new(Attended {
            shared: Arc::clone(&self.shared),
            entered: Box::new(entered),
        })
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
            registered: !self.vendor.trust_on_first_use,
            system_users: self.parties.clone(),
            system_user: self.vendor.system_user,
            apis: self.vendor.apis.iter().copied().collect(),
            authority: false,
        }
    }

    /// Judges what has been recorded so far.
    #[must_use]
    pub fn judge(&self) -> Verdicts {
        Verdicts::new(judge(&self.tape(), &self.subject()))
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
        if self.tls.is_none() && step.acts.iter().any(|act| act.certificate.is_some()) {
            return Ok(Played::NotApplicable);
        }
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
        let mut employees = None;
        if let Some(orders) = act
            .orders
            .as_deref()
            .and_then(|name| material::orders(name, &employers))
        {
            employees = (!act.strangers.is_empty()).then(|| employed(&orders, &act.strangers));
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
            say: act.say.as_ref().map(|(nb, en)| Text::new(nb, en)),
            system_user: self.vendor.system_user,
            given: Given {
                customers,
                page_size: act.page_size.clone(),
                pay_dates: act.pay_dates.clone(),
                order: act.order.clone(),
                strangers: act.strangers.clone(),
                certificate: act.certificate().map_err(script_error)?,
                production: act.production,
                oversize: act.files.iter().any(|name| name == "oversize"),
            },
            employees,
            files,
            folder: folder.to_owned(),
            result,
            endpoints: self.endpoints().clone(),
        })
    }

    async fn act(&self, act: &PlannedAct, assignment: Assignment, driver: &dyn Driver) -> Result<(), SessionError> {
        let shown = assignment.given.certificate;
        let tls = self.tls.as_ref().zip(shown);
        let before = tls
            .map(|(acceptor, which)| acceptor.handshakes(which))
            .unwrap_or_default();
        if let Some((acceptor, which)) = tls {
            acceptor.show(which);
        }
        self.recorder
            .begin_act(&act.task, assignment.given.clone(), &act.faults)
            .map_err(script_error)?;
        if driver.is_attended() {
            // Said twice about the task before: it is not about this one.
            let _ = self.shared.done.notified().now_or_never();
        }
        self.recorder.set_now(Some(json!({
            "step": assignment.step,
            "act": assignment.act,
            "task": assignment.task,
            "instruction": assignment.instruction,
            "say": assignment.say,
            "details": assignment.details(),
            "attended": driver.is_attended(),
            "deadline": page::deadline(self.timeout),
        })));
        let mut progress = self.recorder.watch();
        let work = driver.perform(assignment);
        let stopped = async {
            let far = |progress: &Progress| act.stop && progress.held || progress.requests > RUNAWAY;
            // The sender lives in the recorder, so this ends only when the condition holds. What it
            // gives locks the recording: it must not outlive this block, or a request that ends at
            // the same time would wait for it, and everything for that request.
            progress.wait_for(far).await.is_ok_and(|now| now.requests > RUNAWAY)
        };
        let (ended, told) = tokio::select! {
            told = work => (Ended::Done, told),
            runaway = stopped => (if runaway { Ended::Runaway } else { Ended::Killed }, Ok(None)),
            () = tokio::time::sleep(self.timeout) => (Ended::TimedOut, Ok(None)),
        };
        let mut handshakes = None;
        if let Some((acceptor, which)) = tls {
            // The system may be through before the server knows how the handshake ended. Nothing
            // comes when the system never connected.
            let _ = tokio::time::timeout(
                SETTLE,
                acceptor.wait_until(which, |now| {
                    now.completed + now.broken_off > before.completed + before.broken_off
                }),
            )
            .await;
            acceptor.show(Certificate::Right);
            let after = acceptor.handshakes(which);
            handshakes = Some(Handshakes {
                completed: after.completed - before.completed,
                broken_off: after.broken_off - before.broken_off,
            });
        }
        self.recorder.end_act(ended, told?, handshakes);
        self.recorder.set_now(None);
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

    /// Says on the live page that the session is over and where its evidence is; ends when every
    /// page that listens has been told.
    pub async fn over(&self, evidence: &std::path::Path) {
        self.recorder.set_now(None);
        self.shared.end(evidence.display().to_string()).await;
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
