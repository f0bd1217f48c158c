//! What a pack says about where it was made, and about the data in it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DocumentRef, Text};

/// `miljo.json`: where the run took place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvironmentInfo {
    /// Every host that was called.
    pub hosts: Vec<HostInfo>,
    /// The OpenAPI documents that the checks rest on.
    pub documents: Vec<DocumentRef>,
    /// The server's clock minus ours, in milliseconds; absent when no answer told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_ms: Option<i64>,
    /// The simulator, where one took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulator: Option<SimulatorInfo>,
    /// What is known of TLS towards each host.
    pub tls: Vec<TlsFact>,
    /// How the vendor gets access: own organisation, system user, client system user, delegation.
    pub access_model: String,
    /// What the vendor has declared that its system does.
    pub capabilities: Vec<Capability>,
}

/// One host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostInfo {
    /// Host name, with the port when it is not the usual one.
    pub host: String,
    /// What it was used for.
    pub purpose: Text,
    /// Why it is allowed, where it is not one of the known test hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The simulator that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulatorInfo {
    /// Its version.
    pub version: String,
    /// The seed of whatever it draws; absent when it draws nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What is known of TLS towards a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TlsFact {
    /// The host.
    pub host: String,
    /// What is known.
    pub fact: Text,
}

/// Something the vendor has declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// What.
    pub name: String,
    /// Whether the system does it.
    pub declared: bool,
}

/// `syntetiske-data.json`: every identifier on the wire, by field and class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyntheticLedger {
    /// Version of the rules.
    pub rule_version: String,
    /// How often each class was seen in each kind of field.
    pub counts: Vec<FieldCount>,
    /// Fields in which real identifiers are expected, and why.
    pub allowed_fields: Vec<AllowedField>,
    /// What was stopped before it was sent.
    pub blocked: Vec<Blocked>,
    /// Each identifier as a hash with a key that is not in the pack.
    pub identifiers: Vec<IdentifierUse>,
}

/// Which way a value went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// From the client.
    Outgoing,
    /// To the client.
    Incoming,
}

/// What an identifier is taken to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Synthetic by its form, or declared test data.
    Synthetic,
    /// Real, and expected in this field.
    Allowed,
    /// A published example or a deliberate test value that nobody can have.
    Impossible,
    /// Could belong to somebody.
    CouldBeReal,
}

impl Class {
    /// The words a pack uses.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Synthetic => ("syntetisk", "synthetic"),
            Self::Allowed => ("tillatt her", "allowed here"),
            Self::Impossible => ("kan ikke tilhøre noen", "can belong to nobody"),
            Self::CouldBeReal => ("kan være ekte", "could be real"),
        };
        Text::new(nb, en)
    }
}

/// How often a class was seen in a kind of field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldCount {
    /// The field's role, for instance `skyldner`.
    pub field: String,
    /// Which way.
    pub direction: Direction,
    /// What the values were taken to be.
    pub class: Class,
    /// How many values.
    pub count: u64,
}

/// A field in which real identifiers are expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowedField {
    /// The field's role.
    pub field: String,
    /// Why.
    pub reason: Text,
}

/// Something that was stopped before it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Blocked {
    /// The field's role.
    pub field: String,
    /// Keyed hash of the identifier.
    pub identifier: String,
    /// The case in which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
}

/// One identifier and where it occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentifierUse {
    /// Keyed hash of the identifier, as hexadecimal.
    pub identifier: String,
    /// What it was taken to be.
    pub class: Class,
    /// Number of occurrences by field.
    pub fields: BTreeMap<String, u64>,
}

/// `redaksjon.json`: what was removed from the recorded exchanges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedactionReport {
    /// The rules.
    pub rules: Vec<RedactionRule>,
    /// How placeholders are made.
    pub placeholder_scheme: Text,
    /// Hits by file.
    pub files: Vec<FileHits>,
}

/// One rule of redaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedactionRule {
    /// Identifier, for instance `jwt`.
    pub id: String,
    /// What it removes.
    pub what: Text,
}

/// How often the rules struck in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileHits {
    /// Path in the pack.
    pub path: String,
    /// Hits by rule.
    pub hits: BTreeMap<String, u64>,
}
