//! The suite from outside: catalogue, cases, runs, and that every case can fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod canaries;
mod catalogue;
mod command;
mod faults;
mod interrupted;
mod presets;
mod runs;
mod vendor;
