//! Text in both languages of a pack.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Norwegian bokmål, what the authority reads.
    Nb,
    /// English.
    En,
}

impl Lang {
    /// Both languages, bokmål first.
    pub const ALL: [Self; 2] = [Self::Nb, Self::En];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Nb => "nb",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The same statement in bokmål and English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Bokmål.
    pub nb: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text in both languages.
    pub fn new(nb: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            nb: nb.into(),
            en: en.into(),
        }
    }

    /// A text that is the same in both languages: a code, a number, a name.
    pub fn same(text: impl Into<String>) -> Self {
        let nb = text.into();
        let en = nb.clone();
        Self { nb, en }
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Nb => &self.nb,
            Lang::En => &self.en,
        }
    }

    /// Whether both languages are empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nb.is_empty() && self.en.is_empty()
    }
}
