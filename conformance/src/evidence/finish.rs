//! From the record of a run to the pack.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Counts, EvidenceError, Finish, Manifest, PackData, PackSummary, PackWriter, attestation, canonical,
    files::{self, sha256_hex, write_atomically},
    name, render, zipped,
};
use crate::results::{self, Results};

/// See [`PackWriter::finish`].
pub(super) fn finish(writer: PackWriter, finish: Finish) -> Result<PackSummary, EvidenceError> {
    let mut run = writer.run().clone();
    run.end = Some(finish.end);
    let results = checked(Results::new(run, writer.done()))?;
    let counts = Counts::of(&results.results);
    for log in &finish.client_logs {
        files::check_name(&log.name, "the name of a client log")?;
    }
    let dir = writer.dir().to_owned();
    let exchanges = exchanges(&dir, &results)?;
    writer.event_at(
        finish.end,
        "run.finished",
        None,
        json!({"cases": results.results.len()}),
    )?;

    let Finish {
        catalogue,
        requirements,
        deviations,
        ambiguities,
        environment,
        synthetic,
        redaction,
        attestations,
        client_logs,
        previous,
        signing_key,
        zip,
        pdf,
        end: _,
    } = finish;
    let data = PackData {
        results,
        catalogue,
        requirements,
        deviations,
        ambiguities,
        environment,
        synthetic,
        redaction,
        attestations,
        exchanges,
        key_fingerprint: signing_key.as_ref().map(super::SigningKey::fingerprint),
    };
    let mut made = documents(&data)?;
    made.extend(render::all(&data)?);
    if pdf {
        made.insert(name::SUMMARY_PDF_NB.to_owned(), render::pdf(&data)?);
    }
    for log in client_logs {
        made.insert(format!("{}/{}", name::CLIENT_LOGS, log.name), log.bytes);
    }
    if let Some(key) = &signing_key {
        made.insert(name::PUBLIC_KEY.to_owned(), key.public_pem().into_bytes());
    }

    clear_stale(&dir, &made)?;
    for (path, bytes) in &made {
        writer.steps.step(path)?;
        write_atomically(&dir.join(path), bytes, true)?;
    }
    let all = everything(&dir)?;
    let manifest = Manifest::of(&data.results.run.id, &all, writer.log_head(), previous)?.to_bytes()?;
    writer.steps.step(name::MANIFEST)?;
    write_atomically(&dir.join(name::MANIFEST), &manifest, true)?;
    let signature = match &signing_key {
        Some(key) => {
            let bytes = attestation::sign(&data.results, &manifest, key)?;
            writer.steps.step(name::ATTESTATION)?;
            write_atomically(&dir.join(name::ATTESTATION), &bytes, true)?;
            Some(bytes)
        }
        None => None,
    };
    let manifest_sha256 = sha256_hex(&manifest);
    let zip = if zip {
        let mut content = all;
        content.insert(name::MANIFEST.to_owned(), manifest);
        if let Some(bytes) = signature {
            content.insert(name::ATTESTATION.to_owned(), bytes);
        }
        let path = zip_path(&dir)?;
        writer.steps.step("zip")?;
        write_atomically(&path, &zipped::encode(&content)?, true)?;
        Some(path)
    } else {
        None
    };
    writer.steps.step("complete")?;
    writer.close()?;
    Ok(PackSummary {
        dir,
        zip,
        counts,
        manifest_sha256,
    })
}

/// Where the zip file of a pack goes: beside the folder, also for `folder/` and `.`, and never into
/// it, where nobody would vouch for it.
fn zip_path(dir: &Path) -> Result<PathBuf, EvidenceError> {
    let dir: PathBuf = dir.components().collect();
    let dir = if dir.file_name().is_some() {
        dir
    } else {
        fs::canonicalize(&dir).map_err(EvidenceError::io("finding", &dir))?
    };
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".zip");
    Ok(dir.with_file_name(name))
}

/// The results, after a check against their schema and against themselves.
fn checked(results: Results) -> Result<Results, EvidenceError> {
    let value = serde_json::to_value(&results).map_err(EvidenceError::json(name::RESULTS))?;
    let mut problems: Vec<String> = results::validate(&value)
        .err()
        .into_iter()
        .flatten()
        .map(|violation| violation.to_string())
        .collect();
    problems.extend(results.problems().iter().map(ToString::to_string));
    if problems.is_empty() {
        Ok(results)
    } else {
        Err(EvidenceError::Results(problems))
    }
}

/// The recorded exchanges. An exchange that a result names must be there.
fn exchanges(dir: &Path, results: &Results) -> Result<BTreeMap<String, Value>, EvidenceError> {
    let mut exchanges = BTreeMap::new();
    let (paths, _) = files::list(dir)?;
    for path in paths {
        let Some((case, number)) = super::writer::exchange_of(&path) else {
            continue;
        };
        let full = dir.join(&path);
        let bytes = fs::read(&full).map_err(EvidenceError::io("reading", &full))?;
        let value = serde_json::from_slice(&bytes).map_err(EvidenceError::json(path.as_str()))?;
        exchanges.insert(format!("{case}/{number}"), value);
    }
    let missing: Vec<String> = results
        .results
        .iter()
        .flat_map(|result| result.exchange_ids.iter().map(move |id| (result, id)))
        .filter(|(_, id)| !exchanges.contains_key(*id))
        .map(|(result, id)| format!("{}: the exchange {id} was never recorded", result.case_id))
        .collect();
    if missing.is_empty() {
        Ok(exchanges)
    } else {
        Err(EvidenceError::Results(missing))
    }
}

fn documents(data: &PackData) -> Result<BTreeMap<String, Vec<u8>>, EvidenceError> {
    fn put<T: Serialize + ?Sized>(
        files: &mut BTreeMap<String, Vec<u8>>,
        path: &str,
        value: &T,
    ) -> Result<(), EvidenceError> {
        let bytes = canonical::to_bytes(value).map_err(EvidenceError::json(path))?;
        files.insert(path.to_owned(), bytes);
        Ok(())
    }
    let mut files = BTreeMap::new();
    put(&mut files, name::RESULTS, &data.results)?;
    put(&mut files, name::CATALOGUE, &data.catalogue)?;
    put(&mut files, name::REQUIREMENTS, &data.requirements)?;
    put(&mut files, name::DEVIATIONS, &data.deviations)?;
    put(&mut files, name::AMBIGUITIES, &data.ambiguities)?;
    put(&mut files, name::ENVIRONMENT, &data.environment)?;
    put(&mut files, name::SYNTHETIC, &data.synthetic)?;
    put(&mut files, name::REDACTION, &data.redaction)?;
    put(&mut files, name::ATTESTATIONS, &data.attestations)?;
    files.insert(name::SCHEMA.to_owned(), results::schema_text().into_bytes());
    Ok(files)
}

/// Removes what an earlier attempt to finish wrote and this one does not, and refuses files that
/// nobody knows: a manifest must not vouch for them.
fn clear_stale(dir: &Path, made: &BTreeMap<String, Vec<u8>>) -> Result<(), EvidenceError> {
    let (paths, strange) = files::list(dir)?;
    let mut unknown: Vec<String> = strange
        .into_iter()
        .filter(|(path, _)| path != &format!("{}/", name::CLIENT_LOGS))
        .map(|(path, why)| format!("{path} ({why})"))
        .collect();
    for path in paths {
        let ours = made.contains_key(&path)
            || path == name::UNFINISHED
            || path == name::EVENTS
            || super::writer::exchange_of(&path).is_some();
        if ours {
            continue;
        }
        let stale = path == name::MANIFEST
            || path == name::ATTESTATION
            || path == name::PUBLIC_KEY
            || path == name::SUMMARY_PDF_NB
            || path.starts_with(&format!("{}/", name::CLIENT_LOGS))
            || path
                .rsplit('/')
                .next()
                .is_some_and(|file| file.starts_with(files::PARTIAL));
        if stale {
            let full = dir.join(&path);
            fs::remove_file(&full).map_err(EvidenceError::io("removing", full))?;
        } else {
            unknown.push(path);
        }
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(EvidenceError::Results(vec![format!(
            "the folder holds what is no part of the pack: {}; move it away and continue with --resume",
            unknown.join(", ")
        )]))
    }
}

/// Every file that the manifest lists.
fn everything(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, EvidenceError> {
    let mut all = BTreeMap::new();
    for path in files::list(dir)?.0 {
        if path == name::UNFINISHED || Manifest::OUTSIDE.contains(&path.as_str()) {
            continue;
        }
        let full = dir.join(&path);
        let bytes = fs::read(&full).map_err(EvidenceError::io("reading", full))?;
        all.insert(path, bytes);
    }
    Ok(all)
}
