//! What a case works with.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use skatteetaten_client::{Access, Client, Error};

use super::{Stop, Target, verdict};
use crate::{
    recording::{RawExchange, Recorder},
    redaction::Redactor,
    results::{Check, Provenance, Text, Verdict},
    synthetic::Guard,
};

/// One exchange of a finished case: as it was, and as it was written.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Unredacted, in memory only.
    pub raw: RawExchange,
    /// What stands in the pack.
    pub written: serde_json::Value,
}

/// What the cases before have recorded, by case id.
pub type Record = BTreeMap<String, Vec<Recorded>>;

/// What all cases of a run share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) target: Arc<Target>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) redactor: Arc<Redactor>,
}

/// Everything that a case may use: the target, a client that is recorded, and where its checks go.
/// Cheap to clone.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    case_id: String,
    shared: Shared,
    recorder: Recorder,
    recorded: Arc<Record>,
    checks: Mutex<Vec<Check>>,
    outcome: Mutex<Option<Text>>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("case_id", &self.inner.case_id)
            .finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) fn new(case_id: &str, shared: Shared, recorded: Arc<Record>) -> Self {
        Self {
            inner: Arc::new(Inner {
                case_id: case_id.to_owned(),
                shared,
                recorder: Recorder::default(),
                recorded,
                checks: Mutex::default(),
                outcome: Mutex::default(),
            }),
        }
    }

    /// The case's id.
    #[must_use]
    pub fn case_id(&self) -> &str {
        &self.inner.case_id
    }

    /// What the run is directed at.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.inner.shared.target
    }

    /// The guard that every body passes before it is sent.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.inner.shared.guard
    }

    /// What this case has recorded so far.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.inner.recorder
    }

    /// What the cases before have recorded: for cases with role P.
    #[must_use]
    pub fn recorded(&self) -> &Record {
        &self.inner.recorded
    }

    /// The run's redactor.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.inner.shared.redactor
    }

    /// A client for the target's access; everything it does is recorded.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when it cannot be set up.
    pub fn client(&self) -> Result<Client, Stop> {
        self.inner.shared.target.client(&self.inner.recorder, None)
    }

    /// The same for another access.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub fn client_for(&self, access: Access) -> Result<Client, Stop> {
        self.inner.shared.target.client(&self.inner.recorder, Some(access))
    }

    /// Stops the case before a body is sent that could name somebody real.
    ///
    /// # Errors
    /// [`Stop::Blocked`] with the places, never the values.
    pub fn release(&self, body: &[u8]) -> Result<(), Stop> {
        self.inner
            .shared
            .guard
            .outgoing(body, Some(self.case_id()))
            .map_err(|error| Stop::Blocked(Text::new(format!("Stanset før sending: {error}"), error.to_string())))
    }

    /// Records a check. One that does not hold fails the case, unless the target is the authority's
    /// own and the rule is not published: then a person has to look.
    pub fn check(&self, name: Text, provenance: Provenance, expected: Text, found: Text, holds: bool) {
        let verdict = if holds {
            Verdict::Passed
        } else {
            verdict::of_broken_rule(provenance, self.inner.shared.target.is_authority())
        };
        self.push(name, provenance, expected, found, verdict);
    }

    /// Records something the reader should know that fails nothing.
    pub fn remark(&self, name: Text, provenance: Provenance, expected: Text, found: Text) {
        self.push(name, provenance, expected, found, Verdict::Remark);
    }

    /// Records something a person has to look at.
    pub fn needs_review(&self, name: Text, provenance: Provenance, expected: Text, found: Text) {
        self.push(name, provenance, expected, found, Verdict::NeedsReview);
    }

    fn push(&self, name: Text, provenance: Provenance, expected: Text, found: Text, verdict: Verdict) {
        self.inner
            .checks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Check {
                name,
                verdict,
                provenance,
                expected,
                found,
            });
    }

    /// A call that should succeed. When the API refuses or breaks its contract, a check fails; when
    /// there is no token or no connection, the case is blocked.
    ///
    /// # Errors
    /// [`Stop`] when there is no value to go on with.
    pub fn succeeds<T>(&self, name: Text, provenance: Provenance, result: Result<T, Error>) -> Result<T, Stop> {
        match result {
            Ok(value) => Ok(value),
            Err(error @ (Error::Api(_) | Error::Contract(_) | Error::Misuse(_))) => {
                self.check(
                    name,
                    provenance,
                    Text::new("et vellykket svar", "a successful answer"),
                    Text::same(error.to_string()),
                    false,
                );
                Err(Stop::Done)
            }
            Err(error) => Err(Stop::blocked(&error)),
        }
    }

    /// What came out beside the verdict, in a sentence without personal data.
    pub fn outcome(&self, text: Text) {
        *self.inner.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    pub(crate) fn take(&self) -> (Vec<Check>, Option<Text>) {
        let checks = std::mem::take(&mut *self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner));
        let outcome = self.inner.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        (checks, outcome)
    }
}
