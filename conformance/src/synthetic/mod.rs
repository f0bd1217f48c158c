//! The guard that keeps real people out: every identifier on the wire is classified by its field
//! and direction, what could be real is stopped before it is sent, and a ledger is kept.
//!
//! The rules are those of the evidence pack: a person passes by itself only with month + 80, an
//! organisation only with a first digit of 2 or 3. Month + 40 passes where the vendor declares its
//! test set. An impossible number passes only from the published examples or the declared test
//! values, since a mistyped real number is impossible too. A report on a person without a Norwegian
//! number has to match the declared test data.

pub mod fields;
mod ledger;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skatteetaten_client::{
    Access,
    identifiers::{self, Organisation, Person},
};

use crate::results::{Class, Direction, SyntheticLedger};
use fields::{Kind, PUBLISHED_EXAMPLES};
use ledger::Ledger;

/// Version of the rules, recorded in the ledger.
pub const RULE_VERSION: &str = "1";

/// What the vendor declares to be its own test data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    /// Whether identity numbers with month + 40 in this system are synthetic ones.
    pub month_plus_40: bool,
    /// Numbers that are deliberate test values: impossible persons, organisations.
    pub numbers: BTreeSet<String>,
    /// Persons without a Norwegian number, each as the text of a foreign identifier or as
    /// `given name family name`.
    pub persons: BTreeSet<String>,
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declared")
            .field("month_plus_40", &self.month_plus_40)
            .field("numbers", &self.numbers.len())
            .field("persons", &self.persons.len())
            .finish()
    }
}

/// Where something stands that could belong to a real person or organisation. Holds no part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suspect {
    /// JSON pointer into the body.
    pub pointer: String,
    /// The field's name.
    pub field: String,
}

impl fmt::Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (field {})", self.pointer, self.field)
    }
}

/// A body that was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not sent: {} identifier(s) could belong to real people or organisations: {}; use synthetic test data (month + 80, organisations starting with 2 or 3), or declare your test set under [synthetic] in the configuration",
    .suspects.len(),
    .suspects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
)]
pub struct NotSent {
    /// Where they stand.
    pub suspects: Vec<Suspect>,
}

/// Classifies identifiers and keeps the ledger. Shared by all cases of a run.
pub struct Guard {
    declared: Declared,
    key: hmac::Key,
    ledger: Mutex<Ledger>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}

impl Guard {
    /// A guard with an empty ledger. `key` makes the ledger's hashes; it must not end up in the
    /// pack, and differs from run to run.
    #[must_use]
    pub fn new(declared: Declared, key: &[u8; 32]) -> Self {
        Self {
            declared,
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            ledger: Mutex::default(),
        }
    }

    /// Looks through a body that is about to be sent. What could be real stops it, and the ledger
    /// says so.
    ///
    /// # Errors
    /// [`NotSent`] with the places; the values are in no message.
    pub fn outgoing(&self, body: &[u8], case_id: Option<&str>) -> Result<(), NotSent> {
        let suspects = self.inspect(body, Direction::Outgoing, case_id);
        if !suspects.is_empty() {
            let mut ledger = self.lock();
            for (suspect, hash) in &suspects {
                ledger.stopped(&suspect.field, hash, case_id);
            }
        }
        let suspects = places(suspects);
        if suspects.is_empty() {
            Ok(())
        } else {
            Err(NotSent { suspects })
        }
    }

    /// Looks through a body that has arrived. What could be real is a finding about its sender.
    pub fn incoming(&self, body: &[u8], case_id: Option<&str>) -> Vec<Suspect> {
        places(self.inspect(body, Direction::Incoming, case_id))
    }

    /// Counts the organisations in the claims of an assertion that was sent.
    pub fn claimed(&self, token_request: &[u8], case_id: Option<&str>) {
        if let Some(claims) = claims(token_request) {
            self.inspect(claims.as_slice(), Direction::Outgoing, case_id);
        }
    }

    /// Whether a client may act for an organisation in a test environment: a real one never gave
    /// its access for that.
    ///
    /// # Errors
    /// [`NotSent`], without the number.
    pub fn acts_for(&self, access: &Access) -> Result<(), NotSent> {
        let field = match access {
            Access::SystemUser { .. } => "systemuser_org",
            Access::ConsumerOrg(_) => "consumer_org",
            _ => return Ok(()),
        };
        let class = access.organisation().map(|number| self.organisation(number));
        if class == Some(Class::CouldBeReal) {
            let suspect = Suspect {
                pointer: "/access/organisation".to_owned(),
                field: field.to_owned(),
            };
            return Err(NotSent {
                suspects: vec![suspect],
            });
        }
        Ok(())
    }

    /// The ledger so far, in a fixed order.
    #[must_use]
    pub fn ledger(&self) -> SyntheticLedger {
        self.lock().report()
    }

    /// The part of the ledger that one case has made.
    pub(crate) fn ledger_of(&self, case_id: Option<&str>) -> SyntheticLedger {
        self.lock().of(case_id)
    }

    /// Adds what an earlier part of the run saw.
    pub(crate) fn take_over(&self, ledger: &SyntheticLedger) {
        self.lock().take_over(ledger);
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a value in a field is taken to be; `None` when it is no identifier.
    #[must_use]
    pub fn classify(&self, field: &str, value: &str) -> Option<Class> {
        match fields::kind(field) {
            Some(Kind::Person) => Some(self.person(value)),
            Some(Kind::Organisation) => Some(self.organisation(value)),
            Some(Kind::OrganisationAllowed) => Some(match self.organisation(value) {
                Class::CouldBeReal => Class::Allowed,
                class => class,
            }),
            Some(Kind::ForeignIdentifier) => Some(self.declared_person(value)),
            Some(Kind::OtherDigits | Kind::Account | Kind::Secret) => None,
            Some(Kind::Personal) | None => {
                // An identity number in a place where none belongs.
                let class = identifiers::classify::<Person>(value)?;
                (!class.is_impossible()).then(|| self.person(value))
            }
        }
    }

    fn person(&self, value: &str) -> Class {
        match identifiers::classify::<Person>(value) {
            Some(identifiers::Class::Synthetic) => Class::Synthetic,
            Some(identifiers::Class::Ambiguous) if self.declared.month_plus_40 => Class::Synthetic,
            _ => self.listed(value),
        }
    }

    fn organisation(&self, value: &str) -> Class {
        let digits = value.rsplit(':').next().unwrap_or(value);
        match identifiers::classify::<Organisation>(digits) {
            Some(identifiers::Class::Synthetic) => Class::Synthetic,
            _ => self.listed(digits),
        }
    }

    fn listed(&self, value: &str) -> Class {
        if PUBLISHED_EXAMPLES.contains(&value) {
            Class::Impossible
        } else if self.declared.numbers.contains(value) {
            Class::Synthetic
        } else {
            Class::CouldBeReal
        }
    }

    fn declared_person(&self, text: &str) -> Class {
        if self.declared.persons.contains(text) {
            Class::Synthetic
        } else {
            Class::CouldBeReal
        }
    }

    /// Counts every identifier of a body, and gives those that could be real, with their hashes.
    fn inspect(&self, body: &[u8], direction: Direction, case_id: Option<&str>) -> Vec<(Suspect, String)> {
        let Ok(tree) = serde_json::from_slice::<Value>(body) else {
            // What is no JSON has no fields; whoever receives it refuses it.
            return Vec::new();
        };
        let mut suspects = Vec::new();
        self.walk(&tree, "", "", &mut |pointer, field, value, class| {
            let hash = self.hash(value);
            self.lock().saw(case_id, field, direction, class, &hash);
            if class == Class::CouldBeReal {
                let suspect = Suspect {
                    pointer: pointer.to_owned(),
                    field: field.to_owned(),
                };
                suspects.push((suspect, hash));
            }
        });
        suspects
    }

    /// Calls `found` with pointer, field, value and class of every identifier.
    fn walk(&self, tree: &Value, pointer: &str, field: &str, found: &mut dyn FnMut(&str, &str, &str, Class)) {
        match tree {
            Value::Object(object) => {
                if let Some((name, class)) = self.person_without_number(object) {
                    found(pointer, "person", &name, class);
                }
                for (key, value) in object {
                    let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    // An id says what it is the id of only by the object it stands in.
                    let field = if key == "ID" && fields::kind(field).is_some() {
                        field
                    } else {
                        key
                    };
                    self.walk(value, &below, field, found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, &format!("{pointer}/{index}"), field, found);
                }
            }
            Value::String(text) => {
                if let Some(class) = self.classify(field, text) {
                    found(pointer, field, text, class);
                }
            }
            // A number that lost its quotes is still somebody's.
            Value::Number(number) if matches!(fields::kind(field), Some(Kind::Person | Kind::Organisation)) => {
                let text = number.to_string();
                if let Some(class) = self.classify(field, &text) {
                    found(pointer, field, &text, class);
                }
            }
            _ => {}
        }
    }

    /// A person named in a report without a Norwegian number.
    fn person_without_number(&self, object: &serde_json::Map<String, Value>) -> Option<(String, Class)> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let family = text("etternavn")?;
        if text("foedselsnummer").is_some_and(|number| !number.is_empty()) {
            return None;
        }
        let name = text("fornavn").map_or_else(|| family.to_owned(), |given| format!("{given} {family}"));
        let class = self.declared_person(&name);
        Some((name, class))
    }

    fn hash(&self, value: &str) -> String {
        let tag = hmac::sign(&self.key, value.as_bytes());
        tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn places(suspects: Vec<(Suspect, String)>) -> Vec<Suspect> {
    suspects.into_iter().map(|(suspect, _)| suspect).collect()
}

/// The claims of the assertion in a token request.
fn claims(token_request: &[u8]) -> Option<Vec<u8>> {
    let (_, assertion) = url::form_urlencoded::parse(token_request).find(|(name, _)| name == "assertion")?;
    BASE64_URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()
}

#[cfg(test)]
mod tests;
