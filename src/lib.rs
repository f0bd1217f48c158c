//! Placeholder.
pub mod identifiers;
