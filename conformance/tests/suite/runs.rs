//! Runs against the simulator.

use skatteetaten_conformance::{
    results::{Grade, Verdict},
    run::{Options, Preset, Report, Suite, Target},
    simulator::Simulator,
};

pub(crate) async fn run(simulator: &Simulator, preset: Preset, change: impl FnOnce(&mut Options)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::simulator(simulator, preset).unwrap();
    let mut options = Options::new(folder.path());
    change(&mut options);
    Suite::builtin().unwrap().run(target, options).await.unwrap()
}

fn of(report: &Report, verdict: Verdict) -> Vec<&str> {
    let of = report.results.iter().filter(|result| result.verdict == verdict);
    of.map(|result| result.case_id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_fails_without_a_fault() {
    let simulator = Simulator::builder().start().await.unwrap();
    let report = run(&simulator, Preset::All, |_| ()).await;
    let findings: Vec<_> = report
        .results
        .iter()
        .filter(|result| !matches!(result.verdict, Verdict::Passed | Verdict::NotRun))
        .map(|result| (&result.case_id, result.verdict, &result.reason.en))
        .collect();
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(of(&report, Verdict::Passed).len(), 35);
    assert_eq!(report.results.len(), 76);
    let graded = report.results.iter().filter(|result| result.verdict == Verdict::Passed);
    assert!(
        graded.clone().all(|result| result.grade == Grade::E),
        "against our own simulator"
    );
}
