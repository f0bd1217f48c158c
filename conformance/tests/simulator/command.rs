//! The commands `simulate` and `token`, as programs.

use std::process::Stdio;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"));
    command.kill_on_drop(true).stdin(Stdio::null());
    for variable in skatteetaten_conformance::config::variables() {
        command.env_remove(variable.name);
    }
    command
}

/// Starts `simulate --json` and gives the process and the line it prints.
async fn simulate(arguments: &[&str]) -> (Child, Value) {
    let mut child = program()
        .args(["simulate", "--json"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

#[tokio::test]
async fn the_line_is_enough_to_work_with_and_the_signal_ends_it() {
    let (child, line) = simulate(&[]).await;
    let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "trekkpaalegg",
            "finansprodukter",
            "dialogporten",
            "issuer",
            "token_endpoint",
            "client_id",
            "kid",
            "private_key",
            "config"
        ]
    );
    let key = std::fs::read_to_string(line["private_key"].as_str().unwrap()).unwrap();
    assert!(key.contains("PRIVATE KEY"));
    let config = line["config"].as_str().unwrap();
    let output = program()
        .args(["token", "--json", "--config", config])
        .output()
        .await
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let claims: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(claims["claims"]["consumer"]["ID"], "0192:310000000");
    assert!(!shown.contains("eyJ"), "the token itself is not shown");
    #[cfg(unix)]
    {
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(id).status().await.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!std::path::Path::new(config).exists(), "its files are gone");
    }
    #[cfg(not(unix))]
    drop(child);
}

#[tokio::test]
async fn refusals_end_with_their_exit_code() {
    let (_child, line) = simulate(&["--fault", "code=MP-303"]).await;
    let config = line["config"].as_str().unwrap();
    let output = program().args(["token", "--config", config]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("MP-303"));
    for (arguments, part) in [
        (
            vec!["token", "--config", config, "--organisation", "310000019"],
            "123456789",
        ),
        (vec!["token", "--config", "/nowhere/at/all.toml"], "cannot be read"),
        (vec!["simulate", "--fault", "nonsense"], "error-500"),
        (vec!["simulate", "--organisation", "12"], "nine digits"),
        (vec!["simulate", "--data", "/nowhere/at/all.json"], "cannot be read"),
    ] {
        let output = program().args(&arguments).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {text}");
        assert!(text.contains(part), "{arguments:?} {text}");
    }
}

#[tokio::test]
async fn loaded_orders_are_served_and_doubtful_numbers_reported() {
    let folder = tempfile::tempdir().unwrap();
    let order = |id: &str, number: u64, person: &str| {
        format!(
            r#"{{"trekkid":"{id}","trekkversjon":1,"sekvensnummer":{number},"trekkpliktig":"310000019","skyldner":"{person}"}}"#
        )
    };
    // The second is built to pass both check digits: it could be somebody's.
    std::fs::write(folder.path().join("a.json"), order("1", 5, "01817012345")).unwrap();
    std::fs::write(folder.path().join("b.json"), order("2", 5, &plausible())).unwrap();
    let mut child = program()
        .args(["simulate", "--json", "--data"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let config = std::fs::read_to_string(line["config"].as_str().unwrap()).unwrap();
    assert!(config.contains("310000019"), "it acts for the employer of the data");
    child.start_kill().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(
        warnings.contains("a.json") && warnings.contains("is served as 6"),
        "{warnings}"
    );
    assert!(warnings.contains("could belong to real"), "{warnings}");
    assert!(!warnings.contains(&plausible()), "and no number is repeated");
}

/// An identity number with valid check digits and no mark of being synthetic.
fn plausible() -> String {
    let digits = [0_u32, 1, 0, 1, 7, 0];
    for serial in 0..1000_u32 {
        let mut number = digits.to_vec();
        number.extend([serial / 100, serial / 10 % 10, serial % 10]);
        let check = |weights: &[u32], number: &[u32]| {
            let sum: u32 = weights.iter().zip(number).map(|(w, d)| w * d).sum();
            (11 - sum % 11) % 11
        };
        let first = check(&[3, 7, 6, 1, 8, 9, 4, 5, 2], &number);
        number.push(first);
        let second = check(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], &number);
        number.push(second);
        if first < 10 && second < 10 {
            return number.iter().map(ToString::to_string).collect();
        }
    }
    unreachable!("some serial number has two check digits")
}
