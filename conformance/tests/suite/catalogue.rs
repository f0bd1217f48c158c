//! The catalogue is consistent, its ids keep their meaning, and the checks notice when not.

use skatteetaten_conformance::{
    catalogue::{Catalogue, CatalogueError, Lock, cases_for_operation},
    results::{Requirement, Role, ShownBy, Source, Strength, Text},
};

fn builtin() -> Catalogue {
    Catalogue::builtin().unwrap()
}

#[test]
fn it_is_consistent() {
    assert_eq!(builtin().check(), []);
    assert_eq!(builtin().cases().len(), 77);
}

#[test]
fn every_id_means_what_it_meant() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue/locked.toml");
    let locked = Lock::builtin().unwrap();
    let now = Lock::of(&builtin());
    assert_eq!(
        locked.broken_by(&now),
        Vec::<String>::new(),
        "these ids are locked: give the new meaning a new id"
    );
    if std::env::var_os("SKATT_UPDATE").is_some() {
        // Only ever adds: what is locked was compared above.
        std::fs::write(file, toml::to_string(&now).unwrap()).unwrap();
    } else {
        assert_eq!(locked, now, "new ids: run this test with SKATT_UPDATE=1 to lock them");
    }
}

#[test]
fn a_changed_or_vanished_meaning_is_noticed() {
    let locked = Lock::of(&builtin());
    let mut changed = locked.clone();
    changed.cases.insert("TP-01".to_owned(), "0123456789abcdef".to_owned());
    changed.requirements.remove("FP-R03");
    assert_eq!(locked.broken_by(&changed), ["TP-01", "FP-R03"]);
}

#[test]
fn operations_lead_to_their_cases() {
    assert!(cases_for_operation("innsending").contains(&"FP-04".to_owned()));
    assert_eq!(cases_for_operation("noSuchOperation"), Vec::<String>::new());
    // Every case that this tool drives or checks says what it exercises, or is about the run itself.
    for case in builtin().cases() {
        let automated = case.has_role(Role::D) || case.has_role(Role::P);
        let about_the_run = ["SEC-03", "SEC-04", "SEC-05"].contains(&case.id());
        assert_eq!(
            automated && !about_the_run,
            !case.operations.is_empty(),
            "{}",
            case.id()
        );
    }
}

fn own_requirement(shown_by: ShownBy) -> Requirement {
    Requirement {
        id: "ACME-R1".to_owned(),
        source: Source {
            url: "own practice".to_owned(),
            commit: None,
            sha256: None,
            quote: None,
        },
        strength: Strength::Own,
        text: Text::new("Lønn stemmer.", "Pay adds up."),
        who: Text::same("ACME"),
        shown_by,
    }
}

#[test]
fn a_vendor_adds_its_own_and_mistakes_are_named() {
    let mut catalogue = builtin();
    let mut case = catalogue.case("TP-01").unwrap().clone();
    case.record.id = "ACME-1".to_owned();
    case.record.area = "ACME".to_owned();
    case.record.requirement_ids = vec!["ACME-R1".to_owned()];
    assert!(matches!(
        catalogue.add_case(case.clone()),
        Err(CatalogueError::Inconsistent { .. })
    ));
    catalogue
        .add_requirement(own_requirement(ShownBy::Cases { ids: Vec::new() }))
        .unwrap();
    // A requirement with neither case nor reason.
    assert_eq!(catalogue.check().len(), 1);
    catalogue.add_case(case.clone()).unwrap();
    assert_eq!(catalogue.check(), []);
    assert!(matches!(
        catalogue.add_case(case.clone()),
        Err(CatalogueError::Taken(_))
    ));
    assert_eq!(
        catalogue.requirement("ACME-R1").unwrap().shown_by,
        ShownBy::Cases {
            ids: vec!["ACME-1".to_owned()]
        }
    );
    // A case without a requirement.
    case.record.id = "ACME-2".to_owned();
    case.record.requirement_ids.clear();
    assert!(catalogue.add_case(case).is_err());
}
