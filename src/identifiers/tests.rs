//! Published vectors, computed ones, and properties over all payloads.

use proptest::{prelude::*, test_runner::RngSeed};

use super::*;

fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        cases: 256,
        ..ProptestConfig::default()
    }
}

const CHECK_DIGIT: Class = Class::Impossible(Flaw::CheckDigit);
const DATE: Class = Class::Impossible(Flaw::Date);

#[test]
fn organisation_numbers_are_classified() {
    for (text, class) in [
        // The worked example of the register of legal entities.
        ("123456785", Class::Valid),
        ("312345676", Class::Synthetic),
        ("210462902", Class::Synthetic),
        // Published in the API's own examples, with a wrong check digit.
        ("123456789", CHECK_DIGIT),
        ("971648199", CHECK_DIGIT),
        ("987546231", CHECK_DIGIT),
    ] {
        let number = OrganisationNumber::parse(text).expect(text);
        assert_eq!(number.class(), class, "{text}");
        assert_eq!(classify::<Organisation>(text), Some(class), "{text}");
    }
}

#[test]
fn identity_numbers_are_classified() {
    for (text, class, needs_2032, d_number) in [
        // Month + 80, with 0, 2 and 3 left over at the first check digit; 4 is never allowed.
        ("01819010001", Class::Synthetic, false, false),
        ("01819010028", Class::Synthetic, true, false),
        ("01819010036", Class::Synthetic, true, false),
        ("01819010044", CHECK_DIGIT, false, false),
        // Remainder 1.
        ("01419010037", Class::Ambiguous, true, false),
        ("01419010029", Class::Ambiguous, false, false),
        // D numbers.
        ("41819010003", Class::Synthetic, true, true),
        ("41819010038", CHECK_DIGIT, false, true),
        // 29 February of 00: not in 1900, but in 2000. Of 01: never.
        ("29820010173", Class::Synthetic, false, false),
        ("29820110173", DATE, false, false),
        // A month that no series has.
        ("29800450150", DATE, false, false),
        ("00000000000", DATE, false, false),
        ("32810010000", DATE, false, false),
    ] {
        let number = NationalIdentityNumber::parse(text).expect(text);
        assert_eq!(number.class(), class, "{text}");
        assert_eq!(number.needs_rule_of_2032(), needs_2032, "{text}");
        assert_eq!(number.is_d_number(), d_number, "{text}");
    }
    // The debtor of all published examples: a date, but no check digits of either kind.
    let published = NationalIdentityNumber::parse("10108412345").expect("shape");
    assert_eq!(published.series(), Some(PersonSeries::Ordinary));
    assert_eq!(published.class(), CHECK_DIGIT);
}

#[test]
fn the_leap_day_needs_a_leap_year_of_some_century() {
    // 29 February of 00, 04, 01 and 02, month + 80.
    for (date, possible) in [("298200", true), ("298204", true), ("298201", false), ("298202", false)] {
        let found = (0..100_000)
            .any(|rest| classify::<Person>(&format!("{date}{rest:05}")).is_some_and(|class| class == Class::Synthetic));
        assert_eq!(found, possible, "{date}");
    }
}

#[test]
fn kids_are_classified() {
    for (text, algorithm) in [
        // The worked examples of the payment handbook.
        ("2345676", Some(KidAlgorithm::Either)),
        ("123456785", Some(KidAlgorithm::Mod11)),
        ("123456782", Some(KidAlgorithm::Mod10)),
        ("006-", Some(KidAlgorithm::Mod11)),
        // The KID of the published orders.
        ("6487719756", Some(KidAlgorithm::Mod10)),
        ("0000000000000000000000018", Some(KidAlgorithm::Mod10)),
        ("0000000000000000000000019", Some(KidAlgorithm::Mod11)),
        ("6487719757", None),
        ("00", Some(KidAlgorithm::Either)),
    ] {
        let kid = KidNumber::parse(text).expect(text);
        assert_eq!(kid.algorithm(), algorithm, "{text}");
        assert_eq!(
            kid.class(),
            if algorithm.is_some() { Class::Valid } else { CHECK_DIGIT },
            "{text}"
        );
        assert_eq!(kid.expose(), text, "leading zeros stay");
    }
}

#[test]
fn accounts_are_classified() {
    for (text, class) in [
        // The account of the published orders.
        ("70213997155", Class::Valid),
        ("12345678911", Class::Valid),
        ("70213997154", CHECK_DIGIT),
    ] {
        assert_eq!(AccountNumber::parse(text).expect(text).class(), class);
    }
}

#[test]
fn other_shapes_are_refused_without_repeating_the_text() {
    fn refused<S: Scheme>(texts: &[&str]) {
        for text in texts {
            let error = Identifier::<S>::parse(*text)
                .err()
                .unwrap_or_else(|| panic!("{text} was accepted as {}", S::WHAT));
            assert!(classify::<S>(text).is_none());
            if text.len() > 2 {
                assert!(!error.to_string().contains(text.trim()), "{error}");
            }
        }
    }
    refused::<Organisation>(&["", "12345678", "1234567890", "12345678x", "12345678٣", " 23456785"]);
    refused::<Person>(&["", "0181901000", "018190100010", "0181901000-", "018190 10001"]);
    refused::<Kid>(&["", "1", "-1", "-", "12-4", "12345678901234567890123456", "1 2", "١٢"]);
    refused::<Account>(&["", "7021.39.97155", "702139971", "7021399715-"]);
    assert_eq!(
        OrganisationNumber::parse(" 23456785").unwrap_err().to_string(),
        "not an organisation number: expected nine digits, found 9 characters, blanks among them"
    );
}

#[test]
fn debug_masks() {
    assert_eq!(
        format!("{:?}", NationalIdentityNumber::parse("01819010001").unwrap()),
        "NationalIdentityNumber(***********)"
    );
    assert_eq!(
        format!("{:?}", AccountNumber::parse("70213997155").unwrap()),
        "AccountNumber(*********55)"
    );
    assert_eq!(format!("{:?}", KidNumber::parse("00").unwrap()), "KidNumber(*0)");
}

fn payload(length: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(0_u8..10, length)
        .prop_map(|digits| digits.iter().map(|digit| char::from(b'0' + digit)).collect())
}

proptest! {
    #![proptest_config(config())]

    /// A MOD11 check digit is unique, and changing any single digit is noticed.
    #[test]
    fn one_wrong_digit_is_noticed(payload in payload(8), place in 0_usize..9, by in 1_u8..10) {
        let good: Vec<String> = (0..10)
            .map(|check| format!("{payload}{check}"))
            .filter(|text| classify::<Organisation>(text).is_some_and(|class| !class.is_impossible()))
            .collect();
        prop_assert!(good.len() <= 1);
        if let Some(text) = good.first() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = b'0' + (bytes[place] - b'0' + by) % 10;
            let changed = String::from_utf8(bytes).expect("digits");
            prop_assert_eq!(classify::<Organisation>(&changed), Some(CHECK_DIGIT));
        }
    }

    /// Every payload has exactly one check character under each KID algorithm.
    #[test]
    fn every_payload_has_a_kid(length in 1_usize..25, seed in payload(24)) {
        let payload = &seed[..length];
        let mut by_mod10 = 0;
        let mut by_mod11 = 0;
        for check in "0123456789-".chars() {
            let kid = KidNumber::parse(format!("{payload}{check}")).expect("shape");
            match kid.algorithm() {
                Some(KidAlgorithm::Mod10) => by_mod10 += 1,
                Some(KidAlgorithm::Mod11) => by_mod11 += 1,
                Some(KidAlgorithm::Either) => { by_mod10 += 1; by_mod11 += 1; }
                None => {}
            }
        }
        prop_assert_eq!((by_mod10, by_mod11), (1, 1));
    }

    /// Among the hundred endings of a date and an individual number at most four are numbers:
    /// one for each allowed remainder; at most one of them by the rule of all times.
    #[test]
    fn four_endings_at_most(day in 1_u8..29, month in 1_u8..13, rest in payload(5)) {
        let start = format!("{day:02}{:02}{rest}", month + 80);
        let accepted: Vec<_> = (0..100)
            .filter_map(|ending| NationalIdentityNumber::parse(format!("{start}{ending:02}")).ok())
            .filter(|number| number.class() == Class::Synthetic)
            .collect();
        prop_assert!(accepted.len() <= 4);
        prop_assert!(accepted.iter().filter(|number| !number.needs_rule_of_2032()).count() <= 1);
    }

    /// No text panics, and no mask or error repeats what it hides.
    #[test]
    fn any_text_is_taken_or_refused(text in "\\PC{0,30}") {
        prop_assert_eq!(
            NationalIdentityNumber::parse(text.as_str()).is_ok(),
            classify::<Person>(&text).is_some()
        );
        let _ = (KidNumber::parse(text.as_str()), AccountNumber::parse(text.as_str()));
    }

    #[test]
    fn masks_hide(text in payload(11)) {
        let number = NationalIdentityNumber::parse(text.as_str()).expect("shape");
        prop_assert!(!number.mask().contains(|c: char| c.is_ascii_digit()));
        prop_assert_eq!(number.mask().len(), 11);
        let account = AccountNumber::parse(text.as_str()).expect("shape");
        prop_assert_eq!(account.mask().chars().filter(char::is_ascii_digit).count(), 2);
    }
}
