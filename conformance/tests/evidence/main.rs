//! Evidence packs from outside: what is written, what `verify` finds, what a person sees.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like tests; clippy only knows functions marked as tests"
)]

mod cli;
mod compare;
mod crash;
mod fixture;
mod keys;
mod openssl;
mod pack;
#[cfg(feature = "pdf")]
mod pdf;
mod report;
mod verify;
