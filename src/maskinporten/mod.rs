//! Access tokens from Maskinporten.
//!
//! OAuth 2.0 with the JWT bearer grant: the client signs an assertion with its own key, and gets a
//! token that is valid for a minute or two. [`Config`] is the client's registration; tokens are
//! fetched, kept and renewed without being asked for, one request at a time for each combination
//! of issuer, scopes, system user with its external reference, and consumer.

mod answer;
mod assertion;
mod cache;
mod config;
mod jwk;
mod key;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod request;
mod signer;
mod tokens;
mod variables;

pub use config::Config;
pub use key::{KeyId, SigningKey};
pub use signer::{Algorithm, SignError, Signer};
pub use tokens::TokenInfo;
pub(crate) use tokens::{Token, Tokens};
pub use variables::Variables;
