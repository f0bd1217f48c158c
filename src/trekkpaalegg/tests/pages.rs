//! Whole pages and the watermark.

use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value, json};

use super::{order, page, read, with};
use crate::trekkpaalegg::{Entry, Fetched, Page, assemble::Employer, read_one, rule::RemarkRule as R, seen::Seen};

fn remarks(page: &Page) -> Vec<String> {
    page.remarks
        .iter()
        .map(|remark| format!("{} {}", remark.pointer, remark.rule.id()))
        .collect()
}

#[test]
fn an_empty_answer_is_an_empty_page() {
    for (body, remark) in [("[]", false), (" [ ] ", false), ("", true), (" \n", true)] {
        let page = read(body, Some((7, 2)), &mut Seen::default());
        assert_eq!((page.received, page.watermark.get()), (0, 7));
        assert_eq!(page.remarks.iter().any(|r| r.rule == R::EmptyBody), remark, "{body:?}");
    }
}

#[test]
fn what_is_no_list_is_an_error_without_the_content() {
    for (body, found) in [
        ("{\"kode\":\"01819010001\"}", "an object"),
        ("null", "null"),
        ("\"01819010001\"", "text"),
        ("01819010001", "text that is not JSON"),
        ("[{\"trekkid\":\"01819010001\"", "text that is not JSON"),
        ("<html>01819010001</html>", "text that is not JSON"),
    ] {
        let error = Page::from_json(body).expect_err(body);
        assert_eq!((error.expected(), error.found()), ("a JSON list of orders", found));
        assert!(!format!("{error} {error:?}").contains("01819010001"));
    }
}

#[test]
fn one_bad_record_spoils_neither_neighbours_nor_watermark() {
    let page = page(&[order(3), with("/sekvensnummer", Some("9".into())), order(8)]);
    assert_eq!(page.orders.len(), 2);
    assert_eq!(page.rejected[0].sekvensnummer, Some(9));
    assert_eq!((page.watermark.get(), page.received), (9, 3));
    let order_of_entries: Vec<_> = page
        .entries()
        .map(|entry| match entry {
            Entry::Order(order) => order.sekvensnummer,
            Entry::Rejected(_) => -1,
        })
        .collect();
    assert_eq!(order_of_entries, [3, -1, 8]);
}

#[test]
fn a_record_without_a_sequence_number_is_reported_and_adds_nothing() {
    let page = page(&[
        order(3),
        with("/sekvensnummer", None),
        json!(12),
        with("/sekvensnummer", Some(json!(99.5))),
    ]);
    assert_eq!(page.rejected.len(), 3);
    assert!(page.rejected.iter().all(|rejected| rejected.sekvensnummer.is_none()));
    assert_eq!(page.watermark.get(), 3);
}

#[test]
fn a_sequence_number_beyond_the_parameter_does_not_poison_the_watermark() {
    let page = page(&[
        order(3),
        order(1_000_000_000_000_000_000),
        with("/sekvensnummer", Some("1000000000000000000".into())),
    ]);
    assert_eq!((page.orders.len(), page.rejected.len()), (1, 2));
    assert_eq!(page.watermark.get(), 3);
}

#[test]
fn bytes_that_json_may_not_have_cost_one_record() {
    let body = json!([order(1), order(2), order(3)]).to_string();
    let body = body.replacen("\"trekkid\":\"T2\"", "\"trekkid\":\"T2\x07\"", 1);
    let page = read(body.clone(), None, &mut Seen::default());
    assert_eq!(page.orders.len(), 2);
    assert_eq!(page.rejected[0].violations.len(), 1);
    assert_eq!(page.rejected[0].violations[0].rule.id(), "control-character");
    assert_eq!(page.rejected[0].violations[0].pointer, "/trekkid");
    assert_eq!(page.watermark.get(), 3);
    // The same with a byte that is no UTF-8, in a member that nobody knows.
    let bytes = String::into_bytes(body.replacen("\x07", "", 1).replacen(
        "\"trekkid\":\"T2\"",
        "\"trekkid\":\"T2\",\"nytt\":\"@\"",
        1,
    ));
    let bytes: Vec<u8> = bytes
        .into_iter()
        .map(|byte| if byte == b'@' { 0xff } else { byte })
        .collect();
    let page = read(bytes, None, &mut Seen::default());
    assert_eq!(page.orders.len(), 2);
    assert_eq!(page.rejected[0].violations[0].rule.id(), "not-utf8");
    assert_eq!(page.rejected[0].violations[0].pointer, "/nytt");
}

#[test]
fn a_byte_order_mark_is_remarked() {
    let page = read(format!("\u{feff}{}", json!([order(1)])), None, &mut Seen::default());
    assert_eq!(
        (page.orders.len(), remarks(&page)),
        (1, vec![" byte-order-mark".to_owned()])
    );
}

#[test]
fn oddities_of_a_page_are_remarked() {
    let body = json!([order(9), order(8), order(5), order(8)]).to_string();
    let page = read(body, Some((5, 3)), &mut Seen::default());
    assert_eq!(
        remarks(&page),
        [
            "/2/sekvensnummer not-after-from",
            "/3 duplicate",
            " unsorted",
            " more-than-asked"
        ]
    );
    assert_eq!((page.orders.len(), page.received, page.watermark.get()), (3, 4, 9));
}

#[test]
fn a_repeated_version_with_other_content_is_rejected() {
    let mut changed = order(4);
    changed["trekkstoerrelseForPeriode"][0]["trekkprosent"]["trekkprosent"] = json!(71.5);
    let page = page(&[order(4), changed]);
    assert_eq!(page.orders.len(), 1);
    assert_eq!(page.rejected[0].violations[0].rule.id(), "other-content");
    assert!(page.rejected[0].raw_json().contains("71.5"));
}

#[test]
fn the_kid_is_followed_through_versions_and_pages() {
    let mut seen = Seen::default();
    read(json!([order(4)]).to_string(), None, &mut seen);
    let mut next = order(7);
    next["trekkid"] = "T4".into();
    next["trekkversjon"] = 2.into();
    let page = read(json!([next]).to_string(), None, &mut seen);
    assert_eq!(remarks(&page), [""; 0]);
    next["trekkversjon"] = 3.into();
    next["sekvensnummer"] = 7.into();
    next["betalingsinformasjon"]["kidnummer"] = "2345676".into();
    let page = read(json!([next]).to_string(), None, &mut seen);
    assert_eq!(
        remarks(&page),
        [
            "/0/betalingsinformasjon/kidnummer kid-changed",
            "/0/trekkversjon version-goes-back",
            "/0/sekvensnummer shared-sekvensnummer",
        ]
    );
    assert_eq!(page.orders.len(), 1, "a remark withholds nothing from the caller");
}

#[test]
fn a_detached_record_keeps_its_text_and_lets_go_of_the_page() {
    let body = json!([order(3), order(4), with("/skyldner", None)]).to_string();
    // With a defect elsewhere, so that the page is a repaired copy.
    for body in [body.clone(), body.replacen("T4", "T4\u{7}", 1)] {
        let mut page = read(body, None, &mut Seen::default());
        let (mut first, mut last) = (page.orders.remove(0), page.rejected.pop().expect("rejected"));
        let texts = (first.raw_json().to_owned(), last.raw_json().to_owned());
        let shared = std::sync::Arc::downgrade(&first.record.body);
        drop(page);
        first.detach();
        assert!(shared.upgrade().is_some(), "the other record holds it");
        last.detach();
        assert!(shared.upgrade().is_none(), "nobody holds it");
        assert_eq!((first.raw_json(), last.raw_json()), (&*texts.0, &*texts.1));
    }
}

/// Any JSON value, biased towards what an order looks like.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9a-zA-Z/\\-\u{7}æ\"\\\\]{0,14}".prop_map(Value::from),
        Just(Value::from("2025-08-10")),
        Just(Value::from("20250810")),
        Just(order(5)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(
                prop_oneof![
                    Just("startdato".to_owned()),
                    Just("sluttdato".to_owned()),
                    Just("trekkbeloep".to_owned()),
                    Just("trekkprosent".to_owned()),
                    "[a-z]{1,4}",
                ],
                inner,
                0..4
            )
            .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        cases: 200,
        ..ProptestConfig::default()
    })]

    /// Whatever happens to a member of a record: every record is delivered or reported, good
    /// neighbours arrive, the raw text is the record's, and the verdict is the same whether
    /// the page could be decoded as a whole or not.
    #[test]
    fn every_record_is_delivered_or_reported(
        member in proptest::sample::select(vec![
            "/trekkid", "/trekkversjon", "/sekvensnummer", "/opprettet", "/saksnummer",
            "/trekkpliktig", "/skyldner", "/trekkstatus", "/trekkstoerrelseForPeriode",
            "/trekkstoerrelseForPeriode/0", "/trekkstoerrelseForPeriode/0/trekkprosent",
            "/betalingsinformasjon", "/betalingsinformasjon/kontonummer", "/nytt",
        ]),
        value in anything(),
    ) {
        let record = with(member, Some(value));
        let alone = page(std::slice::from_ref(&record));
        let beside = page(&[order(90), record.clone(), json!("broken"), order(91)]);
        prop_assert_eq!(alone.received, 1);
        prop_assert_eq!(alone.orders.len() + alone.rejected.len(), 1);
        prop_assert_eq!(beside.orders.len() + beside.rejected.len(), 4);
        prop_assert_eq!(alone.orders.len() + 2, beside.orders.len());
        prop_assert!(beside.watermark.get() >= 91);
        let text = record.to_string();
        let at = beside.entries().nth(1);
        match (at, alone.rejected.first()) {
            (Some(Entry::Order(order)), None) => {
                prop_assert_eq!(order.raw_json(), text);
                prop_assert_eq!(order.remarks(), alone.orders[0].remarks());
            }
            (Some(Entry::Rejected(rejected)), Some(first)) => {
                prop_assert_eq!(rejected.raw_json(), text);
                prop_assert_eq!(rejected.sekvensnummer, first.sekvensnummer);
                prop_assert_eq!(&rejected.violations, &first.violations);
                prop_assert!(!first.violations.is_empty());
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// Arbitrary bytes give a page or an error; when a page, everything in it is accounted for.
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Page::from_json(bytes.clone());
        let mut inside = b"[{\"trekkid\":\"".to_vec();
        inside.extend(&bytes);
        inside.extend(b"\"}, 1]");
        if let Ok(page) = Page::from_json(inside) {
            prop_assert_eq!(page.received, page.orders.len() + page.rejected.len());
        }
    }

    /// A good answer with a few bytes changed, inserted, cut out or cut off: a page in which
    /// everything is accounted for, or an error that shows nothing of it; the same for one order.
    #[test]
    fn damaged_answers_never_panic(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0_u8..4), 1..5),
    ) {
        let list = json!([order(1), order(2)]).to_string().into_bytes();
        let one = order(1).to_string().into_bytes();
        for (intact, is_list) in [(list, true), (one, false)] {
            let mut bytes = intact;
            for (place, byte, kind) in &damage {
                let place = place.index(bytes.len() + 1);
                match kind {
                    0 => bytes.insert(place, *byte),
                    1 => bytes.truncate(place),
                    2 if place < bytes.len() => { bytes.remove(place); }
                    _ => if let Some(there) = bytes.get_mut(place) { *there = *byte; },
                }
            }
            let error = if is_list {
                match Page::from_json(bytes) {
                    Ok(page) => {
                        let duplicates = page.remarks.iter().filter(|remark| remark.rule == R::Duplicate).count();
                        prop_assert_eq!(page.received, page.orders.len() + page.rejected.len() + duplicates);
                        prop_assert!(page.rejected.iter().all(|rejected| !rejected.violations.is_empty()));
                        None
                    }
                    Err(error) => Some(error),
                }
            } else {
                let decoded = serde_json::from_slice(&bytes).ok();
                match read_one(bytes.into(), decoded, Employer::Any) {
                    Ok(Fetched::Order(order)) => {
                        prop_assert!(!order.trekkstoerrelse_for_periode.is_empty());
                        None
                    }
                    Ok(Fetched::Rejected(rejected)) => {
                        prop_assert!(!rejected.violations.is_empty());
                        None
                    }
                    Err(error) => Some(error),
                }
            };
            if let Some(error) = error {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains("01819010001"));
            }
        }
    }
}
