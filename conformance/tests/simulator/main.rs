//! The simulator from outside, over real connections, with a client that shares no code with the
//! project's own.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its helpers with it")]

mod support;

mod client;
mod command;
mod dialog;
mod faults;
mod finansprodukter;
mod finansprodukter_command;
mod maskinporten;
mod matrix;
mod trekkpaalegg;
