//! Two packs side by side.

use skatteetaten_conformance::{
    evidence::{Basis, Change, Pack, compare, stale},
    results::{Grade, Results, Verdict},
};

use crate::fixture;

fn results(cases: &[(&str, Grade, Verdict)]) -> Results {
    Results::new(
        fixture::run("compare"),
        cases
            .iter()
            .map(|(id, grade, verdict)| fixture::result(id, *grade, *verdict, &[]))
            .collect(),
    )
}

#[test]
fn every_kind_of_change_is_told_apart() {
    use Grade::{A, B, E};
    use Verdict::{Blocked, Failed, NotRun, Passed, Remark};
    let before = results(&[
        ("T-01", A, Failed),
        ("T-02", A, Passed),
        ("T-03", A, Passed),
        ("T-04", A, Failed),
        ("T-05", A, Passed),
        ("T-06", A, Failed),
        ("T-07", B, Passed),
        ("T-08", E, Passed),
    ]);
    let after = results(&[
        ("T-01", A, Passed),
        ("T-02", A, Blocked),
        ("T-04", A, Failed),
        ("T-05", A, Remark),
        ("T-06", A, NotRun),
        ("T-07", A, Passed),
        ("T-08", E, Passed),
        ("T-09", A, Failed),
        ("T-10", A, Passed),
    ]);
    let comparison = compare(&before, &after);
    let found: Vec<(&str, Change)> = comparison
        .changes
        .iter()
        .map(|change| (change.case_id.as_str(), change.change))
        .collect();
    assert_eq!(
        found,
        [
            ("T-02", Change::Regressed),
            ("T-09", Change::NewFinding),
            ("T-01", Change::Fixed),
            ("T-04", Change::StillFinding),
            ("T-10", Change::New),
            ("T-03", Change::Vanished),
            ("T-05", Change::Other),
            ("T-06", Change::Other),
            ("T-07", Change::Regraded),
        ]
    );
    assert_eq!(comparison.unchanged, 1);
    assert!(comparison.is_worse());
    assert!(!compare(&after, &after).is_worse());
    assert_eq!(compare(&before, &results(&[])).requirements_lost, ["REQ-1"]);
}

#[test]
fn evidence_is_stale_when_a_document_or_a_requirement_has_changed() {
    let out = tempfile::tempdir().unwrap();
    let pack = Pack::open(&fixture::write(out.path(), "stale", |_| {}).unwrap().dir).unwrap();
    let basis = Basis::of(&pack).unwrap();
    assert_eq!(stale(&pack, &basis).unwrap(), []);

    let mut document = basis.clone();
    document.documents[0].sha256 = "ef".repeat(32);
    document.documents[0].version = "1.5".into();
    let found = stale(&pack, &document).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].what, "trekkpaalegg-app 1.4");
    assert!(
        found[0]
            .why
            .contains("trekkpaalegg-app 1.5 (efefefefefef, was cdcdcdcdcdcd)")
    );
    assert_eq!(found[0].case_ids.len(), fixture::CASES.len());

    let mut requirement = basis.clone();
    requirement.requirements.requirements[0].text.nb.push('!');
    let found = stale(&pack, &requirement).unwrap();
    assert_eq!((found.len(), found[0].what.as_str()), (1, "REQ-1"));
    assert_eq!(found[0].case_ids.len(), fixture::CASES.len());

    // The fixture's document was never pinned, so for the tool of today the pack is stale.
    let today = stale(&pack, &Basis::current().unwrap()).unwrap();
    assert_eq!(today[0].what, "trekkpaalegg-app 1.4");
}
