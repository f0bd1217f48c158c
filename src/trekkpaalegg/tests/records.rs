//! One record at a time.

use serde_json::{Value, json};

use super::{found, order, page, read, with};
use crate::trekkpaalegg::{
    ViolationRule as V,
    assemble::Employer,
    order::{Stoerrelse, Trekkstatus},
    page::{Page, Request},
    rule::RemarkRule as R,
    seen::Seen,
};

fn period(from: &str, to: Option<&str>) -> Value {
    let mut period = json!({"startdato": from, "trekkbeloep": {"trekkbeloep": 1}});
    if let Some(to) = to {
        period["sluttdato"] = to.into();
    }
    period
}

fn periods(periods: &[Value]) -> Value {
    with("/trekkstoerrelseForPeriode", Some(Value::from(periods.to_vec())))
}

fn size(member: &str, value: Value) -> Value {
    with(
        "/trekkstoerrelseForPeriode/0",
        Some(json!({"startdato": "2025-08-10", member: {member: value}})),
    )
}

#[test]
fn a_good_order_is_good() {
    assert_eq!(found(&order(1).to_string()), (true, vec![]));
}

#[test]
fn what_breaks_the_contract() {
    let p = "/trekkstoerrelseForPeriode";
    let cases: Vec<(Value, String, V)> = vec![
        (
            with("/trekkversjon", Some("1".into())),
            "/trekkversjon".into(),
            V::WrongType,
        ),
        (
            with("/sekvensnummer", Some("7".into())),
            "/sekvensnummer".into(),
            V::WrongType,
        ),
        (
            with("/sekvensnummer", Some(json!(7.5))),
            "/sekvensnummer".into(),
            V::WrongType,
        ),
        (
            with("/skyldner", Some(1_819_010_001_i64.into())),
            "/skyldner".into(),
            V::WrongType,
        ),
        (with("/skyldner", Some(Value::Null)), "/skyldner".into(), V::WrongType),
        (with("/trekkid", Some(true.into())), "/trekkid".into(), V::WrongType),
        (with("/trekkid", Some(json!(1.5))), "/trekkid".into(), V::WrongType),
        (
            with("/trekkstatus", Some(json!(1))),
            "/trekkstatus".into(),
            V::WrongType,
        ),
        (
            with("/betalingsinformasjon", Some(json!([]))),
            "/betalingsinformasjon".into(),
            V::WrongType,
        ),
        (with(p, Some(json!({}))), p.into(), V::WrongType),
        (
            with(&format!("{p}/0"), Some(json!("x"))),
            format!("{p}/0"),
            V::WrongType,
        ),
        (
            size("trekkbeloep", "5000".into()),
            format!("{p}/0/trekkbeloep/trekkbeloep"),
            V::WrongType,
        ),
        (with("/trekkid", None), "/trekkid".into(), V::Missing),
        (with("/skyldner", None), "/skyldner".into(), V::Missing),
        (
            with("/betalingsinformasjon/kidnummer", None),
            "/betalingsinformasjon/kidnummer".into(),
            V::Missing,
        ),
        (
            with(&format!("{p}/0/startdato"), None),
            format!("{p}/0/startdato"),
            V::Missing,
        ),
        (
            with("/opprettet", Some("2025-08-09T15:00:00".into())),
            "/opprettet".into(),
            V::UnreadableDate,
        ),
        (
            with("/opprettet", Some("yesterday".into())),
            "/opprettet".into(),
            V::UnreadableDate,
        ),
        (
            with(&format!("{p}/0/startdato"), Some("2025-02-30".into())),
            format!("{p}/0/startdato"),
            V::UnreadableDate,
        ),
        (
            with(&format!("{p}/0/startdato"), Some("20250230".into())),
            format!("{p}/0/startdato"),
            V::UnreadableDate,
        ),
        (
            with("/skyldner", Some("0181901000".into())),
            "/skyldner".into(),
            V::IdentityNumberShape,
        ),
        (
            with("/skyldner", Some("01819010001 ".into())),
            "/skyldner".into(),
            V::IdentityNumberShape,
        ),
        (
            with("/trekkpliktig", Some("31234567".into())),
            "/trekkpliktig".into(),
            V::OrganisationNumberShape,
        ),
        (
            with("/betalingsinformasjon/betalingsmottaker", Some("NO123456785".into())),
            "/betalingsinformasjon/betalingsmottaker".into(),
            V::OrganisationNumberShape,
        ),
        (
            with("/betalingsinformasjon/kontonummer", Some("7021.39.97155".into())),
            "/betalingsinformasjon/kontonummer".into(),
            V::AccountNumberShape,
        ),
        (
            with("/trekkid", Some("a\u{7}b".into())),
            "/trekkid".into(),
            V::ControlCharacter,
        ),
        (
            with("/saksnummer", Some("a\u{85}b".into())),
            "/saksnummer".into(),
            V::ControlCharacter,
        ),
        (
            with("/trekkstatus", Some("aktiv\n".into())),
            "/trekkstatus".into(),
            V::ControlCharacter,
        ),
        (
            with("/betalingsinformasjon/kidnummer", Some("64877197\t56".into())),
            "/betalingsinformasjon/kidnummer".into(),
            V::ControlCharacter,
        ),
        (
            with("/sekvensnummer", Some(1_000_000_000_000_000_000_i64.into())),
            "/sekvensnummer".into(),
            V::SequenceOutOfRange,
        ),
        (periods(&[]), p.into(), V::NoPeriod),
        (
            with(&format!("{p}/0/trekkbeloep"), Some(json!({"trekkbeloep": 1}))),
            format!("{p}/0"),
            V::ExactlyOneSize,
        ),
        (
            with(&format!("{p}/0/trekkprosent"), None),
            format!("{p}/0"),
            V::ExactlyOneSize,
        ),
        (
            with(&format!("{p}/0/trekkprosent"), Some(Value::Null)),
            format!("{p}/0"),
            V::ExactlyOneSize,
        ),
        (
            periods(&[period("2025-08-11", Some("2025-08-10"))]),
            format!("{p}/0"),
            V::StartAfterEnd,
        ),
        (
            periods(&[period("2025-08-01", Some("2025-08-10")), period("2025-08-10", None)]),
            format!("{p}/1"),
            V::OverlappingPeriods,
        ),
        (
            periods(&[period("2025-08-01", None), period("2025-09-01", None)]),
            format!("{p}/1"),
            V::OverlappingPeriods,
        ),
        // Unsorted, and the one that overlaps is not the neighbour.
        (
            periods(&[
                period("2025-09-01", Some("2025-09-02")),
                period("2025-01-01", Some("2025-12-31")),
                period("2025-02-01", Some("2025-02-02")),
            ]),
            format!("{p}/0"),
            V::OverlappingPeriods,
        ),
        (
            size("trekkbeloep", json!(-0.01)),
            format!("{p}/0/trekkbeloep/trekkbeloep"),
            V::AmountBelowZero,
        ),
        (
            size("trekkprosent", json!(-1)),
            format!("{p}/0/trekkprosent/trekkprosent"),
            V::PercentageOutOfRange,
        ),
        (
            size("trekkprosent", json!(100.01)),
            format!("{p}/0/trekkprosent/trekkprosent"),
            V::PercentageOutOfRange,
        ),
    ];
    for (record, pointer, rule) in cases {
        let (good, found) = found(&record.to_string());
        assert!(!good, "accepted: {record}");
        let expected = format!("{pointer} {}", rule.id());
        assert!(found.contains(&expected), "{expected} not in {found:?}");
    }
    for record in ["null", "7", "\"x\"", "[]", "[{}]"] {
        assert_eq!(found(record), (false, vec![" not-an-object".to_owned()]), "{record}");
    }
}

#[test]
fn what_does_not_break_it() {
    let p = "/trekkstoerrelseForPeriode";
    let cases: Vec<(Value, Vec<String>)> = vec![
        (
            with("/trekkpliktig", Some("123456789".into())),
            vec!["/trekkpliktig check-digit".into()],
        ),
        (
            with("/skyldner", Some("10108412345".into())),
            vec!["/skyldner check-digit".into()],
        ),
        (
            with("/betalingsinformasjon/kontonummer", Some("70213997150".into())),
            vec!["/betalingsinformasjon/kontonummer check-digit".into()],
        ),
        (
            with("/betalingsinformasjon/kidnummer", Some("6487719757".into())),
            vec!["/betalingsinformasjon/kidnummer check-digit".into()],
        ),
        (
            with("/betalingsinformasjon/kidnummer", Some("KID 1".into())),
            vec!["/betalingsinformasjon/kidnummer kid-shape".into()],
        ),
        (with("/betalingsinformasjon/kidnummer", Some("006-".into())), vec![]),
        (
            with(&format!("{p}/0/startdato"), Some("20250810".into())),
            vec![format!("{p}/0/startdato compact-date")],
        ),
        (
            with("/trekkid", Some(10001.into())),
            vec!["/trekkid numeric-trekkid".into()],
        ),
        (
            with("/trekkversjon", Some(json!(2.0))),
            vec!["/trekkversjon integral-fraction".into()],
        ),
        (
            with("/trekkversjon", Some(0.into())),
            vec!["/trekkversjon version-below-1".into()],
        ),
        (
            with("/trekkstatus", Some("hviler".into())),
            vec!["/trekkstatus unknown-code".into()],
        ),
        (
            with("/trekkstatus", Some("AVSLUTTET".into())),
            vec!["/trekkstatus code-case".into()],
        ),
        (with("/nyttFelt", Some(json!({"a": [1, null]}))), vec![]),
        (with("/saksnummer", None), vec![]),
        (with("/saksnummer", Some(Value::Null)), vec![]),
        (with(&format!("{p}/0/trekkbeloep"), Some(Value::Null)), vec![]),
        (with("/opprettet", Some("2024-06-16T13:33:05.672Z".into())), vec![]),
        (
            with("/opprettet", Some("2024-06-16T15:33:05.672123456+02:00".into())),
            vec![],
        ),
        (
            periods(&[period("2025-08-10", Some("2025-08-10")), period("2025-08-11", None)]),
            vec![],
        ),
        (
            periods(&[period("2025-08-11", None), period("2025-08-10", Some("2025-08-10"))]),
            vec![],
        ),
        (size("trekkbeloep", json!(0)), vec![]),
        (size("trekkprosent", json!(100)), vec![]),
    ];
    for (record, remarks) in cases {
        assert_eq!(found(&record.to_string()), (true, remarks), "{record}");
    }
}

#[test]
fn a_repeated_member_is_a_violation_and_not_a_choice() {
    let twice = order(1).to_string().replacen(
        "\"trekkprosent\":17.5",
        "\"trekkprosent\":17.5,\"trekkprosent\":71.5",
        1,
    );
    assert_eq!(
        found(&twice),
        (
            false,
            vec!["/trekkstoerrelseForPeriode/0/trekkprosent/trekkprosent duplicate-member".to_owned()]
        )
    );
}

#[test]
fn sizes_and_codes_are_kept_exactly() {
    let text = order(1)
        .to_string()
        .replace("17.5", "12.3456789012345678901")
        .replace("\"aktiv\"", "\"pause\"");
    let page = read(format!("[{text}]"), None, &mut Seen::default());
    let order = page.orders.first().expect("good");
    assert_eq!(
        order.trekkstoerrelse_for_periode[0].stoerrelse.value().to_string(),
        "12.3456789012345678901"
    );
    assert!(matches!(&order.trekkstatus, Trekkstatus::Unknown(code) if code.as_str() == "pause"));
    // The same value through the other way of reading: a neighbour that the bindings refuse.
    let page = read(format!("[{text},null]"), None, &mut Seen::default());
    assert!(matches!(
        page.orders[0].trekkstoerrelse_for_periode[0].stoerrelse,
        Stoerrelse::Trekkprosent(value) if value.to_string() == "12.3456789012345678901"
    ));
}

#[test]
fn both_sizes_are_seen_although_a_first_match_would_drop_one() {
    let page = page(&[with(
        "/trekkstoerrelseForPeriode/0/trekkbeloep",
        Some(json!({"trekkbeloep": 5000})),
    )]);
    assert!(page.orders.is_empty());
    let raw: Value = serde_json::from_str(page.rejected[0].raw_json()).unwrap();
    assert_eq!(raw["trekkstoerrelseForPeriode"][0]["trekkbeloep"]["trekkbeloep"], 5000);
    assert_eq!(
        raw["trekkstoerrelseForPeriode"][0]["trekkprosent"]["trekkprosent"],
        17.5
    );
}

#[test]
fn another_employer_is_a_violation_only_where_the_token_settles_the_employer() {
    let body = bytes::Bytes::from(json!([order(1)]).to_string());
    let read = |employer| {
        let request = Request {
            operation: "x",
            window: None,
            employer,
        };
        Page::read(body.clone(), None, request, &mut Seen::default()).unwrap()
    };
    let page = read(Employer::Exactly("210462902"));
    assert_eq!(page.rejected[0].violations[0].rule, V::WrongEmployer);
    assert_eq!(page.watermark.get(), 1);
    let page = read(Employer::Expected("210462902"));
    assert_eq!(page.orders[0].remarks()[0].rule, R::OtherEmployer);
    for employer in [
        Employer::Exactly("312345676"),
        Employer::Expected("312345676"),
        Employer::Any,
    ] {
        assert!(read(employer).orders[0].remarks().is_empty());
    }
}

#[test]
fn debug_shows_no_number_and_no_money() {
    let page = page(&[order(1), with("/skyldner", Some("0181901000112".into()))]);
    assert_eq!((page.orders.len(), page.rejected.len()), (1, 1));
    let shown = format!("{page:?}{:?}", page.orders[0].trekkstoerrelse_for_periode);
    for secret in ["0181901", "6487719756", "70213997155", "17.5", "TREKK/2025"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
