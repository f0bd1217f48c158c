//! What `verify` finds.

use std::{collections::BTreeMap, path::Path, sync::OnceLock};

use skatteetaten_conformance::evidence::{Finding, FindingKind, Pack, SignatureState, Verification, name, verify};

use crate::fixture;

type Files = BTreeMap<String, Vec<u8>>;

/// One signed pack, as files and as the bytes of its zip file.
fn signed() -> &'static (Files, Vec<u8>) {
    static PACK: OnceLock<(Files, Vec<u8>)> = OnceLock::new();
    PACK.get_or_init(|| {
        let out = tempfile::tempdir().unwrap();
        let summary = fixture::write(out.path(), "signed", |finish| {
            finish.signing_key = Some(fixture::key(fixture::rsa_pem()));
            finish.zip = true;
            finish.pdf = cfg!(feature = "pdf");
        })
        .unwrap();
        let pack = Pack::open(&summary.dir).unwrap();
        let zip = std::fs::read(summary.zip.unwrap()).unwrap();
        (pack.files().clone(), zip)
    })
}

fn check(files: Files) -> Verification {
    verify(&Pack::from_files(Path::new("pack"), files), None)
}

fn kinds(verification: &Verification, path: &str) -> Vec<FindingKind> {
    verification
        .findings
        .iter()
        .filter(|finding| finding.path == path)
        .map(|finding: &Finding| finding.kind)
        .collect()
}

#[test]
fn an_untouched_pack_is_intact_and_its_signature_good() {
    let verification = check(signed().0.clone());
    assert_eq!(verification.findings, []);
    let key = fixture::key(fixture::rsa_pem()).fingerprint();
    assert_eq!(verification.signature, SignatureState::Good { key: key.clone() });
    let zip = Pack::from_zip(Path::new("pack.zip"), &signed().1).unwrap();
    assert!(verify(&zip, Some(&key)).is_intact());
    let other = verify(&zip, Some(&"00".repeat(32)));
    assert_eq!(kinds(&other, name::ATTESTATION), [FindingKind::Signature]);
}

#[test]
fn every_kind_of_key_signs_and_verifies() {
    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384)
        .unwrap()
        .serialize_pem();
    for pem in [fixture::ec_pem(), p384, fixture::ed25519_pem()] {
        let out = tempfile::tempdir().unwrap();
        let summary = fixture::write(out.path(), "key", |finish| {
            finish.signing_key = Some(fixture::key(&pem));
        })
        .unwrap();
        let verification = verify(&Pack::open(&summary.dir).unwrap(), None);
        assert_eq!(verification.findings, []);
        assert!(matches!(verification.signature, SignatureState::Good { .. }));
    }
}

#[test]
fn an_unsigned_pack_is_intact_and_unsigned() {
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "unsigned", |_| {}).unwrap();
    let pack = Pack::open(&summary.dir).unwrap();
    let verification = verify(&pack, None);
    assert!(verification.is_intact(), "{:?}", verification.findings);
    assert_eq!(verification.signature, SignatureState::Unsigned);
    assert!(!verify(&pack, Some(&"00".repeat(32))).is_intact());
}

/// Positions in a file: the ends, and others spread over it.
fn sample(length: usize) -> impl Iterator<Item = usize> {
    let step = (length / 11).max(1);
    (0..length).filter(move |position| position % step == 0 || position + 1 == length || *position < 2)
}

#[test]
fn one_flipped_bit_anywhere_is_found_and_the_file_named() {
    let files = &signed().0;
    let mut flips = 0;
    for (path, bytes) in files {
        for position in sample(bytes.len()) {
            let mut changed = files.clone();
            changed.get_mut(path).unwrap()[position] ^= 1 << (position % 8);
            let verification = check(changed);
            assert!(
                !kinds(&verification, path).is_empty(),
                "{path} at {position}: {:?}",
                verification.findings
            );
            assert!(!verification.is_intact());
            flips += 1;
        }
    }
    assert!(flips > 300, "{flips}");
}

#[test]
fn one_flipped_bit_of_the_zip_file_is_found() {
    let zip = &signed().1;
    // The directory at the end, where no file's content is, is taken byte by byte.
    let tail = zip.len() - 400;
    let positions = (0..zip.len()).step_by(zip.len() / 150).chain(tail..zip.len());
    for position in positions {
        let mut changed = zip.clone();
        changed[position] ^= 1 << (position % 8);
        match Pack::from_zip(Path::new("pack.zip"), &changed) {
            Err(error) => assert!(error.to_string().contains("pack.zip")),
            Ok(pack) => assert!(!verify(&pack, None).is_intact(), "byte {position}"),
        }
    }
    for changed in [
        [zip.as_slice(), b"x"].concat(),
        [b"x", zip.as_slice()].concat(),
        zip[..zip.len() - 1].to_vec(),
    ] {
        if let Ok(pack) = Pack::from_zip(Path::new("pack.zip"), &changed) {
            assert!(!verify(&pack, None).is_intact());
        }
    }
}

#[test]
fn files_that_are_removed_added_renamed_or_cut_are_named() {
    let files = &signed().0;
    for path in files.keys() {
        let mut removed = files.clone();
        let bytes = removed.remove(path).unwrap();
        assert!(
            kinds(&check(removed.clone()), path).contains(&FindingKind::Removed),
            "{path} removed"
        );
        removed.insert(format!("{path}.x"), bytes.clone());
        let verification = check(removed);
        assert!(
            !kinds(&verification, path).is_empty(),
            "{path} renamed: {:?}",
            verification.findings
        );
        let mut cut = files.clone();
        cut.insert(path.clone(), bytes[..bytes.len() - 1].to_vec());
        assert!(!kinds(&check(cut), path).is_empty(), "{path} cut");
    }
    let mut renamed = files.clone();
    let bytes = renamed.remove(name::RESULTS).unwrap();
    renamed.insert("resultater2.json".into(), bytes);
    let verification = check(renamed);
    assert!(kinds(&verification, name::RESULTS).contains(&FindingKind::Renamed));
    let mut added = files.clone();
    added.insert("ekstra.txt".into(), Vec::new());
    assert_eq!(kinds(&check(added), "ekstra.txt"), [FindingKind::Added]);
    assert!(!check(BTreeMap::new()).is_intact());
}

/// Somebody who changes a file and makes the manifest again is caught by the signature.
#[test]
fn a_manifest_made_again_does_not_carry_the_signature() {
    use sha2::{Digest as _, Sha256};
    use skatteetaten_conformance::evidence::Manifest;
    let mut files = signed().0.clone();
    files.insert("LESMEG.txt".into(), b"noe annet\n".to_vec());
    let mut manifest: Manifest = serde_json::from_slice(&files[name::MANIFEST]).unwrap();
    for entry in &mut manifest.files {
        let bytes = &files[&entry.path];
        entry.size = bytes.len() as u64;
        entry.sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    }
    manifest.digest = manifest.own_digest().unwrap();
    files.insert(name::MANIFEST.into(), manifest.to_bytes().unwrap());
    let verification = check(files.clone());
    assert_eq!(kinds(&verification, name::ATTESTATION), [FindingKind::Signature]);
    // Taking the signature away as well leaves a pack that says it is unsigned.
    files.remove(name::ATTESTATION);
    assert_eq!(kinds(&check(files), name::ATTESTATION), [FindingKind::Removed]);
}

#[test]
fn a_log_with_an_event_changed_removed_or_moved_is_no_chain() {
    use skatteetaten_conformance::evidence::check_chain;
    let log = &signed().0[name::EVENTS];
    let lines: Vec<&[u8]> = log.split_inclusive(|byte| *byte == b'\n').collect();
    let (count, _) = check_chain(log, "signed").unwrap();
    assert_eq!(count, lines.len() as u64);
    assert_eq!(check_chain(log, "another run").unwrap_err().line, 1);
    let mut removed = lines.clone();
    removed.remove(3);
    assert_eq!(check_chain(&removed.concat(), "signed").unwrap_err().line, 4);
    let mut moved = lines.clone();
    moved.swap(2, 3);
    assert_eq!(check_chain(&moved.concat(), "signed").unwrap_err().line, 3);
    let changed = String::from_utf8(log.clone())
        .unwrap()
        .replacen("run.started", "run.startet", 1);
    assert_eq!(check_chain(changed.as_bytes(), "signed").unwrap_err().line, 2);
    assert!(check_chain(&log[..log.len() - 5], "signed").is_err());
}
