//! The cases of a summary, and those that were not tested.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{status, texts::Words, view};
use crate::{
    evidence::{PackData, name},
    results::{CaseRecord, CaseResult, Grade, Lang},
};

/// How much of an exchange a summary shows; the file in the pack has all of it.
const SHOWN: usize = 6000;

/// A case's title, or its id when the catalogue does not have it.
pub(super) fn title<'a>(data: &'a PackData, id: &'a str, lang: Lang) -> &'a str {
    data.catalogue.case(id).map_or(id, |case| case.title.get(lang))
}

/// The areas with their cases. A result of a case that the catalogue does not have is shown in an
/// area of its own rather than lost.
pub(super) fn areas(data: &PackData, words: &Words) -> Vec<Value> {
    let lang = words.lang();
    let mut areas = Vec::new();
    let mut shown = Vec::new();
    for area in &data.catalogue.areas {
        let mut cases = Vec::new();
        for record in data.catalogue.cases.iter().filter(|case| case.area == area.id) {
            if let Some(result) = data.results.case(&record.id) {
                shown.push(result.case_id.as_str());
                if status::was_tried(result) {
                    cases.push(case_view(data, result, Some(record), words));
                }
            }
        }
        areas.push(json!({"id": area.id, "title": area.title.get(lang), "cases": cases}));
    }
    let rest: Vec<Value> = data
        .results
        .results
        .iter()
        .filter(|result| !shown.contains(&result.case_id.as_str()) && status::was_tried(result))
        .map(|result| case_view(data, result, data.catalogue.case(&result.case_id), words))
        .collect();
    if !rest.is_empty() {
        areas.push(json!({"id": "–", "title": words.get("cases"), "cases": rest}));
    }
    areas
}

fn case_view(data: &PackData, result: &CaseResult, record: Option<&CaseRecord>, words: &Words) -> Value {
    let lang = words.lang();
    json!({
        "id": result.case_id,
        "title": title(data, &result.case_id, lang),
        "verdict": result.verdict.label().get(lang),
        "class": result.verdict.code(),
        "grade": result.grade.letter(),
        "grade_label": result.grade.label().get(lang),
        "selfcheck": result.grade == Grade::E,
        "reason": result.reason.get(lang),
        "outcome": result.outcome.as_ref().map(|outcome| outcome.get(lang)),
        "ms": result.ms,
        "requirements": result.requirement_ids,
        "deviation": result.deviation_id,
        "correlation": result.correlation_ids,
        "purpose": record.map(|record| record.purpose.get(lang)),
        "rule": record.map(|record| record.verdict_rule.get(lang)),
        "steps": record.map(|record| record.steps.iter().map(|step| json!({
            "action": step.action.get(lang),
            "expected": step.expected.get(lang),
        })).collect::<Vec<_>>()),
        "checks": result.checks.iter().map(|check| json!({
            "name": check.name.get(lang),
            "verdict": check.verdict.label().get(lang),
            "class": check.verdict.code(),
            "provenance": check.provenance.label().get(lang),
            "expected": check.expected.get(lang),
            "found": check.found.get(lang),
        })).collect::<Vec<_>>(),
        "attempts": result.attempts.iter().map(|attempt| json!({
            "number": attempt.number,
            "start": view::time(attempt.start, lang),
            "ms": attempt.ms,
            "verdict": attempt.verdict.label().get(lang),
            "class": attempt.verdict.code(),
            "reason": attempt.reason.get(lang),
        })).collect::<Vec<_>>(),
        "exchanges": result.exchange_ids.iter().map(|id| exchange_view(data, id)).collect::<Vec<_>>(),
    })
}

fn exchange_view(data: &PackData, id: &str) -> Value {
    let value = data.exchanges.get(id);
    let text = value.map(view::pretty).unwrap_or_default();
    let cut = text.chars().nth(SHOWN).is_some();
    json!({
        "id": id,
        "path": format!("{}/{id}.json", name::EXCHANGES),
        "line": value.map(line).unwrap_or_default(),
        "text": text.chars().take(SHOWN).collect::<String>(),
        "cut": cut,
    })
}

/// Method, address and status of an exchange, where it has them.
fn line(exchange: &Value) -> String {
    let first = |paths: &[&str]| paths.iter().find_map(|path| exchange.pointer(path));
    let text = |value: Option<&Value>| {
        value
            .and_then(Value::as_str)
            .unwrap_or_default()
            .chars()
            .take(160)
            .collect::<String>()
    };
    let mut line = format!(
        "{} {}",
        text(first(&["/method", "/request/method"])),
        text(first(&["/url", "/request/url"]))
    );
    let status = ["/outcome/response/status", "/response/status"];
    if let Some(status) = first(&status).and_then(Value::as_u64) {
        line.push_str(&format!(" → {status}"));
    } else if let Some(fault) = exchange.pointer("/outcome/fault/kind") {
        line.push_str(&format!(" → {}", text(Some(fault))));
    }
    line.trim().to_owned()
}

/// Cases that do not count as tested, by the reason.
pub(super) fn untested(data: &PackData, words: &Words) -> Vec<Value> {
    let lang = words.lang();
    let mut groups: BTreeMap<(usize, String, &str), Vec<Value>> = BTreeMap::new();
    for record in &data.catalogue.cases {
        let entry = json!({"id": record.id, "title": record.title.get(lang)});
        let result = data.results.case(&record.id);
        let key = match result {
            Some(result) if status::counts_as_tested(result) => continue,
            None => (3, words.get("why_no_result").to_owned(), "notRun"),
            Some(result) if result.grade == Grade::E && status::was_tried(result) => {
                (2, words.get("why_selfcheck").to_owned(), "notRun")
            }
            Some(result) => {
                // What could not be tried comes before what was left out.
                let order = usize::from(!result.verdict.is_finding());
                let reason = format!(
                    "{}: {}",
                    capital(result.verdict.label().get(lang)),
                    result.reason.get(lang)
                );
                (order, reason, result.verdict.code())
            }
        };
        groups.entry(key).or_default().push(entry);
    }
    groups
        .into_iter()
        .map(|((_, reason, class), cases)| json!({"reason": reason, "class": class, "cases": cases}))
        .collect()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
