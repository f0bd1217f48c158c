//! The script: what the vendor's system is asked to do. Data; see `catalogue/steps.toml`.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    results::{ApiName, Text},
    simulator::{Fault, Operation},
    tls::Certificate,
};

/// The script of this build.
const STEPS: &str = include_str!("../../catalogue/steps.toml");

/// One step.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// Its name.
    pub id: String,
    /// The cases that it is meant for.
    pub cases: Vec<String>,
    /// What the vendor should do.
    pub instruction: Text,
    /// Whether it may be done by hand.
    pub attended: bool,
    pub(super) acts: Vec<PlannedAct>,
}

impl Step {
    /// How many tasks it has.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.acts.len()
    }

    /// The API that it is about.
    #[must_use]
    pub fn api(&self) -> ApiName {
        let reports = |act: &PlannedAct| matches!(act.task.as_str(), "submit" | "correct" | "resume" | "feedback");
        if self.acts.iter().any(reports) {
            ApiName::Finansprodukter
        } else {
            ApiName::Trekkpaalegg
        }
    }
}

/// One act.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedAct {
    pub(super) task: String,
    /// What it asks for, where the step has several.
    #[serde(default)]
    pub(super) say: Option<(String, String)>,
    #[serde(default)]
    pub(super) orders: Option<String>,
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(default)]
    pub(super) page_size: Option<String>,
    #[serde(default)]
    pub(super) pay_dates: Vec<NaiveDate>,
    #[serde(default)]
    pub(super) order: Option<(String, String)>,
    /// `trekkid` of orders whose `skyldner` is not employed; everybody else's is.
    #[serde(default)]
    pub(super) strangers: Vec<String>,
    #[serde(default)]
    pub(super) customers: Customers,
    /// Stops the system as soon as an answer is held back.
    #[serde(default)]
    pub(super) stop: bool,
    /// The wrong certificate to show: `wrong-host`, `expired` or `untrusted`.
    #[serde(default)]
    pub(super) certificate: Option<String>,
    #[serde(default)]
    pub(super) production: bool,
    #[serde(default, rename = "fault")]
    pub(super) faults: Vec<PlannedFault>,
}

/// Whom an act is done for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Customers {
    /// The first customer.
    #[default]
    One,
    /// The first customers of two organisations.
    Two,
    /// Two system users of one organisation.
    TwoSystemUsers,
    /// The first customer with `externalRef`.
    WithReference,
}

/// A fault, and which requests of an act it acts on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedFault {
    pub(super) name: String,
    #[serde(default)]
    pub(super) operation: Option<String>,
    #[serde(default = "first")]
    pub(super) from: u32,
    #[serde(default)]
    pub(super) times: Option<u32>,
}

/// Not a fault of the simulator's table: a refusal that points at a field.
pub(super) const SCHEMA_VIOLATION: &str = "schema-violation";

fn first() -> u32 {
    1
}

impl PlannedAct {
    /// The wrong certificate to show.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(super) fn certificate(&self) -> Result<Option<Certificate>, StepsError> {
        let Some(name) = &self.certificate else { return Ok(None) };
        let found = Certificate::ALL.into_iter().find(|known| known.name() == name);
        found
            .map(Some)
            .ok_or_else(|| StepsError(format!("{name:?} is no certificate")))
    }
}

impl PlannedFault {
    /// The fault of the simulator; `None` for what only the counterparty does.
    ///
    /// # Errors
    /// When it is neither.
    pub(super) fn fault(&self) -> Result<Option<Fault>, StepsError> {
        if self.name == SCHEMA_VIOLATION {
            return Ok(None);
        }
        let fault: Fault = self
            .name
            .parse()
            .map_err(|error: crate::simulator::FaultError| StepsError(error.to_string()))?;
        match &self.operation {
            None => Ok(Some(fault)),
            Some(name) => {
                let operation = Operation::from_name(name);
                let operation = operation.ok_or_else(|| StepsError(format!("{name:?} is no operation")))?;
                Ok(Some(fault.operation(operation)))
            }
        }
    }
}

/// The script cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the script of the counterparty cannot be used: {0}")]
pub struct StepsError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    step: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    cases: Vec<String>,
    #[serde(rename = "do")]
    instruction: (String, String),
    #[serde(default = "yes")]
    attended: bool,
    act: Vec<PlannedAct>,
}

fn yes() -> bool {
    true
}

/// The script that is part of this crate.
///
/// # Errors
/// Never in a released crate: its tests load it.
pub fn steps() -> Result<Vec<Step>, StepsError> {
    let file: File = toml::from_str(STEPS).map_err(|error| StepsError(error.to_string()))?;
    Ok(file
        .step
        .into_iter()
        .map(|entry| Step {
            id: entry.id,
            cases: entry.cases,
            instruction: Text::new(entry.instruction.0, entry.instruction.1),
            attended: entry.attended,
            acts: entry.act,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counterparty::{judged_cases, material};

    #[test]
    fn everything_in_the_script_exists() {
        let steps = steps().unwrap();
        let judged = judged_cases();
        for (index, step) in steps.iter().enumerate() {
            assert!(steps[..index].iter().all(|other| other.id != step.id), "{}", step.id);
            assert!(!step.acts.is_empty() && !step.cases.is_empty(), "{}", step.id);
            for case in &step.cases {
                assert!(judged.contains(&case.as_str()), "{}: {case}", step.id);
            }
            for act in &step.acts {
                assert_eq!(act.say.is_some(), step.acts.len() > 1, "{}", step.id);
                act.certificate().unwrap();
                for fault in &act.faults {
                    fault.fault().unwrap();
                    assert!(fault.from > 0, "{}", step.id);
                }
                if let Some(orders) = &act.orders {
                    assert!(
                        material::orders(orders, &["310000019".into(), "310000027".into()]).is_some(),
                        "{orders}"
                    );
                }
                for file in &act.files {
                    assert!(material::file(file, "310000019", 2024).is_some(), "{file}");
                }
            }
        }
    }
}
