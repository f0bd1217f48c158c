//! The fixed texts of the renderings: `templates/tekst.toml`.

use std::{collections::BTreeMap, sync::OnceLock};

use crate::{
    evidence::EvidenceError,
    results::{Lang, Text},
};

const SOURCE: &str = include_str!("../../../templates/tekst.toml");

/// Every text by its key.
pub(super) type Texts = BTreeMap<String, Text>;

/// The texts, read once.
pub(super) fn texts() -> Result<&'static Texts, EvidenceError> {
    static TEXTS: OnceLock<Result<Texts, String>> = OnceLock::new();
    TEXTS
        .get_or_init(|| toml::from_str(SOURCE).map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|detail| EvidenceError::Render {
            file: "tekst.toml".to_owned(),
            detail: detail.clone(),
        })
}

/// The texts in one language.
pub(super) struct Words {
    lang: Lang,
    texts: &'static Texts,
}

impl Words {
    pub(super) fn new(lang: Lang) -> Result<Self, EvidenceError> {
        Ok(Self { lang, texts: texts()? })
    }

    pub(super) const fn lang(&self) -> Lang {
        self.lang
    }

    /// The text of a key; the key itself when there is none, which a test rules out.
    pub(super) fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, |text| text.get(self.lang))
    }

    /// The text of a key, with `{name}` replaced.
    pub(super) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(self.get(key).to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }

    /// All of them, for a template.
    pub(super) fn all(&self) -> BTreeMap<&'static str, &'static str> {
        self.texts
            .iter()
            .map(|(key, text)| (key.as_str(), text.get(self.lang)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_both_languages_and_the_same_placeholders() {
        let placeholders = |text: &str| {
            let mut found: Vec<String> = regex::Regex::new(r"\{[a-z]+\}")
                .unwrap()
                .find_iter(text)
                .map(|found| found.as_str().to_owned())
                .collect();
            found.sort();
            found
        };
        let texts = texts().unwrap();
        assert!(texts.len() > 100);
        for (key, text) in texts {
            assert!(!text.nb.is_empty() && !text.en.is_empty(), "{key}");
            assert_eq!(placeholders(&text.nb), placeholders(&text.en), "{key}");
        }
    }
}
