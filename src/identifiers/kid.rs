//! KID: 2 to 25 characters, of which the last is a MOD10 or MOD11 check character.

use super::{Class, Flaw, Identifier, Scheme, all_digits, check_digits, sealed};

/// Marker of [`KidNumber`](super::KidNumber).
#[derive(Debug, Clone, Copy)]
pub enum Kid {}

/// The algorithm that a KID's check character agrees with. Which one applies is agreed
/// between the payee and its bank and cannot be read from the KID itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KidAlgorithm {
    /// Only MOD10 (Luhn).
    Mod10,
    /// Only MOD11; the check character may be a hyphen.
    Mod11,
    /// Both agree, by chance.
    Either,
}

impl sealed::Sealed for Kid {}

fn algorithm(text: &[u8]) -> Option<KidAlgorithm> {
    let (check, payload) = text.split_last()?;
    match (
        *check == check_digits::mod10(payload),
        *check == check_digits::mod11(payload),
    ) {
        (true, true) => Some(KidAlgorithm::Either),
        (true, false) => Some(KidAlgorithm::Mod10),
        (false, true) => Some(KidAlgorithm::Mod11),
        (false, false) => None,
    }
}

impl Scheme for Kid {
    const NAME: &'static str = "KidNumber";
    const WHAT: &'static str = "a KID";
    const EXPECTED: &'static str = "2 to 25 characters, digits with a last one that may be a hyphen";
    const SHOWN: usize = 2;

    fn has_shape(text: &[u8]) -> bool {
        match text.split_last() {
            Some((check, payload)) => {
                (1..=24).contains(&payload.len()) && all_digits(payload) && (check.is_ascii_digit() || *check == b'-')
            }
            None => false,
        }
    }

    fn class(text: &[u8]) -> Class {
        match text.split_last() {
            Some((check, payload))
                if *check == check_digits::mod10(payload) || *check == check_digits::mod11(payload) =>
            {
                Class::Valid
            }
            _ => Class::Impossible(Flaw::CheckDigit),
        }
    }
}

impl Identifier<Kid> {
    /// The algorithm with which the check character agrees; `None` when with neither.
    #[must_use]
    pub fn algorithm(&self) -> Option<KidAlgorithm> {
        algorithm(self.expose().as_bytes())
    }
}
