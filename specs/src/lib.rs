//! The pinned OpenAPI documents of Skatteetaten's APIs, and all code that understands an OpenAPI
//! document.
//!
//! | module | what it does | feature |
//! |---|---|---|
//! | [`manifest`] | the lock file `specs.toml` and the embedded documents | – |
//! | [`document`] | reads an OpenAPI 3.0 document from JSON or YAML | – (`yaml`) |
//! | `lower` | rewrites a document so that good bindings can be generated | `lower` |
//! | `generate` | Rust bindings of a lowered document | `lower` |
//! | `registry` | SwaggerHub's registry, and pinning what it publishes | `registry` |
//! | [`schema`] | OpenAPI 3.0 schemas as JSON Schema 2020-12, and checks values against them | – |
//! | `diff` | what changed between two documents, and what it breaks | `diff` |
//!
//! The documents are **reconstructions** from public pages until `specs pull` has reached the
//! registry; [`manifest::Provenance`] says which is which.

#[cfg(feature = "diff")]
pub mod diff;
pub mod document;
#[cfg(feature = "lower")]
pub mod generate;
#[cfg(feature = "lower")]
pub mod lower;
pub mod manifest;
#[cfg(feature = "registry")]
pub mod registry;
pub mod schema;
#[cfg(feature = "lower")]
pub mod surface;
