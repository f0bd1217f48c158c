//! The client from outside: one test binary, so that it links once.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has failed"
)]

mod core;
mod finans;
mod trekk_examples;
mod trekk_faults;
mod trekk_pay_dates;
mod trekk_support;
