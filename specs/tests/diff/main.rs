//! The comparison from outside.
#![cfg(feature = "diff")]

mod bless;
mod patch;
