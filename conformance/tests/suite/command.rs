//! `skatt-conformance conformance …` as a process: options, output, exit codes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use skatteetaten_conformance::{
    cases::example_submission,
    evidence::{Pack, verify},
    simulator::Simulator,
};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"));
    command.args(arguments).current_dir(folder).env_remove("SKATT_CONFIG");
    command
}

fn call(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(folder, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The folders below `conformance-results` that hold a `resultater.json`, and those that do not.
fn packs(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder.join("conformance-results")) else {
        return (Vec::new(), Vec::new());
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .partition(|path| path.join("resultater.json").is_file())
}

#[test]
fn a_run_prints_its_results_and_where_the_evidence_lies() {
    let folder = tempfile::tempdir().unwrap();
    let run = [
        "conformance",
        "--api",
        "trekkpaalegg",
        "--role",
        "d",
        "--zip",
        "--operator",
        "Testleder",
    ];
    let (code, out, err) = call(folder.path(), &run);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    for part in [
        "TP-02",
        "passed with remark",
        "Grade E is a self-check",
        "Karakter E er en selvtest",
        "Ikke en godkjenning fra Skatteetaten",
        "Not an approval",
        "\nEvidence: ",
        "\nAs one file: ",
    ] {
        assert!(out.contains(part), "{part:?} is missing in\n{out}");
    }
    let (finished, unfinished) = packs(folder.path());
    assert_eq!((finished.len(), unfinished.len()), (1, 0));
    assert!(out.contains(finished[0].file_name().unwrap().to_str().unwrap()));
    assert!(verify(&Pack::open(&finished[0]).unwrap(), None).is_intact());
    let results: Value = serde_json::from_slice(&fs::read(finished[0].join("resultater.json")).unwrap()).unwrap();
    assert_eq!(results["run"]["operator"], "Testleder");
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let production = folder.path().join("production.toml");
    fs::write(
        &production,
        "environment = \"production\"\n[maskinporten]\nclient_id = \"x\"\n",
    )
    .unwrap();
    let unknown = folder.path().join("unknown.toml");
    fs::write(
        &unknown,
        "environment = \"custom\"\n[hosts]\ntrekkpaalegg = \"https://api.example.com/\"\n",
    )
    .unwrap();
    let maskinporten = folder.path().join("maskinporten.toml");
    fs::write(
        &maskinporten,
        "[maskinporten]\nissuer = \"https://maskinporten.no/\"\nclient_id = \"x\"\n",
    )
    .unwrap();
    let maskinporten = maskinporten.to_str().unwrap();
    let (production, unknown) = (production.to_str().unwrap(), unknown.to_str().unwrap());
    for (arguments, message) in [
        (vec!["--case", "TP-99"], "no case TP-99"),
        (vec!["--requirement", "X"], "no requirement X"),
        (vec!["--preset", "mine"], "is no preset"),
        (vec!["--role", "x"], "role"),
        (vec!["--config", production], "--config belongs to --target test"),
        (vec!["--target", "test", "--config", production], "api.skatteetaten.no"),
        (
            vec!["--target", "test", "--config", maskinporten],
            "production Maskinporten",
        ),
        (vec!["--target", "test", "--config", unknown], "api.example.com"),
        (vec!["--target", "test", "--config", "none.toml"], "none.toml"),
        (vec!["--deviations", "none.toml"], "none.toml"),
        (vec!["--attestations", "none.toml"], "none.toml"),
        (vec!["--sign", "none.pem"], "none.pem"),
        (vec!["--resume", "none"], "none"),
    ] {
        let (code, out, err) = call(folder.path(), &[vec!["conformance"], arguments.clone()].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {out}{err}");
        assert!(err.contains(message), "{arguments:?}: {err}");
    }
    assert_eq!(packs(folder.path()), (Vec::new(), Vec::new()));
}

#[test]
fn a_finding_gives_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let no = "[[attestation]]\ncase = \"ATT-04\"\nanswer = false\nname = \"N\"\nrole = \"R\"\ndate = 2026-01-31\n";
    fs::write(folder.path().join("a.toml"), no).unwrap();
    let run = ["conformance", "--case", "ATT-04", "--attestations", "a.toml"];
    let (code, out, _) = call(folder.path(), &run);
    assert_eq!(code, Some(100), "{out}");
    let late = "[[deviation]]\nid = \"A\"\ncase = \"ATT-01\"\nseverity = \"minor\"\ndescription = \"x\"\nimpact = \"x\"\n\
                owner = \"x\"\nplan = \"x\"\ndue = 2020-01-01\nstatus = \"open\"\nfirst_seen = 2020-01-01\nfault = \"own\"\n";
    fs::write(folder.path().join("d.toml"), late).unwrap();
    let run = ["conformance", "--case", "ATT-01", "--deviations", "d.toml"];
    let (code, out, _) = call(folder.path(), &run);
    assert_eq!(code, Some(100), "{out}");
    assert!(out.contains("finding: deviation A was due 2020-01-01"), "{out}");
}

#[test]
fn the_plan_is_for_people_and_for_machines_and_writes_templates() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = call(folder.path(), &["conformance", "plan", "--templates", "mine"]);
    assert_eq!(code, Some(0), "{err}");
    for part in [
        "TP-01",
        "runs against the target",
        "vendor's own client",
        "a person states it",
        "FP-R14",
    ] {
        assert!(out.contains(part), "{part:?} is missing in\n{out}");
    }
    let statements = folder.path().join("mine/attestations.toml");
    assert!(fs::read_to_string(&statements).unwrap().contains("ATT-01"));
    assert!(folder.path().join("mine/deviations.toml").is_file());
    // A file that somebody has begun to fill in is never written over; what is missing comes.
    fs::write(&statements, "# mine").unwrap();
    let scenario = folder.path().join("mine/scenario.toml");
    fs::remove_file(&scenario).unwrap();
    let (code, _, err) = call(folder.path(), &["conformance", "plan", "--templates", "mine"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("attestations.toml is there already"), "{err}");
    assert_eq!(fs::read_to_string(&statements).unwrap(), "# mine");
    assert!(scenario.is_file());

    let (code, out, _) = call(
        folder.path(),
        &["conformance", "plan", "--json", "--preset", "own-organisation"],
    );
    assert_eq!(code, Some(0));
    let plan: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(plan["preset"], "own-organisation");
    let cases = plan["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 77);
    let submission = cases.iter().find(|case| case["id"] == "FP-01").unwrap();
    assert_eq!(submission["planned"]["kind"], "untried");
    assert!(
        submission["planned"]["reason"]["nb"]
            .as_str()
            .unwrap()
            .contains("systembruker")
    );
    assert_eq!(packs(folder.path()).0.len(), 0, "nothing was run");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_cases_run_against_configured_hosts() {
    let simulator = Simulator::builder().start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = simulator.write_config(folder.path()).unwrap();
    let config = config.to_str().unwrap();
    let run = [
        "conformance",
        "--target",
        "test",
        "--config",
        config,
        "--case",
        "TP-01",
        "--case",
        "FP-01",
        "--case",
        "SEC-03",
    ];
    let (code, out, err) = tokio::task::block_in_place(|| call(folder.path(), &run));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("3 cases: 3 passed"), "{out}");
    assert!(
        out.contains("Grade E is a self-check"),
        "loopback is not the authority: {out}"
    );
    assert!(simulator.received().len() > 5);
}

/// Killed without a chance to say goodbye, once something is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_leaves_an_unfinished_pack_that_can_be_resumed() {
    let simulator = Simulator::builder()
        .fault("slow:operation=hentVersjon".parse().unwrap())
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = simulator.write_config(folder.path()).unwrap();
    let config = config.to_str().unwrap();
    let run = [
        "conformance",
        "--target",
        "test",
        "--config",
        config,
        "--case",
        "TP-01",
        "--case",
        "TP-12",
    ];
    let mut child = command(folder.path(), &run).stdout(Stdio::null()).spawn().unwrap();
    // TP-12 is held up by the simulator, so the run cannot end by itself.
    let held_up = simulator.wait_until(|received| received.iter().any(|request| request.path.ends_with("/99999999/1")));
    tokio::time::timeout(Duration::from_secs(300), held_up).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let (finished, unfinished) = packs(folder.path());
    assert_eq!((finished.len(), unfinished.len()), (0, 1));
    assert!(!verify(&Pack::open(&unfinished[0]).unwrap(), None).is_intact());

    simulator.set_faults(Vec::new());
    simulator.release();
    let resume = [&run[..], &["--resume", unfinished[0].to_str().unwrap()]].concat();
    let (code, out, err) = tokio::task::block_in_place(|| call(folder.path(), &resume));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(verify(&Pack::open(&unfinished[0]).unwrap(), None).is_intact());
}

/// A submission or an access that could name somebody real does not leave the computer.
#[test]
fn client_commands_have_the_same_guards() {
    let folder = tempfile::tempdir().unwrap();
    let key = private_key_file(folder.path());
    let config = |organisation: &str| {
        let path = folder.path().join("c.toml");
        let text = format!(
            "environment = \"custom\"\n[hosts]\ntrekkpaalegg = \"https://a.invalid/\"\nfinansprodukter = \"https://a.invalid/v1\"\n\
             dialogporten = \"https://a.invalid/\"\n[maskinporten]\nissuer = \"https://a.invalid/\"\nclient_id = \"x\"\nkid = \"k\"\nkey = \"{key}\"\n\
             [access]\nmodel = \"system-user\"\n[[access.organisation]]\nnumber = \"{organisation}\"\n\
             [[allow_host]]\nhost = \"a.invalid\"\nreason = \"no such host\"\n"
        );
        fs::write(&path, text).unwrap();
        path
    };
    let mut body = example_submission("310000000", 2024, "r");
    body["leveranse"]["oppgave"][0]["oppgaveeier"]["person"]["foedselsnummer"] = json!("01017012345");
    fs::write(folder.path().join("s.json"), body.to_string()).unwrap();

    let path = config("310000000");
    let submit = [
        "finansprodukter",
        "submit",
        "s.json",
        "--journal",
        "j",
        "--config",
        path.to_str().unwrap(),
    ];
    let (code, _, err) = call(folder.path(), &submit);
    assert_eq!(code, Some(100), "{err}");
    assert!(err.contains("not sent") && err.contains("foedselsnummer"), "{err}");
    assert!(!err.contains("01017012345"));

    // A real customer's organisation is refused by every command, unless it is declared test data.
    let path = config("974761076");
    let list = ["trekkpaalegg", "list", "--config", path.to_str().unwrap()];
    let (code, _, err) = call(folder.path(), &list);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("could be real") && err.contains("[synthetic]"), "{err}");
    assert!(!err.contains("974761076"));
}

/// A private key in a file, as a configuration wants it.
fn private_key_file(folder: &Path) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let written = runtime.block_on(async {
        let simulator = Simulator::builder().start().await.unwrap();
        simulator.write_config(folder).unwrap()
    });
    let text = fs::read_to_string(&written).unwrap();
    let table: toml::Table = text.parse().unwrap();
    // Relative to the folder of the configuration.
    table["maskinporten"]["key"].as_str().unwrap().to_owned()
}
