//! Totals and reading, for arbitrary submissions.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use skatteetaten_client::finansprodukter::{Rule, check};

use super::{body, bytes, report};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        cases,
        ..ProptestConfig::default()
    }
}

/// An amount, as cents or as whole kroner, written in one of the ways the schema allows.
fn amount() -> impl Strategy<Value = (Decimal, String)> {
    (-99_999_999_999_999_i64..=99_999_999_999_999, 0_u32..=2).prop_map(|(units, scale)| {
        let value = Decimal::new(units, scale);
        (value, value.to_string())
    })
}

fn body_of(amounts: &[(Decimal, String)]) -> (Value, Decimal) {
    let mut body = body();
    let reports = amounts.iter().enumerate().map(|(number, (_, text))| {
        let mut report = report("05819010058", text, "0");
        report["konto"]["kontonummer"] = number.to_string().into();
        report
    });
    body["leveranse"]["oppgave"] = reports.collect();
    let sum: Decimal = amounts.iter().map(|(value, _)| value).sum();
    body["leveranse"]["oppgaveoppsummering"] =
        json!({ "antallOppgaver": amounts.len(), "sumFormuesverdi": sum.to_string(), "sumGevinst": "0" });
    (body, sum)
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn exact_totals_agree_and_one_changed_digit_is_found(
        amounts in prop::collection::vec(amount(), 1..20),
        place in any::<prop::sample::Index>(),
        digit in any::<prop::sample::Index>(),
        by in 1_u8..=9,
    ) {
        let (mut body, sum) = body_of(&amounts);
        let report = check(&bytes(&body));
        prop_assert!(report.findings.is_empty(), "{:?}", report.findings);

        let place = place.index(amounts.len());
        let pointer = format!("/leveranse/oppgave/{place}/konto/finansprodukt/0/formuesverdi/beloepINOK");
        let text = body.pointer_mut(&pointer).unwrap();
        let mut changed = text.as_str().unwrap().to_owned().into_bytes();
        let digits: Vec<usize> = (0..changed.len()).filter(|at| changed[*at].is_ascii_digit()).collect();
        let at = digits[digit.index(digits.len())];
        changed[at] = b'0' + (changed[at] - b'0' + by) % 10;
        let changed = String::from_utf8(changed).unwrap();
        let value: Decimal = changed.parse().unwrap();
        *text = changed.into();

        let report = check(&bytes(&body));
        let expected = sum - amounts[place].0 + value;
        // "-0" and "0" are the same amount: the only change that changes nothing.
        if expected == sum {
            prop_assert!(report.findings.is_empty());
        } else {
            let found = report.of(Rule::Total).next().expect("the difference is found");
            let difference = found.difference.as_ref().unwrap();
            prop_assert_eq!(difference.computed, expected);
            prop_assert_eq!(difference.stated, Some(sum));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = check(&bytes);
    }

    #[test]
    fn a_cut_or_damaged_body_never_passes_as_something_else(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let good = bytes(&body());
        let at = at.index(good.len());
        prop_assert!(!check(&good[..at]).is_sendable());
        let mut damaged = good.clone();
        damaged[at] = byte;
        let before: Option<Value> = serde_json::from_slice(&good).ok();
        let after: Option<Value> = serde_json::from_slice(&damaged).ok();
        let report = check(&damaged);
        prop_assert_eq!(after.is_none(), report.of(Rule::Syntax).next().is_some());
        if before == after {
            prop_assert!(report.is_sendable());
        }
    }
}
