//! The program alone: copied into an empty folder, without a checkout, a toolchain or a network.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::support::http;

/// A folder with the program in it and nothing else.
struct Alone {
    dir: tempfile::TempDir,
    program: PathBuf,
    _copy: Arc<tempfile::TempDir>,
}

impl Alone {
    fn new() -> Self {
        // One copy for all that run at the same time, made before any of them starts it: a program that is
        // being written cannot be run, and a process that starts meanwhile would keep it open for writing a
        // moment longer.
        static COPY: Mutex<Weak<tempfile::TempDir>> = Mutex::new(Weak::new());
        let name = format!("skatt-conformance{}", std::env::consts::EXE_SUFFIX);
        let mut known = COPY.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = known.upgrade().unwrap_or_else(|| {
            let dir = tempfile::tempdir().unwrap();
            std::fs::copy(env!("CARGO_BIN_EXE_skatt-conformance"), dir.path().join(&name)).unwrap();
            Arc::new(dir)
        });
        *known = Arc::downgrade(&copy);
        drop(known);
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join(&name);
        std::fs::hard_link(copy.path().join(&name), &program).unwrap();
        Self {
            dir,
            program,
            _copy: copy,
        }
    }

    /// The program in its folder, with an environment in which no other program can be found and
    /// no configuration either.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "")
            .env("HOME", self.dir.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // Windows programs do not start without these.
        for name in ["SystemRoot", "SystemDrive", "TEMP", "TMP"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    /// Runs a command that has to end well, and gives what it printed.
    async fn fine(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{text}\n{errors}");
        text
    }

    /// Starts a command that serves, and gives the line of JSON that it prints.
    async fn serve(&self, arguments: &[&str]) -> (Child, BufReader<tokio::process::ChildStdout>, Value) {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).await.unwrap();
        (child, out, serde_json::from_str(&line).unwrap())
    }

    fn pack(&self, out: &str) -> PathBuf {
        let mut packs: Vec<_> = std::fs::read_dir(self.dir.path().join(out))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        assert_eq!(packs.len(), 1, "{packs:?}");
        packs.remove(0)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn the_suite_and_its_evidence() {
    let alone = Alone::new();
    let plan = alone.fine(&["conformance", "plan"]).await;
    assert!(plan.contains("TP-01") && plan.contains("FP-01"));
    alone.fine(&["conformance", "plan", "--templates", "mine"]).await;
    let run = alone
        .fine(&[
            "conformance",
            "--target",
            "simulator",
            "--case",
            "TP-01",
            "--case",
            "FP-01",
            "--case",
            "SEC-04",
            "--zip",
            "--out",
            "packs",
            "--attestations",
            "mine/attestations.toml",
            "--deviations",
            "mine/deviations.toml",
        ])
        .await;
    assert!(run.contains("self-check"), "{run}");
    let pack = alone.pack("packs");
    let zip = PathBuf::from(format!("{}.zip", text(&pack)));
    alone.fine(&["evidence", "verify", text(&pack), text(&zip)]).await;
    alone.fine(&["evidence", "compare", text(&pack), text(&zip)]).await;
    let shown = alone.fine(&["evidence", "show", "--no-open", text(&pack)]).await;
    assert!(shown.contains("oppsummering.nb.html"), "{shown}");
    for path in [
        pack.join("LESMEG.txt"),
        pack.join("krav.json"),
        pack.join("katalog.json"),
    ] {
        assert!(std::fs::metadata(&path).unwrap().len() > 100, "{}", path.display());
    }
}

#[tokio::test]
async fn every_command_explains_itself() {
    let alone = Alone::new();
    for command in [
        &["--help"][..],
        &["conformance", "--help"],
        &["conformance", "plan", "--help"],
        &["conformance", "client", "--help"],
        &["conformance", "proxy", "--help"],
        &["simulate", "--help"],
        &["evidence", "--help"],
        &["evidence", "show", "--help"],
        &["token", "--help"],
    ] {
        let help = alone.fine(command).await;
        assert!(help.contains("Usage"), "{command:?}");
    }
    // Wrong usage says so, and looks for nothing outside the folder.
    for (arguments, part) in [
        (&["conformance", "--target", "test"][..], "client"),
        (&["conformance", "proxy", "--config", "none.toml"], "none.toml"),
        (&["conformance", "proxy", "--client-logs", "none.log"], "none.log"),
        (&["conformance", "client", "--scenario", "none.toml"], "none.toml"),
        (&["evidence", "verify", "nowhere"], "nowhere"),
    ] {
        let output = alone.run(arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            matches!(output.status.code(), Some(2 | 100)),
            "{arguments:?} {:?} {errors}",
            output.status
        );
        let all = format!("{}{errors}", String::from_utf8_lossy(&output.stdout));
        assert!(all.contains(part), "{arguments:?}: {all}");
    }
    let left: Vec<_> = std::fs::read_dir(alone.dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing was written");
}

#[tokio::test]
async fn a_simulator_a_proxy_before_it_and_the_pack_of_the_session() {
    let alone = Alone::new();
    let (_simulator, _simulator_out, simulator) = alone.serve(&["simulate", "--json"]).await;
    let config = simulator["config"].as_str().unwrap();
    let token = alone.fine(&["token", "--json", "--config", config]).await;
    assert!(token.contains("0192:"));

    std::fs::create_dir(alone.dir.path().join("logs")).unwrap();
    std::fs::write(
        alone.dir.path().join("logs").join("system.log"),
        "polled\nBearer abcdefgh0123456789\n",
    )
    .unwrap();
    #[cfg_attr(
        not(unix),
        expect(unused_mut, reason = "read to its end only where a signal can be sent")
    )]
    let (child, mut out, proxy) = alone
        .serve(&[
            "conformance",
            "proxy",
            "--upstream",
            "test",
            "--config",
            config,
            "--out",
            "sessions",
            "--client-logs",
            "logs",
            "--operator",
            "Nattjobb",
            "--json",
            "--tls",
            "trust",
        ])
        .await;
    assert_eq!(proxy["issuer"], simulator["issuer"], "the issuer stays");
    let authority = std::fs::read(alone.dir.path().join(proxy["trust"].as_str().unwrap())).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()])
        .build()
        .unwrap();
    let metadata: Value = client
        .get(proxy["well_known"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(metadata["token_endpoint"], proxy["token_endpoint"]);
    let list = format!("{}/api/trekkpaalegg/v1", proxy["trekkpaalegg"].as_str().unwrap());
    assert_eq!(client.get(list).send().await.unwrap().status(), 401);
    let plain = http().get(format!("{}/x", simulator["trekkpaalegg"].as_str().unwrap()));
    assert_eq!(plain.send().await.unwrap().status(), 404);

    #[cfg(unix)]
    {
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(id).status().await.unwrap().success());
        let mut printed = String::new();
        out.read_to_string(&mut printed).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        // The log holds a secret, and that is a finding.
        assert_eq!(output.status.code(), Some(100), "{printed}\n{errors}");
        assert!(
            printed.contains("2 exchanges") && printed.contains("system.log:2"),
            "{printed}"
        );
        let pack = alone.pack("sessions");
        alone.fine(&["evidence", "verify", text(&pack)]).await;
        let log = std::fs::read_to_string(pack.join("klientlogg").join("system.log")).unwrap();
        assert!(log.starts_with("polled\n") && !log.contains("abcdefgh"), "{log}");
        assert!(pack.join("logg").join("PROXY").join("2.json").is_file());
    }
    #[cfg(not(unix))]
    drop((child, out.buffer().len()));
}

#[tokio::test]
async fn a_counterparty_for_a_system_that_works_as_it_likes() {
    let alone = Alone::new();
    std::fs::write(
        alone.dir.path().join("scenario.toml"),
        "[client]\ntrust_on_first_use = true\n[[customer]]\norganisation = \"310000035\"\n\
         [system]\nname = \"Lønn\"\nversion = \"1\"\n",
    )
    .unwrap();
    let (child, mut out, told) = alone
        .serve(&[
            "conformance",
            "client",
            "--scenario",
            "scenario.toml",
            "--record",
            "--json",
            "--tls",
            "trust",
            "--out",
            "sessions",
        ])
        .await;
    let authority = std::fs::read(alone.dir.path().join(told["trust"].as_str().unwrap())).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()])
        .build()
        .unwrap();
    let page = client.get(told["page"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    // A parameter that never goes alone, and no token.
    let list = format!(
        "{}/api/trekkpaalegg/v1?maksAntall=5",
        told["trekkpaalegg"].as_str().unwrap()
    );
    assert_eq!(client.get(list).send().await.unwrap().status(), 401);
    let done = format!("{}/done", told["page"].as_str().unwrap());
    assert_eq!(client.post(done).send().await.unwrap().status(), 204);
    let mut printed = String::new();
    out.read_to_string(&mut printed).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(100), "{printed}\n{errors}");
    assert!(printed.contains("TP-03"), "{printed}");
    let pack = alone.pack("sessions");
    alone.fine(&["evidence", "verify", text(&pack)]).await;
    assert!(pack.join("logg").join("session").join("1.json").is_file());
}
