//! The recording proxy, with simulators and plain servers as the other side.

mod bytes;
mod endings;
mod many;
mod secured;
mod session;
mod simulated;
mod support;
