//! What the templates of the summary see: [`PackData`] in one language, with everything counted,
//! sorted and put into words. No template decides anything.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::{
    cases, chart, conditions, front,
    status::{self, Status},
    texts::Words,
};
use crate::{
    evidence::{PackData, canonical},
    results::{Ambiguity, Attestation, Deviation, Grade, Lang, Role, ShownBy, Verdict},
};

/// The view of a pack in one language.
pub(super) fn view(data: &PackData, words: &Words) -> Value {
    let lang = words.lang();
    let status = Status::of(data);
    let run = &data.results.run;
    let apis = run
        .apis
        .iter()
        .map(|api| api.label())
        .collect::<Vec<_>>()
        .join(&format!(" {} ", words.get("and")));
    let headings: Vec<Value> = (1..=15)
        .map(|number| {
            let text = words.fill(
                &format!("h{number}"),
                &[("system", front::system_name(data, words)), ("api", &apis)],
            );
            json!({"number": number, "text": text})
        })
        .collect();
    json!({
        "lang": lang.tag(),
        "other_file": match lang { Lang::Nb => "summary.en.html", Lang::En => "oppsummering.nb.html" },
        "other_lang": match lang { Lang::Nb => "en", Lang::En => "nb" },
        "t": words.all(),
        "h": headings,
        "title": headings.first().map(|heading| heading["text"].clone()),
        "facts": front::facts(data, words, &status, &apis),
        "conclusion": front::conclusion(data, words, &status),
        "documents_note": front::documents_note(data, words),
        "selfcheck": status.selfchecks > 0,
        "selfcheck_only": status.tried == 0 && status.selfchecks > 0,
        "chart": chart::groups(data, lang),
        "vendor": front::vendor(data, words),
        "areas": cases::areas(data, words),
        "untested": cases::untested(data, words),
        "not_testable": not_testable(data, lang),
        "environment": conditions::environment(data, words),
        "synthetic": conditions::synthetic(data, words),
        "grades": grades(&status, lang),
        "verdicts": Verdict::ALL.map(|verdict| json!({"label": verdict.label().get(lang), "class": verdict.code()})),
        "checklist": checklist(data, words),
        "open": status::open(&data.deviations).map(|deviation| deviation_view(deviation, words)).collect::<Vec<_>>(),
        "closed": data.deviations.iter().filter(|deviation| !deviation.status.is_open())
            .map(|deviation| deviation_view(deviation, words)).collect::<Vec<_>>(),
        "unregistered": unregistered(data, words, false),
        "unregistered_selfcheck": unregistered(data, words, true),
        "no_errors": front::no_errors(data, words, &status),
        "retests": retests(data, lang),
        "questions": data.ambiguities.iter().map(|question| question_view(question, lang)).collect::<Vec<_>>(),
        "trace": trace(data, words),
        "attestations": data.attestations.iter().map(|statement| attestation_view(statement, words)).collect::<Vec<_>>(),
        "roles": roles(data),
        "redaction": conditions::redaction(data, lang),
        "key": data.key_fingerprint,
        "run": {
            "id": run.id,
            "tool": format!("{} {}", run.tool.name, run.tool.version),
        },
    })
}

fn grades(status: &Status, lang: Lang) -> Vec<Value> {
    Grade::ALL
        .into_iter()
        .filter(|grade| status.counts.of_grade(*grade) > 0)
        .map(|grade| {
            json!({
                "letter": grade.letter(),
                "label": grade.label().get(lang),
                "counts": Verdict::ALL.map(|verdict| status.counts.get(grade, verdict)),
                "total": status.counts.of_grade(grade),
                "counted": grade.counts(),
            })
        })
        .collect()
}

/// The authority's checklist, line by line.
pub(super) fn checklist(data: &PackData, words: &Words) -> Vec<Value> {
    let lang = words.lang();
    data.catalogue
        .checklist
        .iter()
        .map(|item| {
            let state = status::line_state(item, data);
            json!({
                "id": item.id,
                "point": item.point.get(lang),
                "text": item.text.get(lang),
                "state": words.get(state.key()),
                "class": state.class(),
                "cases": item.case_ids,
                "note": item.note.get(lang),
            })
        })
        .collect()
}

fn deviation_view(deviation: &Deviation, words: &Words) -> Value {
    let lang = words.lang();
    json!({
        "id": deviation.id,
        "case": deviation.case_id,
        "requirement": deviation.requirement_id,
        "severity": deviation.severity.label().get(lang),
        "description": deviation.description.get(lang),
        "impact": deviation.impact.get(lang),
        "owner": deviation.owner,
        "plan": deviation.plan.get(lang),
        "due": deviation.due.map_or_else(|| words.get("not_stated").to_owned(), |due| date(due, lang)),
        "status": deviation.status.label().get(lang),
        "fault": deviation.fault.label().get(lang),
        "first_seen": date(deviation.first_seen, lang),
        "retest": deviation.retest_run.as_deref().unwrap_or("–"),
    })
}

pub(super) fn unregistered(data: &PackData, words: &Words, selfchecks: bool) -> Vec<Value> {
    status::unregistered(data)
        .into_iter()
        .filter(|result| (result.grade == Grade::E) == selfchecks)
        .map(|result| {
            json!({
                "id": result.case_id,
                "title": cases::title(data, &result.case_id, words.lang()),
                "verdict": result.verdict.label().get(words.lang()),
                "class": result.verdict.code(),
                "reason": result.reason.get(words.lang()),
            })
        })
        .collect()
}

/// Cases that were tried more than once: the first result stays beside the last.
fn retests(data: &PackData, lang: Lang) -> Vec<Value> {
    data.results
        .results
        .iter()
        .filter(|result| result.attempts.len() > 1)
        .filter_map(|result| {
            let first = result.attempts.first()?;
            let last = result.attempts.last()?;
            Some(json!({
                "id": result.case_id,
                "title": cases::title(data, &result.case_id, lang),
                "attempts": result.attempts.len(),
                "first": first.verdict.label().get(lang),
                "first_class": first.verdict.code(),
                "last": last.verdict.label().get(lang),
                "last_class": last.verdict.code(),
            }))
        })
        .collect()
}

fn question_view(question: &Ambiguity, lang: Lang) -> Value {
    json!({
        "id": question.id,
        "finding": question.finding.get(lang),
        "policy": question.policy.get(lang),
        "question": question.question.get(lang),
        "cases": question.case_ids,
    })
}

fn trace(data: &PackData, words: &Words) -> Vec<Value> {
    let lang = words.lang();
    super::tables::trace(data)
        .into_iter()
        .map(|row| {
            json!({
                "id": row.requirement.id,
                "strength": row.requirement.strength.label().get(lang),
                "text": row.requirement.text.get(lang),
                "source": row.requirement.source.url,
                "cases": row.cases.iter().map(|(id, result)| json!({
                    "id": id,
                    "verdict": result.map_or_else(
                        || words.get("why_no_result").to_owned(),
                        |result| {
                            let verdict = result.verdict.label();
                            if result.grade == Grade::E {
                                format!("{} {}", words.get("selfcheck_short"), verdict.get(lang))
                            } else {
                                verdict.get(lang).to_owned()
                            }
                        },
                    ),
                    // A self-check that passed must not look like a requirement that was shown.
                    "class": match result {
                        None => "notRun",
                        Some(result) if result.grade == Grade::E && result.verdict.is_pass() => "selfcheck",
                        Some(result) => result.verdict.code(),
                    },
                    "grade": result.map(|result| result.grade.letter()),
                })).collect::<Vec<_>>(),
                "reason": row.reason.map(|reason| reason.get(lang)),
            })
        })
        .collect()
}

fn not_testable(data: &PackData, lang: Lang) -> Vec<Value> {
    data.requirements
        .requirements
        .iter()
        .filter_map(|requirement| match &requirement.shown_by {
            ShownBy::NotTestable { reason } => Some(json!({
                "id": requirement.id,
                "text": requirement.text.get(lang),
                "reason": reason.get(lang),
            })),
            ShownBy::Cases { .. } | ShownBy::Attestation { .. } => None,
        })
        .collect()
}

fn attestation_view(statement: &Attestation, words: &Words) -> Value {
    json!({
        "case": statement.case_id,
        "statement": statement.statement.get(words.lang()),
        "answer": words.get(if statement.answer { "yes" } else { "no" }),
        "comment": statement.comment,
        "by": format!("{}, {}", statement.name, statement.role),
        "date": date(statement.date, words.lang()),
    })
}

/// Number of cases of the catalogue by role.
fn roles(data: &PackData) -> BTreeMap<&'static str, usize> {
    [
        (Role::C, "m_role_c"),
        (Role::D, "m_role_d"),
        (Role::P, "m_role_p"),
        (Role::M, "m_role_m"),
    ]
    .into_iter()
    .map(|(role, key)| {
        let count = data
            .catalogue
            .cases
            .iter()
            .filter(|case| case.roles.contains(&role))
            .count();
        (key, count)
    })
    .collect()
}

pub(super) fn period(data: &PackData, words: &Words) -> String {
    let run = &data.results.run;
    let start = time(run.start, words.lang());
    run.end
        .map_or_else(|| start.clone(), |end| format!("{start} – {}", time(end, words.lang())))
}

pub(super) fn or_not_stated(value: Option<&str>, words: &Words) -> String {
    non_empty(value.unwrap_or_default(), words)
}

pub(super) fn non_empty(value: &str, words: &Words) -> String {
    if value.is_empty() {
        words.get("not_stated").to_owned()
    } else {
        value.to_owned()
    }
}

/// A point in time as the language writes it, in UTC and saying so.
pub(super) fn time(at: DateTime<Utc>, lang: Lang) -> String {
    match lang {
        Lang::Nb => at.format("%d.%m.%Y kl. %H.%M.%S UTC").to_string(),
        Lang::En => at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}

/// A date as the language writes it.
pub(super) fn date(day: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Nb => day.format("%d.%m.%Y").to_string(),
        Lang::En => day.format("%Y-%m-%d").to_string(),
    }
}

/// JSON for reading, as a pack writes it.
pub(super) fn pretty(value: &Value) -> String {
    canonical::to_string(value)
}
