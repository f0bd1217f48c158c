//! Records what arrives, and does what the script says to it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    conclusion::Conclusion,
    steps::{PlannedFault, StepsError},
    tape::{Act, Ended, Given, Scene, Seen, Tape},
};
use crate::{
    recording::RawExchange,
    simulator::{Answer, Directive, Fault, Operation, Received, Script},
    tls::Handshakes,
};

/// How many requests of one task are far more than any task needs.
pub(super) const RUNAWAY: usize = 60;

/// The tape that is being recorded. Shared by the simulator and the session.
pub(super) struct Recorder {
    inner: Mutex<Inner>,
    /// What the session waits for.
    state: watch::Sender<Progress>,
}

/// How far the current act has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Exchanges on the whole tape.
    pub(super) exchanges: usize,
    /// Requests of this act.
    pub(super) requests: usize,
    /// Whether an answer of this act is held back.
    pub(super) held: bool,
    /// How often anything has changed.
    pub(super) changes: u64,
}

#[derive(Default)]
struct Inner {
    tape: Tape,
    /// Where each of the simulator's requests that are under way stands on the tape.
    open: HashMap<usize, Place>,
    next: usize,
    faults: Vec<ActiveFault>,
    /// What is asked of the system now, for the page.
    now: Option<Value>,
}

/// Where an exchange stands on the tape.
#[derive(Clone, Copy)]
struct Place {
    scene: usize,
    act: usize,
    index: usize,
    /// Its number on the tape.
    number: usize,
}

impl Inner {
    fn seen(&mut self, place: Place) -> Option<&mut Seen> {
        let act = self.tape.scenes.get_mut(place.scene)?.acts.get_mut(place.act)?;
        act.seen.get_mut(place.index)
    }
}

struct ActiveFault {
    planned: PlannedFault,
    fault: Option<Fault>,
    matched: u32,
}

impl ActiveFault {
    fn concerns(&self, operation: Operation) -> bool {
        match &self.fault {
            Some(fault) => fault.concerns(operation),
            None => operation == Operation::Innsending,
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder with one open act, for what comes before any step.
    pub(super) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                tape: Tape::unordered(Vec::<RawExchange>::new()),
                ..Inner::default()
            }),
            state: watch::Sender::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody who watches that something has changed.
    fn change(&self, what: impl FnOnce(&mut Progress)) {
        self.state.send_modify(|progress| {
            what(progress);
            progress.changes += 1;
        });
    }

    /// Something that the pages show has changed.
    pub(super) fn changed(&self) {
        self.change(|_| {});
    }

    /// Begins the acts of a step.
    pub(super) fn begin_scene(&self, step: &str) {
        self.lock().tape.scenes.push(Scene {
            step: Some(step.to_owned()),
            acts: Vec::new(),
        });
    }

    /// Begins an act; what arrives from now on belongs to it.
    pub(super) fn begin_act(&self, task: &str, given: Given, faults: &[PlannedFault]) -> Result<(), StepsError> {
        let faults: Result<Vec<_>, StepsError> = faults
            .iter()
            .map(|planned| {
                Ok(ActiveFault {
                    fault: planned.fault()?,
                    planned: planned.clone(),
                    matched: 0,
                })
            })
            .collect();
        let mut inner = self.lock();
        inner.faults = faults?;
        if let Some(scene) = inner.tape.scenes.last_mut() {
            scene.acts.push(Act {
                task: Some(task.to_owned()),
                given,
                ..Act::default()
            });
        }
        drop(inner);
        self.change(|progress| {
            progress.requests = 0;
            progress.held = false;
        });
        Ok(())
    }

    /// Ends the current act. What arrives later, from a system that goes on by itself, belongs to
    /// it still.
    pub(super) fn end_act(&self, ended: Ended, conclusion: Option<Conclusion>, handshakes: Option<Handshakes>) {
        let mut inner = self.lock();
        inner.faults.clear();
        if let Some(act) = inner.tape.scenes.last_mut().and_then(|scene| scene.acts.last_mut()) {
            act.ended = ended;
            act.handshakes = handshakes;
            if conclusion.is_some() {
                act.conclusion = conclusion;
            }
        }
        drop(inner);
        self.change(|_| {});
    }

    /// Keeps what the system concluded in the current act.
    pub(super) fn conclude(&self, conclusion: Conclusion) {
        if let Some(act) = self
            .lock()
            .tape
            .scenes
            .last_mut()
            .and_then(|scene| scene.acts.last_mut())
        {
            act.conclusion = Some(conclusion);
        }
        self.change(|_| {});
    }

    /// Says what is asked of the system now.
    pub(super) fn set_now(&self, now: Option<Value>) {
        self.lock().now = now;
        self.change(|_| {});
    }

    /// What is asked of the system now.
    pub(super) fn now(&self) -> Option<Value> {
        self.lock().now.clone()
    }

    /// Everything so far.
    pub(super) fn tape(&self) -> Tape {
        self.lock().tape.clone()
    }

    /// The exchanges from this number on: all of them, or those before the first that is under way.
    pub(super) fn after(&self, number: usize, all: bool) -> Vec<Seen> {
        let inner = self.lock();
        let end = inner.open.values().map(|place| place.number).min();
        let end = end.filter(|_| !all).unwrap_or(inner.next);
        let count = end.saturating_sub(number);
        inner.tape.seen().skip(number).take(count).cloned().collect()
    }

    /// Tells of every change.
    pub(super) fn watch(&self) -> watch::Receiver<Progress> {
        self.state.subscribe()
    }
}

impl Script for Recorder {
    fn arrived(&self, request: &Received, exchange: &RawExchange) {
        // Copied before the lock is taken, which everything that arrives waits for.
        let exchange = Arc::new(exchange.clone());
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        let scene = inner.tape.scenes.len().saturating_sub(1);
        let Some(acts) = inner.tape.scenes.last_mut().map(|scene| &mut scene.acts) else {
            return;
        };
        let act = acts.len().saturating_sub(1);
        let Some(seen) = acts.last_mut().map(|act| &mut act.seen) else {
            return;
        };
        let place = Place {
            scene,
            act,
            index: seen.len(),
            number,
        };
        seen.push(Seen {
            number,
            exchange,
            faults: Vec::new(),
        });
        inner.open.insert(request.number, place);
        drop(inner);
        self.change(|progress| {
            progress.exchanges += 1;
            progress.requests += 1;
        });
    }

    fn direct(&self, request: &Received) -> Directive {
        let Some(operation) = request
            .operation
            .filter(|operation| operation.method() == *request.method)
        else {
            return Directive::Normal;
        };
        let mut inner = self.lock();
        let mut acting = Vec::new();
        let mut names = Vec::new();
        let mut answer = None;
        for active in &mut inner.faults {
            if !active.concerns(operation) {
                continue;
            }
            active.matched += 1;
            let (from, times) = (active.planned.from, active.planned.times);
            if active.matched < from || times.is_some_and(|times| active.matched >= from.saturating_add(times)) {
                continue;
            }
            names.push(active.planned.name.clone());
            match &active.fault {
                Some(fault) => acting.push(fault.clone()),
                None => answer = Some(schema_violation()),
            }
        }
        let place = inner.open.get(&request.number).copied();
        if let Some(seen) = place.and_then(|place| inner.seen(place)) {
            seen.faults.clone_from(&names);
        }
        drop(inner);
        if names.iter().any(|name| name == "slow") {
            self.change(|progress| progress.held = true);
        }
        match (answer, acting.is_empty()) {
            (Some(answer), _) => Directive::Answer(answer),
            (None, true) => Directive::Normal,
            (None, false) => Directive::Faults(acting),
        }
    }

    fn exchanged(&self, request: &Received, exchange: &RawExchange) {
        let exchange = Arc::new(exchange.clone());
        let mut inner = self.lock();
        let Some(place) = inner.open.remove(&request.number) else {
            return;
        };
        if let Some(seen) = inner.seen(place) {
            seen.exchange = exchange;
        }
        drop(inner);
        self.change(|_| {});
    }
}

/// A refusal that points at one field of the report.
fn schema_violation() -> Answer {
    let id = uuid::Uuid::new_v4().to_string();
    Answer::json(
        http::StatusCode::BAD_REQUEST,
        &json!({
            "kode": "GLD_010",
            "melding": "Innholdet er ikke gyldig.",
            "korrelasjonsid": id,
            "spesifisering": [{
                "kode": "GLD_010",
                "melding": "Verdien er ikke et gyldig beløp",
                "sti": "/leveranse/oppgave/0/konto/finansprodukt/0/formuesverdi/beloepINOK",
                "angittVerdi": "7700.50",
            }],
        }),
    )
}
