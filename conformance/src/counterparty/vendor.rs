//! Who the vendor's client is: public parts only.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use x509_parser::{prelude::FromDer as _, public_key::PublicKey, x509::SubjectPublicKeyInfo};

use super::tape::Customer;
use crate::{
    results::{ApiName, System},
    simulator::{RegisteredClient, SystemUser},
};

/// The identity of the vendor's client and the customers that it acts for. Its private key stays
/// where it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Vendor {
    /// Its client id; `None` takes the first that comes, where [`Self::trust_on_first_use`].
    pub client_id: Option<String>,
    /// The organisation that owns the client.
    pub organisation: String,
    /// Its public keys.
    pub keys: Vec<Jwk>,
    /// Its certificates with their chains, as DER: itself first, the root last.
    pub chains: Vec<Vec<Vec<u8>>>,
    /// Whether the first client and the first key that it names are taken as the vendor's own,
    /// without a registration. Signatures cannot be verified then, which the pack says.
    pub trust_on_first_use: bool,
    /// The scopes granted to it; empty for those of the APIs.
    pub scopes: Vec<String>,
    /// Its customers. The first is the one that most steps act for.
    pub customers: Vec<Customer>,
    /// Whether access goes through system users.
    pub system_user: bool,
    /// The APIs that it uses.
    pub apis: Vec<ApiName>,
    /// The system under test.
    pub system: System,
    /// The income year of reports.
    pub income_year: i32,
}

/// The vendor's registration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VendorError {
    /// A file cannot be read.
    #[error("{file} cannot be read: {detail}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        detail: String,
    },
    /// A file holds something else.
    #[error("{file}: {problem}")]
    Content {
        /// The file.
        file: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Something is missing.
    #[error("{0}")]
    Incomplete(String),
}

impl Vendor {
    /// A client that is registered under this id, with system users; nothing else is known yet.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: Some(client_id.into()),
            organisation: crate::simulator::VENDOR.to_owned(),
            keys: Vec::new(),
            chains: Vec::new(),
            trust_on_first_use: false,
            scopes: Vec::new(),
            customers: Vec::new(),
            system_user: true,
            apis: vec![ApiName::Trekkpaalegg, ApiName::Finansprodukter],
            system: System::default(),
            income_year: 2024,
        }
    }

    /// A client of which nothing is known: the first that comes is taken as the vendor's own.
    #[must_use]
    pub fn on_first_use() -> Self {
        let mut vendor = Self::new("");
        vendor.client_id = None;
        vendor.trust_on_first_use = true;
        vendor
    }

    /// Adds a public key.
    #[must_use]
    pub fn key(mut self, key: Jwk) -> Self {
        self.keys.push(key);
        self
    }

    /// Adds a customer, with the `externalRef` that its system user was requested with, if any.
    #[must_use]
    pub fn customer(mut self, organisation: impl Into<String>, external_ref: Option<&str>) -> Self {
        self.customers.push(Customer {
            organisation: organisation.into(),
            external_ref: external_ref.map(str::to_owned),
        });
        self
    }

    /// Adds the public keys of a JWKS file, or of a file with one JWK.
    ///
    /// # Errors
    /// [`VendorError`] when it cannot be used, or holds a private key.
    pub fn jwks(mut self, path: &Path) -> Result<Self, VendorError> {
        let text = read(path)?;
        let wrong = |problem: &str| VendorError::Content {
            file: path.display().to_string(),
            problem: problem.to_owned(),
        };
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|_| wrong("it is no JSON; a JWKS is expected"))?;
        let keys = match value.get("keys").and_then(serde_json::Value::as_array) {
            Some(keys) => keys.clone(),
            None => vec![value.clone()],
        };
        if keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
            return Err(wrong("it holds a private key; hand in the public part only"));
        }
        let set: JwkSet = serde_json::from_value(serde_json::json!({ "keys": keys }))
            .map_err(|_| wrong("a key in it cannot be read; RSA keys with kid, n and e are expected"))?;
        if set.keys.is_empty() || set.keys.iter().any(|key| key.common.key_id.is_none()) {
            return Err(wrong(
                "each key needs the kid that it is registered with in Maskinporten",
            ));
        }
        self.keys.extend(set.keys);
        Ok(self)
    }

    /// Adds the public key of a PEM file (`BEGIN PUBLIC KEY`), under the `kid` that it is registered
    /// with in Maskinporten.
    ///
    /// # Errors
    /// [`VendorError`] when it cannot be used, or is a private key.
    pub fn public_key(self, path: &Path, kid: &str) -> Result<Self, VendorError> {
        let wrong = |problem: &str| VendorError::Content {
            file: path.display().to_string(),
            problem: problem.to_owned(),
        };
        let block = pem::parse(read(path)?).map_err(|_| wrong("it is no PEM; a public key is expected"))?;
        if block.tag().contains("PRIVATE KEY") {
            return Err(wrong(
                "it holds a private key; hand in the public part only (openssl pkey -in KEY -pubout)",
            ));
        }
        let no_key = || wrong("it holds no RSA public key, which Maskinporten needs");
        let (_, info) = SubjectPublicKeyInfo::from_der(block.contents()).map_err(|_| no_key())?;
        let Ok(PublicKey::RSA(key)) = info.parsed() else {
            return Err(no_key());
        };
        let number = |bytes: &[u8]| {
            let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            URL_SAFE_NO_PAD.encode(&bytes[start..])
        };
        let jwk = serde_json::json!({
            "kty": "RSA", "use": "sig", "kid": kid, "n": number(key.modulus), "e": number(key.exponent),
        });
        let jwk = serde_json::from_value(jwk).map_err(|_| wrong("the key in it cannot be read"))?;
        Ok(self.key(jwk))
    }

    /// Adds an enterprise certificate with its whole chain, as PEM: itself first, the root last.
    ///
    /// # Errors
    /// [`VendorError`] when it cannot be used.
    pub fn certificate_chain(mut self, path: &Path) -> Result<Self, VendorError> {
        let wrong = |problem: &str| VendorError::Content {
            file: path.display().to_string(),
            problem: problem.to_owned(),
        };
        let blocks = pem::parse_many(read(path)?).map_err(|_| wrong("it is no PEM"))?;
        if blocks.iter().any(|block| block.tag().contains("PRIVATE KEY")) {
            return Err(wrong("it holds a private key; hand in the certificates only"));
        }
        let chain: Vec<_> = blocks
            .into_iter()
            .filter(|block| block.tag() == "CERTIFICATE")
            .map(pem::Pem::into_contents)
            .collect();
        if chain.is_empty() {
            return Err(wrong("it holds no certificate"));
        }
        self.chains.push(chain);
        Ok(self)
    }

    /// What the simulated Maskinporten knows of it.
    ///
    /// # Errors
    /// [`VendorError::Incomplete`] when key or customers are missing.
    pub(super) fn registration(&self) -> Result<RegisteredClient, VendorError> {
        let incomplete = |problem: &str| Err(VendorError::Incomplete(problem.to_owned()));
        if !self.trust_on_first_use && self.keys.is_empty() && self.chains.is_empty() {
            return incomplete(
                "the client has no public key: name a JWKS file or a certificate chain, or choose trust on first use",
            );
        }
        if self.client_id.is_none() && !self.trust_on_first_use {
            return incomplete("the client has no id: name it, or choose trust on first use");
        }
        if self.apis.is_empty() {
            return incomplete("no API is named: trekkpaalegg, finansprodukter or both");
        }
        if self.system_user && self.customers.is_empty() {
            return incomplete(
                "no customer is named: a synthetic organisation (first digit 2 or 3) with a system user, at least one",
            );
        }
        let mut client = RegisteredClient::new(self.client_id.clone().unwrap_or_default(), &self.organisation);
        client.keys.clone_from(&self.keys);
        client.chains.clone_from(&self.chains);
        client.trust_first_key = self.keys.is_empty() && self.chains.is_empty();
        if !self.scopes.is_empty() {
            client.scopes.clone_from(&self.scopes);
        }
        if self.system_user {
            client.system_users = self
                .customers
                .iter()
                .map(|customer| {
                    let user = SystemUser::new(&customer.organisation);
                    match &customer.external_ref {
                        Some(reference) => user.with_ref(reference),
                        None => user,
                    }
                })
                .collect();
        }
        Ok(client)
    }

    /// Whom the script acts for, in its own order: without a system user the owner itself.
    pub(super) fn parties(&self) -> Vec<Customer> {
        if self.system_user {
            self.customers.clone()
        } else {
            vec![Customer {
                organisation: self.organisation.clone(),
                external_ref: None,
            }]
        }
    }
}

fn read(path: &Path) -> Result<String, VendorError> {
    fs::read_to_string(path).map_err(|error| VendorError::Read {
        file: path.display().to_string(),
        detail: error.to_string(),
    })
}
