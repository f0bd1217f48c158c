//! Organisation numbers: nine digits, of which the last is a MOD11 check digit.

use super::{Class, Flaw, Scheme, all_digits, check_digits, sealed};

/// Marker of [`OrganisationNumber`](super::OrganisationNumber).
#[derive(Debug, Clone, Copy)]
pub enum Organisation {}

impl sealed::Sealed for Organisation {}

impl Scheme for Organisation {
    const NAME: &'static str = "OrganisationNumber";
    const WHAT: &'static str = "an organisation number";
    const EXPECTED: &'static str = "nine digits";
    const SHOWN: usize = 3;

    fn has_shape(text: &[u8]) -> bool {
        text.len() == 9 && all_digits(text)
    }

    fn class(text: &[u8]) -> Class {
        if check_digits::remainder_11(text, &check_digits::ORGANISATION) != 0 {
            return Class::Impossible(Flaw::CheckDigit);
        }
        match text.first() {
            Some(b'2' | b'3') => Class::Synthetic,
            // Real ones begin with 8 or 9. Other series are not in use, but nobody promises
            // that they are for testing, so they count as real.
            _ => Class::Valid,
        }
    }
}
