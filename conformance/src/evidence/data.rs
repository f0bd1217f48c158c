//! Everything a pack is made of, before it is written.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::results::{
    Ambiguity, Attestation, Catalogue, Deviation, EnvironmentInfo, RedactionReport, Requirements, Results,
    SyntheticLedger,
};

/// What a run hands over when it is done, beside the results recorded on the way.
#[derive(Debug)]
pub struct Finish {
    /// When the run ended.
    pub end: DateTime<Utc>,
    /// The cases, and the authority's checklist.
    pub catalogue: Catalogue,
    /// The requirements.
    pub requirements: Requirements,
    /// Errors and deficiencies that the vendor has registered.
    pub deviations: Vec<Deviation>,
    /// Questions that the public documents leave open.
    pub ambiguities: Vec<Ambiguity>,
    /// Where the run took place.
    pub environment: EnvironmentInfo,
    /// Identifiers on the wire.
    pub synthetic: SyntheticLedger,
    /// What was removed from the exchanges.
    pub redaction: RedactionReport,
    /// The vendor's statements.
    pub attestations: Vec<Attestation>,
    /// The vendor's own logs, already scanned.
    pub client_logs: Vec<ClientLog>,
    /// SHA-256 of the manifest of the previous pack in the series, as hexadecimal.
    pub previous: Option<String>,
    /// The key that signs the manifest; without one the pack is unsigned and says so.
    pub signing_key: Option<super::SigningKey>,
    /// Whether to write the pack as one file too.
    pub zip: bool,
    /// Whether to typeset the summary as PDF/A too. Needs the crate's feature `pdf`, with which it is
    /// on unless it is turned off here; without the feature it is off, and turning it on is refused.
    pub pdf: bool,
}

impl Finish {
    /// The least that a pack needs; everything else is empty and can be set.
    #[must_use]
    pub fn new(end: DateTime<Utc>, catalogue: Catalogue, requirements: Requirements) -> Self {
        Self {
            end,
            catalogue,
            requirements,
            deviations: Vec::new(),
            ambiguities: Vec::new(),
            environment: EnvironmentInfo::default(),
            synthetic: SyntheticLedger::default(),
            redaction: RedactionReport::default(),
            attestations: Vec::new(),
            client_logs: Vec::new(),
            previous: None,
            signing_key: None,
            zip: false,
            pdf: cfg!(feature = "pdf"),
        }
    }
}

/// One log of the vendor's own system.
#[derive(Clone)]
pub struct ClientLog {
    /// Its file name, without folders.
    pub name: String,
    /// Its bytes, redacted.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for ClientLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientLog")
            .field("name", &self.name)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// The documents of a pack: what every rendering is made from, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct PackData {
    /// `resultater.json`.
    pub results: Results,
    /// `katalog.json`.
    pub catalogue: Catalogue,
    /// `krav.json`.
    pub requirements: Requirements,
    /// `avvik.json`.
    pub deviations: Vec<Deviation>,
    /// `uavklart.json`.
    pub ambiguities: Vec<Ambiguity>,
    /// `miljo.json`.
    pub environment: EnvironmentInfo,
    /// `syntetiske-data.json`.
    pub synthetic: SyntheticLedger,
    /// `redaksjon.json`.
    pub redaction: RedactionReport,
    /// `egenerklaeringer.json`.
    pub attestations: Vec<Attestation>,
    /// The recorded exchanges by id (`CASE/N`), redacted.
    pub exchanges: BTreeMap<String, Value>,
    /// Fingerprint of the key that signs, as hexadecimal.
    pub key_fingerprint: Option<String>,
}
