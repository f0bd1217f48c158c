//! Takes secrets and personal data out of recorded exchanges, at the moment they are recorded.
//!
//! Nothing else in the project writes an exchange. A value that is removed is replaced by a
//! placeholder with a number; within a run the same value has the same placeholder, so that a
//! reader can follow it. Redaction works by type: the field's name tells what a value is
//! ([`crate::synthetic::fields`]), and patterns find tokens, keys and identity numbers wherever
//! else they stand. A second pass changes nothing, and verdicts never look at redacted data.

mod exchange;
mod patterns;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

pub use exchange::{RedactedBody, RedactedExchange, RedactedMessage, RedactedOutcome, SchemaFinding, Side};

use crate::{
    results::{FileHits, RedactionReport, RedactionRule, Text},
    synthetic::fields::{self, Kind},
};

/// What a removed value was. The name is that of the rule in `redaksjon.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// A signed token or assertion (JWT).
    Jwt,
    /// Another secret: a key, a password, an opaque token.
    Secret,
    /// A cookie.
    Cookie,
    /// A national identity number or D number, or digits that look like one.
    Person,
    /// A bank account number.
    Account,
    /// A foreign or alternative identifier of a person.
    ForeignIdentifier,
    /// A name, address, telephone number, e-mail address or free text of an error.
    Personal,
    /// A header that is not on the list of harmless ones.
    Header,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 8] = [
        Self::Jwt,
        Self::Secret,
        Self::Cookie,
        Self::Person,
        Self::Account,
        Self::ForeignIdentifier,
        Self::Personal,
        Self::Header,
    ];

    /// Its name, which also starts the placeholder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Secret => "secret",
            Self::Cookie => "cookie",
            Self::Person => "person",
            Self::Account => "account",
            Self::ForeignIdentifier => "foreign-id",
            Self::Personal => "personal",
            Self::Header => "header",
        }
    }

    fn what(self) -> Text {
        let (nb, en) = match self {
            Self::Jwt => (
                "signerte token og påstander (JWT)",
                "signed tokens and assertions (JWT)",
            ),
            Self::Secret => (
                "nøkler, passord og andre hemmeligheter",
                "keys, passwords and other secrets",
            ),
            Self::Cookie => ("informasjonskapsler", "cookies"),
            Self::Person => (
                "fødselsnummer og d-nummer, også syntetiske, og siffer som ligner",
                "national identity numbers and D numbers, synthetic ones too, and digits that look like one",
            ),
            Self::Account => ("kontonummer", "bank account numbers"),
            Self::ForeignIdentifier => (
                "utenlandske og alternative identifikatorer",
                "foreign and alternative identifiers",
            ),
            Self::Personal => (
                "navn, adresse, telefon, e-post og fritekst i feilmeldinger",
                "names, addresses, telephone numbers, e-mail addresses and free text of errors",
            ),
            Self::Header => (
                "hoder som ikke står på listen over ufarlige",
                "headers that are not on the list of harmless ones",
            ),
        };
        Text::new(nb, en)
    }
}

/// How often each rule struck.
pub type Hits = BTreeMap<&'static str, u64>;

#[derive(Default)]
struct State {
    placeholders: HashMap<(Rule, String), usize>,
    next: HashMap<Rule, usize>,
    files: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Redacts, and remembers which value got which placeholder. Shared by all cases of a run.
#[derive(Default)]
pub struct Redactor {
    state: Mutex<State>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Any text, without what the patterns find. Counts into `hits`.
    pub fn text(&self, text: &str, hits: &mut Hits) -> String {
        patterns::replace(text, |rule, value| self.placeholder(rule, value, hits))
    }

    /// Any JSON, without what its field names and the patterns tell. Counts into `hits`.
    pub fn json(&self, value: &Value, hits: &mut Hits) -> Value {
        self.tree(value, None, hits)
    }

    fn tree(&self, value: &Value, field: Option<&str>, hits: &mut Hits) -> Value {
        match value {
            Value::Object(object) => Value::Object(
                object
                    .iter()
                    // A name can hold a number too: somebody's map by person.
                    .map(|(name, value)| (self.text(name, hits), self.tree(value, Some(name), hits)))
                    .collect(),
            ),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.tree(item, field, hits)).collect()),
            Value::String(text) => Value::String(self.value(field, text, hits)),
            Value::Number(number) => {
                let text = number.to_string();
                let redacted = self.value(field, &text, hits);
                if redacted == text {
                    value.clone()
                } else {
                    Value::String(redacted)
                }
            }
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }

    fn value(&self, field: Option<&str>, text: &str, hits: &mut Hits) -> String {
        let rule = match field.and_then(fields::kind) {
            Some(Kind::Secret) => Rule::Secret,
            Some(Kind::Person) => Rule::Person,
            Some(Kind::Account) => Rule::Account,
            Some(Kind::ForeignIdentifier) => Rule::ForeignIdentifier,
            Some(Kind::Personal) => Rule::Personal,
            Some(Kind::Organisation | Kind::OrganisationAllowed | Kind::OtherDigits) | None => {
                return self.text(text, hits);
            }
        };
        if text.is_empty() || patterns::is_placeholder(text) {
            return text.to_owned();
        }
        self.placeholder(rule, text, hits)
    }

    fn placeholder(&self, rule: Rule, value: &str, hits: &mut Hits) -> String {
        *hits.entry(rule.name()).or_default() += 1;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { placeholders, next, .. } = &mut *state;
        let number = *placeholders.entry((rule, value.to_owned())).or_insert_with(|| {
            let counter = next.entry(rule).or_default();
            *counter += 1;
            *counter
        });
        format!("[{}-{number}]", rule.name())
    }

    /// Remembers what was removed from a file of the pack, for [`Self::report`].
    pub fn record(&self, path: impl Into<String>, hits: &Hits) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let file = state.files.entry(path.into()).or_default();
        for (rule, count) in hits {
            *file.entry((*rule).to_owned()).or_default() += count;
        }
    }

    /// Counts what an earlier part of the run removed from a file, and never gives one of its
    /// placeholders to another value.
    pub fn take_over(&self, path: impl Into<String>, written: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let path = path.into();
        for (rule, number) in patterns::placeholders(written) {
            let next = state.next.entry(rule).or_default();
            *next = (*next).max(number);
            let file = state.files.entry(path.clone()).or_default();
            *file.entry(rule.name().to_owned()).or_default() += 1;
        }
    }

    /// `redaksjon.json`: the rules, and how often each struck in each file.
    #[must_use]
    pub fn report(&self) -> RedactionReport {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        RedactionReport {
            rules: Rule::ALL
                .iter()
                .map(|rule| RedactionRule {
                    id: rule.name().to_owned(),
                    what: rule.what(),
                })
                .collect(),
            placeholder_scheme: Text::new(
                "[regel-nummer]; samme verdi har samme nummer i hele kjøringen, og nummeret sier ingenting om verdien",
                "[rule-number]; the same value has the same number throughout the run, and the number says nothing of the value",
            ),
            files: state
                .files
                .iter()
                .map(|(path, hits)| FileHits {
                    path: path.clone(),
                    hits: hits.clone(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
