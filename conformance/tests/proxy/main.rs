//! The recording proxy, with simulators and plain servers as the other side.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its helpers with it")]

mod bytes;
mod endings;
mod many;
mod secured;
mod session;
mod simulated;
mod standalone;
mod support;
