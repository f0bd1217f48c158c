//! What must hold between cases, requirements, questions and the checklist.

use super::Catalogue;
use crate::results::{Role, ShownBy, Text};

/// One inconsistency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The id it is about.
    pub id: String,
    /// What is wrong.
    pub what: String,
}

pub(super) fn check(catalogue: &Catalogue) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |id: &str, what: String| {
        problems.push(Problem {
            id: id.to_owned(),
            what,
        });
    };
    for case in &catalogue.cases {
        let record = &case.record;
        let id = case.id();
        if record.requirement_ids.is_empty() {
            say(id, "the case names no requirement".to_owned());
        }
        for requirement in &record.requirement_ids {
            if catalogue.requirement(requirement).is_none() {
                say(id, format!("there is no requirement {requirement}"));
            }
        }
        if !catalogue.areas.iter().any(|area| area.id == record.area) {
            say(id, format!("there is no area {}", record.area));
        }
        if record.steps.is_empty() {
            say(id, "the case has no steps".to_owned());
        }
        if case.has_role(Role::M) != case.statement.is_some() {
            say(id, "a case has a statement exactly when a person makes it".to_owned());
        }
        let texts = [
            &record.title,
            &record.purpose,
            &record.verdict_rule,
            &record.applicability,
        ];
        let steps = record.steps.iter().flat_map(|step| [&step.action, &step.expected]);
        for text in texts.into_iter().chain(steps).chain(&case.statement) {
            if half(text) {
                say(id, "a text is missing in a language".to_owned());
            }
        }
    }
    for requirement in &catalogue.requirements {
        let id = requirement.id.as_str();
        match &requirement.shown_by {
            ShownBy::Cases { ids } if ids.is_empty() => {
                say(id, "the requirement has neither a case nor a reason".to_owned());
            }
            ShownBy::Attestation { ids } => {
                let stated = ids
                    .iter()
                    .filter_map(|case| catalogue.case(case))
                    .any(|case| case.has_role(Role::M));
                if !stated {
                    say(
                        id,
                        "the requirement needs a statement, but no case asks for one".to_owned(),
                    );
                }
            }
            ShownBy::NotTestable { reason } if half(reason) => {
                say(id, "the reason is missing in a language".to_owned());
            }
            ShownBy::NotTestable { .. } => {
                if catalogue
                    .cases
                    .iter()
                    .any(|case| case.record.requirement_ids.contains(&requirement.id))
                {
                    say(id, "no case can show it, yet a case says it does".to_owned());
                }
            }
            ShownBy::Cases { .. } => {}
        }
        if half(&requirement.text) || half(&requirement.who) {
            say(id, "a text is missing in a language".to_owned());
        }
    }
    let references = catalogue
        .ambiguities
        .iter()
        .map(|entry| (&entry.id, &entry.case_ids))
        .chain(catalogue.checklist.iter().map(|entry| (&entry.id, &entry.case_ids)));
    for (id, cases) in references {
        if cases.is_empty() {
            say(id, "it concerns no case".to_owned());
        }
        for case in cases {
            if catalogue.case(case).is_none() {
                say(id, format!("there is no case {case}"));
            }
        }
    }
    for entry in &catalogue.ambiguities {
        if half(&entry.finding) || half(&entry.policy) || half(&entry.question) {
            say(&entry.id, "a text is missing in a language".to_owned());
        }
    }
    problems
}

fn half(text: &Text) -> bool {
    text.nb.trim().is_empty() || text.en.trim().is_empty()
}
