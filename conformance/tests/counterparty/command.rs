//! The command, unattended, as a pipeline runs it.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::support::{Keys, reference_client};

fn client(folder: &Path, scenario: &str, more: &[&str]) -> Output {
    let path = folder.join("scenario.toml");
    std::fs::write(&path, scenario).unwrap();
    Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
        .args(["conformance", "client", "--scenario"])
        .arg(&path)
        .arg("--out")
        .arg(folder.join("evidence"))
        .args(more)
        .env("VENDOR_KEY", Keys::get().private())
        .env("VENDOR_KID", "vendor-1")
        .env("MASKINPORTEN_CLIENT_ID", "vendor-client")
        .env("VENDOR_WAIT", "0.01")
        .output()
        .unwrap()
}

fn scenario(client: &str, mistake: Option<&str>) -> String {
    let script = reference_client();
    let mistake = mistake.map_or_else(String::new, |name| format!(", '--mistake', '{name}'"));
    format!(
        "[client]\n{client}\n[[customer]]\norganisation = '310000035'\n[system]\nname = 'Test'\nversion = '1'\n\
         [run]\ncommand = ['python3', '{}'{mistake}]\n",
        script.display()
    )
}

fn registered() -> String {
    format!("id = 'vendor-client'\njwks = '{}'", Keys::get().jwks().display())
}

fn pack(folder: &Path) -> std::path::PathBuf {
    let mut entries = std::fs::read_dir(folder.join("evidence")).unwrap();
    entries.next().unwrap().unwrap().path()
}

fn verdict_of(folder: &Path, case: &str) -> (String, String, String) {
    let text = std::fs::read_to_string(pack(folder).join("resultater.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&text).unwrap();
    let all = results["results"].as_array().unwrap();
    let found = all.iter().find(|result| result["caseId"] == case).unwrap();
    let field = |name: &str| found[name].as_str().unwrap().to_owned();
    let reason = found["reason"]["en"].as_str().unwrap().to_owned();
    (field("verdict"), field("grade"), reason)
}

#[test]
fn a_good_client_passes_and_the_pack_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let output = client(folder.path(), &scenario(&registered(), None), &["--case", "TP-04"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("TP-04"), "{text}");
    assert_eq!(verdict_of(folder.path(), "TP-04").0, "passed");
    assert_eq!(verdict_of(folder.path(), "TP-04").1, "B");
    assert_eq!(verdict_of(folder.path(), "FP-03").0, "notRun");
    assert_eq!(verdict_of(folder.path(), "SEC-04").0, "passed");
    let verified = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
        .args(["evidence", "verify"])
        .arg(pack(folder.path()))
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(0));
}

#[test]
fn a_mistake_is_a_finding_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = scenario(&registered(), Some("plus-one"));
    let output = client(folder.path(), &scenario, &["--case", "TP-04"]);
    assert_eq!(output.status.code(), Some(100));
    let (verdict, _, reason) = verdict_of(folder.path(), "TP-04");
    assert_eq!(verdict, "failed");
    assert!(reason.contains("without adding 1"), "{reason}");
}

#[test]
fn trust_on_first_use_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = scenario("trust_on_first_use = true", None);
    let output = client(folder.path(), &scenario, &["--case", "TP-04"]);
    assert_eq!(output.status.code(), Some(0));
    let text = std::fs::read_to_string(pack(folder.path()).join("resultater.json")).unwrap();
    assert!(text.contains("signatures were not verified"), "{text}");
}

#[test]
fn what_cannot_work_is_said_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let jwks = Keys::get().jwks();
    let key = Keys::get().private();
    for (scenario, part) in [
        (scenario("id = 'x'", None), "no public key"),
        (scenario("id = 'x'\njwks = 'missing.json'", None), "missing.json"),
        (
            scenario(&format!("id = 'x'\ncertificate_chain = ['{}']", key.display()), None),
            "private key",
        ),
        (scenario(&format!("jwks = '{}'", jwks.display()), None), "no id"),
        (
            scenario(&registered(), None).replace("310000035", "974761076"),
            "synthetic organisation",
        ),
        (scenario(&registered(), None) + "unknown = 1\n", "unknown"),
        ("apis = []\n".to_owned() + &scenario(&registered(), None), "no API"),
    ] {
        let output = client(folder.path(), &scenario, &[]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(part), "{part}: {text}");
    }
    let output = client(folder.path(), &scenario(&registered(), None), &["--case", "TP-99"]);
    assert_eq!(output.status.code(), Some(2));
}
