//! Clients for two of Skatteetaten's APIs: Trekkpålegg and innrapportering finansprodukter.

pub mod access;
pub mod client;
pub mod clock;
pub mod environment;
pub mod error;
pub mod finansprodukter;
pub mod generated;
mod http_client;
pub mod identifiers;
pub mod maskinporten;
pub mod observer;
pub mod secret;
pub mod settings;
pub mod transport;
pub mod trekkpaalegg;

pub use access::Access;
pub use client::Client;
pub use environment::{Api, Environment};
pub use error::Error;
pub use settings::{RetryPolicy, Settings};
