//! What becomes of the orders that were received.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{NO_RESULT, Rule, Sheet, access::asked, at, paging::id, t};
use crate::counterparty::{
    conclusion::{Conclusion, StoredOrder},
    tape::{Act, Scene},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "TP-08",
        hint: [
            "Lagre på trekkid og trekkversjon, slik at en gjentatt levering ikke gir noe nytt.",
            "Store by trekkid and trekkversjon, so that a repeated delivery adds nothing.",
        ],
        judge: duplicates,
    },
    Rule {
        case: "TP-10",
        hint: [
            "Bytt bare til en høyere trekkversjon; la aldri en eldre overskrive.",
            "Replace by a higher trekkversjon only; never let an older one overwrite.",
        ],
        judge: versions,
    },
    Rule {
        case: "TP-11",
        hint: [
            "Slå opp med trekkid og trekkversjon i adressen.",
            "Look up with trekkid and trekkversjon in the address.",
        ],
        judge: lookup,
    },
    Rule {
        case: "TP-12",
        hint: [
            "Behandle 404 som ikke funnet, uten nye forsøk, og ta vare på feilteksten.",
            "Treat 404 as not found, without another attempt, and keep the text of the error.",
        ],
        judge: not_found,
    },
    Rule {
        case: "TP-20",
        hint: [
            "Ta KID, konto og mottaker fra pålegget, som tekst.",
            "Take KID, account and payee from the order, as text.",
        ],
        judge: payment,
    },
];

const LIST: &str = "hentAlleGjeldende";

/// Every order that an act received in lists.
pub(super) fn received(act: &Act) -> Vec<Value> {
    act.of(LIST)
        .flat_map(|seen| seen.orders().unwrap_or_default())
        .collect()
}

/// What an act concluded about orders, where it says.
pub(super) fn stored(act: &Act) -> Option<&Conclusion> {
    act.conclusion.as_ref().filter(|conclusion| conclusion.orders.is_some())
}

/// The version of an order.
pub(super) fn version(order: &Value) -> Option<u64> {
    order.get("trekkversjon")?.as_u64()
}

pub(super) fn cite_lists(sheet: &mut Sheet<'_>, act: &Act) {
    for seen in act.of(LIST) {
        sheet.cite(seen);
    }
}

fn duplicates(sheet: &mut Sheet<'_>) {
    let (mut tried, mut told, mut twice) = (false, 0, Vec::new());
    for scene in &sheet.tape.scenes {
        let mut count: BTreeMap<(String, u64), usize> = BTreeMap::new();
        for act in &scene.acts {
            for order in received(act) {
                if let (Some(id), Some(version)) = (id(&order), version(&order)) {
                    *count.entry((id, version)).or_default() += 1;
                }
            }
        }
        let repeated: BTreeSet<&String> = count.iter().filter(|(_, n)| **n > 1).map(|((id, _), _)| id).collect();
        if repeated.is_empty() {
            continue;
        }
        tried = true;
        let Some((act, conclusion)) = scene.acts.iter().rev().find_map(|act| Some((act, stored(act)?))) else {
            continue;
        };
        cite_lists(sheet, act);
        for id in repeated {
            told += 1;
            let times = conclusion
                .orders
                .iter()
                .flatten()
                .filter(|order| order.trekkid == *id)
                .count();
            if times > 1 {
                twice.push(format!("{id}: {times} ×"));
            }
        }
    }
    sheet.needs(
        tried,
        "et pålegg som ble levert to ganger",
        "an order that was delivered twice",
    );
    if tried {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Levert to ganger", "Delivered twice"),
        t("én virkning", "one effect"),
        told,
        &twice,
    );
}

fn versions(sheet: &mut Sheet<'_>) {
    let (mut jumped, mut older) = (false, false);
    let (mut told, mut wrong) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        let mut newest: BTreeMap<String, u64> = BTreeMap::new();
        let mut interesting = BTreeSet::new();
        for act in &scene.acts {
            for order in received(act) {
                let (Some(id), Some(version)) = (id(&order), version(&order)) else {
                    continue;
                };
                let known = newest.entry(id.clone()).or_insert(version);
                if version > *known + 1 {
                    jumped = true;
                    interesting.insert(id);
                } else if version < *known {
                    older = true;
                    interesting.insert(id);
                }
                *known = version.max(*known);
            }
            if let Some(conclusion) = stored(act) {
                for id in &interesting {
                    told += 1;
                    cite_lists(sheet, act);
                    let held = conclusion.orders.iter().flatten().find(|order| order.trekkid == *id);
                    let held = held.map(|order| order.trekkversjon);
                    if held != newest.get(id).copied() {
                        wrong.push(format!("{id}: v{}, v{}", held.unwrap_or_default(), newest[id]));
                    }
                }
            }
        }
    }
    sheet.needs(jumped, "et hopp i trekkversjon", "a jump in trekkversjon");
    sheet.needs(
        older,
        "en eldre versjon etter en nyere",
        "an older version after a newer one",
    );
    if jumped || older {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Versjonen som gjelder", "The version that counts"),
        t("den høyeste mottatte", "the highest received"),
        told,
        &wrong,
    );
}

fn lookup(sheet: &mut Sheet<'_>) {
    let (mut looked, mut wrong) = (0, Vec::new());
    for act in sheet.tape.acts() {
        for seen in act.of("hentVersjon") {
            let path = seen.exchange.url.path_segments().into_iter().flatten().rev();
            let mut path = path.map(|part| percent_decode_str(part).decode_utf8_lossy());
            let sent = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
            let asked = act.given.order.as_ref();
            let as_asked = asked.is_none_or(|(id, version)| sent == (version.into(), id.into()));
            if as_asked && !seen.succeeded() {
                // What is not there is another case's matter.
                continue;
            }
            looked += 1;
            sheet.cite(seen);
            if !as_asked {
                wrong.push(at(seen));
            }
        }
    }
    sheet.rule(
        t("Oppslag", "Lookup"),
        t(
            "trekkid og trekkversjon i adressen, 200",
            "trekkid and trekkversjon in the address, 200",
        ),
        looked,
        &wrong,
    );
}

fn not_found(sheet: &mut Sheet<'_>) {
    let (mut looked, mut again) = (0, Vec::new());
    let (mut told, mut silent) = (0, Vec::new());
    for act in sheet.tape.acts() {
        let mut before = HashSet::new();
        for seen in act.of("hentVersjon") {
            let first = before.insert(asked(seen));
            if seen.status() != Some(404) {
                continue;
            }
            looked += 1;
            sheet.cite(seen);
            if !first {
                again.push(at(seen));
            }
            let names = seen.names_of_error();
            if let (Some(conclusion), false) = (act.said(), names.is_empty()) {
                told += 1;
                if !conclusion.says(&names.iter().map(String::as_str).collect::<Vec<_>>()) {
                    silent.push(at(seen));
                }
            }
        }
    }
    sheet.rule(t("Nytt forsøk", "Another attempt"), t("aldri", "never"), looked, &again);
    sheet.rule(
        t("Feilen", "The error"),
        t("koden eller meldingen er tatt vare på", "its code or message is kept"),
        told,
        &silent,
    );
    if looked > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
}

fn payment(sheet: &mut Sheet<'_>) {
    let (mut told, mut wrong) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        for act in &scene.acts {
            let Some(conclusion) = stored(act) else { continue };
            let newest = newest(scene, act);
            for held in conclusion.orders.iter().flatten() {
                let Some(order) = newest.get(&held.trekkid) else {
                    continue;
                };
                let told_of = |pick: fn(&StoredOrder) -> &Option<String>, name: &str| {
                    let value = order
                        .pointer(&format!("/betalingsinformasjon/{name}"))
                        .and_then(Value::as_str)?;
                    Some(pick(held).as_deref()? == value)
                };
                for (name, same) in [
                    ("kidnummer", told_of(|order| &order.kidnummer, "kidnummer")),
                    ("kontonummer", told_of(|order| &order.kontonummer, "kontonummer")),
                    (
                        "betalingsmottaker",
                        told_of(|order| &order.betalingsmottaker, "betalingsmottaker"),
                    ),
                ] {
                    if let Some(same) = same {
                        told += 1;
                        if !same {
                            wrong.push(format!("{}: {name}", held.trekkid));
                        }
                    }
                }
            }
            if told > 0 {
                cite_lists(sheet, act);
            }
        }
    }
    sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    sheet.rule(
        t("KID, konto og mottaker", "KID, account and payee"),
        t("som i pålegget", "as in the order"),
        told,
        &wrong,
    );
}

/// The newest version of each order that a scene had delivered by the end of an act, by `trekkid`.
pub(super) fn newest(scene: &Scene, until: &Act) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    for act in &scene.acts {
        for order in received(act) {
            let Some(id) = id(&order) else { continue };
            if found.get(&id).is_none_or(|known| version(known) <= version(&order)) {
                found.insert(id, order);
            }
        }
        if std::ptr::eq(act, until) {
            break;
        }
    }
    found
}
