//! How reports are submitted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use skatteetaten_client::finansprodukter::{Rule as ReportRule, check};

use super::{NO_RESULT, Rule, Sheet, access::final_refusal, at, t};
use crate::{
    counterparty::{
        conclusion::{StoredSubmission, SubmissionStatus},
        tape::{Ended, Scene, Seen},
    },
    results::Provenance,
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "FP-01",
        hint: [
            "Lagre dialogId, forsendelseId, referanse og antallOppgaver sammen med innsendingen.",
            "Store dialogId, forsendelseId, reference and antallOppgaver with the submission.",
        ],
        judge: receipt,
    },
    Rule {
        case: "FP-02",
        hint: [
            "Lag en ny UUID for hver nye innsending.",
            "Make a new UUID for every new submission.",
        ],
        judge: keys,
    },
    Rule {
        case: "FP-03",
        hint: [
            "Gjenta en innsending uten svar med samme nøkkel og nøyaktig samme bytes.",
            "Repeat a submission without an answer under the same key with exactly the same bytes.",
        ],
        judge: replay,
    },
    Rule {
        case: "FP-04",
        hint: [
            "Ikke gjenta etter GLD_019; finn ut hva som kom fram, og bruk ny nøkkel til en rettet rapport.",
            "Do not repeat after GLD_019; find out what arrived, and use a new key for a corrected report.",
        ],
        judge: |sheet| {
            final_refusal(
                sheet,
                |seen| seen.has_code("GLD_019"),
                "409 GLD_019",
                "409 GLD_019",
                &["GLD_019"],
            );
        },
    },
    Rule {
        case: "FP-05",
        hint: [
            "Send idempotencyKey med hver innsending.",
            "Send idempotencyKey with every submission.",
        ],
        judge: key_present,
    },
    Rule {
        case: "FP-06",
        hint: [
            "Bruk samme inntektsår i adressen og i leveransen.",
            "Use the same income year in the address and in the delivery.",
        ],
        judge: year,
    },
    Rule {
        case: "FP-07",
        hint: [
            "Vis GLD_1027 som at året ikke er åpent, og stopp.",
            "Show GLD_1027 as a year that is not open, and stop.",
        ],
        judge: |sheet| {
            final_refusal(
                sheet,
                |seen| seen.has_code("GLD_1027"),
                "GLD_1027",
                "GLD_1027",
                &["GLD_1027", "året er ikke åpent", "year is not open"],
            );
        },
    },
    Rule {
        case: "FP-08",
        hint: [
            "Vis melding, sti og verdi fra spesifisering ved riktig felt, og ikke send det samme igjen.",
            "Show message, path and value of spesifisering at the right field, and do not send the same again.",
        ],
        judge: schema,
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
        case: "FP-18",
        hint: [
            "Lagre nøkkel og bytes før sending; etter en stans sendes det samme under samme nøkkel.",
            "Store key and bytes before sending; after a stop the same is sent under the same key.",
        ],
        judge: key_saved,
    },
    Rule {
        case: "FP-19",
        hint: [
            "Send en rettet rapport som en ny innsending med egen nøkkel.",
            "Send a corrected report as a new submission with its own key.",
        ],
        judge: correction,
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
    Rule {
        case: "FP-22",
        hint: [
            "Gi hver del egen nøkkel, og send bare delene som mangler kvittering på nytt.",
            "Give each part its own key, and send only the parts without a receipt again.",
        ],
        judge: parts,
    },
];

const SUBMIT: &str = "innsending";

/// Every submission on the tape, with its body.
fn all<'a>(sheet: &mut Sheet<'a>) -> Vec<(&'a Seen, Value)> {
    let all: Vec<_> = sheet
        .tape
        .seen()
        .filter_map(|seen| Some((seen, seen.submission()?)))
        .collect();
    for (seen, _) in &all {
        sheet.cite(seen);
    }
    all
}

fn reference(body: &Value) -> &str {
    body.pointer("/leveranse/oppgavegiversLeveranseReferanse")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn in_scene(scene: &Scene) -> Vec<(&Seen, Value)> {
    let acts = scene.acts.iter().flat_map(|act| act.of(SUBMIT));
    acts.filter_map(|seen| Some((seen, seen.submission()?))).collect()
}

fn stored<'a>(sheet: &Sheet<'a>, reference: &str) -> Vec<&'a StoredSubmission> {
    let all = sheet
        .tape
        .acts()
        .filter_map(|act| act.conclusion.as_ref()?.submissions.as_ref());
    all.flatten().filter(|known| known.reference == reference).collect()
}

fn receipt(sheet: &mut Sheet<'_>) {
    let accepted: Vec<_> = all(sheet).into_iter().filter(|(seen, _)| seen.succeeded()).collect();
    let (mut told, mut wrong) = (0, Vec::new());
    for (seen, body) in &accepted {
        let Some(receipt) = seen.exchange.response_json() else {
            continue;
        };
        let known = stored(sheet, reference(body));
        if known.is_empty() {
            continue;
        }
        told += 1;
        let text = |name: &str| receipt.get(name).and_then(Value::as_str);
        let kept = known.iter().any(|known| {
            known.dialog_id.as_deref() == text("dialogId")
                && known.forsendelse_id.as_deref() == text("forsendelseId")
                && known.antall_oppgaver == receipt.get("antallOppgaver").and_then(Value::as_u64)
        });
        if !kept {
            wrong.push(at(seen));
        }
    }
    sheet.needs(!accepted.is_empty(), "en godtatt innsending", "an accepted submission");
    if !accepted.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Kvitteringen", "The receipt"),
        t(
            "dialogId, forsendelseId og antallOppgaver er lagret",
            "dialogId, forsendelseId and antallOppgaver are stored",
        ),
        told,
        &wrong,
    );
}

fn keys(sheet: &mut Sheet<'_>) {
    let all = all(sheet);
    let with_key: Vec<_> = all
        .iter()
        .filter_map(|(seen, body)| Some((*seen, seen.key()?, body)))
        .collect();
    let no_uuid: Vec<_> = with_key
        .iter()
        .filter(|(_, key, _)| key.len() != 36 || uuid::Uuid::parse_str(key).is_err())
        .map(|(seen, ..)| at(seen))
        .collect();
    sheet.rule(
        t("idempotencyKey", "idempotencyKey"),
        t("en UUID", "a UUID"),
        with_key.len(),
        &no_uuid,
    );
    let mut references: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, key, body) in &with_key {
        references.entry(key).or_default().insert(reference(body));
    }
    let shared: Vec<_> = references
        .values()
        .filter(|used| used.len() > 1)
        .map(|used| format!("{} ×", used.len()))
        .collect();
    let submissions: BTreeSet<_> = with_key.iter().map(|(_, _, body)| reference(body)).collect();
    sheet.needs(submissions.len() > 1, "to innsendinger", "two submissions");
    sheet.rule(
        t("Nøkkel per innsending", "Key per submission"),
        t("ny for hver", "new for each"),
        submissions.len(),
        &shared,
    );
}

/// Repeats of a submission, each with the attempt before it, where `lost` holds of that one.
fn repeats(scene: &Scene, lost: impl Fn(&Seen) -> bool) -> Vec<(&Seen, &Seen)> {
    let all = in_scene(scene);
    let mut found = Vec::new();
    for (index, (seen, body)) in all.iter().enumerate() {
        let before = all[..index]
            .iter()
            .rev()
            .find(|(_, other)| reference(other) == reference(body));
        if let Some((before, _)) = before.filter(|(before, _)| lost(before)) {
            found.push((*before, *seen));
        }
    }
    found
}

fn judge_repeats(sheet: &mut Sheet<'_>, found: &[(&Seen, &Seen)]) {
    let other_key: Vec<_> = found
        .iter()
        .filter(|(a, b)| a.key() != b.key())
        .map(|(_, b)| at(b))
        .collect();
    let other_bytes: Vec<_> = found
        .iter()
        .filter(|(a, b)| a.exchange.request_body != b.exchange.request_body)
        .map(|(_, b)| at(b))
        .collect();
    for (a, b) in found {
        sheet.cite(a);
        sheet.cite(b);
    }
    sheet.rule(
        t("Nøkkelen på nytt", "The key again"),
        t("den samme", "the same"),
        found.len(),
        &other_key,
    );
    sheet.rule(
        t("Innholdet på nytt", "The body again"),
        t("de samme bytes", "the same bytes"),
        found.len(),
        &other_bytes,
    );
}

fn replay(sheet: &mut Sheet<'_>) {
    let found: Vec<_> = sheet
        .tape
        .scenes
        .iter()
        .filter(|scene| scene.acts.iter().all(|act| act.ended != Ended::Killed))
        .flat_map(|scene| repeats(scene, |before| before.status().is_none()))
        .collect();
    sheet.needs(
        !found.is_empty(),
        "et nytt forsøk etter et tapt svar",
        "another attempt after a lost answer",
    );
    judge_repeats(sheet, &found);
}

fn key_saved(sheet: &mut Sheet<'_>) {
    let mut found = Vec::new();
    let mut stopped = false;
    for scene in &sheet.tape.scenes {
        let killed = scene
            .acts
            .iter()
            .any(|act| act.ended == Ended::Killed && act.of(SUBMIT).next().is_some());
        stopped |= killed;
        if killed {
            found.extend(repeats(scene, |before| before.status().is_none()));
        }
    }
    sheet.needs(
        stopped,
        "en stans mellom sending og kvittering",
        "a stop between sending and receipt",
    );
    if stopped {
        sheet.needs(
            !found.is_empty(),
            "et nytt forsøk etter stansen",
            "another attempt after the stop",
        );
    }
    judge_repeats(sheet, &found);
}

fn key_present(sheet: &mut Sheet<'_>) {
    let all = all(sheet);
    let without: Vec<_> = all
        .iter()
        .filter(|(seen, _)| seen.key().is_none())
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("idempotencyKey", "idempotencyKey"),
        t("finnes", "present"),
        all.len(),
        &without,
    );
}

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

fn schema(sheet: &mut Sheet<'_>) {
    let paths: Vec<String> = sheet
        .tape
        .seen()
        .filter(|seen| seen.has_code("GLD_010"))
        .filter_map(|seen| {
            let body = seen.exchange.response_json()?;
            Some(body.pointer("/spesifisering/0/sti")?.as_str()?.to_owned())
        })
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    final_refusal(
        sheet,
        |seen| seen.has_code("GLD_010"),
        "GLD_010 med spesifisering",
        "GLD_010 with spesifisering",
        &paths,
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

fn correction(sheet: &mut Sheet<'_>) {
    let (mut tried, mut same) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        if !scene.acts.iter().any(|act| act.task.as_deref() == Some("correct")) {
            continue;
        }
        let all = in_scene(scene);
        for (index, (seen, _)) in all.iter().enumerate() {
            let before = all[..index]
                .iter()
                .rev()
                .find(|(other, _)| other.exchange.request_body != seen.exchange.request_body);
            if let Some((before, _)) = before {
                tried += 1;
                sheet.cite(before);
                sheet.cite(seen);
                if before.key() == seen.key() {
                    same.push(at(seen));
                }
            }
        }
    }
    sheet.needs(tried > 0, "en rettet rapport", "a corrected report");
    sheet.rule(
        t("Nøkkelen til den rettede", "The corrected one's key"),
        t("ny", "new"),
        tried,
        &same,
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
    let all: Vec<_> = all(sheet).into_iter().filter(|(_, body)| is_nothing(body)).collect();
    let zero = |value: &Value| match value {
        Value::String(text) => text.parse::<rust_decimal::Decimal>().is_ok_and(|sum| sum.is_zero()),
        Value::Number(number) => number.as_u64() == Some(0),
        _ => false,
    };
    let wrong: Vec<_> = all
        .iter()
        .filter(|(seen, body)| {
            let sums = body
                .pointer("/leveranse/oppgaveoppsummering")
                .and_then(Value::as_object);
            length(body, "oppgave") > 0 || !sums.is_some_and(|sums| sums.values().all(zero)) || !seen.succeeded()
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

fn parts(sheet: &mut Sheet<'_>) {
    let (mut tried, mut again, mut unsent) = (0, Vec::new(), Vec::new());
    for scene in &sheet.tape.scenes {
        let all = in_scene(scene);
        let references: BTreeSet<&str> = all.iter().map(|(_, body)| reference(body)).collect();
        let failed = all.iter().any(|(seen, _)| !seen.succeeded());
        if references.len() < 3 || !failed {
            continue;
        }
        tried += 1;
        for reference_of in references {
            let attempts: Vec<_> = all.iter().filter(|(_, body)| reference(body) == reference_of).collect();
            let arrived = attempts.iter().filter(|(seen, _)| seen.succeeded()).count();
            for (seen, _) in &attempts {
                sheet.cite(seen);
            }
            match arrived {
                0 => unsent.push(at(attempts[0].0)),
                1 => {}
                _ => again.push(at(attempts[attempts.len() - 1].0)),
            }
        }
    }
    sheet.needs(
        tried > 0,
        "en rapport i tre deler, der en feiler",
        "a report in three parts, one of which fails",
    );
    sheet.rule(
        t("Deler med kvittering", "Parts with a receipt"),
        t("ikke sendt igjen", "not sent again"),
        tried,
        &again,
    );
    sheet.rule(
        t("Delen som feilet", "The part that failed"),
        t("sendt til slutt", "sent in the end"),
        tried,
        &unsent,
    );
}

/// Whether a submission is known to stand there.
pub(super) fn stands(known: &StoredSubmission, status: SubmissionStatus) -> bool {
    known.status == status
}
