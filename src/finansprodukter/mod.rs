//! Innrapportering finansprodukter (RF-1301): reports from financial institutions.

mod check;

pub use check::{
    Checker, Difference, Finding, InvalidSubmission, MAX_BYTES, MAX_FINDINGS, Reference, Report,
    Rule, Severity, Summary, UnknownRule, check,
};
