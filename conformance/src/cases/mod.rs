//! The cases that this tool carries out itself: those it drives (role D), and those that check what
//! was recorded (role P).
//!
//! Each case is one small function that works on a [`Context`] and records checks. What a case
//! means, its steps and its verdict rule stand in the catalogue; a test compares the two lists. A
//! vendor adds its own with [`Suite::add_case`](crate::run::Suite::add_case).

mod access;
mod data;
mod documents;
mod errors;
mod guards;
mod orders;
mod passive;
mod refusals;
mod submissions;
#[cfg(test)]
mod tests;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use crate::run::{Context, Stop};

pub use data::submission as example_submission;

/// What a case does; it ends when its future does.
pub type CaseFuture = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send>>;

/// When a case runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a case either calls the target or looks at what was recorded"
)]
pub enum Phase {
    /// It calls the target. Such cases run side by side.
    Drive,
    /// It looks at what all others have recorded, so it runs after them.
    Inspect,
}

/// How a case is carried out.
#[derive(Clone)]
pub struct Script {
    phase: Phase,
    run: Arc<dyn Fn(Context) -> CaseFuture + Send + Sync>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl Script {
    /// A script out of an async function.
    pub fn new<F>(phase: Phase, run: impl Fn(Context) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Stop>> + Send + 'static,
    {
        Self {
            phase,
            run: Arc::new(move |context| Box::pin(run(context))),
        }
    }

    /// When it runs.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Carries it out.
    pub fn run(&self, context: Context) -> CaseFuture {
        (self.run)(context)
    }
}

/// Every script of the built-in catalogue, by case id.
#[must_use]
pub fn builtin() -> Vec<(&'static str, Script)> {
    let drive = |id, script: fn(Context) -> CaseFuture| (id, Script::new(Phase::Drive, script));
    let inspect = |id, script: fn(Context) -> CaseFuture| (id, Script::new(Phase::Inspect, script));
    vec![
        drive("AUTH-06", |c| Box::pin(access::system_user(c))),
        drive("AUTH-10", |c| Box::pin(refusals::without_token(c))),
        drive("AUTH-11", |c| Box::pin(refusals::wrong_scope(c))),
        drive("AUTH-13", |c| Box::pin(access::own_organisation(c))),
        drive("AUTH-14", |c| Box::pin(access::unknown_reference(c))),
        drive("AUTH-15", |c| Box::pin(access::delegation(c))),
        drive("TP-01", |c| Box::pin(orders::first_contact(c))),
        drive("TP-02", |c| Box::pin(orders::full_fetch(c))),
        drive("TP-11", |c| Box::pin(orders::version_lookup(c))),
        drive("TP-12", |c| Box::pin(orders::unknown_version(c))),
        drive("TP-13", |c| Box::pin(refusals::malformed_parameters(c))),
        drive("TP-14", |c| Box::pin(refusals::unsupported_media_type(c))),
        drive("FP-01", |c| Box::pin(submissions::accepted(c))),
        drive("FP-03", |c| Box::pin(submissions::replayed(c))),
        drive("FP-04", |c| Box::pin(errors::key_with_other_body(c))),
        drive("FP-05", |c| Box::pin(errors::missing_key(c))),
        drive("FP-06", |c| Box::pin(errors::other_year(c))),
        drive("FP-07", |c| Box::pin(errors::closed_year(c))),
        drive("FP-08", |c| Box::pin(errors::broken_schema(c))),
        drive("FP-09", |c| Box::pin(errors::broken_json(c))),
        drive("FP-10", |c| Box::pin(errors::media_types(c))),
        drive("FP-11", |c| Box::pin(submissions::too_large(c))),
        drive("FP-15", |c| Box::pin(documents::feedback(c))),
        drive("FP-16", |c| Box::pin(documents::unknown(c))),
        drive("FP-17", |c| Box::pin(errors::wrong_method(c))),
        drive("FP-20", |c| Box::pin(submissions::deletion(c))),
        drive("FP-21", |c| Box::pin(submissions::nothing_to_report(c))),
        drive("SEC-03", |c| Box::pin(guards::environment(c))),
        drive("SEC-07", |c| Box::pin(refusals::correlation(c))),
        inspect("FP-12", |c| Box::pin(passive::counts(c))),
        inspect("FP-13", |c| Box::pin(passive::totals(c))),
        inspect("SEC-01", |c| Box::pin(guards::outgoing(c))),
        inspect("SEC-02", |c| Box::pin(guards::incoming(c))),
        inspect("SEC-04", |c| Box::pin(guards::secrets(c))),
        inspect("SEC-05", |c| Box::pin(guards::inert(c))),
        inspect("TP-20", |c| Box::pin(passive::payment_details(c))),
    ]
}
