//! The first page of a summary: who, against what, the numbers and the conclusion.

use serde_json::{Value, json};

use super::{
    status::{self, Status},
    texts::Words,
    view::{or_not_stated, period, unregistered},
};
use crate::{
    evidence::PackData,
    results::{Grade, Provenance, Severity, TargetKind, Verdict},
};

/// The line on every page: whose test it is, and that it did not meet the authority's environment.
/// Made of fixed texts only.
pub(super) fn notice(data: &PackData, words: &Words) -> String {
    let footer = words.get("footer");
    match data.results.run.target.kind {
        TargetKind::Simulator => format!("{footer} {}", words.get("footer_simulator")),
        TargetKind::Custom => format!("{footer} {}", words.get("footer_custom")),
        TargetKind::Test => footer.to_owned(),
    }
}

/// What the system is called. A self-check need not have one.
pub(super) fn system_name<'a>(data: &'a PackData, words: &'a Words) -> &'a str {
    match data.results.run.system.name.as_str() {
        "" => words.get("system_unnamed"),
        name => name,
    }
}

/// The facts of the first page.
pub(super) fn facts(data: &PackData, words: &Words, status: &Status, apis: &str) -> Vec<Value> {
    let run = &data.results.run;
    let fact = |key: &str, value: String| json!({"label": words.get(key), "value": value});
    let mut facts = vec![
        fact(
            "f_system",
            format!("{} {}", system_name(data, words), run.system.version)
                .trim_end()
                .to_owned(),
        ),
        fact("f_api", apis.to_owned()),
        fact("f_period", period(data, words)),
        fact("f_contact", or_not_stated(run.system.contact.as_deref(), words)),
        fact("e_target", run.target.description.get(words.lang()).to_owned()),
    ];
    for (key, grade) in [
        ("f_grade_a", Grade::A),
        ("f_grade_b", Grade::B),
        ("f_grade_c", Grade::C),
    ] {
        let tried = data
            .results
            .results
            .iter()
            .filter(|result| result.grade == grade && status::was_tried(result))
            .count();
        // The vendor's own system is named even when nothing was tried; the tool's client is not.
        if tried > 0 || grade != Grade::C {
            facts.push(fact(
                key,
                if tried == 0 {
                    words.get("untried").to_owned()
                } else {
                    format!("{} {} {tried}", status.counts.passed(grade), words.get("of"))
                },
            ));
        }
    }
    facts.push(fact(
        "f_grade_d",
        status.counts.get(Grade::D, Verdict::Attested).to_string(),
    ));
    facts.push(fact(
        "f_untested",
        format!(
            "{} {} {} {}",
            status.untested,
            words.get("of"),
            status.all,
            words.get("cases")
        ),
    ));
    facts.push(fact("f_open", open_by_severity(data, words)));
    if status.selfchecks > 0 {
        facts.push(fact(
            "f_selfcheck",
            format!(
                "{} {} {} {}",
                status.counts.passed(Grade::E),
                words.get("of"),
                status.selfchecks,
                Verdict::Passed.label().get(words.lang())
            ),
        ));
    }
    facts
}

fn open_by_severity(data: &PackData, words: &Words) -> String {
    let mut parts: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let count = status::open(&data.deviations)
                .filter(|deviation| deviation.severity == severity)
                .count();
            (count > 0).then(|| format!("{count} {}", severity.label().get(words.lang())))
        })
        .collect();
    let unregistered = unregistered(data, words, false).len();
    if unregistered > 0 {
        parts.push(format!("{unregistered} {}", words.get("d_unregistered").to_lowercase()));
    }
    if parts.is_empty() {
        words.get("none").to_owned()
    } else {
        parts.join(", ")
    }
}

pub(super) fn conclusion(data: &PackData, words: &Words, status: &Status) -> Value {
    let number = |value: usize| value.to_string();
    let values = [
        ("findings", number(status.findings)),
        ("tried", number(status.tried)),
        ("untested", number(status.untested)),
        ("open", number(status.open)),
        ("all", number(status.all)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let tested = data
        .results
        .results
        .iter()
        .any(|result| matches!(result.grade, Grade::A | Grade::B | Grade::C) && status::was_tried(result));
    let (key, class) = if status.findings > 0 {
        ("conclusion_findings", "failed")
    } else if !tested && status.selfchecks > 0 {
        ("conclusion_selfcheck", "notRun")
    } else if status.tried == 0 {
        ("conclusion_nothing", "notRun")
    } else if status.open > 0 {
        ("conclusion_open", "remark")
    } else {
        ("conclusion_fine", "passed")
    };
    json!({"text": words.fill(key, &values), "class": class})
}

/// What may be said about errors: "no known errors" stands there in words, or it is not true.
pub(super) fn no_errors(data: &PackData, words: &Words, status: &Status) -> Option<String> {
    let any = status.open > 0 || !unregistered(data, words, false).is_empty();
    let tested = data
        .results
        .results
        .iter()
        .any(|result| matches!(result.grade, Grade::A | Grade::B) && status::was_tried(result));
    match (any, tested) {
        (true, _) => None,
        (false, true) => Some(words.get("d_none").to_owned()),
        (false, false) => Some(words.get("d_none_untested").to_owned()),
    }
}

pub(super) fn documents_note<'a>(data: &PackData, words: &'a Words) -> &'a str {
    let published = data
        .results
        .run
        .documents
        .iter()
        .all(|document| document.provenance == Provenance::Published);
    words.get(if published && !data.results.run.documents.is_empty() {
        "documents_published"
    } else {
        "documents_reconstructed"
    })
}

pub(super) fn vendor(data: &PackData, words: &Words) -> Vec<Value> {
    let system = &data.results.run.system;
    [
        ("c_vendor", system.vendor.as_deref()),
        ("c_organisation", system.organisation.as_deref()),
        ("f_system", Some(system.name.as_str())),
        ("c_version", Some(system.version.as_str())),
        ("c_commit", system.commit.as_deref()),
        ("f_contact", system.contact.as_deref()),
        ("c_operator", data.results.run.operator.as_deref()),
    ]
    .into_iter()
    .map(|(key, value)| json!({"label": words.get(key), "value": or_not_stated(value, words)}))
    .collect()
}
