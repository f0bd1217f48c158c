//! Conformance suite, simulator and evidence packs for integrations with Skatteetaten's
//! Trekkpålegg and finansprodukter APIs.

pub mod cases;
pub mod catalogue;
pub mod cli;
pub mod client_logs;
pub mod config;
pub mod counterparty;
pub mod evidence;
mod observed;
pub mod proxy;
pub mod recording;
pub mod redaction;
pub mod results;
pub mod run;
pub mod simulator;
pub mod synthetic;
pub mod tls;
