//! `skatt-conformance evidence …` as a process.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::fixture;

fn evidence(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
        .arg("evidence")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn verify_prints_what_it_found_and_exits_with_100_when_something_is_wrong() {
    let out = tempfile::tempdir().unwrap();
    let key = fixture::key(&fixture::ed25519_pem());
    let (fingerprint, public) = (key.fingerprint(), key.public_pem());
    let summary = fixture::write(out.path(), "cli", |finish| {
        finish.signing_key = Some(key);
        finish.zip = true;
    })
    .unwrap();
    let zip = summary.zip.unwrap();
    let public_file = out.path().join("public.pem");
    std::fs::write(&public_file, public).unwrap();
    for arguments in [
        vec!["verify", path(&summary.dir), path(&zip)],
        vec!["verify", path(&zip), "--key", &fingerprint],
        vec!["verify", path(&zip), "--key", path(&public_file)],
    ] {
        let output = evidence(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("intact, signed"));
        assert!(text(&output.stdout).contains(&fingerprint));
        assert!(
            text(&output.stdout).contains("stale: trekkpaalegg-app 1.4"),
            "another digest is pinned"
        );
    }
    let output = evidence(&["verify", path(&zip), "--key", &"0".repeat(64)]);
    assert_eq!(output.status.code(), Some(100));

    std::fs::write(summary.dir.join("LESMEG.txt"), "x").unwrap();
    let output = evidence(&["verify", "--json", path(&summary.dir)]);
    assert_eq!(output.status.code(), Some(100));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["intact"], false);
    assert_eq!(value["findings"][0]["path"], "LESMEG.txt");
    assert_eq!(value["findings"][0]["kind"], "truncated");
    let output = evidence(&["verify", path(&summary.dir)]);
    assert!(text(&output.stdout).contains("NOT INTACT"), "{}", text(&output.stdout));

    let output = evidence(&["verify", path(&public_file)]);
    assert_eq!(output.status.code(), Some(100), "no zip file");
    let output = evidence(&["verify", "nowhere"]);
    assert_eq!(output.status.code(), Some(2), "no such file");
    assert!(text(&output.stderr).contains("nowhere"));
    assert_eq!(evidence(&["verify"]).status.code(), Some(2));
}

#[test]
fn compare_exits_with_100_when_it_got_worse() {
    use skatteetaten_conformance::{
        evidence::PackWriter,
        results::{Grade, Verdict},
    };
    let out = tempfile::tempdir().unwrap();
    let pack = |id: &str, verdict| {
        let writer = PackWriter::begin(out.path(), &fixture::run(id)).unwrap();
        writer.case(fixture::result("TP-01", Grade::A, verdict, &[])).unwrap();
        writer.finish(fixture::finish(fixture::start())).unwrap().dir
    };
    let (good, bad) = (pack("good", Verdict::Passed), pack("bad", Verdict::Failed));
    let output = evidence(&["compare", path(&good), path(&bad)]);
    assert_eq!(output.status.code(), Some(100));
    assert!(text(&output.stdout).contains("regressed:\n  TP-01: passed (A) -> failed (A)"));
    let output = evidence(&["compare", path(&bad), path(&good)]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("fixed:\n  TP-01"));
    let output = evidence(&["compare", "--json", path(&bad), path(&good)]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["changes"][0]["change"], "fixed");
    std::fs::write(good.join("ekstra"), "x").unwrap();
    let output = evidence(&["compare", path(&bad), path(&good)]);
    assert_eq!(output.status.code(), Some(100), "a damaged pack proves nothing");
}

#[test]
fn show_prints_the_path_of_the_summary() {
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "show", |_| {}).unwrap();
    let output = evidence(&["show", "--no-open", "--lang", "en", path(&summary.dir)]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    assert!(Path::new(shown.trim()).ends_with("summary.en.html"), "{shown}");
    assert!(Path::new(shown.trim()).exists());
    assert_eq!(
        evidence(&["show", "--no-open", path(out.path())]).status.code(),
        Some(2)
    );
}

#[tokio::test]
async fn a_pack_is_served_on_this_machine_and_only_what_is_in_it() {
    use skatteetaten_conformance::{
        evidence::{Pack, Served},
        results::Lang,
    };
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "serve", |finish| finish.zip = true).unwrap();
    let served = Served::start(Pack::open(&summary.zip.unwrap()).unwrap(), Lang::Nb)
        .await
        .unwrap();
    assert!(served.url().starts_with("http://127.0.0.1:"));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = client.get(served.url()).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.text().await.unwrap().contains("Hva som er testet"));
    let get = |path: &str| client.get(format!("{}{path}", served.url())).send();
    assert_eq!(get("logg/TP-01/1.json").await.unwrap().status(), 200);
    for missing in ["nothing", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd"] {
        assert_eq!(get(missing).await.unwrap().status(), 404, "{missing}");
    }
}
