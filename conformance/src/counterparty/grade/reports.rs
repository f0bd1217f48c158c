//! What stands in the reports that are submitted.

use serde_json::Value;
use skatteetaten_client::finansprodukter::{Rule as ReportRule, check};

use super::{
    NO_RESULT, Rule, Sheet, at,
    submissions::{SUBMIT, all},
    t,
};
use crate::results::Provenance;

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "FP-06",
        hint: [
            "Bruk samme inntektsår i adressen og i leveransen.",
            "Use the same income year in the address and in the delivery.",
        ],
        judge: year,
    },
    Rule {
        case: "FP-10",
        hint: [
            "Send Content-Type og Accept: application/json.",
            "Send Content-Type and Accept: application/json.",
        ],
        judge: media_types,
    },
    Rule {
        case: "FP-11",
        hint: [
            "Mål størrelsen før sending; over 10 MB: del rapporten, eller bruk filopplasting.",
            "Measure the size before sending; over 10 MB: divide the report, or use the file upload.",
        ],
        judge: size,
    },
    Rule {
        case: "FP-12",
        hint: [
            "Sett antallOppgaver til lengden av oppgave.",
            "Set antallOppgaver to the length of oppgave.",
        ],
        judge: counts,
    },
    Rule {
        case: "FP-13",
        hint: [
            "Regn summene med eksakte desimaltall over alle oppgaver.",
            "Compute the totals over all reports with exact decimals.",
        ],
        judge: totals,
    },
    Rule {
        case: "FP-20",
        hint: [
            "Pek ut oppgaven i sletteoppgave, og tell den ikke med i antallOppgaver.",
            "Identify the report in sletteoppgave, and do not count it in antallOppgaver.",
        ],
        judge: deletion,
    },
    Rule {
        case: "FP-21",
        hint: [
            "Send leveransetypen for ingen oppgaver, uten oppgaver og med null i summene.",
            "Send the leveransetype for nothing to report, without reports and with totals of zero.",
        ],
        judge: nothing,
    },
];

fn year(sheet: &mut Sheet<'_>) {
    let all = all(sheet);
    let differ: Vec<_> = all
        .iter()
        .filter(|(seen, body)| {
            let path = seen
                .exchange
                .url
                .path_segments()
                .and_then(|mut parts| parts.next_back())
                .unwrap_or_default();
            let stated = body.pointer("/leveranse/inntektsaar").map(ToString::to_string);
            stated.as_deref() != Some(path)
        })
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("Inntektsår", "Income year"),
        t("likt i adresse og innhold", "equal in address and body"),
        all.len(),
        &differ,
    );
}

fn media_types(sheet: &mut Sheet<'_>) {
    let all = all(sheet);
    for (header, name) in [("content-type", "Content-Type"), ("accept", "Accept")] {
        let wrong: Vec<_> = all
            .iter()
            .filter(|(seen, _)| !seen.header(header).unwrap_or_default().contains("application/json"))
            .map(|(seen, _)| at(seen))
            .collect();
        sheet.rule(
            t(name, name),
            t("application/json", "application/json"),
            all.len(),
            &wrong,
        );
    }
}

fn size(sheet: &mut Sheet<'_>) {
    const LIMIT: usize = 10 * 1024 * 1024;
    let acts: Vec<_> = sheet.tape.acts().filter(|act| act.given.oversize).collect();
    sheet.needs(!acts.is_empty(), "en rapport på over 10 MB", "a report of over 10 MB");
    let (mut sent, mut told, mut silent) = (Vec::new(), 0, Vec::new());
    for act in &acts {
        for seen in act.of(SUBMIT) {
            sheet.cite(seen);
            let announced = seen
                .header("content-length")
                .and_then(|text| text.parse::<usize>().ok());
            if announced.unwrap_or_default() > LIMIT || seen.exchange.request_body.is_empty() {
                sent.push(at(seen));
            }
        }
        if let Some(conclusion) = act.said() {
            told += 1;
            if !conclusion.failed() || !conclusion.says(&["10 MB", "10 MiB", "10485760"]) {
                silent.push("–".to_owned());
            }
        }
    }
    if !acts.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Over grensen", "Over the limit"),
        t("ikke sendt", "not sent"),
        acts.len(),
        &sent,
    );
    sheet.rule(
        t("Melding", "Message"),
        t("grensen er nevnt", "the limit is named"),
        told,
        &silent,
    );
}

fn length(body: &Value, list: &str) -> usize {
    let list = body.pointer("/leveranse").and_then(|delivery| delivery.get(list));
    list.and_then(Value::as_array).map_or(0, Vec::len)
}

fn stated(body: &Value) -> Option<u64> {
    body.pointer("/leveranse/oppgaveoppsummering/antallOppgaver")?.as_u64()
}

fn counts(sheet: &mut Sheet<'_>) {
    let all = all(sheet);
    let wrong: Vec<_> = all
        .iter()
        .filter(|(_, body)| length(body, "sletteoppgave") == 0)
        .filter(|(_, body)| stated(body) != Some(length(body, "oppgave") as u64))
        .map(|(seen, body)| {
            format!(
                "{}: {} / {}",
                at(seen),
                length(body, "oppgave"),
                stated(body).unwrap_or_default()
            )
        })
        .collect();
    sheet.rule(
        t("antallOppgaver", "antallOppgaver"),
        t("lengden av oppgave", "the length of oppgave"),
        all.len(),
        &wrong,
    );
}

fn totals(sheet: &mut Sheet<'_>) {
    let all = all(sheet);
    let wrong: Vec<_> = all
        .iter()
        .filter_map(|(seen, _)| {
            let report = check(&seen.exchange.request_body);
            let finding = report.findings.iter().find(|finding| {
                matches!(
                    finding.rule,
                    ReportRule::Total | ReportRule::MissingTotal | ReportRule::UnreadableTotal
                )
            })?;
            Some(format!("{}: {}", at(seen), finding.pointer))
        })
        .collect();
    sheet.rule_from(
        Provenance::Inferred,
        t("Kontrollsummer", "Control totals"),
        t("oppgitt lik beregnet", "stated equals computed"),
        all.len(),
        &wrong,
    );
}

fn deletion(sheet: &mut Sheet<'_>) {
    let all: Vec<_> = all(sheet)
        .into_iter()
        .filter(|(_, body)| length(body, "sletteoppgave") > 0)
        .collect();
    let wrong: Vec<_> = all
        .iter()
        .filter(|(seen, body)| stated(body) != Some(length(body, "oppgave") as u64) || !seen.succeeded())
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("sletteoppgave", "sletteoppgave"),
        t("tatt imot, og ikke telt med", "received, and not counted"),
        all.len(),
        &wrong,
    );
}

fn nothing(sheet: &mut Sheet<'_>) {
    let is_nothing =
        |body: &Value| body.pointer("/leveranse/leveransetype").and_then(Value::as_str) == Some("ingenOppgaver");
    let all: Vec<_> = all(sheet)
        .into_iter()
        .filter(|(seen, body)| is_nothing(body) && seen.succeeded())
        .collect();
    let zero = |value: &Value| match value {
        Value::String(text) => text.parse::<rust_decimal::Decimal>().is_ok_and(|sum| sum.is_zero()),
        Value::Number(number) => number.as_u64() == Some(0),
        _ => false,
    };
    let wrong: Vec<_> = all
        .iter()
        .filter(|(_, body)| {
            let sums = body
                .pointer("/leveranse/oppgaveoppsummering")
                .and_then(Value::as_object);
            length(body, "oppgave") > 0 || !sums.is_some_and(|sums| sums.values().all(zero))
        })
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("Ingen oppgaver", "Nothing to report"),
        t(
            "ingen oppgaver, null i summene, tatt imot",
            "no reports, totals of zero, received",
        ),
        all.len(),
        &wrong,
    );
}
