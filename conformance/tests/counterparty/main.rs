//! The counterparty against the reference clients: every case, and every mistake.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking, and its helpers with it")]

mod command;
mod java;
mod mistakes;
mod page;
mod support;
mod vendor;
