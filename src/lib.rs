//! Clients for two of Skatteetaten's APIs: **Trekkpålegg** (withholding orders that an employer
//! polls for) and **innrapportering finansprodukter** (reports that financial institutions submit).
//!
//! The calls and types in [`generated`] come from pinned OpenAPI documents at build time. Around
//! them lies a thin layer that does what a document cannot say: tokens from Maskinporten, limits
//! and repetition, errors that say what to do, reading record by record, and the rules of both
//! APIs. The pinned documents of both APIs are *reconstructions* from public pages, until the
//! published ones have been fetched in their place.
//!
//! ```no_run
//! use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
//! use skatteetaten_client::{Access, Client, Environment};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let pem = std::fs::read_to_string("maskinporten.pem")?;
//! let key = SigningKey::from_pem(&pem, KeyId::Kid("my-key".to_owned()))?;
//! let client = Client::builder(Environment::test())
//!     .maskinporten(Config::new("my-client-id", key))
//!     .access(Access::system_user("310000007"))
//!     .build()?;
//!
//! let page = client.trekkpaalegg().list().await?;
//! println!("{} orders, {} that break the contract", page.orders.len(), page.rejected.len());
//! # Ok(())
//! # }
//! ```
//!
//! One client serves any number of organisations: [`Client::with_access`] gives another view of the
//! same connections and token cache.
//!
//! | feature | adds |
//! |---|---|
//! | `pkcs12` | `SigningKey::from_pkcs12`: key and enterprise certificate from a `.p12` file |
//! | `blocking` | `blocking::Blocking`: calls for programs without an async runtime |
//!
//! What is never shown in `Debug`, `Display` or a log line: tokens, keys, assertions, identity
//! numbers, bodies. What sees all of it is an [`observer::Observer`], for tools that record.

pub mod access;
#[cfg(feature = "blocking")]
pub mod blocking;
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

/// The README's example, compiled with the other documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// The guide's example, compiled the same way.
#[cfg(doctest)]
#[doc = include_str!("../docs/first-order.md")]
mod first_order {}

pub use access::Access;
pub use client::Client;
pub use environment::{Api, Environment};
pub use error::Error;
pub use settings::{RetryPolicy, Settings};
