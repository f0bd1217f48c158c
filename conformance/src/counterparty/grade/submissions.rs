//! How reports are submitted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::{
    NO_RESULT, Rule, Sheet,
    access::{Message, final_refusal},
    at, t,
};
use crate::counterparty::{
    conclusion::{StoredSubmission, SubmissionStatus},
    tape::{Ended, Scene, Seen},
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
                &Message {
                    words: &["GLD_019"],
                    or_its_own: true,
                },
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
                &Message {
                    words: &["GLD_1027", "året er ikke åpent", "year is not open"],
                    or_its_own: true,
                },
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
        case: "FP-22",
        hint: [
            "Gi hver del egen nøkkel, og send bare delene som mangler kvittering på nytt.",
            "Give each part its own key, and send only the parts without a receipt again.",
        ],
        judge: parts,
    },
];

pub(super) const SUBMIT: &str = "innsending";

/// Every submission on the tape, with its body.
pub(super) fn all<'a>(sheet: &mut Sheet<'a>) -> Vec<(&'a Seen, Value)> {
    let all: Vec<_> = sheet
        .tape
        .seen()
        // A body that is too large is not kept.
        .filter(|seen| !seen.exchange.request_body.is_empty())
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
    let mut latest: HashMap<String, &Seen> = HashMap::new();
    let mut found = Vec::new();
    for (seen, body) in in_scene(scene) {
        let before = latest.insert(reference(&body).to_owned(), seen);
        found.extend(before.filter(|before| lost(before)).map(|before| (before, seen)));
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
        // Which field it is; that something is wrong helps nobody.
        &Message {
            words: &paths,
            or_its_own: false,
        },
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

fn parts(sheet: &mut Sheet<'_>) {
    let (mut tried, mut again, mut unsent) = (0, Vec::new(), Vec::new());
    for scene in &sheet.tape.scenes {
        let all = in_scene(scene);
        let references: BTreeSet<&str> = all.iter().map(|(_, body)| reference(body)).collect();
        let failed = all.iter().any(|(seen, _)| !seen.succeeded());
        let accepted = all.iter().any(|(seen, _)| seen.succeeded());
        if references.len() < 3 || !failed || !accepted {
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
