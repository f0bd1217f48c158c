//! The signature: an in-toto statement about the manifest and the system under test, in a DSSE
//! envelope.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Counts, EvidenceError, canonical,
    files::sha256_hex,
    name,
    signing::{PublicKey, SigningKey},
};
use crate::results::{Results, Verdict};

/// Media type of the signed content.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// Type of the statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate: in-toto's own for results of tests.
pub const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// A DSSE envelope with one signature.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// The bytes that are signed: DSSE's pre-authentication encoding.
fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The statement. It can be derived from the results and the manifest, which is how it is checked.
pub(super) fn statement(results: &Results, manifest: &[u8]) -> Result<Value, EvidenceError> {
    let system = &results.run.system;
    let system_name = format!("{} {}", system.name, system.version);
    let digest = match system.commit.as_deref() {
        Some(commit)
            if matches!(commit.len(), 40 | 64)
                && commit.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) =>
        {
            json!({"gitCommit": commit})
        }
        // No commit is known; then the digest is that of how the pack describes the system.
        _ => {
            let description = canonical::to_bytes(system).map_err(EvidenceError::json("the system"))?;
            json!({"sha256": sha256_hex(&description)})
        }
    };
    let counted: Vec<_> = results.results.iter().filter(|result| result.grade.counts()).collect();
    let ids = |wanted: &[Verdict]| -> Vec<&str> {
        counted
            .iter()
            .filter(|result| wanted.contains(&result.verdict))
            .map(|result| result.case_id.as_str())
            .collect()
    };
    let failed = ids(&[Verdict::Failed, Verdict::Blocked, Verdict::ToolError]);
    let warned = ids(&[Verdict::Remark, Verdict::NeedsReview]);
    let passed = ids(&[Verdict::Passed]);
    // Nothing tested is no pass.
    let result = if !failed.is_empty() {
        "FAILED"
    } else if !warned.is_empty() || passed.is_empty() {
        "WARNED"
    } else {
        "PASSED"
    };
    let counts =
        serde_json::to_value(Counts::of(counted.iter().copied())).map_err(EvidenceError::json("the counts"))?;
    Ok(json!({
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name::MANIFEST, "digest": {"sha256": sha256_hex(manifest)}},
            {"name": system_name, "digest": digest},
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": result,
            "configuration": results.run.documents.iter().map(|document| json!({
                "name": format!("{}@{}", document.api, document.version),
                "digest": {"sha256": document.sha256},
            })).collect::<Vec<_>>(),
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
            "annotations": {
                "countsByGrade": counts,
                "notice": "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten. / Supplier's own test. Not an approval by the Tax Administration.",
                "runId": results.run.id,
            },
        },
    }))
}

/// Signs the statement; the bytes of `attestasjon.dsse.json`.
pub(super) fn sign(results: &Results, manifest: &[u8], key: &SigningKey) -> Result<Vec<u8>, EvidenceError> {
    let payload = canonical::to_string(&statement(results, manifest)?);
    let signature = key.sign(&pae(PAYLOAD_TYPE, payload.as_bytes()))?;
    canonical::to_bytes(&Envelope {
        payload: STANDARD.encode(&payload),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: vec![Signature {
            keyid: key.fingerprint(),
            sig: STANDARD.encode(signature),
        }],
    })
    .map_err(EvidenceError::json(name::ATTESTATION))
}

/// Checks every byte of the envelope; returns the fingerprint of the key.
pub(super) fn check(
    envelope: &[u8],
    results: &Results,
    manifest: &[u8],
    public_key: &PublicKey,
) -> Result<String, String> {
    let value: Envelope = serde_json::from_slice(envelope).map_err(|_| "it is not a DSSE envelope".to_owned())?;
    let again = canonical::to_bytes(&value).map_err(|error| error.to_string())?;
    if again != envelope {
        return Err("it is not in canonical form".to_owned());
    }
    if value.payload_type != PAYLOAD_TYPE {
        return Err("its content is of another type than an in-toto statement".to_owned());
    }
    let [signature] = value.signatures.as_slice() else {
        return Err("it does not hold exactly one signature".to_owned());
    };
    if signature.keyid != public_key.fingerprint() {
        return Err(format!("its keyid is not the fingerprint of {}", name::PUBLIC_KEY));
    }
    // The strict decoder refuses other spellings of the same bytes.
    let payload = STANDARD
        .decode(&value.payload)
        .map_err(|_| "its content is not strict base64".to_owned())?;
    let bytes = STANDARD
        .decode(&signature.sig)
        .map_err(|_| "its signature is not strict base64".to_owned())?;
    public_key
        .verify(&pae(PAYLOAD_TYPE, &payload), &bytes)
        .map_err(str::to_owned)?;
    let expected = statement(results, manifest).map_err(|error| error.to_string())?;
    if canonical::to_string(&expected).as_bytes() != payload {
        return Err("the signature is good, but it is about another manifest, system or outcome".to_owned());
    }
    Ok(signature.keyid.clone())
}
