//! Error codes and what they mean.

use std::fmt;

use super::safe_identifier;
use super::table::CODES;

/// Which documented table a code stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeTable {
    /// Trekkpålegg: `kode`.
    Trekkpaalegg,
    /// Finansprodukter: `kode`.
    Finansprodukter,
    /// Finansprodukter: `kode` of an entry in `spesifisering`.
    FinansprodukterSpecification,
    /// Common to all of Skatteetaten's services.
    Common,
    /// Maskinporten: at the start of `error_description`.
    Maskinporten,
}

/// A documented code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeInfo {
    /// The code as it is written in the body.
    pub code: &'static str,
    /// Where it is documented.
    pub table: CodeTable,
    /// The HTTP status it comes with, where that is published.
    pub status: Option<u16>,
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Every documented code.
#[must_use]
pub fn codes() -> &'static [CodeInfo] {
    CODES
}

/// A code from a body: documented or not, it is kept as it came.
///
/// `Display` and `Debug` show it with its meaning. A code that is not documented is shown when it
/// looks like a code; otherwise only its length, since anything may stand there.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Code(String);

impl Code {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The code exactly as it came. An undocumented one may be any text: keep it out of logs
    /// unless [`info`](Self::info) knows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The documented meaning, if the code is documented.
    #[must_use]
    pub fn info(&self) -> Option<&'static CodeInfo> {
        CODES.iter().find(|info| info.code == self.0)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.info(), safe_identifier(&self.0)) {
            (Some(info), _) => write!(f, "{} ({})", info.code, info.meaning),
            (None, Some(code)) => write!(f, "{code} (not a documented code)"),
            (None, None) => write!(f, "an undocumented code of {} characters", self.0.chars().count()),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}
