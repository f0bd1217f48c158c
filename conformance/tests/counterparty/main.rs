//! The counterparty against the reference clients: every case, and every mistake.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reports by panicking, and its helpers with it"
)]

mod browser;
mod command;
mod crowd;
mod crowded;
mod devtools;
mod gate;
mod guide;
mod java;
mod many;
mod mistakes;
mod page;
mod support;
mod vendor;
