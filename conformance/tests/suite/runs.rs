//! Runs against the simulator: what they record, and the vendor's own files.

use std::{collections::BTreeSet, fs, path::Path};

use skatteetaten_conformance::{
    evidence::{Pack, verify},
    results::{ApiName, Grade, Role, Verdict},
    run::{
        Options, Preset, Report, RunError, Selection, Suite, Target, attestation_template, deviation_template,
        read_attestations, read_deviations,
    },
    simulator::Simulator,
};

pub(crate) async fn run(simulator: &Simulator, out: &Path, change: impl FnOnce(&mut Options)) -> Report {
    let target = Target::simulator(simulator, Preset::All).unwrap();
    let mut options = Options::new(out);
    change(&mut options);
    Suite::builtin().unwrap().run(target, options).await.unwrap()
}

pub(crate) fn of(report: &Report, verdict: Verdict) -> Vec<&str> {
    let of = report.results.iter().filter(|result| result.verdict == verdict);
    of.map(|result| result.case_id.as_str()).collect()
}

pub(crate) fn only(cases: &[&str]) -> Selection {
    Selection {
        cases: cases.iter().map(|id| (*id).to_owned()).collect(),
        ..Selection::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fault_nothing_fails_and_the_pack_is_intact() {
    let employer = "123456789";
    let simulator = Simulator::builder().delegation(employer).start().await.unwrap();
    let out = tempfile::tempdir().unwrap();
    let target = Target::simulator(&simulator, Preset::All).unwrap().delegation(employer);
    let options = Options::new(out.path());
    let report = Suite::builtin().unwrap().run(target, options).await.unwrap();
    let findings: Vec<_> = report
        .results
        .iter()
        .filter(|result| !matches!(result.verdict, Verdict::Passed | Verdict::NotRun))
        .map(|result| (result.case_id.as_str(), result.verdict))
        .collect();
    // The published examples contradict the field table, which is a question and no error.
    assert_eq!(findings, [("TP-02", Verdict::Remark)]);
    assert_eq!(of(&report, Verdict::Passed).len(), 35);
    assert_eq!(report.results.len(), 77);
    for result in &report.results {
        if matches!(result.verdict, Verdict::Passed | Verdict::Remark) {
            assert_eq!(result.grade, Grade::E, "against our own simulator");
        }
        if result.verdict == Verdict::NotRun {
            assert!(!result.reason.nb.is_empty() && !result.reason.en.is_empty());
        }
    }
    let pack = Pack::open(&report.pack.dir).unwrap();
    assert!(verify(&pack, None).is_intact());
    let json = |name: &str| -> serde_json::Value { serde_json::from_slice(pack.file(name).unwrap()).unwrap() };
    let open = json("uavklart.json");
    assert_eq!(open.as_array().unwrap().len(), 14, "every open question");
    let ledger = json("syntetiske-data.json");
    assert_eq!(ledger["blocked"].as_array().unwrap().len(), 0);
    let classes: BTreeSet<&str> = ledger["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| count["class"].as_str().unwrap())
        .collect();
    assert!(!classes.contains("couldBeReal"), "{classes:?}");
    let hits = json("redaksjon.json");
    assert!(!hits["files"].as_array().unwrap().is_empty());
}

/// A selection names cases, requirements, APIs and roles; what it names wrongly is an error.
#[tokio::test]
async fn selections() {
    let simulator = Simulator::builder().start().await.unwrap();
    let suite = Suite::builtin().unwrap();
    let target = Target::simulator(&simulator, Preset::All).unwrap();
    let plan = |selection: Selection| {
        let plan = suite.plan(&target, &selection);
        plan.map(|plan| plan.cases.into_iter().map(|case| case.id).collect::<Vec<_>>())
    };
    assert_eq!(plan(Selection::default()).unwrap().len(), 77);
    assert_eq!(plan(only(&["TP-01", "FP-01"])).unwrap(), ["FP-01", "TP-01"]);
    let by_requirement = Selection {
        requirements: BTreeSet::from(["FP-R03".to_owned()]),
        ..Selection::default()
    };
    assert!(plan(by_requirement).unwrap().contains(&"FP-04".to_owned()));
    let statements = Selection {
        roles: vec![Role::M],
        ..Selection::default()
    };
    assert_eq!(
        plan(statements).unwrap(),
        ["ATT-01", "ATT-02", "ATT-03", "ATT-04", "TP-18"]
    );
    let reports = Selection {
        apis: BTreeSet::from([ApiName::Finansprodukter]),
        roles: vec![Role::P],
        ..Selection::default()
    };
    let reports = plan(reports).unwrap();
    assert!(reports.contains(&"FP-13".to_owned()) && !reports.contains(&"TP-20".to_owned()));
    for wrong in [
        only(&["TP-99"]),
        Selection {
            requirements: BTreeSet::from(["TP-R99".to_owned()]),
            ..Selection::default()
        },
    ] {
        assert!(matches!(plan(wrong), Err(RunError::Selection(_))));
    }
}

fn file(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn deviation(id: &str, case: &str, more: &str) -> String {
    format!(
        "[[deviation]]\nid = \"{id}\"\ncase = \"{case}\"\nseverity = \"minor\"\ndescription = [\"Feil\", \"Error\"]\n\
         impact = \"x\"\nowner = \"team\"\nplan = \"x\"\nfirst_seen = 2026-01-01\nfault = \"own\"\n{more}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn deviations_that_are_past_their_date_or_match_nothing_are_findings() {
    let out = tempfile::tempdir().unwrap();
    let suite = Suite::builtin().unwrap();
    let text = [
        deviation("A", "TP-01", "status = \"open\"\ndue = 2999-01-01"),
        deviation("B", "TP-12", "status = \"open\"\ndue = 2020-01-01"),
        deviation("C", "TP-12", "status = \"corrected\""),
        deviation("D", "TP-14", "status = \"retested\"\nretest_run = \"r\""),
        deviation("E", "TP-11", "status = \"retested\"\nretest_run = \"r\""),
        deviation("F", "RES-01", "status = \"accepted\""),
    ]
    .concat();
    let path = file(out.path(), "deviations.toml", &text);
    let deviations = read_deviations(&path, suite.catalogue()).unwrap();
    // TP-12 and TP-14 fail, TP-01 and TP-11 pass, RES-01 is not run.
    let fault = "error-500:operation=hentVersjon".parse().unwrap();
    let simulator = Simulator::builder().fault(fault).start().await.unwrap();
    let report = run(&simulator, out.path(), |options| {
        options.selection = only(&["TP-01", "TP-11", "TP-12", "TP-14", "RES-01"]);
        options.deviations = deviations;
    })
    .await;
    let about: Vec<String> = report
        .stale_deviations
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    // A matches nothing, B is past its date, E fails again; C and F say what the run says, and D passes.
    assert_eq!(about, ["deviation A", "deviation B", "deviation E"]);
    let of_case = |id: &str| {
        let mut results = report.results.iter();
        results
            .find(|result| result.case_id == id)
            .unwrap()
            .deviation_id
            .clone()
    };
    assert_eq!(of_case("TP-12").as_deref(), Some("B"));
    assert_eq!(of_case("TP-14").as_deref(), Some("D"));
    let listed = fs::read_to_string(report.pack.dir.join("avvik.csv")).unwrap();
    assert_eq!(listed.lines().count(), 7, "a heading and six deviations");
}

#[test]
fn files_of_deviations_and_statements_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = Suite::builtin().unwrap().catalogue().clone();
    let twice = deviation("A", "TP-01", "status = \"open\"").repeat(2);
    for (text, problem) in [
        (deviation("A", "TP-99", "status = \"open\""), "no case TP-99"),
        (deviation("A", "TP-01", "status = \"gone\""), "gone"),
        (
            deviation("A", "TP-01", "status = \"open\"\nrequirement = \"X\""),
            "no requirement X",
        ),
        (deviation("A", "TP-01", "status = \"open\"\ncolour = 1"), "colour"),
        (twice, "occurs twice"),
    ] {
        let path = file(folder.path(), "d.toml", &text);
        let error = read_deviations(&path, &catalogue).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains("d.toml"), "{error}");
    }
    let stated = |more: &str| format!("[[attestation]]\ncase = \"ATT-01\"\n{more}\n");
    for (text, problem) in [
        (stated("answer = true"), "needs name, role and date"),
        (
            stated("answer = true\nname = \"N\"\nrole = \"R\"\ndate = 2026-01-01\nattachment = \"none.pdf\""),
            "none.pdf",
        ),
        ("[[attestation]]\ncase = \"TP-01\"\nanswer = true".to_owned(), "TP-01"),
    ] {
        let path = file(folder.path(), "a.toml", &text);
        let error = read_attestations(&path, &catalogue).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    // What the tool writes it can read; nothing is stated yet.
    let path = file(folder.path(), "a.toml", &attestation_template(&catalogue));
    assert_eq!(read_attestations(&path, &catalogue).unwrap().len(), 0);
    let path = file(folder.path(), "d.toml", &deviation_template());
    assert_eq!(read_deviations(&path, &catalogue).unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_a_named_persons_yes_or_no() {
    let folder = tempfile::tempdir().unwrap();
    let suite = Suite::builtin().unwrap();
    file(folder.path(), "rutine.txt", "rutine");
    let filled: String = attestation_template(suite.catalogue())
        .replacen("# answer = true", "answer = true", 1)
        .replacen("name = \"\"", "name = \"Navn\"", 1)
        .replacen("role = \"\"", "role = \"eier\"", 1)
        .replacen("# date = 2026-01-31", "date = 2026-01-31", 1)
        .replacen("attachment = \"\"", "attachment = \"rutine.txt\"", 1);
    let no =
        "\n[[attestation]]\ncase = \"ATT-04\"\nanswer = false\nname = \"Navn\"\nrole = \"eier\"\ndate = 2026-01-31\n";
    let filled = filled.replace("case = \"ATT-04\"", "case = \"ATT-03\"");
    let path = file(folder.path(), "a.toml", &format!("{filled}{no}"));
    let attestations = read_attestations(&path, suite.catalogue()).unwrap();
    assert_eq!(attestations.len(), 2);
    assert_eq!(
        attestations[0].attachment_sha256.as_deref(),
        Some(skatteetaten_specs::manifest::sha256_hex(b"rutine").as_str())
    );
    let simulator = Simulator::builder().start().await.unwrap();
    let report = run(&simulator, folder.path(), |options| {
        options.selection.roles = vec![Role::M];
        options.attestations = attestations;
    })
    .await;
    assert_eq!(of(&report, Verdict::Attested), ["ATT-01"]);
    assert_eq!(of(&report, Verdict::Failed), ["ATT-04"]);
    assert_eq!(of(&report, Verdict::NotRun), ["ATT-02", "ATT-03", "TP-18"]);
    assert!(report.results.iter().all(|result| result.grade == Grade::D));
}
