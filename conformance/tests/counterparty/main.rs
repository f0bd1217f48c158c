//! The counterparty against the reference client: every case, and every mistake.

mod command;
mod mistakes;
mod page;
mod support;
mod vendor;
