//! The catalogue of rules: one file each in `rules/`, embedded by directory listing.

use std::{collections::HashMap, sync::OnceLock};

use serde::{Deserialize, Serialize};

use super::level::{Level, Profile};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Which way data flows that the rule is about, seen from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// What the client sends.
    Request,
    /// What the client receives.
    Response,
    /// Neither, or both alike.
    Any,
}

/// What the change does to the set of values, or of things a client can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Fewer.
    Narrows,
    /// More.
    Widens,
    /// Some gone, some new.
    Both,
    /// Nobody can say.
    Undecided,
    /// The same.
    None,
}

/// What happened, as one of few words, so that rules can be checked for their counterparts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Something is there that was not.
    Added,
    /// Something is gone.
    Removed,
    /// Fewer values than before.
    Narrowed,
    /// More values than before.
    Widened,
    /// Something must be there.
    Required,
    /// Something may be absent.
    Optional,
    /// Something else than before.
    Changed,
}

impl Action {
    /// What reversing the order of the documents makes of it.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Added => Self::Removed,
            Self::Removed => Self::Added,
            Self::Narrowed => Self::Widened,
            Self::Widened => Self::Narrowed,
            Self::Required => Self::Optional,
            Self::Optional => Self::Required,
            Self::Changed => Self::Changed,
        }
    }
}

/// Level of a rule for each profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// For [`Profile::Bindings`].
    pub bindings: Level,
    /// For [`Profile::Wire`].
    pub wire: Level,
    /// For [`Profile::Strict`].
    pub strict: Level,
}

impl Levels {
    /// The level for this profile.
    #[must_use]
    pub fn of(self, profile: Profile) -> Level {
        match profile {
            Profile::Bindings => self.bindings,
            Profile::Wire => self.wire,
            Profile::Strict => self.strict,
        }
    }
}

/// A pair of documents that shows the rule at work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The old document, as JSON.
    pub base: String,
    /// What makes the new one of it: JSON Patch operations (RFC 6902: add, remove, replace).
    pub patch: String,
    /// Every finding the pair gives, in the order of the report: rule ids.
    pub expect: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name: the stem of its file.
    #[serde(skip)]
    pub id: &'static str,
    /// What happened, in a few words.
    pub title: String,
    /// The sentence of a finding; `{subject}`, `{old}` and `{new}` are filled in.
    pub message: String,
    /// Why it has this level.
    pub explanation: String,
    /// What to do about it in a client generated from the document.
    pub remedy: String,
    /// Part of the document, for instance `parameters`.
    pub area: String,
    /// The thing that changed; rules about the same thing share it.
    pub kind: String,
    /// Which way the data flows.
    pub flow: Flow,
    /// What happened to it.
    pub action: Action,
    /// What that does to the set.
    pub effect: Effect,
    /// Level for each profile.
    pub level: Levels,
    /// The pair that shows it.
    pub example: Example,
}

/// All rules.
#[derive(Debug)]
pub struct Catalogue {
    rules: Vec<Rule>,
    index: HashMap<&'static str, usize>,
}

/// The rule for what no other rule understands.
pub(crate) const UNHANDLED: &str = "unhandled-change";

impl Catalogue {
    /// The rules this build carries.
    ///
    /// # Errors
    /// [`RuleError`] when a file does not have the documented shape.
    pub fn embedded() -> Result<&'static Self, RuleError> {
        static CATALOGUE: OnceLock<Result<Catalogue, RuleError>> = OnceLock::new();
        CATALOGUE
            .get_or_init(|| Self::read(RULES))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn read(files: &[(&'static str, &str)]) -> Result<Self, RuleError> {
        let mut rules = Vec::with_capacity(files.len());
        for (id, text) in files {
            let mut rule: Rule = toml::from_str(text).map_err(|error| RuleError {
                id: (*id).to_owned(),
                problem: error.to_string(),
            })?;
            rule.id = id;
            rules.push(rule);
        }
        let index: HashMap<_, _> = rules.iter().enumerate().map(|(index, rule)| (rule.id, index)).collect();
        if !index.contains_key(UNHANDLED) {
            return Err(RuleError {
                id: UNHANDLED.to_owned(),
                problem: "this rule must exist: without it an unknown change would pass".to_owned(),
            });
        }
        Ok(Self { rules, index })
    }

    /// Every rule, sorted by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.index.get(id).map(|index| &self.rules[*index])
    }

    /// The rule of this id, or the one for the unknown: a name the catalogue lacks never passes.
    pub(crate) fn or_unhandled(&self, id: &str) -> usize {
        self.index
            .get(id)
            .or_else(|| self.index.get(UNHANDLED))
            .copied()
            .unwrap_or_default()
    }
}

/// A rule file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {id}: {problem}")]
pub struct RuleError {
    /// Stem of the file.
    pub id: String,
    /// What is wrong.
    pub problem: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_without_the_rule_for_the_unknown_is_refused() {
        let error = Catalogue::read(&[]).unwrap_err();
        assert_eq!(error.id, UNHANDLED);
        let error = Catalogue::read(&[("broken", "title = 1")]).unwrap_err();
        assert_eq!(error.id, "broken");
    }
}
