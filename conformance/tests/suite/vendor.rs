//! A vendor's own case with its own requirement runs like the others and stands in the pack.

use skatteetaten_conformance::{
    cases::{Phase, Script},
    catalogue::{Case, When},
    results::{CaseRecord, Level, Provenance, Requirement, Role, ShownBy, Source, Step, Strength, Text, Verdict},
    run::{Context, Options, Preset, Suite, Target},
    simulator::Simulator,
};

fn suite() -> Suite {
    let mut suite = Suite::builtin().unwrap();
    suite
        .add_requirement(Requirement {
            id: "ACME-R1".into(),
            source: Source {
                url: "own practice".into(),
                commit: None,
                sha256: None,
                quote: None,
            },
            strength: Strength::Own,
            text: Text::new("Listen er aldri tom hos oss.", "Our list is never empty."),
            who: Text::same("ACME"),
            shown_by: ShownBy::Cases { ids: Vec::new() },
        })
        .unwrap();
    let case = |id: &str| Case {
        operations: vec!["hentAlleGjeldende".into()],
        when: When::Trekkpaalegg,
        statement: None,
        record: CaseRecord {
            id: id.into(),
            area: "ACME".into(),
            title: Text::new("Minst ett pålegg", "At least one order"),
            purpose: Text::new("Testdata er på plass.", "Test data is in place."),
            api: None,
            roles: vec![Role::D],
            level: Level::Advisory,
            requirement_ids: vec!["ACME-R1".into()],
            steps: vec![Step {
                action: Text::new("Hent listen.", "Fetch the list."),
                expected: Text::new("Minst ett.", "At least one."),
            }],
            verdict_rule: Text::new("Bestått når listen ikke er tom.", "Passed when the list is not empty."),
            applicability: Text::new("Alltid.", "Always."),
            since: "1.0.0".into(),
        },
    };
    let script = |least: usize| {
        Script::new(Phase::Drive, move |context: Context| async move {
            let result = context.client()?.trekkpaalegg().list().await;
            let page = context.succeeds(Text::same("list"), Provenance::Published, result)?;
            let count = page.orders.len();
            let expected = Text::same(format!(">= {least}"));
            let found = Text::same(count.to_string());
            context.check(
                Text::same("orders"),
                Provenance::Published,
                expected,
                found,
                count >= least,
            );
            Ok(())
        })
    };
    suite.add_case(case("ACME-1"), script(1)).unwrap();
    suite.add_case(case("ACME-2"), script(1_000)).unwrap();
    let panics = Script::new(Phase::Drive, |context: Context| async move {
        context
            .case_id()
            .strip_prefix("TP")
            .ok_or("a case that breaks down")
            .unwrap();
        Ok(())
    });
    suite.add_case(case("ACME-3"), panics).unwrap();
    let checks_nothing = Script::new(Phase::Inspect, |_: Context| async { Ok(()) });
    suite.add_case(case("ACME-4"), checks_nothing).unwrap();
    suite
}

#[tokio::test(flavor = "multi_thread")]
async fn its_results_are_in_every_part_of_the_pack() {
    let simulator = Simulator::builder().start().await.unwrap();
    let out = tempfile::tempdir().unwrap();
    let mut options = Options::new(out.path());
    options.selection.requirements = ["ACME-R1".to_owned()].into();
    let target = Target::simulator(&simulator, Preset::All).unwrap();
    let report = suite().run(target, options).await.unwrap();
    let verdicts: Vec<_> = report
        .results
        .iter()
        .map(|result| (result.case_id.as_str(), result.verdict))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("ACME-1", Verdict::Passed),
            ("ACME-2", Verdict::Failed),
            ("ACME-3", Verdict::ToolError),
            ("ACME-4", Verdict::ToolError),
        ]
    );
    let part = |name: &str| std::fs::read_to_string(report.pack.dir.join(name)).unwrap();
    for name in [
        "resultater.json",
        "katalog.json",
        "sporbarhet.csv",
        "resultater.junit.xml",
        "summary.en.html",
    ] {
        assert!(part(name).contains("ACME-1"), "{name}");
    }
    assert!(part("krav.json").contains("Our list is never empty."));
    assert!(
        !part("resultater.json").contains("a case that breaks down"),
        "a panic's text may hold anything"
    );
}
