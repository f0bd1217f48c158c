//! The command against a simulator: lines, exit codes, and what it does when things go wrong.

use std::{
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use clap::Parser;
use serde_json::Value;

use super::{Args, run};
use crate::{
    cli::{Exit, Failure, Ui},
    simulator::{Data, Operation, Simulator},
};

/// What the command printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that leaves after so many bytes.
struct Leaves(usize);

impl Write for Leaves {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

/// What came of a command line.
struct Outcome {
    result: Result<Exit, Failure>,
    out: String,
    err: String,
}

impl Outcome {
    fn exit(&self) -> Exit {
        match &self.result {
            Ok(exit) => *exit,
            Err(failure) => failure.exit,
        }
    }

    fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The numbers of the good orders, and the watermark at the end.
    fn received(&self) -> (Vec<u64>, Option<u64>) {
        let lines = self.lines();
        let good = lines
            .iter()
            .filter(|line| line["ok"] == true)
            .map(|line| line["sekvensnummer"].as_u64().unwrap())
            .collect();
        (good, lines.last().and_then(|line| line["watermark"].as_u64()))
    }
}

async fn with_reader(simulator: &Simulator, line: &str, out: Box<dyn Write + Send>) -> (Result<Exit, Failure>, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = simulator.write_config(folder.path()).unwrap();
    with_config(&config, line, out).await
}

async fn with_config(config: &Path, line: &str, out: Box<dyn Write + Send>) -> (Result<Exit, Failure>, String) {
    let words = ["trekkpaalegg"].into_iter().chain(line.split_whitespace());
    let words = words.chain(["--config", config.to_str().unwrap()]);
    let args = Line::try_parse_from(words).unwrap().args;
    let err = Printed::default();
    let mut ui = Ui {
        out,
        err: Box::new(err.clone()),
        out_is_terminal: false,
        err_is_terminal: false,
        env: |_| None,
    };
    (run(args, &mut ui).await, err.text())
}

async fn command(simulator: &Simulator, line: &str) -> Outcome {
    let out = Printed::default();
    let (result, err) = with_reader(simulator, line, Box::new(out.clone())).await;
    Outcome {
        result,
        out: out.text(),
        err,
    }
}

async fn simulator(fault: Option<&str>) -> Simulator {
    let mut builder = Simulator::builder();
    if let Some(fault) = fault {
        builder = builder.fault(fault.parse().unwrap());
    }
    builder.start().await.unwrap()
}

/// The published orders.
const ALL: [u64; 10] = [38, 51, 101, 159, 228, 350, 380, 410, 430, 555];

#[tokio::test]
async fn changes_pages_through_everything() {
    let simulator = simulator(None).await;
    let outcome = command(&simulator, "changes --from 0 --max 2 --ndjson").await;
    assert_eq!(outcome.exit(), Exit::Ok);
    assert_eq!(outcome.received(), (ALL.to_vec(), Some(555)));
    let lines = outcome.lines();
    assert_eq!(lines.len(), 11);
    let first = lines[0].as_object().unwrap();
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        ["ok", "trekkid", "trekkversjon", "sekvensnummer", "order"]
    );
    assert_eq!(first["order"]["betalingsinformasjon"]["kidnummer"], "6487719756");
    // Five full pages, and one that is not.
    let asked = simulator.received();
    let asked = asked
        .iter()
        .filter(|request| request.operation == Some(Operation::HentAlleGjeldende));
    assert_eq!(asked.count(), 6);
    let rest = command(&simulator, "changes --from 380 --ndjson").await;
    assert_eq!(rest.received(), (vec![410, 430, 555], Some(555)));
    let nothing = command(&simulator, "changes --from 555 --ndjson").await;
    assert_eq!(nothing.out, "{\"watermark\":555}\n");
}

#[tokio::test]
async fn a_bad_record_is_reported_and_passed() {
    let simulator = simulator(Some("bad-record")).await;
    let outcome = command(&simulator, "changes --from 0 --max 2 --ndjson").await;
    assert_eq!(outcome.exit(), Exit::Findings);
    let (good, watermark) = outcome.received();
    assert_eq!((good.len(), watermark), (9, Some(555)));
    let lines = outcome.lines();
    let bad = lines[1].as_object().unwrap();
    assert_eq!(
        bad.keys().collect::<Vec<_>>(),
        ["ok", "sekvensnummer", "violations", "raw"]
    );
    assert_eq!((&bad["ok"], &bad["sekvensnummer"]), (&false.into(), &51.into()));
    assert_eq!(
        bad["violations"][0]["pointer"],
        "/trekkstoerrelseForPeriode/0/startdato"
    );
    assert_eq!(bad["violations"][0]["rule"], "unreadable-date");
    assert_eq!(bad["raw"]["trekkid"], "10002");
    assert!(outcome.err.contains("1 of 10 records break the contract"));
    // For a person, too, without a line of JSON.
    let outcome = command(&simulator, "list").await;
    assert_eq!(outcome.exit(), Exit::Findings);
    assert!(outcome.out.contains("BREAKS THE CONTRACT") && !outcome.out.contains('{'));
    assert_eq!(command(&simulator, "get 10002 1").await.exit(), Exit::Findings);
}

#[tokio::test]
async fn fields_nobody_knows_are_printed() {
    let simulator = simulator(Some("unknown-field")).await;
    let plain = simulator_lines(None).await;
    let more = command(&simulator, "list --ndjson").await;
    assert_eq!(more.exit(), Exit::Ok);
    let members = |lines: &[Value]| -> usize {
        lines
            .iter()
            .filter_map(|line| line["order"].as_object())
            .map(serde_json::Map::len)
            .sum()
    };
    assert!(members(&more.lines()) > members(&plain));
}

async fn simulator_lines(fault: Option<&str>) -> Vec<Value> {
    command(&simulator(fault).await, "list --ndjson").await.lines()
}

#[tokio::test]
async fn one_page_and_one_version() {
    let simulator = simulator(None).await;
    for (line, numbers, watermark) in [
        ("list --from 51 --max 2 --ndjson", &[101, 159][..], 159),
        ("list --from 410 --ndjson", &[430, 555], 555),
        ("list --max 1 --ndjson", &[38], 38),
        ("list --ndjson", &ALL, 555),
    ] {
        let outcome = command(&simulator, line).await;
        assert_eq!(outcome.received(), (numbers.to_vec(), Some(watermark)), "{line}");
    }
    let version = command(&simulator, "get 10006 2 --ndjson").await;
    assert_eq!((version.exit(), version.lines().len()), (Exit::Ok, 1));
    assert_eq!(version.lines()[0]["sekvensnummer"], 290);
    let unknown = command(&simulator, "get 10006 9").await;
    assert_eq!(unknown.exit(), Exit::Refused);
    assert!(unknown.result.unwrap_err().message.contains("KB-007"));
    assert_eq!(command(&simulator, "get .. 1").await.exit(), Exit::Usage);
}

#[tokio::test]
async fn refused_and_unreachable_end_with_3() {
    for fault in [
        "code=KB-005",
        "expired-token",
        "token-clock",
        "never-advances",
        "html-200",
        "cut-json",
        "redirect",
        "throttle",
    ] {
        let simulator = simulator(Some(fault)).await;
        let outcome = command(&simulator, "changes --max 2 --ndjson").await;
        assert_eq!(outcome.exit(), Exit::Refused, "{fault}");
        assert!(outcome.result.is_err_and(|failure| !failure.message.is_empty()));
    }
    let simulator = simulator(None).await;
    for (line, exit) in [
        // Nobody listens on port 1.
        ("list --base-url http://127.0.0.1:1", Exit::Refused),
        ("list --base-url https://api.example.org", Exit::Usage),
        ("list --organisation 999999999", Exit::Usage),
    ] {
        assert_eq!(command(&simulator, line).await.exit(), exit, "{line}");
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_says_where_to_continue() {
    let simulator = Simulator::builder()
        .script({
            let calls = std::sync::atomic::AtomicUsize::new(0);
            move |request: &crate::simulator::Received| {
                let ours = request.operation == Some(Operation::HentAlleGjeldende);
                if ours && calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 2 {
                    crate::simulator::Directive::Faults(vec!["code=KB-005".parse().unwrap()])
                } else {
                    crate::simulator::Directive::Normal
                }
            }
        })
        .start()
        .await
        .unwrap();
    let outcome = command(&simulator, "changes --max 2 --ndjson").await;
    assert_eq!(outcome.exit(), Exit::Refused);
    assert_eq!(outcome.received(), (ALL[..4].to_vec(), Some(159)));
    let message = outcome.result.unwrap_err().message;
    assert!(message.contains("continue with --from 159"), "{message}");
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_error() {
    let simulator = simulator(None).await;
    for bytes in [0, 1, 700, 5_000] {
        let (result, err) = with_reader(&simulator, "changes --max 1 --ndjson", Box::new(Leaves(bytes))).await;
        let failure = result.expect_err("nobody reads the rest");
        assert_eq!((failure.exit, failure.message.as_str()), (Exit::Ok, ""));
        assert_eq!(err, "");
    }
}

/// The published orders, each for another of three employers.
fn several_employers() -> Data {
    let mut data = Data::empty();
    for (index, order) in Data::published().orders().enumerate() {
        let employer = ["310000007", "310000015", "310000023"][index % 3];
        let text = order.text().replace("123456789", employer);
        data.add_text("published", &text).unwrap();
    }
    data
}

#[tokio::test]
async fn several_organisations_end_with_one_watermark() {
    let simulator = Simulator::builder().data(several_employers()).start().await.unwrap();
    let all = command(&simulator, "changes --max 2 --ndjson").await;
    let (mut numbers, watermark) = all.received();
    let employers: std::collections::BTreeSet<_> = all
        .lines()
        .iter()
        .filter_map(|line| line["order"]["trekkpliktig"].as_str().map(str::to_owned))
        .collect();
    assert_eq!((all.exit(), employers.len()), (Exit::Ok, 3));
    let count = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), count, "each order once");
    assert_eq!(watermark, numbers.last().copied());
    // From there nothing is left for any of them.
    let line = format!("changes --from {} --ndjson", watermark.unwrap());
    assert_eq!(command(&simulator, &line).await.received(), (vec![], watermark));
    // A single answer for each promises only what all have reached.
    let list = command(&simulator, "list --ndjson").await;
    assert!(list.received().1 <= watermark);
    assert_eq!(list.received().0.len(), count);
    let one = command(&simulator, "list --organisation 310000015 --ndjson").await;
    assert!(one.received().0.len() < count && !one.received().0.is_empty());
}

#[tokio::test]
async fn two_system_users_of_one_organisation_are_asked_once() {
    let simulator = simulator(None).await;
    let folder = tempfile::tempdir().unwrap();
    let config = simulator.write_config(folder.path()).unwrap();
    let mut text = std::fs::read_to_string(&config).unwrap();
    text.push_str(&format!(
        "\n[[access.organisation]]\nnumber = \"123456789\"\nexternal_ref = \"{}\"\n",
        crate::simulator::SECOND_SYSTEM_USER
    ));
    // Written over, so that the file's permissions stay.
    std::fs::write(&config, text).unwrap();
    let out = Printed::default();
    let (result, err) = with_config(&config, "changes --ndjson", Box::new(out.clone())).await;
    assert_eq!(result.unwrap(), Exit::Ok);
    assert_eq!(out.text().lines().count(), 11);
    assert!(err.contains("more than once"), "{err}");
}
