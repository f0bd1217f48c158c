//! Environment variables that go over the file: data, one row each.

use std::path::PathBuf;

use super::file::{File, Model, OrganisationEntry};

/// An environment variable that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The key of the file that it replaces.
    pub replaces: &'static str,
}

const fn row(name: &'static str, replaces: &'static str) -> Variable {
    Variable { name, replaces }
}

/// Every variable that is understood. Empty ones count as not set.
#[must_use]
pub fn variables() -> &'static [Variable] {
    VARIABLES
}

#[rustfmt::skip]
const VARIABLES: &[Variable] = &[
    row("SKATT_CONFIG", "the file itself, where --config is not given"),
    row("SKATT_ENVIRONMENT", "environment"),
    row("SKATT_TREKKPAALEGG_URL", "hosts.trekkpaalegg"),
    row("SKATT_FINANSPRODUKTER_URL", "hosts.finansprodukter"),
    row("SKATT_DIALOGPORTEN_URL", "hosts.dialogporten"),
    row("SKATT_KEY", "maskinporten.key"),
    row("SKATT_KID", "maskinporten.kid"),
    row("SKATT_ACCESS_MODEL", "access.model"),
    row("SKATT_ORGANISATION", "access.organisation: this one only"),
    row("SKATT_EXTERNAL_REF", "external_ref of SKATT_ORGANISATION"),
    row("MASKINPORTEN_CLIENT_ID", "maskinporten.client_id"),
    row("MASKINPORTEN_CLIENT_JWK", "maskinporten.key and maskinporten.kid"),
    row("MASKINPORTEN_SCOPES", "maskinporten.scopes, separated by spaces"),
    row("MASKINPORTEN_ISSUER", "maskinporten.issuer"),
    row("MASKINPORTEN_WELL_KNOWN_URL", "maskinporten.well_known"),
    row("MASKINPORTEN_TOKEN_ENDPOINT", "maskinporten.token_endpoint"),
];

/// Puts the environment over the file; gives back the JWK, which has no place in a file.
pub(super) fn apply(file: &mut File, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let get = |name: &str| {
        debug_assert!(VARIABLES.iter().any(|variable| variable.name == name));
        env(name).filter(|value| !value.trim().is_empty())
    };
    let over = |slot: &mut Option<String>, name: &str| {
        if let Some(value) = get(name) {
            *slot = Some(value);
        }
    };
    over(&mut file.environment, "SKATT_ENVIRONMENT");
    over(&mut file.hosts.trekkpaalegg, "SKATT_TREKKPAALEGG_URL");
    over(&mut file.hosts.finansprodukter, "SKATT_FINANSPRODUKTER_URL");
    over(&mut file.hosts.dialogporten, "SKATT_DIALOGPORTEN_URL");
    over(&mut file.maskinporten.kid, "SKATT_KID");
    over(&mut file.maskinporten.client_id, "MASKINPORTEN_CLIENT_ID");
    if let Some(issuer) = get("MASKINPORTEN_ISSUER") {
        // Addresses in the file belong to the issuer in the file.
        file.maskinporten.well_known = None;
        file.maskinporten.token_endpoint = None;
        file.maskinporten.issuer = Some(issuer);
    }
    over(&mut file.maskinporten.well_known, "MASKINPORTEN_WELL_KNOWN_URL");
    over(&mut file.maskinporten.token_endpoint, "MASKINPORTEN_TOKEN_ENDPOINT");
    if let Some(path) = get("SKATT_KEY") {
        // From the working directory, unlike a path in the file.
        let path = PathBuf::from(path);
        file.maskinporten.key = Some(std::path::absolute(&path).unwrap_or(path));
        file.maskinporten.pkcs12 = None;
    }
    if let Some(scopes) = get("MASKINPORTEN_SCOPES") {
        file.maskinporten.scopes = scopes.split_whitespace().map(str::to_owned).collect();
    }
    if let Some(number) = get("SKATT_ORGANISATION") {
        file.access.organisation = vec![OrganisationEntry {
            number,
            external_ref: get("SKATT_EXTERNAL_REF"),
        }];
        // An organisation is named for a reason; without a model, it has a system user.
        file.access.model = file.access.model.or(Some(Model::SystemUser));
    }
    if let Some(model) = get("SKATT_ACCESS_MODEL") {
        file.access.model = Model::from_name(&model).or(file.access.model);
    }
    get("MASKINPORTEN_CLIENT_JWK")
}
