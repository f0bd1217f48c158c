//! The command `finansprodukter`, as a program against the simulator: output, exit codes, faults.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use skatteetaten_conformance::cases::example_submission;
use skatteetaten_conformance::simulator::Simulator;
use tempfile::TempDir;
use tokio::process::Command;

const REPORTER: &str = "312345676";
/// What must be in no output: persons of the submission, and how every token and assertion begins.
const SECRET: [&str; 3] = ["15847530062", "21868330144", "eyJ"];

struct Bench {
    simulator: Simulator,
    folder: TempDir,
}

/// What a command ended in.
struct End {
    exit: i32,
    out: String,
    err: String,
}

impl Bench {
    async fn new() -> Self {
        let simulator = Simulator::builder().organisation(REPORTER).start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        simulator.write_config(folder.path()).unwrap();
        let bench = Self { simulator, folder };
        bench.write("report.json", &example_submission(REPORTER, 2024, "ref-1"));
        bench
    }

    fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.folder.path().join(name), value.to_string()).unwrap();
    }

    fn set(&self, faults: &[&str]) {
        let parse = |text: &&str| text.parse().unwrap();
        self.simulator.set_faults(faults.iter().map(parse).collect());
    }

    /// Runs a subcommand in the bench's folder. `check` takes no configuration.
    async fn run(&self, arguments: &[&str]) -> End {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"));
        command
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .current_dir(&self.folder);
        for variable in skatteetaten_conformance::config::variables() {
            command.env_remove(variable.name);
        }
        command.arg("finansprodukter").args(arguments);
        if arguments[0] != "check" {
            command.args(["--config", "simulator.toml"]);
        }
        let Output { status, stdout, stderr } = command.output().await.unwrap();
        let end = End {
            exit: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        };
        for secret in SECRET {
            assert!(!end.out.contains(secret) && !end.err.contains(secret), "{arguments:?}");
        }
        end
    }

    async fn submit(&self, journal: &str) -> End {
        self.run(&["submit", "report.json", "--journal", journal]).await
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

fn files(directory: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_file_to_the_verdict() {
    let bench = Bench::new().await;
    assert_eq!(bench.run(&["check", "report.json"]).await.exit, 0);
    let first = bench.submit("journal").await;
    assert_eq!(first.exit, 0, "{}", first.err);
    assert!(first.err.contains("received, not yet accepted"));
    let again = bench.submit("journal").await;
    assert_eq!((again.exit, &again.out), (0, &first.out));
    assert!(again.err.contains("nothing was sent"));
    assert_eq!(bench.simulator.submission_count(), 1);

    std::fs::write(bench.path("receipt.json"), &first.out).unwrap();
    let verdict = bench
        .run(&["feedback", "receipt.json", "--json", "--documents", "documents"])
        .await;
    assert_eq!(verdict.exit, 0, "{}", verdict.err);
    let shown: Value = serde_json::from_str(&verdict.out).unwrap();
    assert_eq!(shown["state"], "accepted");
    let document = &shown["documents"][0];
    let ids = ["forsendelseId", "dokumentId"].map(|name| document[name].as_str().unwrap());
    let kept = files(&bench.path("documents"));
    assert_eq!(kept.len(), 1);
    // Asked for again, the documents that are there stay; another file under the name does too.
    assert_eq!(
        bench
            .run(&["feedback", "receipt.json", "--documents", "documents"])
            .await
            .exit,
        0
    );
    let fetch = ["document", "2024", ids[0], ids[1]];
    let printed = bench.run(&fetch).await;
    assert_eq!((printed.exit, printed.out.as_bytes()), (0, kept[0].as_slice()));
    assert!(printed.err.contains(document["sha256"].as_str().unwrap()));
    let saved = bench.run(&[&fetch[..], &["--out", "document.json"]].concat()).await;
    assert_eq!((saved.exit, saved.out.as_str()), (0, ""));
    let refused = bench.run(&[&fetch[..], &["--out", "receipt.json"]].concat()).await;
    assert_eq!(refused.exit, 2);
    assert!(refused.err.contains("not replaced"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_submission_is_told_in_full_and_not_sent() {
    let bench = Bench::new().await;
    let mut body = example_submission(REPORTER, 2024, "ref-1");
    body["leveranse"]["oppgaveoppsummering"]["sumFormuesverdi"] = json!("1");
    body["leveranse"]["oppgaveoppsummering"]["antallOppgaver"] = json!(9);
    bench.write("report.json", &body);
    let check = bench.run(&["check", "report.json"]).await;
    let submit = bench.submit("journal").await;
    for end in [&check, &submit] {
        assert_eq!(end.exit, 100);
        assert!(end.out.contains("sumFormuesverdi") && end.out.contains("antallOppgaver"));
    }
    assert!(submit.err.contains("nothing was sent"));
    assert_eq!(bench.simulator.received().len(), 0);
    let json = bench.run(&["check", "report.json", "--json"]).await;
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["sendable"], false);
    assert_eq!(report["findings"][0]["rule"], "count");
    assert_eq!(report["findings"][1]["computed"], "7800.50");
    // Overruled by name, it goes out.
    let accepted = bench
        .run(&["submit", "report.json", "--accept", "total", "--accept", "count"])
        .await;
    assert!(accepted.err.contains("remark total"), "{}", accepted.err);
    assert_eq!(bench.simulator.submission_count(), 1);
    for wrong in [
        ["check", "nothing.json"],
        ["submit", "--accept=syntax"],
        ["submit", "--resume=1"],
    ] {
        assert_eq!(bench.run(&wrong).await.exit, 2, "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_a_submission_has_its_exit_code_and_a_way_on() {
    let bench = Bench::new().await;
    for (index, (fault, exit, said)) in [
        (
            "lost-answer:times=1:operation=innsending",
            0,
            "received, not yet accepted",
        ),
        ("lost-answer:operation=innsending", 3, "same journal again"),
        ("error-500:operation=innsending", 3, "GLD_001"),
        ("empty-body:operation=innsending", 3, "same journal again"),
        ("expired-token:operation=innsending", 3, "GLD_004"),
        ("code=GLD_010:operation=innsending", 3, "GLD_010"),
        ("code=GLD_1027:operation=innsending", 3, "GLD_1027"),
        ("code=MP-303", 3, "MP-303"),
        ("receipt-wrong-count", 100, "9999"),
        ("receipt-other-reference", 0, "oppgavegiversLeveranseReferanse"),
    ]
    .into_iter()
    .enumerate()
    {
        let journal = format!("journal-{index}");
        let before = bench.simulator.submission_count();
        bench.set(&[fault]);
        let first = bench.submit(&journal).await;
        assert_eq!(first.exit, exit, "{fault}: {}", first.err);
        assert!(first.err.contains(said), "{fault}: {}", first.err);
        bench.set(&[]);
        let second = bench.submit(&journal).await;
        // What was received without fault is told again from the journal, with its doubts.
        assert_eq!(second.exit, if exit == 3 { 0 } else { exit }, "{fault}: {}", second.err);
        assert_eq!(bench.simulator.submission_count() - before, 1, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_key_stays_a_conflict_until_a_person_decides() {
    let bench = Bench::new().await;
    bench.set(&["code=GLD_019:operation=innsending"]);
    assert_eq!(bench.submit("journal").await.exit, 3);
    bench.set(&[]);
    let sent = bench.simulator.received().len();
    let second = bench.submit("journal").await;
    assert_eq!(second.exit, 3);
    assert!(second.err.contains("find out from the authority"), "{}", second.err);
    assert_eq!(bench.simulator.received().len(), sent);
    let decided = bench
        .run(&["submit", "report.json", "--journal", "journal", "--again"])
        .await;
    assert_eq!(decided.exit, 0, "{}", decided.err);
    assert_eq!(bench.simulator.submission_count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_left_open_is_resumed_without_the_file() {
    let bench = Bench::new().await;
    bench.set(&["lost-answer:operation=innsending"]);
    assert_eq!(bench.submit("journal").await.exit, 3);
    // Another file is told what is open, and stays open behind it.
    bench.write("report.json", &example_submission(REPORTER, 2024, "ref-2"));
    let other = bench.submit("journal").await;
    assert_eq!(other.exit, 3);
    assert!(
        other.err.contains("1 other submissions in the journal are open"),
        "{}",
        other.err
    );
    std::fs::remove_file(bench.path("report.json")).unwrap();
    let resume = ["submit", "--resume", "--journal", "journal"];
    let failed = bench.run(&resume).await;
    assert_eq!(failed.exit, 3);
    assert!(failed.err.contains("2 of 2 open submissions"), "{}", failed.err);
    bench.set(&[]);
    let resumed = bench.run(&resume).await;
    assert_eq!(resumed.exit, 0, "{}", resumed.err);
    let references: Vec<Value> = resumed
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["oppgavegiversLeveranseReferanse"].clone())
        .collect();
    assert_eq!(references, ["ref-1", "ref-2"], "the oldest first");
    assert_eq!(bench.run(&resume).await.out, "");
    assert_eq!(bench.simulator.submission_count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_says_what_is_known_and_no_more() {
    let bench = Bench::new().await;
    std::fs::write(bench.path("receipt.json"), bench.submit("journal").await.out).unwrap();
    for (fault, exit, out) in [
        ("feedback-rejected", 100, "rejected"),
        ("feedback-waiting", 0, "still waiting"),
        ("dialog-empty", 0, "still waiting"),
        ("feedback-double", 100, "needs a look: there is more than one verdict"),
        ("feedback-foreign-host", 100, "needs a look"),
        ("dialog-gone", 100, "needs a look: the dialog has been deleted"),
        ("document-pdf", 100, "needs a look: a document has another media type"),
        ("text-error:operation=hentDialog", 3, ""),
        ("token-no-scope", 3, ""),
    ] {
        bench.set(&[fault]);
        let end = bench.run(&["feedback", "receipt.json"]).await;
        assert_eq!(end.exit, exit, "{fault}: {}", end.err);
        assert!(
            end.out.starts_with(out) && (exit != 3 || end.out.is_empty()),
            "{fault}: {}",
            end.out
        );
    }
    let wrong = bench.run(&["feedback", "report.json"]).await;
    assert_eq!(wrong.exit, 2);
    assert!(wrong.err.contains("the line that `finansprodukter submit` prints"));
    // A document that nobody has.
    let unknown = "00000000-0000-4000-8000-000000000000";
    bench.set(&[]);
    let end = bench.run(&["document", "2024", unknown, unknown]).await;
    assert_eq!(end.exit, 3);
    assert!(end.err.contains("GLD_"), "{}", end.err);
}

/// The guide's file and what the guide says about it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guide_is_right() {
    // A checkout on Windows may have other line ends, and the guide states a number of bytes.
    let guide = include_str!("../../../docs/file-to-receipt.md").replace("\r\n", "\n");
    let bench = Bench::new().await;
    let (_, rest) = guide.split_once("```json\n").unwrap();
    let (file, _) = rest.split_once("```").unwrap();
    let write = |text: &str| std::fs::write(bench.path("report.json"), text).unwrap();
    write(file);
    let good = bench.run(&["check", "report.json"]).await;
    assert_eq!((good.exit, guide.contains(&good.out)), (0, true), "{}", good.out);
    let changed = file.replace(r#""sumFormuesverdi": "7700""#, r#""sumFormuesverdi": "7701""#);
    write(&changed);
    let bad = bench.run(&["check", "report.json"]).await;
    assert_eq!((bad.exit, guide.contains(&bad.out)), (100, true), "{}", bad.out);
    write(file);
    let sent = bench.submit("journal").await;
    assert_eq!((sent.exit, guide.contains(&sent.err)), (0, true), "{}", sent.err);
    write(&file.replace("2024-first", "2024-second"));
    bench.set(&["lost-answer:times=3:operation=innsending"]);
    let lost = bench.submit("journal").await;
    assert_eq!(lost.exit, 3);
    assert!(lost.err.contains(
        "; it may have been received all the same: submit the same bytes with the same journal again (idempotency key "
    ));
    let found = bench.submit("journal").await;
    assert_eq!((found.exit, guide.contains(&found.err)), (0, true), "{}", found.err);
    assert_eq!(bench.simulator.submission_count(), 2);
}
