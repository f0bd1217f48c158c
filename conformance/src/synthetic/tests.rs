//! What passes the guard, and what does not.

use serde_json::json;

use super::*;

fn guard(declared: Declared) -> Guard {
    Guard::new(declared, &[7; 32])
}

/// The first number of the form `DDMMYY` + digits that can exist.
fn valid(prefix: &str) -> String {
    (0..100_000)
        .map(|tail| format!("{prefix}{tail:05}"))
        .find(|number| identifiers::classify::<Person>(number).is_some_and(|class| !class.is_impossible()))
        .unwrap()
}

fn sent(guard: &Guard, body: &Value) -> bool {
    guard.outgoing(body.to_string().as_bytes(), Some("FP-01")).is_ok()
}

#[test]
fn persons_pass_only_as_synthetic_declared_or_published() {
    let plain = guard(Declared::default());
    assert!(sent(&plain, &json!({ "skyldner": valid("018170") })));
    assert!(
        sent(&plain, &json!({ "skyldner": "10108412345" })),
        "a published example"
    );
    let real_looking = valid("010170");
    assert!(!sent(&plain, &json!({ "skyldner": real_looking })));
    assert!(
        !sent(&plain, &json!({ "skyldner": "01017000000" })),
        "a mistyped number is impossible too"
    );
    let auxiliary = valid("014170");
    assert!(
        !sent(&plain, &json!({ "foedselsnummer": auxiliary })),
        "month + 40 is no proof"
    );
    let declared = guard(Declared {
        month_plus_40: true,
        ..Declared::default()
    });
    assert!(sent(&declared, &json!({ "foedselsnummer": auxiliary })));
    let listed = guard(Declared {
        numbers: ["01017000000".to_owned()].into(),
        ..Declared::default()
    });
    assert!(sent(&listed, &json!({ "skyldner": "01017000000" })));
}

#[test]
fn an_identity_number_in_any_field_is_found() {
    let guard = guard(Declared::default());
    let real_looking = valid("010170");
    assert!(!sent(&guard, &json!({ "kildesystem": real_looking })));
    assert!(!sent(&guard, &json!({ "a": [{ "b": [real_looking] }] })));
    let number: u64 = valid("120170").parse().unwrap();
    assert!(!sent(&guard, &json!({ "skyldner": number })), "without quotes");
    assert!(
        sent(&guard, &json!({ "kidnummer": real_looking })),
        "a KID is no person"
    );
}

#[test]
fn organisations_by_field() {
    let guard = guard(Declared::default());
    let synthetic = (310_000_000..)
        .map(|number: u32| number.to_string())
        .find(|number| identifiers::classify::<Organisation>(number).is_some_and(identifiers::Class::is_synthetic))
        .unwrap();
    assert!(sent(&guard, &json!({ "trekkpliktig": synthetic })));
    assert!(
        !sent(&guard, &json!({ "organisasjonsnummer": "974761076" })),
        "a real one"
    );
    assert!(
        sent(&guard, &json!({ "betalingsmottaker": "974761076" })),
        "the authority's own payee"
    );
    assert!(
        sent(&guard, &json!({ "consumer": { "ID": "0192:974761076" } })),
        "the vendor's own client"
    );
}

#[test]
fn a_person_without_a_number_has_to_be_declared() {
    let body = json!({ "person": { "fornavn": "Syntetisk", "etternavn": "Testperson", "foedselsdato": "1990-01-01" } });
    assert!(!sent(&guard(Declared::default()), &body));
    let declared = guard(Declared {
        persons: ["Syntetisk Testperson".to_owned()].into(),
        ..Declared::default()
    });
    assert!(sent(&declared, &body));
    assert!(sent(
        &guard(Declared::default()),
        &json!({ "person": { "etternavn": "Testperson", "foedselsnummer": valid("018170") } })
    ));
}

#[test]
fn nothing_of_a_number_is_in_message_or_ledger() {
    let guard = guard(Declared::default());
    let real_looking = valid("010170");
    let error = guard
        .outgoing(json!({ "skyldner": real_looking }).to_string().as_bytes(), None)
        .unwrap_err();
    let ledger = guard.ledger();
    let all = format!("{error} {error:?} {}", serde_json::to_string(&ledger).unwrap());
    assert!(!all.contains(&real_looking));
    assert!(error.to_string().contains("/skyldner"));
    assert_eq!(ledger.blocked.len(), 1);
}

#[test]
fn what_arrives_is_counted_and_reported() {
    let guard = guard(Declared::default());
    let body = json!([{ "skyldner": valid("010170"), "trekkpliktig": "123456789" }, { "skyldner": valid("018170") }]);
    let suspects = guard.incoming(body.to_string().as_bytes(), Some("TP-02"));
    assert!(suspects.iter().any(|suspect| suspect.pointer == "/0/skyldner"));
    let ledger = guard.ledger();
    assert!(ledger.blocked.is_empty(), "what has arrived cannot be stopped");
    assert_eq!(ledger.counts.iter().map(|count| count.count).sum::<u64>(), 3);
}

#[test]
fn a_client_acts_only_for_synthetic_organisations() {
    let plain = guard(Declared::default());
    for access in [
        Access::OwnOrganisation,
        Access::system_user("310000000"),
        Access::ConsumerOrg("310000000".to_owned()),
        Access::system_user("123456789"),
    ] {
        assert_eq!(plain.acts_for(&access), Ok(()), "{access:?}");
    }
    let real = [
        Access::system_user("974761076"),
        Access::ConsumerOrg("974761076".to_owned()),
    ];
    let declared = guard(Declared {
        numbers: ["974761076".to_owned()].into(),
        ..Declared::default()
    });
    for access in real {
        let error = plain.acts_for(&access).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("974761076"));
        assert_eq!(declared.acts_for(&access), Ok(()));
    }
}

#[test]
fn organisations_in_an_assertion_are_counted() {
    let guard = guard(Declared::default());
    let claims = json!({
        "consumer_org": "974761076",
        "authorization_details": [{ "systemuser_org": { "ID": "0192:310000000" } }],
    });
    let assertion = format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    guard.claimed(
        format!("grant_type=x&assertion={assertion}").as_bytes(),
        Some("AUTH-06"),
    );
    let ledger = guard.ledger_of(Some("AUTH-06"));
    let seen: Vec<_> = ledger
        .counts
        .iter()
        .map(|count| (count.field.as_str(), count.class))
        .collect();
    assert_eq!(
        seen,
        [
            ("consumer_org", Class::CouldBeReal),
            ("systemuser_org", Class::Synthetic)
        ]
    );
    assert!(ledger.blocked.is_empty());
    assert!(guard.ledger_of(Some("TP-01")).counts.is_empty());
}

#[test]
fn a_ledger_that_is_taken_over_adds_up() {
    let first = guard(Declared::default());
    let body = json!({ "skyldner": valid("018170"), "trekkpliktig": "974761076" }).to_string();
    let _ = first.outgoing(body.as_bytes(), Some("FP-01"));
    let second = guard(Declared::default());
    second.take_over(&first.ledger());
    assert_eq!(second.ledger(), first.ledger());
    let _ = second.outgoing(body.as_bytes(), Some("FP-03"));
    assert!(second.ledger().counts.iter().all(|count| count.count == 2));
    assert_eq!(second.ledger().blocked.len(), 2);
}
