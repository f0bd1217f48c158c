//! The guide's way to check a pack with openssl alone, run as it stands there.

use std::{path::Path, process::Command};

use crate::fixture;

const GUIDE: &str = include_str!("../../../docs/evidence.md");

fn script() -> &'static str {
    GUIDE
        .split("<!-- openssl:begin -->\n```sh\n")
        .nth(1)
        .and_then(|rest| rest.split("```\n<!-- openssl:end -->").next())
        .expect("the guide has the script between its marks")
}

fn run(dir: &Path) -> (bool, String) {
    let output = Command::new("sh")
        .args(["-c", script()])
        .current_dir(dir)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_documented_commands_check_a_pack_and_find_a_change() {
    let found = ["openssl", "sh"].iter().all(|tool| {
        let argument = if *tool == "sh" {
            ["-c", "true"]
        } else {
            ["version", "-a"]
        };
        Command::new(tool)
            .args(argument)
            .output()
            .is_ok_and(|output| output.status.success())
    });
    if !found {
        assert!(
            std::env::var_os("CI").is_none() || cfg!(windows),
            "openssl or sh was not found; install it"
        );
        return;
    }
    for pem in [fixture::rsa_pem().to_owned(), fixture::ec_pem()] {
        let key = fixture::key(&pem);
        let fingerprint = key.fingerprint();
        let out = tempfile::tempdir().unwrap();
        let summary = fixture::write(out.path(), "openssl", |finish| finish.signing_key = Some(key)).unwrap();
        let (good, text) = run(&summary.dir);
        assert!(good, "{text}");
        assert!(text.contains("Verified OK") && text.contains(&fingerprint), "{text}");

        let flip = |file: &str, from: &str, to: &str| {
            let path = summary.dir.join(file);
            let before = std::fs::read(&path).unwrap();
            let changed = String::from_utf8(before.clone()).unwrap().replacen(from, to, 1);
            assert_ne!(changed.as_bytes(), before);
            std::fs::write(&path, changed).unwrap();
            let outcome = run(&summary.dir);
            std::fs::write(&path, before).unwrap();
            outcome
        };
        let (good, text) = flip("resultater.json", "passed", "failed");
        assert!(!good && text.contains("CHANGED: resultater.json"), "{text}");
        let (good, text) = flip("manifest.json", "\"runId\": \"openssl\"", "\"runId\": \"openssk\"");
        assert!(!good && text.contains("ANOTHER MANIFEST"), "{text}");
        let (good, text) = flip("attestasjon.dsse.json", "\"sig\": \"", "\"sig\": \"AAAA");
        assert!(!good, "{text}");
        assert!(run(&summary.dir).0);
    }
}
