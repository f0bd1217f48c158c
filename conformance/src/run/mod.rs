//! Runs cases against a target and records the evidence.
//!
//! ```no_run
//! use skatteetaten_conformance::{
//!     run::{Options, Preset, Suite, Target},
//!     simulator::Simulator,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = Simulator::builder().start().await?;
//! let target = Target::simulator(&simulator, Preset::All)?;
//! let report = Suite::builtin()?.run(target, Options::new("evidence")).await?;
//! assert!(report.findings().is_empty());
//! # Ok(())
//! # }
//! ```

mod cleaned;
mod context;
mod deviations;
mod engine;
mod files;
mod finish;
mod hosts;
mod info;
mod plan;
mod preset;
mod probe;
mod resume;
mod schema;
mod sink;
mod suite;
mod target;
mod untried;
mod verdict;

pub use context::{Context, Record, Recorded};
pub use engine::{Options, Progress, Report, RunError};
pub use files::{FileError, attestation_template, deviation_template, read_attestations, read_deviations};
pub use hosts::{HostGuard, HostRefused, is_loopback};
pub use plan::{Plan, Planned, PlannedCase, Selection};
pub use preset::Preset;
pub use probe::{Bearer, Probe, Probed};
pub use suite::Suite;
pub use target::Target;
pub use verdict::{Stop, of_broken_rule, of_checks};

pub(crate) use cleaned::cleaned;
pub(crate) use context::Shared;
pub(crate) use deviations::stale;
pub(crate) use engine::stopped as stop_verdict;
pub(crate) use finish::finish;
pub(crate) use hosts::PRODUCTION_ADDRESSES;
pub(crate) use info::{environment, run_info};
pub(crate) use schema::findings as schema_findings;
pub(crate) use untried::statement;

/// The guide's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/conformance.md")]
struct Guide;
