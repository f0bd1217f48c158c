//! Checking a pack: that nothing in it was changed, added or removed since it was made, that it is
//! complete, and that its signature is good. Offline.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use super::{
    Manifest, Pack, attestation, check_chain, files::sha256_hex, name, pack::read_results, render, signing::PublicKey,
};
use crate::results::Results;

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The file, by its path in the pack.
    pub path: String,
    /// What kind of finding.
    pub kind: FindingKind,
    /// What was found, for a person.
    pub detail: String,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FindingKind {
    /// The pack was never completed.
    Unfinished,
    /// The content is another than the manifest says.
    Changed,
    /// The content ends too early.
    Truncated,
    /// The manifest does not list it.
    Added,
    /// It is missing.
    Removed,
    /// It is there under another name.
    Renamed,
    /// It is not what a file of this name has to be.
    Malformed,
    /// The chain of events is broken.
    Chain,
    /// The signature is not good.
    Signature,
    /// The zip container holds something beside the files.
    Container,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.detail)
    }
}

/// What is known of the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum SignatureState {
    /// There is none.
    Unsigned,
    /// There is one, and it is good.
    Good {
        /// SHA-256 of the public key, as hexadecimal. Whose key it is, the pack cannot prove.
        key: String,
    },
    /// There is one, and it is not good, or nothing can be said since the pack is damaged.
    Bad,
}

/// The outcome for one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Everything that is wrong, by path.
    pub findings: Vec<Finding>,
    /// The signature.
    pub signature: SignatureState,
    /// The run, where the manifest could be read.
    pub run_id: Option<String>,
    /// SHA-256 of `manifest.json`.
    pub manifest_sha256: Option<String>,
    /// Number of files, all included.
    pub files: usize,
    /// Number of events in the log.
    pub events: u64,
}

impl Verification {
    /// Whether nothing is wrong. An unsigned pack can be intact.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks a pack. With `expected_key` (the fingerprint of a public key, as hexadecimal) it must be
/// signed, and by that key.
#[must_use]
pub fn verify(pack: &Pack, expected_key: Option<&str>) -> Verification {
    let mut check = Checker {
        pack,
        findings: Vec::new(),
    };
    for (path, why) in &pack.strange {
        let kind = if path.is_empty() || pack.files.contains_key(path) {
            FindingKind::Container
        } else {
            FindingKind::Added
        };
        check.say(path, kind, why.clone());
    }
    if pack.files.contains_key(name::UNFINISHED) {
        check.say(
            name::UNFINISHED,
            FindingKind::Unfinished,
            "the pack is unfinished and proves nothing; continue the run with conformance --resume",
        );
    }
    let manifest = check.manifest();
    let results = check.results();
    let mut events = 0;
    if let Some(manifest) = &manifest {
        check.listed(manifest);
        check.required();
        events = check.chain(manifest);
        if let Some(results) = &results {
            check.consistent(manifest, results);
        }
    }
    let signature = check.signature(manifest.as_ref(), results.as_ref(), expected_key);
    let mut findings = check.findings;
    findings.sort();
    findings.dedup();
    Verification {
        findings,
        signature,
        run_id: manifest.map(|manifest| manifest.run_id),
        manifest_sha256: pack.file(name::MANIFEST).map(sha256_hex),
        files: pack.files.len(),
        events,
    }
}

struct Checker<'a> {
    pack: &'a Pack,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn say(&mut self, path: &str, kind: FindingKind, detail: impl Into<String>) {
        self.findings.push(Finding {
            path: path.to_owned(),
            kind,
            detail: detail.into(),
        });
    }

    /// The manifest, if its bytes are the canonical form of one with its own digest.
    fn manifest(&mut self) -> Option<Manifest> {
        let path = name::MANIFEST;
        let Some(bytes) = self.pack.file(path) else {
            self.say(
                path,
                FindingKind::Removed,
                "it is missing; without it nothing can be checked",
            );
            return None;
        };
        let manifest: Manifest = match serde_json::from_slice(bytes) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.say(path, FindingKind::Malformed, format!("it cannot be read ({error})"));
                return None;
            }
        };
        if manifest.format != Manifest::FORMAT {
            self.say(
                path,
                FindingKind::Malformed,
                format!(
                    "it has format {}, this version reads {}; use a newer version of the tool",
                    manifest.format,
                    Manifest::FORMAT
                ),
            );
            return None;
        }
        if manifest.to_bytes().ok().as_deref() != Some(bytes) {
            self.say(path, FindingKind::Changed, "it is not in canonical form");
        }
        if manifest.own_digest().ok().as_deref() != Some(manifest.digest.as_str()) {
            self.say(path, FindingKind::Changed, "its own digest does not match its content");
        }
        if manifest
            .files
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.path >= b.path))
        {
            self.say(
                path,
                FindingKind::Malformed,
                "its paths are not in ascending order, or one occurs twice",
            );
        }
        Some(manifest)
    }

    /// Compares the files with the manifest, and names what was renamed.
    fn listed(&mut self, manifest: &Manifest) {
        let mut missing = Vec::new();
        let mut listed = BTreeSet::new();
        for entry in &manifest.files {
            listed.insert(entry.path.as_str());
            let Some(bytes) = self.pack.file(&entry.path) else {
                missing.push(entry);
                continue;
            };
            let size = bytes.len() as u64;
            if size < entry.size {
                self.say(
                    &entry.path,
                    FindingKind::Truncated,
                    format!("it has {size} bytes, the manifest says {}", entry.size),
                );
            } else if size != entry.size || sha256_hex(bytes) != entry.sha256 {
                self.say(
                    &entry.path,
                    FindingKind::Changed,
                    "its content is another than the manifest says",
                );
            }
        }
        let mut added: BTreeMap<&str, String> = self
            .pack
            .files
            .iter()
            .filter(|(path, _)| {
                !listed.contains(path.as_str())
                    && !Manifest::OUTSIDE.contains(&path.as_str())
                    && path.as_str() != name::UNFINISHED
            })
            .map(|(path, bytes)| (path.as_str(), sha256_hex(bytes)))
            .collect();
        for entry in missing {
            let new_name = added
                .iter()
                .find(|(_, digest)| **digest == entry.sha256)
                .map(|(path, _)| *path);
            match new_name {
                Some(new_name) => {
                    added.remove(new_name);
                    self.say(
                        &entry.path,
                        FindingKind::Renamed,
                        format!("it is now called {new_name}"),
                    );
                }
                None => self.say(&entry.path, FindingKind::Removed, "it is missing"),
            }
        }
        for path in added.keys() {
            self.say(path, FindingKind::Added, "the manifest does not list it");
        }
    }

    /// A manifest could be made again for fewer files.
    fn required(&mut self) {
        for path in render::DOCUMENTS.iter().chain(render::RENDERINGS) {
            if !self.pack.files.contains_key(*path) {
                self.say(path, FindingKind::Removed, "every pack has it, and it is missing");
            }
        }
    }

    fn results(&mut self) -> Option<Results> {
        let bytes = self.pack.file(name::RESULTS)?;
        match read_results(bytes) {
            Ok(results) => Some(results),
            Err(why) => {
                self.say(name::RESULTS, FindingKind::Malformed, why);
                None
            }
        }
    }

    fn chain(&mut self, manifest: &Manifest) -> u64 {
        let path = name::EVENTS;
        let Some(bytes) = self.pack.file(path) else {
            return 0;
        };
        match check_chain(bytes, &manifest.run_id) {
            Ok((count, head)) => {
                if (count, &head) != (manifest.event_count, &manifest.event_head) {
                    self.say(
                        path,
                        FindingKind::Chain,
                        format!(
                            "the chain has {count} events, the manifest says {} and another end",
                            manifest.event_count
                        ),
                    );
                }
                count
            }
            Err(fault) => {
                self.say(path, FindingKind::Chain, fault.to_string());
                0
            }
        }
    }

    /// What the results say of the rest of the pack.
    fn consistent(&mut self, manifest: &Manifest, results: &Results) {
        if results.run.id != manifest.run_id {
            self.say(
                name::RESULTS,
                FindingKind::Malformed,
                "it is about another run than the manifest",
            );
        }
        if results.run.end.is_none() {
            self.say(name::RESULTS, FindingKind::Unfinished, "the run has no end");
        }
        for result in &results.results {
            for id in &result.exchange_ids {
                let path = format!("{}/{id}.json", name::EXCHANGES);
                if !self.pack.files.contains_key(&path) {
                    self.say(
                        &path,
                        FindingKind::Removed,
                        format!("the result of {} names it, and it is missing", result.case_id),
                    );
                }
            }
        }
    }

    fn signature(
        &mut self,
        manifest: Option<&Manifest>,
        results: Option<&Results>,
        expected_key: Option<&str>,
    ) -> SignatureState {
        let envelope = self.pack.file(name::ATTESTATION);
        let key = self.pack.file(name::PUBLIC_KEY);
        let (envelope, key) = match (envelope, key) {
            (None, None) => {
                if expected_key.is_some() {
                    self.say(
                        name::ATTESTATION,
                        FindingKind::Signature,
                        "the pack is not signed, and a signature by a certain key is asked for",
                    );
                }
                return SignatureState::Unsigned;
            }
            (Some(_), None) => {
                self.say(
                    name::PUBLIC_KEY,
                    FindingKind::Removed,
                    "the pack is signed, and its public key is missing",
                );
                return SignatureState::Bad;
            }
            (None, Some(_)) => {
                self.say(
                    name::ATTESTATION,
                    FindingKind::Removed,
                    "the pack holds a public key, and the signature is missing",
                );
                return SignatureState::Bad;
            }
            (Some(envelope), Some(key)) => (envelope, key),
        };
        let key = match PublicKey::from_pem(key) {
            Ok(key) => key,
            Err(why) => {
                self.say(name::PUBLIC_KEY, FindingKind::Malformed, why);
                return SignatureState::Bad;
            }
        };
        let (Some(_), Some(results), Some(bytes)) = (manifest, results, self.pack.file(name::MANIFEST)) else {
            // Something else is damaged and named; the signature cannot be judged without it.
            return SignatureState::Bad;
        };
        match attestation::check(envelope, results, bytes, &key) {
            Ok(key) => match expected_key {
                Some(expected) if !expected.eq_ignore_ascii_case(&key) => {
                    self.say(
                        name::ATTESTATION,
                        FindingKind::Signature,
                        format!("it is signed by the key {key}, not by the one asked for"),
                    );
                    SignatureState::Bad
                }
                _ => SignatureState::Good { key },
            },
            Err(why) => {
                self.say(name::ATTESTATION, FindingKind::Signature, why);
                SignatureState::Bad
            }
        }
    }
}
