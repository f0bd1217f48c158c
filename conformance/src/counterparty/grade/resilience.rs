//! What the system does when the network or the service misbehaves.

use std::collections::{BTreeSet, HashSet};

use super::{
    NO_RESULT, Rule, Sheet,
    access::{MOST_ATTEMPTS, asked},
    at,
    paging::{ids, numbers},
    t,
};
use crate::{
    counterparty::tape::{Act, Ended, Seen},
    recording::Kind,
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "RES-01",
        hint: [
            "Prøv noen få ganger med økende, tilfeldig ventetid; behold nøkkelen til en innsending.",
            "Try a few times with growing, random waits; keep a submission's key.",
        ],
        judge: server_errors,
    },
    Rule {
        case: "RES-02",
        hint: [
            "Sett tidsgrense på forbindelse og svar; lagre bare svar som kom helt fram, og flytt vannmerket først da.",
            "Set a time limit on connecting and on answers; store only answers that arrived whole, and move the watermark only then.",
        ],
        judge: broken,
    },
    Rule {
        case: "RES-03",
        hint: ["Ikke prøv på nytt etter 4xx.", "Do not try again after 4xx."],
        judge: client_errors,
    },
    Rule {
        case: "RES-04",
        hint: [
            "Les feilsvar som tekst når de ikke er JSON, og meld status og kilde.",
            "Read an error answer as text when it is no JSON, and report status and source.",
        ],
        judge: foreign,
    },
    Rule {
        case: "RES-05",
        hint: [
            "Meld fra når tjenesten er nede, og fortsett fra vannmerket neste gang.",
            "Say so when the service is down, and go on from the watermark the next time.",
        ],
        judge: maintenance,
    },
    Rule {
        case: "RES-06",
        hint: ["Vent så lenge Retry-After sier.", "Wait as long as Retry-After says."],
        judge: throttled,
    },
];

fn is_call(seen: &Seen) -> bool {
    matches!(seen.exchange.kind, Kind::Api(_))
}

fn is_json_error(seen: &Seen) -> bool {
    seen.exchange.response_json().is_some_and(|body| body.is_object())
}

/// Calls that ask for the same as `seen`, from it on.
fn attempts<'a>(calls: impl Iterator<Item = &'a Seen>, seen: &Seen) -> Vec<&'a Seen> {
    calls
        .filter(|call| call.number >= seen.number && call.exchange.method == seen.exchange.method)
        .filter(|call| call.exchange.url == seen.exchange.url)
        .collect()
}

fn server_errors(sheet: &mut Sheet<'_>) {
    let is = |seen: &Seen| is_call(seen) && seen.status() == Some(500) && is_json_error(seen);
    let (mut recovered, mut gave_up) = (0, Vec::new());
    let (mut looked, mut storms, mut other_key) = (0, Vec::new(), Vec::new());
    let mut waits = Vec::new();
    for scene in &sheet.tape.scenes {
        for (index, act) in scene.acts.iter().enumerate() {
            let Some(first) = act.calls().find(|seen| is(seen)) else {
                continue;
            };
            // The next attempt may belong to a later task: a system that goes on where it was.
            let all = attempts(scene.acts[index..].iter().flat_map(Act::calls), first);
            looked += 1;
            for seen in &all {
                sheet.cite(seen);
            }
            let at_once = attempts(act.calls(), first).len();
            if at_once > MOST_ATTEMPTS {
                storms.push(format!("{at_once} ×"));
            }
            waits.extend(
                all.windows(2)
                    .map(|pair| format!("{} ms", pair[0].until(pair[1]).max(0))),
            );
            if all.iter().any(|seen| seen.succeeded()) {
                recovered += 1;
            } else if !all.iter().all(|seen| is(seen)) || all.len() < 2 {
                gave_up.push(at(first));
            }
            if first.exchange.operation == "innsending" {
                let same = |seen: &&&Seen| {
                    seen.key() == first.key() && seen.exchange.request_body == first.exchange.request_body
                };
                other_key.extend(all.iter().filter(|seen| !same(seen)).map(|seen| at(seen)));
            }
        }
    }
    sheet.needs(looked > 0, "en 500 fra API-et", "a 500 of the API");
    if looked > 0 {
        sheet.needs(
            recovered > 0 || !gave_up.is_empty(),
            "et forsøk som lyktes etterpå",
            "an attempt that succeeded afterwards",
        );
    }
    sheet.rule(
        t("Antall forsøk", "Number of attempts"),
        t(&format!("høyst {MOST_ATTEMPTS}"), &format!("at most {MOST_ATTEMPTS}")),
        looked,
        &storms,
    );
    sheet.rule(
        t("Nytt forsøk etter 500", "Another attempt after 500"),
        match waits.join(", ") {
            none if none.is_empty() => t("minst ett", "at least one"),
            waits => t(
                &format!("minst ett (ventet: {waits})"),
                &format!("at least one (waited: {waits})"),
            ),
        },
        looked,
        &gave_up,
    );
    sheet.rule(
        t("Innsendingens nøkkel og bytes", "The submission's key and bytes"),
        t("de samme", "the same"),
        looked,
        &other_key,
    );
}

fn broken(sheet: &mut Sheet<'_>) {
    let is = |seen: &Seen| seen.exchange.operation == "hentAlleGjeldende" && seen.exchange.fault.is_some();
    // A system that was stopped on purpose broke off by itself.
    let acts = sheet.acts_with(is).into_iter().filter(|act| act.ended != Ended::Killed);
    let (mut looked, mut skipped) = (0, Vec::new());
    let (mut told, mut odd) = (0, Vec::new());
    for act in acts {
        let lists: Vec<_> = act.of("hentAlleGjeldende").collect();
        for (index, seen) in lists.iter().enumerate().filter(|(_, seen)| is(seen)) {
            looked += 1;
            sheet.cite(seen);
            if let Some(next) = lists.get(index + 1) {
                sheet.cite(next);
                if next.exchange.url.query() != seen.exchange.url.query() {
                    skipped.push(at(next));
                }
            }
        }
        let whole: BTreeSet<_> = lists
            .iter()
            .flat_map(|seen| ids(&seen.orders().unwrap_or_default()))
            .collect();
        if let Some(held) = act
            .conclusion
            .as_ref()
            .and_then(|conclusion| conclusion.orders.as_ref())
        {
            told += 1;
            odd.extend(
                held.iter()
                    .filter(|order| !whole.contains(&order.trekkid))
                    .map(|order| order.trekkid.clone()),
            );
            odd.extend(
                whole
                    .iter()
                    .filter(|id| !held.iter().any(|order| order.trekkid == **id))
                    .cloned(),
            );
        }
    }
    // An answer that is held back: the system gives up by itself, or somebody has to stop it.
    let held = sheet.acts_with(|seen| seen.faults.iter().any(|fault| fault == "slow"));
    let held: Vec<_> = held.into_iter().filter(|act| act.ended != Ended::Killed).collect();
    let waits: Vec<String> = held
        .iter()
        .filter(|act| act.ended == Ended::TimedOut)
        .flat_map(|act| {
            act.seen
                .iter()
                .filter(|seen| seen.faults.iter().any(|fault| fault == "slow"))
        })
        .map(at)
        .collect();
    sheet.rule(
        t("Et svar som aldri kommer", "An answer that never comes"),
        t("systemet gir opp ventingen", "the system stops waiting"),
        held.len(),
        &waits,
    );
    sheet.needs(looked > 0, "et svar som brøt av", "an answer that broke off");
    if looked > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Neste kall", "The next call"),
        t("den samme siden", "the same page"),
        looked,
        &skipped,
    );
    sheet.rule(
        t("Pålegg", "Orders"),
        t("nettopp de som kom helt fram", "exactly those that arrived whole"),
        told,
        &odd,
    );
}

fn client_errors(sheet: &mut Sheet<'_>) {
    let is = |seen: &Seen| {
        is_call(seen) && matches!(seen.status(), Some(400 | 406 | 415 | 422)) && seen.exchange.operation != "innsending"
    };
    let (mut looked, mut again) = (0, Vec::new());
    for act in sheet.acts_with(is) {
        let mut before = HashSet::new();
        for seen in act.calls() {
            let first = before.insert(asked(seen));
            if !is(seen) {
                continue;
            }
            looked += 1;
            sheet.cite(seen);
            if !first {
                again.push(at(seen));
            }
        }
    }
    sheet.rule(
        t("Samme kall på nytt", "The same call again"),
        t("aldri", "never"),
        looked,
        &again,
    );
}

fn foreign(sheet: &mut Sheet<'_>) {
    let is = |seen: &Seen| is_call(seen) && matches!(seen.status(), Some(404 | 502)) && !is_json_error(seen);
    let acts = sheet.acts_with(is);
    let (mut told, mut silent) = (0, Vec::new());
    for act in &acts {
        let status = act
            .calls()
            .find(|seen| is(seen))
            .and_then(Seen::status)
            .unwrap_or_default()
            .to_string();
        for seen in act.calls().filter(|seen| is(seen)) {
            sheet.cite(seen);
        }
        if let Some(conclusion) = act.said() {
            told += 1;
            let finished = act.calls().last().is_some_and(Seen::succeeded);
            if !finished && !conclusion.says(&[&status]) {
                silent.push(status);
            }
        }
    }
    sheet.needs(
        !acts.is_empty(),
        "et feilsvar som ikke er JSON",
        "an error answer that is no JSON",
    );
    if !acts.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Melding", "Message"),
        t("status er nevnt", "the status is named"),
        told,
        &silent,
    );
}

fn maintenance(sheet: &mut Sheet<'_>) {
    let is_down = |seen: &Seen| is_call(seen) && seen.status() == Some(503) && !is_json_error(seen);
    let (mut looked, mut restarted) = (0, Vec::new());
    let (mut told, mut lost) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        let Some(down) = scene.acts.iter().position(|act| act.calls().any(is_down)) else {
            continue;
        };
        let before = scene.acts[..down].iter().flat_map(|act| act.of("hentAlleGjeldende"));
        let highest = before
            .flat_map(|seen| numbers(&seen.orders().unwrap_or_default()))
            .max();
        let Some(after) = scene.acts[down + 1..]
            .iter()
            .find(|act| act.calls().any(Seen::succeeded))
        else {
            continue;
        };
        looked += 1;
        let first = after.of("hentAlleGjeldende").next();
        if let (Some(first), Some(highest)) = (first, highest) {
            sheet.cite(first);
            if first.number("fraSekvensnummer") != Some(highest) {
                restarted.push(at(first));
            }
        }
        let said = scene.acts[down].said();
        let held = after
            .conclusion
            .as_ref()
            .filter(|conclusion| conclusion.orders.is_some());
        if let (Some(said), Some(held)) = (said, held) {
            told += 1;
            if !said.failed() || said.messages.iter().flatten().next().is_none() {
                lost.push("–".to_owned());
            }
            let delivered = scene.acts.iter().flat_map(|act| act.of("hentAlleGjeldende"));
            let delivered = delivered.flat_map(|seen| ids(&seen.orders().unwrap_or_default()));
            lost.extend(delivered.filter(|id| !held.holds(id)));
        }
    }
    sheet.needs(
        looked > 0,
        "en henting mens tjenesten var nede, og en etterpå",
        "a fetch while the service was down, and one afterwards",
    );
    if looked > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Første kall etterpå", "The first call afterwards"),
        t("fra vannmerket", "from the watermark"),
        looked,
        &restarted,
    );
    sheet.rule(
        t("Melding og pålegg", "Message and orders"),
        t("meldt, og ingen pålegg mangler", "reported, and no order is missing"),
        told,
        &lost,
    );
}

fn throttled(sheet: &mut Sheet<'_>) {
    let (mut looked, mut early) = (0, Vec::new());
    for act in sheet.tape.acts() {
        let calls: Vec<_> = act.calls().collect();
        for (index, seen) in calls.iter().enumerate().filter(|(_, seen)| seen.status() == Some(429)) {
            let seconds = seen
                .exchange
                .response_headers
                .get("retry-after")
                .and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
            let Some(seconds) = seconds else { continue };
            looked += 1;
            sheet.cite(seen);
            let next = calls
                .get(index + 1)
                .filter(|next| next.exchange.url.path() == seen.exchange.url.path());
            if let Some(next) = next {
                sheet.cite(next);
                // The clocks of both sides may round.
                if seen.until(next) < seconds * 1000 - 100 {
                    early.push(format!("{}: {} ms", at(next), seen.until(next)));
                }
            }
        }
    }
    sheet.rule(
        t("Etter 429", "After 429"),
        t(
            "venter som Retry-After sier, eller stopper",
            "waits as Retry-After says, or stops",
        ),
        looked,
        &early,
    );
}
