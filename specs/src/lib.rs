//! The pinned OpenAPI documents of Skatteetaten's APIs, and all code that understands an OpenAPI
//! document.
//!
//! | module | what it does | feature |
//! |---|---|---|
//! | [`manifest`] | the lock file `specs.toml` and the embedded documents | – |
//! | [`document`] | reads an OpenAPI 3.0 document from JSON or YAML | – (`yaml`) |
//! | `registry` | SwaggerHub's registry, and pinning what it publishes | `registry` |
//! | [`schema`] | OpenAPI 3.0 schemas as JSON Schema 2020-12, and checks values against them | – |
//!
//! The documents are **reconstructions** from public pages until `specs pull` has reached the
//! registry; [`manifest::Provenance`] says which is which.

pub mod document;
pub mod manifest;
#[cfg(feature = "registry")]
pub mod registry;
pub mod schema;
#[cfg(feature = "lower")]
pub mod surface;
