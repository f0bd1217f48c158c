//! What a run would do, before it does anything.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{RunError, Suite, Target};
use crate::{
    cases::Phase,
    catalogue::{Case, Catalogue},
    results::{ApiName, Grade, Role, Text, Verdict},
};

/// Which cases to run. Empty means all; several kinds narrow each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by the command line and by tests")]
pub struct Selection {
    /// By API.
    pub apis: BTreeSet<ApiName>,
    /// By id.
    pub cases: BTreeSet<String>,
    /// By requirement.
    pub requirements: BTreeSet<String>,
    /// By role.
    pub roles: Vec<Role>,
}

impl Selection {
    pub(crate) fn holds(&self, case: &Case) -> bool {
        (self.apis.is_empty() || !self.apis.is_disjoint(&Catalogue::apis_of(case)))
            && (self.cases.is_empty() || self.cases.contains(case.id()))
            && (self.requirements.is_empty()
                || case
                    .record
                    .requirement_ids
                    .iter()
                    .any(|id| self.requirements.contains(id)))
            && (self.roles.is_empty() || self.roles.iter().any(|role| case.has_role(*role)))
    }

    pub(crate) fn check(&self, catalogue: &Catalogue) -> Result<(), RunError> {
        for id in &self.cases {
            if catalogue.case(id).is_none() {
                return Err(RunError::Selection(format!(
                    "there is no case {id}; `conformance plan` lists them"
                )));
            }
        }
        for id in &self.requirements {
            if catalogue.requirement(id).is_none() {
                return Err(RunError::Selection(format!("there is no requirement {id}")));
            }
        }
        Ok(())
    }
}

/// What becomes of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else that can become of it")]
pub enum Planned {
    /// It calls the target.
    Drive,
    /// It checks what was recorded.
    Inspect,
    /// A person states it in the attestations file.
    Statement,
    /// It is not tried, and why.
    Untried {
        /// The verdict it gets.
        verdict: Verdict,
        /// Why.
        reason: Text,
    },
}

/// One case in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct PlannedCase {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Who acts.
    pub roles: Vec<Role>,
    /// The requirements it shows something about.
    pub requirement_ids: Vec<String>,
    /// The grade its result would have.
    pub grade: Grade,
    /// What becomes of it.
    pub planned: Planned,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Plan {
    /// What it would be directed at.
    pub target: Text,
    /// The access model.
    pub preset: String,
    /// Every selected case.
    pub cases: Vec<PlannedCase>,
    /// Requirements that no case can show, and why.
    pub not_testable: Vec<(String, Text)>,
}

pub(super) fn plan(suite: &Suite, target: &Target, selection: &Selection) -> Result<Plan, RunError> {
    selection.check(&suite.catalogue)?;
    let cases = suite
        .catalogue
        .cases()
        .iter()
        .filter(|case| selection.holds(case))
        .map(|case| planned(suite, target, case))
        .collect();
    let not_testable = suite
        .catalogue
        .requirements()
        .iter()
        .filter_map(|requirement| match &requirement.shown_by {
            crate::results::ShownBy::NotTestable { reason } => Some((requirement.id.clone(), reason.clone())),
            _ => None,
        })
        .collect();
    Ok(Plan {
        target: target.describe(),
        preset: target.preset.name().to_owned(),
        cases,
        not_testable,
    })
}

fn planned(suite: &Suite, target: &Target, case: &Case) -> PlannedCase {
    let (grade, planned) = match suite.script(case.id()) {
        Some(script) => {
            let planned = match target.preset.excludes(case.when) {
                Some(reason) => Planned::Untried {
                    verdict: Verdict::NotRun,
                    reason,
                },
                None => match script.phase() {
                    Phase::Drive => Planned::Drive,
                    Phase::Inspect => Planned::Inspect,
                },
            };
            (target.grade(), planned)
        }
        None if case.has_role(Role::M) => (Grade::D, Planned::Statement),
        None => (
            Grade::B,
            Planned::Untried {
                verdict: Verdict::NotRun,
                reason: Text::new(
                    "Krever leverandørens egen klient: kjør «conformance client».",
                    "Needs the vendor's own client: run \"conformance client\".",
                ),
            },
        ),
    };
    PlannedCase {
        id: case.id().to_owned(),
        title: case.record.title.clone(),
        roles: case.record.roles.clone(),
        requirement_ids: case.record.requirement_ids.clone(),
        grade,
        planned,
    }
}
