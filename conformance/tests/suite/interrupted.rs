//! A run that is stopped leaves a pack that says so, and resuming completes it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use skatteetaten_conformance::{
    evidence::{Pack, verify},
    results::{ApiName, CaseResult, Verdict},
    run::{Options, Preset, Progress, Report, RunError, Suite, Target},
    simulator::Simulator,
};
use tokio::sync::Notify;

use crate::runs::{of, only};

/// Tells when a number of cases are through, and where the pack lies.
struct StopAfter {
    left: Mutex<usize>,
    folder: Mutex<Option<PathBuf>>,
    now: Notify,
}

impl Progress for StopAfter {
    fn recording(&self, folder: &Path) {
        *self.folder.lock().unwrap() = Some(folder.to_owned());
    }

    fn started(&self, _: usize) {}

    fn finished(&self, _: &CaseResult) {
        let mut left = self.left.lock().unwrap();
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.now.notify_one();
        }
    }
}

fn options(out: &Path) -> Options {
    let mut options = Options::new(out);
    options.selection.apis = [ApiName::Trekkpaalegg].into();
    options
}

fn target(simulator: &Simulator) -> Target {
    Target::simulator(simulator, Preset::All).unwrap()
}

/// Stops a run once `cases` are through; gives the folder.
async fn stopped_after(cases: usize, simulator: &Simulator, mut options: Options) -> PathBuf {
    let stop = Arc::new(StopAfter {
        left: Mutex::new(cases),
        folder: Mutex::default(),
        now: Notify::new(),
    });
    options.progress = Some(stop.clone());
    let suite = Suite::builtin().unwrap();
    tokio::select! {
        biased;
        () = stop.now.notified() => {}
        report = suite.run(target(simulator), options) => drop(report.unwrap()),
    }
    stop.folder.lock().unwrap().clone().unwrap()
}

async fn resumed(simulator: &Simulator, folder: &Path, mut options: Options) -> Report {
    options.resume = Some(folder.to_owned());
    Suite::builtin().unwrap().run(target(simulator), options).await.unwrap()
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

fn verdicts(report: &Report) -> BTreeMap<String, Verdict> {
    let results = report.results.iter();
    results.map(|result| (result.case_id.clone(), result.verdict)).collect()
}

/// The counts of the ledger, and how often redaction struck in all.
fn counts(folder: &Path) -> (Value, u64) {
    let hits = json(folder, "redaksjon.json");
    let files = hits["files"].as_array().unwrap().iter();
    let of_file = |file: &Value| {
        file["hits"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum::<u64>()
    };
    (
        json(folder, "syntetiske-data.json")["counts"].clone(),
        files.map(of_file).sum(),
    )
}

/// Placeholders of a rule in a pack's recorded exchanges: the highest number.
fn exchanges(folder: &Path) -> usize {
    let cases = std::fs::read_dir(folder.join("logg")).unwrap();
    let cases = cases.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    cases.map(|case| std::fs::read_dir(case).unwrap().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_is_stopped_resuming_completes_it() {
    let out = tempfile::tempdir().unwrap();
    let simulator = Simulator::builder().start().await.unwrap();
    let suite = Suite::builtin().unwrap();
    let whole = suite.run(target(&simulator), options(out.path())).await.unwrap();
    let (ledger, hits) = counts(&whole.pack.dir);
    for cases in [1, 4, 9, 13, 15, 17] {
        let folder = stopped_after(cases, &simulator, options(out.path())).await;
        let pack = Pack::open(&folder).unwrap();
        assert!(
            !verify(&pack, None).is_intact(),
            "stopped after {cases}: says it is unfinished"
        );
        assert!(pack.file("manifest.json").is_none());
        let report = resumed(&simulator, &folder, options(out.path())).await;
        assert!(verify(&Pack::open(&folder).unwrap(), None).is_intact());
        assert_eq!(report.pack.dir, folder);
        let mut expected = verdicts(&whole);
        for result in &report.results {
            // What looks at the record says that it has seen only a part of it.
            let looks = matches!(
                result.case_id.as_str(),
                "SEC-01" | "SEC-02" | "SEC-04" | "SEC-05" | "TP-20"
            );
            let again = result.checks.iter().any(|check| check.name.en == "Interrupted run");
            if looks && (again || result.verdict == Verdict::NotRun) {
                expected.insert(result.case_id.clone(), result.verdict);
                assert!(matches!(result.verdict, Verdict::Remark | Verdict::NotRun));
            }
        }
        assert_eq!(verdicts(&report), expected, "stopped after {cases}");
        // Nothing that was done before is lost from the sums. A case that was under way is repeated,
        // so there can be more.
        let (ledger_now, hits_now) = counts(&folder);
        if exchanges(&folder) == exchanges(&whole.pack.dir) {
            assert_eq!(ledger_now, ledger, "stopped after {cases}");
            assert_eq!(hits_now, hits, "stopped after {cases}");
        }
        assert!(hits_now >= hits);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_keeps_the_first_result_visible() {
    let out = tempfile::tempdir().unwrap();
    let fault = "error-500:operation=hentAlleGjeldende".parse().unwrap();
    let simulator = Simulator::builder().fault(fault).start().await.unwrap();
    let selected = |cases: &[&str]| {
        let mut options = Options::new(out.path());
        options.selection = only(cases);
        options.parallel = 1;
        options
    };
    // TP-01 runs first and fails; the run is stopped before TP-12.
    let folder = stopped_after(1, &simulator, selected(&["TP-01", "TP-12"])).await;
    simulator.set_faults(Vec::new());
    let report = resumed(&simulator, &folder, selected(&["TP-01", "TP-12"])).await;
    assert_eq!(of(&report, Verdict::Passed), ["TP-01", "TP-12"]);
    let first = report.results.iter().find(|result| result.case_id == "TP-01").unwrap();
    let attempts: Vec<_> = first
        .attempts
        .iter()
        .map(|attempt| (attempt.number, attempt.verdict))
        .collect();
    assert_eq!(attempts, [(1, Verdict::Failed), (2, Verdict::Passed)]);
    // Both attempts' exchanges are in the pack, and no placeholder stands for two values.
    assert!(first.attempts.iter().all(|attempt| !attempt.exchange_ids.is_empty()));
    let tokens: Vec<String> = first
        .exchange_ids
        .iter()
        .map(|id| json(&folder, &format!("logg/{id}.json")))
        .filter_map(|exchange| Some(exchange.pointer("/request/headers/authorization")?.as_str()?.to_owned()))
        .collect();
    let (before, after): (Vec<_>, Vec<_>) = first
        .exchange_ids
        .iter()
        .map(|id| {
            (
                first.attempts[0].exchange_ids.contains(id),
                json(&folder, &format!("logg/{id}.json")),
            )
        })
        .filter_map(|(earlier, exchange)| {
            let token = exchange.pointer("/request/headers/authorization")?.as_str()?.to_owned();
            Some((earlier, token))
        })
        .partition(|(earlier, _)| *earlier);
    assert!(!before.is_empty() && !after.is_empty(), "{tokens:?}");
    for (_, token) in &before {
        assert!(
            !after.iter().any(|(_, other)| other == token),
            "two tokens, one placeholder"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_of_another_run_is_not_resumed() {
    let out = tempfile::tempdir().unwrap();
    let simulator = Simulator::builder().start().await.unwrap();
    let folder = stopped_after(1, &simulator, options(out.path())).await;
    let mut other = Options::new(out.path());
    other.resume = Some(folder.clone());
    let suite = Suite::builtin().unwrap();
    let error = suite.run(target(&simulator), other).await.unwrap_err();
    assert!(matches!(error, RunError::Resume(_)), "{error}");
    // A finished pack is not taken up either.
    let report = resumed(&simulator, &folder, options(out.path())).await;
    let mut again = options(out.path());
    again.resume = Some(report.pack.dir);
    let error = suite.run(target(&simulator), again).await.unwrap_err();
    assert!(matches!(error, RunError::Evidence(_)), "{error}");
}
