//! How a call of a generated binding becomes requests.
//!
//! progenitor's bindings let a hook run the request, but a hook can fail only with a text, and the
//! bindings' own errors print bodies. So each call carries a [`Call`] as the bindings' inner value:
//! the hook does everything (token, headers, attempts, limits, observing), writes down there what
//! happened, typed, and [`Transport::send`] looks there first. What the bindings make of the
//! answer is only used for the decoded value.

mod call;
mod declared;
mod exchange;
mod fault;
mod hook;
mod retry;
mod run;
mod send;

pub use call::{Answer, Call, CallOptions, Retry, Transport};

pub(crate) use exchange::{Incoming, Purpose, exchange};
pub(crate) use retry::{Schedule, date, retry_after};
