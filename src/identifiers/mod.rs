//! Identifiers that the APIs carry as text: organisation numbers, national identity numbers
//! and D numbers, KID and account numbers.
//!
//! Each kind is an [`Identifier`] of one [`Scheme`]. Three questions are kept apart, because
//! they have different consequences:
//!
//! * **shape** – right length, right characters. [`Identifier::parse`] refuses anything else;
//!   in an order a wrong shape breaks the contract.
//! * **class** – [`Identifier::class`]: could this number exist, and if so, is it one of the
//!   synthetic series made for testing? A failed check digit is no reason to refuse a number
//!   that an authority has sent; several published examples fail.
//! * **exposure** – the digits come out only through [`Identifier::expose`]. `Debug` masks,
//!   and there is no `Display`, so that no log line shows a number by accident.
//!
//! ```
//! use skatteetaten_client::identifiers::{Class, KidNumber, OrganisationNumber};
//!
//! let organisation: OrganisationNumber = "312345676".parse()?;
//! assert_eq!(format!("{organisation:?}"), "OrganisationNumber(******676)");
//! assert_eq!(KidNumber::parse("2345676")?.class(), Class::Valid);
//! # Ok::<(), skatteetaten_client::identifiers::IdentifierError>(())
//! ```

mod account;
mod check_digits;
mod kid;
mod organisation;
mod person;
#[cfg(test)]
mod tests;

use std::{borrow::Borrow, fmt, marker::PhantomData, str::FromStr};

pub use account::Account;
pub use kid::{Kid, KidAlgorithm};
pub use organisation::Organisation;
pub use person::{Person, PersonSeries};

/// Organisation number: nine digits, the last one a MOD11 check digit.
pub type OrganisationNumber = Identifier<Organisation>;
/// National identity number (`fødselsnummer`) or D number: eleven digits, two check digits.
pub type NationalIdentityNumber = Identifier<Person>;
/// Customer identification number (KID) of a payment: 2 to 25 characters.
pub type KidNumber = Identifier<Kid>;
/// Norwegian bank account number: eleven digits, the last one a MOD11 check digit.
pub type AccountNumber = Identifier<Account>;

/// Whether a number can exist, and whether it is made for testing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// It can exist, and nothing marks it as synthetic: treat it as a real one.
    Valid,
    /// It belongs to a series that only test data uses: month + 80 for persons, a first digit
    /// of 2 or 3 for organisations.
    Synthetic,
    /// Month + 40: used by some synthetic sets *and* by auxiliary numbers of real patients.
    /// No proof of being synthetic, so treat it as a real one.
    Ambiguous,
    /// No such number is issued.
    Impossible(Flaw),
}

impl Class {
    /// Whether the number is proven to be test data. [`Class::Ambiguous`] is not.
    #[must_use]
    pub fn is_synthetic(self) -> bool {
        self == Self::Synthetic
    }

    /// Whether no such number can exist.
    #[must_use]
    pub fn is_impossible(self) -> bool {
        matches!(self, Self::Impossible(_))
    }
}

/// Why a number of the right shape cannot exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// A check digit differs from the computed one.
    CheckDigit,
    /// The first six digits of an identity number are no calendar date.
    Date,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CheckDigit => "the check digit is not the computed one",
            Self::Date => "the first six digits are no date of birth",
        })
    }
}

/// A text that cannot be an identifier of the wanted kind. Holds no part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {what}: expected {expected}, found {found} characters{detail}")]
pub struct IdentifierError {
    what: &'static str,
    expected: &'static str,
    found: usize,
    detail: &'static str,
}

mod sealed {
    /// Keeps [`super::Scheme`] closed.
    pub trait Sealed {}
}

/// The rules of one kind of identifier. Implemented by the marker types of this module only.
pub trait Scheme: sealed::Sealed {
    /// Name of the Rust type, for `Debug`.
    #[doc(hidden)]
    const NAME: &'static str;
    /// The kind with its article, for messages.
    #[doc(hidden)]
    const WHAT: &'static str;
    /// The expected shape, for messages.
    #[doc(hidden)]
    const EXPECTED: &'static str;
    /// How many of the last characters may be shown.
    #[doc(hidden)]
    const SHOWN: usize;

    /// Whether `text` has the shape: length and characters, nothing else.
    fn has_shape(text: &[u8]) -> bool;

    /// The class of a text that has the shape.
    #[doc(hidden)]
    fn class(text: &[u8]) -> Class;
}

fn all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// An identifier of the right shape. See the [module documentation](self).
pub struct Identifier<S> {
    text: String,
    scheme: PhantomData<fn() -> S>,
}

impl<S: Scheme> Identifier<S> {
    /// Takes a text of the right shape; no blanks, no separators.
    ///
    /// # Errors
    /// [`IdentifierError`] for any other length or character. Check digits are not looked at
    /// here; see [`Self::class`].
    pub fn parse(text: impl Into<String>) -> Result<Self, IdentifierError> {
        let text = text.into();
        if S::has_shape(text.as_bytes()) {
            Ok(Self {
                text,
                scheme: PhantomData,
            })
        } else {
            Err(IdentifierError {
                what: S::WHAT,
                expected: S::EXPECTED,
                found: text.chars().count(),
                detail: if text.trim() == text { "" } else { ", blanks among them" },
            })
        }
    }

    /// Whether such a number can exist, and whether it is made for testing.
    #[must_use]
    pub fn class(&self) -> Class {
        S::class(self.text.as_bytes())
    }

    /// The characters themselves. What is done with them is the caller's responsibility:
    /// keep them out of logs and messages.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The identifier with everything but a short tail replaced by `*`; nothing of an identity
    /// number remains.
    #[must_use]
    pub fn mask(&self) -> String {
        let shown = S::SHOWN.min(self.text.len() / 2);
        let hidden = self.text.len() - shown;
        let mut masked = "*".repeat(hidden);
        masked.push_str(self.text.get(hidden..).unwrap_or_default());
        masked
    }
}

/// The class of a text without keeping it; `None` when the shape is wrong.
#[must_use]
pub fn classify<S: Scheme>(text: &str) -> Option<Class> {
    S::has_shape(text.as_bytes()).then(|| S::class(text.as_bytes()))
}

impl<S: Scheme> FromStr for Identifier<S> {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<S: Scheme> TryFrom<String> for Identifier<S> {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

impl<S: Scheme> fmt::Debug for Identifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", S::NAME, self.mask())
    }
}

// Derived implementations would demand the same of the marker type.
impl<S> Clone for Identifier<S> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            scheme: PhantomData,
        }
    }
}

impl<S> PartialEq for Identifier<S> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<S> Eq for Identifier<S> {}

impl<S> PartialOrd for Identifier<S> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<S> Ord for Identifier<S> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl<S> std::hash::Hash for Identifier<S> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Lets a map keyed by identifiers be asked with a `&str`.
impl<S> Borrow<str> for Identifier<S> {
    fn borrow(&self) -> &str {
        &self.text
    }
}
