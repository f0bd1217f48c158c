//! Each access model runs what can be tried with it, and says why for the rest.

use skatteetaten_conformance::{
    results::Verdict,
    run::{Preset, Selection, Suite, Target},
    simulator::Simulator,
};

/// The cases that this tool carries out, but not with a preset.
async fn not_tried(preset: Preset) -> Vec<String> {
    let employer = "123456789";
    let builder = Simulator::builder().delegation(employer);
    let builder = if preset == Preset::OwnOrganisation {
        builder.owner(employer)
    } else {
        builder
    };
    let simulator = builder.start().await.unwrap();
    let suite = Suite::builtin().unwrap();
    let cases = suite
        .catalogue()
        .cases()
        .iter()
        // The largest submissions take long and differ in nothing else.
        .filter(|case| suite.script(case.id()).is_some() && case.id() != "FP-11")
        .map(|case| case.id().to_owned())
        .collect();
    let selection = Selection {
        cases,
        ..Selection::default()
    };
    let target = Target::simulator(&simulator, preset).unwrap();
    let results = suite.check(target, selection).await.unwrap();
    let wrong: Vec<_> = results
        .iter()
        .filter(|result| !matches!(result.verdict, Verdict::Passed | Verdict::Remark | Verdict::NotRun))
        .map(|result| (&result.case_id, result.verdict, &result.reason.en))
        .collect();
    assert!(wrong.is_empty(), "{preset}: {wrong:#?}");
    let untried = results.into_iter().filter(|result| result.verdict == Verdict::NotRun);
    untried
        .map(|result| {
            assert!(result.reason.en.contains(preset.name()), "{}", result.reason.en);
            result.case_id
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_system_user() {
    assert_eq!(not_tried(Preset::SystemUser).await, ["AUTH-13", "AUTH-15"]);
    assert_eq!(not_tried(Preset::ClientSystemUser).await, ["AUTH-13", "AUTH-15"]);
}

/// Without a system user there are no reports on financial products.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_system_user() {
    let reports = [
        "FP-01", "FP-03", "FP-04", "FP-05", "FP-06", "FP-07", "FP-08", "FP-09", "FP-10", "FP-12", "FP-13", "FP-15",
        "FP-16", "FP-17", "FP-20", "FP-21",
    ];
    let expected = |access: [&str; 3]| access.into_iter().chain(reports).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        not_tried(Preset::OwnOrganisation).await,
        expected(["AUTH-06", "AUTH-14", "AUTH-15"])
    );
    assert_eq!(
        not_tried(Preset::Delegation).await,
        expected(["AUTH-06", "AUTH-13", "AUTH-14"])
    );
}
