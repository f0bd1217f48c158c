//! Innrapportering finansprodukter (RF-1301): reports from financial institutions.

pub mod check;

pub use check::{Checker, Finding, InvalidSubmission, Report, Rule, Severity, check};
