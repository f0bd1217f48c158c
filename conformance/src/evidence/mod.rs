//! Evidence packs: written so that a crash leaves nothing that looks complete, read so that nothing
//! in them can change unnoticed.
//!
//! [`PackWriter`] records a run while it goes on. [`PackWriter::finish`] turns the record into the
//! pack: canonical JSON, renderings for people, `manifest.json` with the digest of every file, and
//! if a key is given a signature over the manifest. [`verify()`] checks all of it
//! offline.
//!
//! Only redacted exchanges come here. This module has no way to call anything over a network.

pub mod attestation;
pub mod canonical;
mod compare;
mod counts;
mod data;
mod error;
mod files;
mod finish;
mod journal;
mod log;
mod manifest;
mod pack;
mod render;
mod serve;
mod signing;
mod stale;
mod verify;
mod writer;
mod zipped;

pub use compare::{CaseChange, Change, Comparison, compare};
pub use counts::Counts;
pub use data::{ClientLog, Finish, PackData};
pub use error::EvidenceError;
pub use log::{ChainFault, EventLine, check_chain};
pub use manifest::{FileEntry, Manifest};
pub use pack::Pack;
pub use serve::{Served, summary};
pub use signing::{SigningKey, public_key_fingerprint};
pub use stale::{Basis, Stale, stale};
pub use verify::{Finding, FindingKind, SignatureState, Verification, verify};
#[doc(hidden)]
pub use writer::StepHook;
pub use writer::{PackSummary, PackWriter};

/// Names of the files in a pack.
pub mod name {
    /// Present as long as a pack is unfinished; removing it is the last step.
    pub const UNFINISHED: &str = "UFERDIG-UNFINISHED.ndjson";
    /// The canonical results.
    pub const RESULTS: &str = "resultater.json";
    /// The schema of [`RESULTS`].
    pub const SCHEMA: &str = "resultater.schema.json";
    /// The cases.
    pub const CATALOGUE: &str = "katalog.json";
    /// The requirements.
    pub const REQUIREMENTS: &str = "krav.json";
    /// Requirement to case to verdict.
    pub const TRACEABILITY: &str = "sporbarhet.csv";
    /// Known errors and deficiencies.
    pub const DEVIATIONS: &str = "avvik.json";
    /// The same for a spreadsheet.
    pub const DEVIATIONS_CSV: &str = "avvik.csv";
    /// Open questions to the authority.
    pub const AMBIGUITIES: &str = "uavklart.json";
    /// Where the run took place.
    pub const ENVIRONMENT: &str = "miljo.json";
    /// Identifiers on the wire, by field and class.
    pub const SYNTHETIC: &str = "syntetiske-data.json";
    /// What was removed from the exchanges.
    pub const REDACTION: &str = "redaksjon.json";
    /// The vendor's statements.
    pub const ATTESTATIONS: &str = "egenerklaeringer.json";
    /// Every event, in a chain of hashes.
    pub const EVENTS: &str = "logg/hendelser.ndjson";
    /// The folder of the recorded exchanges.
    pub const EXCHANGES: &str = "logg";
    /// The folder of the vendor's own logs.
    pub const CLIENT_LOGS: &str = "klientlogg";
    /// Path, size and digest of every file.
    pub const MANIFEST: &str = "manifest.json";
    /// The signature over the manifest.
    pub const ATTESTATION: &str = "attestasjon.dsse.json";
    /// The summary in bokmål.
    pub const SUMMARY_HTML_NB: &str = "oppsummering.nb.html";
    /// The summary in English.
    pub const SUMMARY_HTML_EN: &str = "summary.en.html";
    /// The summary in bokmål as PDF/A; only with the feature `pdf`.
    pub const SUMMARY_PDF_NB: &str = "oppsummering.nb.pdf";
    /// The public key of the signature.
    pub const PUBLIC_KEY: &str = "signaturnokkel.pem";
}
