//! What is written.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use skatteetaten_conformance::{
    evidence::{EvidenceError, Pack, PackWriter, canonical, name, verify},
    results::{self, Grade, Text, Verdict},
};

use crate::fixture;

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/resultater.schema.json");
    let generated = results::schema_text();
    if std::env::var_os("SKATT_UPDATE").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} is stale: run the test with SKATT_UPDATE=1",
        path.display()
    );
}

#[test]
fn the_schema_refuses_what_is_no_result() {
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "schema", |_| {}).unwrap();
    let text = fs::read_to_string(summary.dir.join(name::RESULTS)).unwrap();
    let good: Value = serde_json::from_str(&text).unwrap();
    results::validate(&good).unwrap();
    for (pointer, bad) in [
        ("/results/0/verdict", Value::from("ok")),
        ("/results/0/grade", Value::from("F")),
        ("/run/start", Value::from("yesterday")),
        ("/run/extra", Value::from(1)),
        ("/results/0/ms", Value::from(-1)),
    ] {
        let mut value = good.clone();
        if let Some(place) = value.pointer_mut(pointer) {
            *place = bad;
        } else {
            value["run"]["extra"] = bad;
        }
        assert!(results::validate(&value).is_err(), "{pointer}");
    }
}

#[test]
fn a_pack_has_every_file_and_all_json_is_canonical() {
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "files", |finish| {
        finish.signing_key = Some(fixture::key(&fixture::ed25519_pem()));
        finish.zip = true;
    })
    .unwrap();
    assert_eq!(
        summary.dir.file_name().unwrap().to_str().unwrap(),
        "bevispakke-begge-loenn-trekk-20261121-files"
    );
    let pack = Pack::open(&summary.dir).unwrap();
    let paths: BTreeSet<&str> = pack.files().keys().map(String::as_str).collect();
    for path in [
        "LESMEG.txt",
        "README.txt",
        "oppsummering.nb.html",
        "summary.en.html",
        "oppsummering.nb.md",
        "summary.en.md",
        "sjekkliste.nb.html",
        "resultater.json",
        "resultater.schema.json",
        "katalog.json",
        "krav.json",
        "sporbarhet.csv",
        "avvik.csv",
        "avvik.json",
        "uavklart.json",
        "miljo.json",
        "syntetiske-data.json",
        "logg/hendelser.ndjson",
        "logg/AUTH-01/1.json",
        "klientlogg/klient.log",
        "redaksjon.json",
        "egenerklaeringer.json",
        "resultater.junit.xml",
        "resultater.ctrf.json",
        "manifest.json",
        "attestasjon.dsse.json",
        "signaturnokkel.pem",
    ] {
        assert!(paths.contains(path), "{path} is missing");
    }
    assert!(!paths.contains(name::UNFINISHED));
    for (path, bytes) in pack.files() {
        if path.ends_with(".json") {
            let value: Value = serde_json::from_slice(bytes).unwrap();
            assert_eq!(canonical::to_string(&value).as_bytes(), bytes, "{path}");
        }
    }
    let zip = Pack::open(&summary.zip.unwrap()).unwrap();
    assert_eq!(zip.files(), pack.files());
    assert_eq!(summary.counts.passed(Grade::A), 3);
    assert_eq!(summary.counts.passed(Grade::E), 2);
    assert_eq!(summary.counts.counted(Verdict::Passed), 4);
}

#[test]
fn a_zip_can_be_read_by_another_tool() {
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "unzip", |finish| finish.zip = true).unwrap();
    // Python reads zip files with code of its own.
    let Ok(output) = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-t"])
        .arg(summary.zip.unwrap())
        .output()
    else {
        return;
    };
    assert!(output.status.success());
}

#[test]
fn the_same_results_give_the_same_bytes() {
    let packs: Vec<Pack> = (0..2)
        .map(|_| {
            let out = tempfile::tempdir().unwrap();
            let summary = fixture::write(out.path(), "same", |_| {}).unwrap();
            Pack::open(&summary.dir).unwrap()
        })
        .collect();
    for (path, bytes) in packs[0].files() {
        // The log holds the times at which it was written, and the manifest its digest.
        if path != name::EVENTS && path != name::MANIFEST {
            assert_eq!(Some(bytes.as_slice()), packs[1].file(path), "{path}");
        }
    }
}

#[test]
fn a_result_that_contradicts_itself_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let writer = PackWriter::begin(out.path(), &fixture::run("refused")).unwrap();
    let good = fixture::result("TP-01", Grade::A, Verdict::Passed, &[]);
    let mut no_check = good.clone();
    no_check.checks.clear();
    let mut failed_check = good.clone();
    failed_check.checks[0].verdict = Verdict::Failed;
    let mut no_reason = good.clone();
    no_reason.reason = Text::new("bare bokmål", "");
    let mut path = good.clone();
    path.case_id = "../x".into();
    for bad in [no_check, failed_check, no_reason, path] {
        assert!(writer.case(bad.clone()).is_err(), "{bad:?}");
    }
    writer.case(good).unwrap();
    assert!(writer.exchange("../x", &1).is_err());
    let mut unknown = fixture::result("TP-02", Grade::A, Verdict::Passed, &["TP-02/1".into()]);
    unknown.exchange_ids = vec!["TP-02/1".into()];
    writer.case(unknown).unwrap();
    let error = writer.finish(fixture::finish(fixture::start())).unwrap_err();
    assert!(error.to_string().contains("TP-02/1"), "{error}");
}

#[test]
fn a_rerun_keeps_the_first_result_visible() {
    let out = tempfile::tempdir().unwrap();
    let writer = PackWriter::begin(out.path(), &fixture::run("rerun")).unwrap();
    fixture::record(&writer).unwrap();
    let mut again = fixture::result("TP-02", Grade::A, Verdict::Passed, &[]);
    again.attempts[0].start += chrono::TimeDelta::minutes(1);
    writer.case(again).unwrap();
    let summary = writer
        .finish(fixture::finish(fixture::start() + chrono::TimeDelta::minutes(9)))
        .unwrap();
    let pack = Pack::open(&summary.dir).unwrap();
    let results = pack.results().unwrap();
    let case = results.case("TP-02").unwrap();
    let verdicts: Vec<Verdict> = case.attempts.iter().map(|attempt| attempt.verdict).collect();
    assert_eq!(verdicts, [Verdict::Failed, Verdict::Passed]);
    assert_eq!(case.exchange_ids.len(), 2);
    let html = String::from_utf8(pack.file("summary.en.html").unwrap().to_vec()).unwrap();
    assert!(html.contains("First result: <span class=\"chip failed\">failed</span>"));
}

#[test]
fn a_file_that_nobody_knows_is_not_vouched_for() {
    let out = tempfile::tempdir().unwrap();
    let writer = PackWriter::begin(out.path(), &fixture::run("stray")).unwrap();
    fixture::record(&writer).unwrap();
    fs::write(writer.dir().join("notes.txt"), "mine").unwrap();
    let dir = writer.dir().to_owned();
    let error = writer.finish(fixture::finish(fixture::start())).unwrap_err();
    assert!(error.to_string().contains("notes.txt"), "{error}");
    fs::remove_file(dir.join("notes.txt")).unwrap();
    PackWriter::resume(&dir)
        .unwrap()
        .finish(fixture::finish(fixture::start() + chrono::TimeDelta::hours(1)))
        .unwrap();
    assert!(matches!(
        PackWriter::resume(&dir),
        Err(EvidenceError::NotResumable { .. })
    ));
    assert!(matches!(
        PackWriter::begin(out.path(), &fixture::run("stray")),
        Err(EvidenceError::Exists(_))
    ));
}

#[test]
fn the_zip_file_lies_beside_the_folder_however_the_folder_is_written() {
    for end in ["", "."] {
        let out = tempfile::tempdir().unwrap();
        let begun = PackWriter::begin(out.path(), &fixture::run("zip")).unwrap();
        let dir = begun.dir().to_owned();
        drop(begun);
        let writer = PackWriter::resume(&dir.join(end)).unwrap();
        fixture::record(&writer).unwrap();
        let mut finish = fixture::finish(fixture::start() + chrono::TimeDelta::minutes(7));
        finish.zip = true;
        let summary = writer.finish(finish).unwrap();
        assert_eq!(summary.zip.unwrap(), dir.with_extension("zip"));
        assert!(verify(&Pack::open(&dir).unwrap(), None).is_intact());
    }
}
