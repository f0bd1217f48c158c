//! What the templates of the summary see: [`PackData`] in one language, with everything counted,
//! sorted and put into words. No template decides anything.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::{
    cases, chart,
    status::{self, Status},
    texts::Words,
};
use crate::{
    evidence::{PackData, canonical},
    results::{
        Ambiguity, Attestation, Deviation, Direction, Grade, Lang, Provenance, Role, Severity, ShownBy, TargetKind,
        Verdict,
    },
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
                &[("system", system_name(data, words)), ("api", &apis)],
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
        "facts": facts(data, words, &status, &apis),
        "conclusion": conclusion(data, words, &status),
        "documents_note": documents_note(data, words),
        "selfcheck": status.selfchecks > 0,
        "selfcheck_only": status.tried == 0 && status.selfchecks > 0,
        "chart": chart::groups(data, lang),
        "vendor": vendor(data, words),
        "areas": cases::areas(data, words),
        "untested": cases::untested(data, words),
        "not_testable": not_testable(data, lang),
        "environment": environment(data, words),
        "synthetic": synthetic(data, words),
        "grades": grades(&status, lang),
        "verdicts": Verdict::ALL.map(|verdict| json!({"label": verdict.label().get(lang), "class": verdict.code()})),
        "checklist": checklist(data, words),
        "open": status::open(&data.deviations).map(|deviation| deviation_view(deviation, words)).collect::<Vec<_>>(),
        "closed": data.deviations.iter().filter(|deviation| !deviation.status.is_open())
            .map(|deviation| deviation_view(deviation, words)).collect::<Vec<_>>(),
        "unregistered": unregistered(data, words, false),
        "unregistered_selfcheck": unregistered(data, words, true),
        "no_errors": no_errors(data, words, &status),
        "retests": retests(data, lang),
        "questions": data.ambiguities.iter().map(|question| question_view(question, lang)).collect::<Vec<_>>(),
        "trace": trace(data, words),
        "attestations": data.attestations.iter().map(|statement| attestation_view(statement, words)).collect::<Vec<_>>(),
        "roles": roles(data),
        "redaction": redaction(data, lang),
        "key": data.key_fingerprint,
        "run": {
            "id": run.id,
            "tool": format!("{} {}", run.tool.name, run.tool.version),
        },
    })
}

/// What the system is called. A self-check need not have one.
pub(super) fn system_name<'a>(data: &'a PackData, words: &'a Words) -> &'a str {
    match data.results.run.system.name.as_str() {
        "" => words.get("system_unnamed"),
        name => name,
    }
}

/// The facts of the first page.
fn facts(data: &PackData, words: &Words, status: &Status, apis: &str) -> Vec<Value> {
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

fn conclusion(data: &PackData, words: &Words, status: &Status) -> Value {
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
fn no_errors(data: &PackData, words: &Words, status: &Status) -> Option<String> {
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

fn documents_note<'a>(data: &PackData, words: &'a Words) -> &'a str {
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

fn vendor(data: &PackData, words: &Words) -> Vec<Value> {
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

fn environment(data: &PackData, words: &Words) -> Value {
    let lang = words.lang();
    let run = &data.results.run;
    let environment = &data.environment;
    let fact = |key: &str, value: String| json!({"label": words.get(key), "value": value});
    let simulator = match run.target.kind {
        TargetKind::Simulator => true,
        TargetKind::Test | TargetKind::Custom => environment.simulator.is_some(),
    };
    let authority = run.target.kind == TargetKind::Test;
    let yes = |value: bool| words.get(if value { "yes" } else { "no" }).to_owned();
    let hosts = environment
        .hosts
        .iter()
        .map(|host| {
            let mut line = format!("{} ({})", host.host, host.purpose.get(lang));
            if let Some(reason) = &host.reason {
                line.push_str(": ");
                line.push_str(reason);
            }
            line
        })
        .collect::<Vec<_>>()
        .join("; ");
    let tls = environment
        .tls
        .iter()
        .map(|fact| format!("{}: {}", fact.host, fact.fact.get(lang)))
        .collect::<Vec<_>>()
        .join("; ");
    let version = environment
        .simulator
        .as_ref()
        .map_or_else(String::new, |simulator| match simulator.seed {
            Some(seed) => format!("{} ({} {seed})", simulator.version, words.get("e_seed")),
            None => simulator.version.clone(),
        });
    let api_versions = run
        .documents
        .iter()
        .map(|document| format!("{} {}", document.api, document.version))
        .collect::<Vec<_>>()
        .join(", ");
    let only = |used: bool, value: &str| {
        if used && !value.is_empty() {
            value.to_owned()
        } else {
            "–".to_owned()
        }
    };
    let row = |key: &str, simulator_value: String, authority_value: String| json!({"label": words.get(key), "simulator": simulator_value, "authority": authority_value});
    let period = period(data, words);
    let mut facts = vec![
        fact("e_target", run.target.description.get(lang).to_owned()),
        fact("e_access", non_empty(&environment.access_model, words)),
        fact("e_preset", non_empty(&run.preset, words)),
        fact("e_tool", format!("{} {}", run.tool.name, run.tool.version)),
        fact("e_binary", or_not_stated(run.tool.binary_sha256.as_deref(), words)),
        fact(
            "e_catalogue",
            format!("{} / {}", run.catalogue_version, run.register_version),
        ),
    ];
    if let Some(offset) = environment.clock_offset_ms {
        facts.push(fact("e_clock", format!("{offset} ms")));
    }
    if !run.resumed.is_empty() {
        facts.push(fact(
            "e_resumed",
            run.resumed
                .iter()
                .map(|at| time(*at, lang))
                .collect::<Vec<_>>()
                .join(", "),
        ));
    }
    if !environment.capabilities.is_empty() {
        facts.push(fact(
            "e_capabilities",
            environment
                .capabilities
                .iter()
                .map(|capability| format!("{}: {}", capability.name, yes(capability.declared)))
                .collect::<Vec<_>>()
                .join("; "),
        ));
    }
    json!({
        "columns": [
            row("e_used", yes(simulator), yes(authority)),
            row("e_period", only(simulator, &period), only(authority, &period)),
            row("e_versions", only(simulator, &version), only(authority, &api_versions)),
            row("e_hosts", only(simulator && !authority, &hosts), only(authority, &hosts)),
            row("e_tls", only(simulator && !authority, &tls), only(authority, &tls)),
        ],
        "facts": facts,
        "documents": run.documents.iter().map(|document| json!({
            "name": format!("{} {}", document.api, document.version),
            "provenance": document.provenance.label().get(lang),
            "sha256": document.sha256,
        })).collect::<Vec<_>>(),
    })
}

fn synthetic(data: &PackData, words: &Words) -> Value {
    let lang = words.lang();
    let ledger = &data.synthetic;
    json!({
        "checked": !ledger.rule_version.is_empty(),
        "counts": ledger.counts.iter().map(|count| json!({
            "field": count.field,
            "direction": words.get(match count.direction {
                Direction::Outgoing => "s_out",
                Direction::Incoming => "s_in",
            }),
            "class": count.class.label().get(lang),
            "count": count.count,
        })).collect::<Vec<_>>(),
        "allowed": ledger.allowed_fields.iter().map(|field| json!({
            "field": field.field,
            "reason": field.reason.get(lang),
        })).collect::<Vec<_>>(),
        "blocked": ledger.blocked.len(),
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

fn unregistered(data: &PackData, words: &Words, selfchecks: bool) -> Vec<Value> {
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
                        |result| result.verdict.label().get(lang).to_owned(),
                    ),
                    "class": result.map_or("notRun", |result| result.verdict.code()),
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

fn redaction(data: &PackData, lang: Lang) -> Value {
    let report = &data.redaction;
    let hits = |rule: &str| -> u64 { report.files.iter().filter_map(|file| file.hits.get(rule)).sum() };
    json!({
        "rules": report.rules.iter().map(|rule| json!({
            "id": rule.id,
            "what": rule.what.get(lang),
            "hits": hits(&rule.id),
        })).collect::<Vec<_>>(),
        "placeholder": report.placeholder_scheme.get(lang),
    })
}

fn period(data: &PackData, words: &Words) -> String {
    let run = &data.results.run;
    let start = time(run.start, words.lang());
    run.end
        .map_or_else(|| start.clone(), |end| format!("{start} – {}", time(end, words.lang())))
}

fn or_not_stated(value: Option<&str>, words: &Words) -> String {
    non_empty(value.unwrap_or_default(), words)
}

fn non_empty(value: &str, words: &Words) -> String {
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
