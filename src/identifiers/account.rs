//! Account numbers: eleven digits, of which the last is a MOD11 check digit.

use super::{Class, Flaw, Scheme, all_digits, check_digits, sealed};

/// Marker of [`AccountNumber`](super::AccountNumber).
#[derive(Debug, Clone, Copy)]
pub enum Account {}

impl sealed::Sealed for Account {}

impl Scheme for Account {
    const NAME: &'static str = "AccountNumber";
    const WHAT: &'static str = "an account number";
    const EXPECTED: &'static str = "eleven digits";
    const SHOWN: usize = 2;

    fn has_shape(text: &[u8]) -> bool {
        text.len() == 11 && all_digits(text)
    }

    fn class(text: &[u8]) -> Class {
        if check_digits::remainder_11(text, &check_digits::ACCOUNT) == 0 {
            Class::Valid
        } else {
            Class::Impossible(Flaw::CheckDigit)
        }
    }
}
