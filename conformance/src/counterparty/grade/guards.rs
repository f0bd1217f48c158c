//! Test data, environment and correlation ids.

use super::{NO_RESULT, Rule, Sheet, at, t};
use crate::{
    synthetic::{Declared, Guard},
    tls::Certificate,
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "SEC-01",
        hint: [
            "Bruk bare syntetiske personer (måned + 80) og organisasjoner (første siffer 2 eller 3).",
            "Use synthetic persons (month + 80) and organisations (first digit 2 or 3) only.",
        ],
        judge: synthetic,
    },
    Rule {
        case: "SEC-03",
        hint: [
            "Sammenlign hver adresse med en liste over tillatte testverter før noe sendes.",
            "Compare every address with a list of allowed test hosts before anything is sent.",
        ],
        judge: environment,
    },
    Rule {
        case: "SEC-06",
        hint: [
            "Slå på kontroll av sertifikat og vertsnavn.",
            "Turn the check of certificate and host name on.",
        ],
        judge: certificates,
    },
    Rule {
        case: "SEC-07",
        hint: [
            "Ta vare på korrelasjonsid fra feilsvaret, og vis den.",
            "Keep the korrelasjonsid of the error answer, and show it.",
        ],
        judge: correlation,
    },
];

fn synthetic(sheet: &mut Sheet<'_>) {
    // Only where something stands is asked here, so the key of the ledger's hashes does not matter.
    let guard = Guard::new(Declared::default(), &[0; 32]);
    let (mut looked, mut real) = (0, Vec::new());
    for seen in sheet.tape.seen().filter(|seen| !seen.exchange.request_body.is_empty()) {
        looked += 1;
        if let Err(stopped) = guard.outgoing(&seen.exchange.request_body, None) {
            sheet.cite(seen);
            real.extend(
                stopped
                    .suspects
                    .iter()
                    .map(|suspect| format!("{}: {}", at(seen), suspect.field)),
            );
        }
    }
    sheet.rule(
        t("Alt som ble sendt", "Everything that was sent"),
        t(
            "bare syntetiske eller tillatte nummer",
            "only synthetic or allowed numbers",
        ),
        looked,
        &real,
    );
}

fn environment(sheet: &mut Sheet<'_>) {
    let acts: Vec<_> = sheet.tape.acts().filter(|act| act.given.production).collect();
    sheet.needs(
        !acts.is_empty(),
        "en oppgave med adressen til produksjon",
        "a task with the address of production",
    );
    let mut sent = Vec::new();
    let (mut told, mut silent) = (0, Vec::new());
    for act in &acts {
        for seen in act.seen.iter().filter(|seen| seen.exchange.operation != "discovery") {
            sent.push(at(seen));
            sheet.cite(seen);
        }
        if let Some(conclusion) = &act.conclusion {
            told += 1;
            if !conclusion.failed() {
                silent.push("–".to_owned());
            }
        }
    }
    if !acts.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Med adressen til produksjon", "With the address of production"),
        t(
            "ingenting sendes, heller ikke etter token",
            "nothing is sent, not for a token either",
        ),
        acts.len(),
        &sent,
    );
    sheet.rule(t("Oppgaven", "The task"), t("avvist", "refused"), told, &silent);
}

fn correlation(sheet: &mut Sheet<'_>) {
    let (mut errors, mut told, mut lost) = (0, 0, Vec::new());
    for act in sheet.tape.acts() {
        let last = act
            .calls()
            .filter(|seen| seen.status().is_some_and(|status| status >= 400))
            .filter_map(|seen| Some((seen, seen.exchange.correlation_id()?)))
            .last();
        let Some((seen, id)) = last else { continue };
        errors += 1;
        let Some(conclusion) = act.said().filter(|conclusion| conclusion.failed()) else {
            continue;
        };
        told += 1;
        sheet.cite(seen);
        if !conclusion.says(&[&id]) {
            lost.push(at(seen));
        }
    }
    sheet.needs(
        errors > 0,
        "et feilsvar med korrelasjonsid",
        "an error answer with a korrelasjonsid",
    );
    if errors > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("korrelasjonsid", "korrelasjonsid"),
        t("vist i en melding", "shown in a message"),
        told,
        &lost,
    );
}

fn certificates(sheet: &mut Sheet<'_>) {
    for (which, nb, en) in [
        (Certificate::WrongHost, "for en annen vert", "for another host"),
        (Certificate::Expired, "utløpt", "expired"),
        (
            Certificate::Untrusted,
            "fra en ukjent utsteder",
            "from an unknown authority",
        ),
    ] {
        let acts: Vec<_> = sheet
            .tape
            .acts()
            .filter(|act| act.given.certificate == Some(which))
            .filter_map(|act| Some((act, act.handshakes?)))
            .filter(|(_, handshakes)| handshakes.completed + handshakes.broken_off > 0)
            .collect();
        sheet.needs(
            !acts.is_empty(),
            &format!("forsøk mot et sertifikat {nb}"),
            &format!("an attempt at a certificate {en}"),
        );
        let mut accepted = Vec::new();
        for (act, handshakes) in &acts {
            for seen in &act.seen {
                sheet.cite(seen);
            }
            if !act.seen.is_empty() || handshakes.completed > 0 && handshakes.broken_off == 0 {
                accepted.push(format!("{} ×", handshakes.completed));
            }
        }
        sheet.rule(
            t(&format!("Sertifikat {nb}"), &format!("Certificate {en}")),
            t("avvist, og ingenting sendt", "refused, and nothing sent"),
            acts.len(),
            &accepted,
        );
    }
}
