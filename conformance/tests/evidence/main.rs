//! Evidence packs from outside: what is written, what `verify` finds, what a person sees.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail like tests; clippy only knows functions marked as tests"
)]

mod fixture;
mod pack;
mod verify;
