//! The command, unattended, as a pipeline runs it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::support::{Keys, python, reference_client};

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
         [run]\ncommand = ['{}', '{}'{mistake}]\n",
        python(),
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
    let (verdict, _, reason) = verdict_of(folder.path(), "AUTH-01");
    assert_eq!(verdict, "remark");
    assert!(reason.contains("not registered"), "{reason}");
}

#[test]
fn a_system_that_sends_nothing_has_not_passed() {
    let folder = tempfile::tempdir().unwrap();
    let idle = format!(
        "[client]\n{}\n[[customer]]\norganisation = '310000035'\n[run]\ncommand = ['{}', '--version']\n",
        registered(),
        python()
    );
    let output = client(folder.path(), &idle, &["--case", "TP-04"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("not a single request arrived"), "{text}");
    assert_eq!(verdict_of(folder.path(), "TP-04").0, "notRun");
}

#[test]
fn a_key_that_is_not_the_registered_one_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.pem");
    let made = Command::new("openssl")
        .args(["genrsa", "-out"])
        .arg(&other)
        .arg("2048")
        .output();
    assert!(made.unwrap().status.success());
    let public = folder.path().join("other.pub.pem");
    let made = Command::new("openssl")
        .args(["pkey", "-pubout", "-in"])
        .arg(&other)
        .arg("-out")
        .arg(&public)
        .output();
    assert!(made.unwrap().status.success());
    let registered = format!(
        "id = 'vendor-client'\nkid = 'vendor-1'\npublic_key = '{}'",
        public.display()
    );
    let output = client(folder.path(), &scenario(&registered, None), &["--case", "TP-04"]);
    assert_eq!(output.status.code(), Some(100));
    let (verdict, _, reason) = verdict_of(folder.path(), "AUTH-01");
    assert_eq!(verdict, "failed");
    assert!(reason.contains("accepted by Maskinporten"), "{reason}");
}

#[test]
fn the_systems_logs_are_searched_and_go_into_the_pack() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    let scenario = scenario(&registered(), None);
    let more = ["--case", "TP-04", "--client-logs", logs.to_str().unwrap()];
    std::fs::write(logs.join("system.log"), "polled\nstored 3 orders\n").unwrap();
    let output = client(folder.path(), &scenario, &more);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let kept = std::fs::read_to_string(pack(folder.path()).join("klientlogg/system.log")).unwrap();
    assert_eq!(kept, "polled\nstored 3 orders\n");
    let (verdict, _, _) = verdict_of(folder.path(), "SEC-04");
    assert_eq!(verdict, "passed");

    // A number with a check digit that a real person may have, and a header that nobody logs.
    std::fs::remove_dir_all(folder.path().join("evidence")).unwrap();
    std::fs::write(
        logs.join("system.log"),
        format!(
            "polled\nAuthorization: Bearer abcdefgh0123456789\nperson {}\n",
            could_be_real()
        ),
    )
    .unwrap();
    let output = client(folder.path(), &scenario, &more);
    assert_eq!(output.status.code(), Some(100));
    let (verdict, _, reason) = verdict_of(folder.path(), "SEC-04");
    assert_eq!(verdict, "failed");
    assert!(reason.contains("system.log:2"), "{reason}");
    let (verdict, _, reason) = verdict_of(folder.path(), "SEC-02");
    assert_eq!(verdict, "needsReview");
    assert!(reason.contains("system.log:3"), "{reason}");
    let kept = std::fs::read_to_string(pack(folder.path()).join("klientlogg/system.log")).unwrap();
    assert!(!kept.contains("abcdefgh") && !kept.contains(&could_be_real()), "{kept}");

    // What cannot be searched is not taken, and the cases about it are blocked.
    std::fs::remove_dir_all(folder.path().join("evidence")).unwrap();
    std::fs::write(logs.join("system.log"), [0xff, 0xfe, 0x00]).unwrap();
    let output = client(folder.path(), &scenario, &more);
    assert_eq!(output.status.code(), Some(100));
    assert_eq!(verdict_of(folder.path(), "SEC-04").0, "blocked");
    assert_eq!(verdict_of(folder.path(), "TP-04").0, "passed");

    let output = client(folder.path(), &scenario, &["--client-logs", "nowhere.log"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A number with a plain date and check digits that hold: made here, so that it stands in no file.
fn could_be_real() -> String {
    (0..10)
        .find_map(|last| {
            let mut digits: Vec<u32> = vec![0, 1, 0, 1, 7, 0, 4, 9];
            digits.push(last);
            for weights in [&[3, 7, 6, 1, 8, 9, 4, 5, 2][..], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]] {
                let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
                match (11 - sum % 11) % 11 {
                    10 => return None,
                    check => digits.push(check),
                }
            }
            Some(digits.iter().map(ToString::to_string).collect())
        })
        .unwrap()
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
            scenario(&format!("id = 'x'\nkid = 'k'\npublic_key = '{}'", key.display()), None),
            "private key",
        ),
        (
            scenario(&format!("id = 'x'\npublic_key = '{}'", key.display()), None),
            "go together",
        ),
        (
            scenario(&format!("id = 'x'\nkid = 'k'\npublic_key = '{}'", jwks.display()), None),
            "no PEM",
        ),
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

#[test]
fn what_was_recorded_is_on_disk_when_the_program_dies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, scenario("trust_on_first_use = true", None)).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
        .args(["conformance", "client", "--record", "--json", "--scenario"])
        .arg(&path)
        .arg("--out")
        .arg(folder.path().join("evidence"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = url::Url::parse(told["issuer"].as_str().unwrap()).unwrap();
    let mut stream = TcpStream::connect((address.host_str().unwrap(), address.port().unwrap())).unwrap();
    stream
        .write_all(b"GET /api/trekkpaalegg/v1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    // On disk soon after the answer, and long before the end.
    let written = || pack(folder.path()).join("logg/session/1.json").is_file();
    let mut left = 3_000;
    while !written() && left > 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
        left -= 1;
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(written());
    let verified = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
        .args(["evidence", "verify"])
        .arg(pack(folder.path()))
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(100));
    let text = String::from_utf8_lossy(&verified.stdout);
    assert!(text.contains("unfinished"), "{text}");
}
