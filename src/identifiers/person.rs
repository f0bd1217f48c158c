//! National identity numbers and D numbers: a date, an individual number and two check digits.

use super::{Class, Flaw, Identifier, Scheme, all_digits, check_digits, sealed};

/// Marker of [`NationalIdentityNumber`](super::NationalIdentityNumber).
#[derive(Debug, Clone, Copy)]
pub enum Person {}

/// How the date part of an identity number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PersonSeries {
    /// The month as it is.
    Ordinary,
    /// Month + 80: the synthetic population of Tenor.
    MonthPlus80,
    /// Month + 40: some synthetic sets, and auxiliary numbers of real patients.
    MonthPlus40,
}

impl sealed::Sealed for Person {}

/// The number of days from the calendar that any century allows. The century cannot be read
/// from a number of the kind issued from 2032, so 29 February passes in every leap year of two
/// digits, 00 included (2000 was one).
fn days_in(month: u8, year: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => 31,
    }
}

fn pair(text: &[u8], at: usize) -> u8 {
    let digit = |place: usize| text.get(place).map_or(0, |byte| byte.wrapping_sub(b'0'));
    digit(at) * 10 + digit(at + 1)
}

fn series(text: &[u8]) -> Option<PersonSeries> {
    let (series, month) = match pair(text, 2) {
        month @ 1..=12 => (PersonSeries::Ordinary, month),
        month @ 41..=52 => (PersonSeries::MonthPlus40, month - 40),
        month @ 81..=92 => (PersonSeries::MonthPlus80, month - 80),
        _ => return None,
    };
    let day = match pair(text, 0) {
        day @ 41..=71 => day - 40,
        day => day,
    };
    (1..=days_in(month, pair(text, 4))).contains(&day).then_some(series)
}

/// The remainder at the first check digit when both check digits are acceptable: 0 is the
/// rule of all times, 1 to 3 are allowed in numbers issued from 2032 on.
fn first_remainder(text: &[u8]) -> Option<u32> {
    let first = check_digits::remainder_11(text, &check_digits::PERSON_FIRST);
    let second = check_digits::remainder_11(text, &check_digits::PERSON_SECOND);
    (first <= 3 && second == 0).then_some(first)
}

impl Scheme for Person {
    const NAME: &'static str = "NationalIdentityNumber";
    const WHAT: &'static str = "a national identity number or D number";
    const EXPECTED: &'static str = "eleven digits";
    const SHOWN: usize = 0;

    fn has_shape(text: &[u8]) -> bool {
        text.len() == 11 && all_digits(text)
    }

    fn class(text: &[u8]) -> Class {
        let Some(series) = series(text) else {
            return Class::Impossible(Flaw::Date);
        };
        if first_remainder(text).is_none() {
            return Class::Impossible(Flaw::CheckDigit);
        }
        match series {
            PersonSeries::Ordinary => Class::Valid,
            PersonSeries::MonthPlus80 => Class::Synthetic,
            PersonSeries::MonthPlus40 => Class::Ambiguous,
        }
    }
}

impl Identifier<Person> {
    /// How the date part is written; `None` when it is no date.
    #[must_use]
    pub fn series(&self) -> Option<PersonSeries> {
        series(self.expose().as_bytes())
    }

    /// Whether this is a D number (day + 40), given to persons who are not registered as
    /// resident.
    #[must_use]
    pub fn is_d_number(&self) -> bool {
        self.series().is_some() && matches!(pair(self.expose().as_bytes(), 0), 41..=71)
    }

    /// Whether only the rule for numbers issued from 2032 on accepts the first check digit.
    /// Such a number says nothing of sex or century. `false` also for numbers that no rule
    /// accepts; see [`Identifier::class`].
    #[must_use]
    pub fn needs_rule_of_2032(&self) -> bool {
        matches!(first_remainder(self.expose().as_bytes()), Some(1..=3))
    }
}
