//! Compares JSON numbers without losing digits of large integers.

use std::cmp::Ordering;

use serde_json::Number;

/// The order of two numbers; integers exactly, anything else as binary floating point.
pub(crate) fn compare(a: &Number, b: &Number) -> Ordering {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => real(a).total_cmp(&real(b)),
    }
}

/// Whether every multiple of `a` is a multiple of `b`; `None` when that cannot be computed.
pub(crate) fn is_multiple(a: &Number, b: &Number) -> Option<bool> {
    if let (Some(a), Some(b)) = (integer(a), integer(b)) {
        return (b != 0).then(|| a % b == 0);
    }
    let quotient = real(a) / real(b);
    quotient
        .is_finite()
        .then(|| (quotient - quotient.round()).abs() < 1e-9 && quotient.round() != 0.0)
}

fn integer(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

fn real(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn neighbours_beyond_two_to_the_53rd_differ() {
        assert_eq!(
            compare(&number("9007199254740993"), &number("9007199254740992")),
            Ordering::Greater
        );
        assert_eq!(compare(&number("1"), &number("1.0")), Ordering::Equal);
        assert_eq!(compare(&number("1.5"), &number("2")), Ordering::Less);
    }

    #[test]
    fn multiples() {
        assert_eq!(is_multiple(&number("10"), &number("5")), Some(true));
        assert_eq!(is_multiple(&number("5"), &number("10")), Some(false));
        assert_eq!(is_multiple(&number("0.02"), &number("0.01")), Some(true));
        assert_eq!(is_multiple(&number("1"), &number("0")), None);
    }
}
