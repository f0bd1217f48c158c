//! What becomes of the orders that were received.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    NO_RESULT, Rule, Sheet,
    access::same_request,
    at,
    paging::{id, ids},
    t,
};
use crate::{
    counterparty::{
        conclusion::{Conclusion, StoredOrder},
        tape::{Act, Scene},
    },
    results::Text,
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
        case: "TP-15",
        hint: [
            "Legg pålegg med både beløp og prosent, eller ingen av dem, til side, og behandle resten.",
            "Set an order with both an amount and a percentage, or neither, aside, and process the rest.",
        ],
        judge: one_size,
    },
    Rule {
        case: "TP-20",
        hint: [
            "Ta KID, konto og mottaker fra pålegget, som tekst.",
            "Take KID, account and payee from the order, as text.",
        ],
        judge: payment,
    },
    Rule {
        case: "TP-21",
        hint: [
            "Legg pålegg der trekkpliktig ikke er organisasjonen det ble hentet for, til side.",
            "Set an order aside when trekkpliktig is not the organisation that it was fetched for.",
        ],
        judge: right_employer,
    },
    Rule {
        case: "TP-22",
        hint: [
            "Se bort fra ukjente felt, behold ukjente koder, og les datoer i begge former.",
            "Ignore unknown fields, keep unknown codes, and read dates in both forms.",
        ],
        judge: tolerant,
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
fn stored(act: &Act) -> Option<&Conclusion> {
    act.conclusion.as_ref().filter(|conclusion| conclusion.orders.is_some())
}

/// The version of an order.
pub(super) fn version(order: &Value) -> Option<u64> {
    order.get("trekkversjon")?.as_u64()
}

fn cite_lists(sheet: &mut Sheet<'_>, act: &Act) {
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
            let body = seen.succeeded().then(|| seen.exchange.response_json()).flatten();
            let asked = act.given.order.as_ref();
            if body.is_none() && asked.is_none_or(|_| seen.status() == Some(404)) {
                continue;
            }
            looked += 1;
            sheet.cite(seen);
            let mut path = seen.exchange.url.path_segments().into_iter().flatten().rev();
            let sent = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
            if body.is_none() || asked.is_some_and(|(id, version)| sent != (version.as_str(), id.as_str())) {
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
        let calls: Vec<_> = act.of("hentVersjon").collect();
        for (index, seen) in calls.iter().enumerate().filter(|(_, seen)| seen.status() == Some(404)) {
            looked += 1;
            sheet.cite(seen);
            if calls[..index].iter().any(|before| same_request(before, seen)) {
                again.push(at(seen));
            }
            let code = seen
                .exchange
                .response_json()
                .and_then(|body| body.get("kode")?.as_str().map(str::to_owned));
            if let (Some(conclusion), Some(code)) = (act.said(), code) {
                told += 1;
                if !conclusion.says(&[&code]) {
                    silent.push(code);
                }
            }
        }
    }
    sheet.rule(t("Nytt forsøk", "Another attempt"), t("aldri", "never"), looked, &again);
    sheet.rule(
        t("Feilen", "The error"),
        t("koden er tatt vare på", "its code is kept"),
        told,
        &silent,
    );
    if looked > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
}

/// Whether a period of the order has both sizes (`true`) or neither (`false`).
fn odd_size(order: &Value) -> Option<bool> {
    let periods = order.get("trekkstoerrelseForPeriode")?.as_array()?;
    periods.iter().find_map(|period| {
        let (amount, percent) = (
            period.get("trekkbeloep").is_some_and(|size| !size.is_null()),
            period.get("trekkprosent").is_some_and(|size| !size.is_null()),
        );
        (amount == percent).then_some(amount)
    })
}

/// Orders for which `is` is true must be set aside, the others held.
fn quarantine(sheet: &mut Sheet<'_>, acts: &[&Act], is: impl Fn(&Act, &Value) -> bool) {
    let (mut told, mut taken) = (0, Vec::new());
    let (mut others, mut lost) = (0, Vec::new());
    for act in acts {
        cite_lists(sheet, act);
        let Some(conclusion) = stored(act) else { continue };
        for order in received(act) {
            let Some(name) = id(&order) else { continue };
            if is(act, &order) {
                told += 1;
                if conclusion.holds(&name) || !conclusion.set_aside(&name) {
                    taken.push(name);
                }
            } else {
                others += 1;
                if !conclusion.holds(&name) {
                    lost.push(name);
                }
            }
        }
    }
    if !acts.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Pålegget det gjelder", "The order in question"),
        t("lagt til side og meldt", "set aside and reported"),
        told,
        &taken,
    );
    sheet.rule(
        t("De andre påleggene", "The other orders"),
        t("tatt imot", "received"),
        others,
        &lost,
    );
}

fn one_size(sheet: &mut Sheet<'_>) {
    let with = |size: bool| -> Vec<&Act> {
        let has = |act: &&Act| received(act).iter().any(|order| odd_size(order) == Some(size));
        sheet.tape.acts().filter(has).collect()
    };
    let (both, neither) = (with(true), with(false));
    sheet.needs(
        !both.is_empty(),
        "en periode med både beløp og prosent",
        "a period with both an amount and a percentage",
    );
    sheet.needs(
        !neither.is_empty(),
        "en periode med verken beløp eller prosent",
        "a period with neither",
    );
    let acts: Vec<_> = both.into_iter().chain(neither).collect();
    quarantine(sheet, &acts, |_, order| odd_size(order).is_some());
}

/// Whether an order is for somebody else than the token of the call that delivered it.
fn other_employer(act: &Act, order: &Value) -> bool {
    let employer = order.get("trekkpliktig").and_then(Value::as_str);
    let customers = &act.given.customers;
    !customers.is_empty()
        && employer.is_some_and(|employer| !customers.iter().any(|customer| customer.organisation == employer))
}

fn right_employer(sheet: &mut Sheet<'_>) {
    let acts: Vec<_> = sheet
        .tape
        .acts()
        .filter(|act| received(act).iter().any(|order| other_employer(act, order)))
        .collect();
    sheet.needs(
        !acts.is_empty(),
        "et pålegg til en annen arbeidsgiver",
        "an order for another employer",
    );
    if !sheet.subject.system_user {
        if !acts.is_empty() {
            sheet.remark(
                t("Egen organisasjon", "Own organisation"),
                t("ikke avklart (Q11)", "not settled (Q11)"),
                t("et pålegg til en annen arbeidsgiver", "an order for another employer"),
            );
        }
        return;
    }
    quarantine(sheet, &acts, other_employer);
}

fn payment(sheet: &mut Sheet<'_>) {
    let (mut told, mut wrong) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        for act in &scene.acts {
            let Some(conclusion) = stored(act) else { continue };
            for held in conclusion.orders.iter().flatten() {
                let Some(order) = latest(scene, act, &held.trekkid) else {
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

/// The newest version of an order that a scene had delivered by the end of an act.
pub(super) fn latest(scene: &Scene, until: &Act, trekkid: &str) -> Option<Value> {
    let mut found: Option<Value> = None;
    for act in &scene.acts {
        for order in received(act) {
            if id(&order).as_deref() == Some(trekkid)
                && found.as_ref().is_none_or(|known| version(known) <= version(&order))
            {
                found = Some(order);
            }
        }
        if std::ptr::eq(act, until) {
            break;
        }
    }
    found
}

fn tolerant(sheet: &mut Sheet<'_>) {
    const FIELDS: [&str; 10] = [
        "trekkid",
        "trekkversjon",
        "sekvensnummer",
        "opprettet",
        "saksnummer",
        "trekkpliktig",
        "skyldner",
        "trekkstatus",
        "trekkstoerrelseForPeriode",
        "betalingsinformasjon",
    ];
    let strange = |order: &Value| {
        let fields = order
            .as_object()
            .is_some_and(|fields| fields.keys().any(|name| !FIELDS.contains(&name.as_str())));
        let status = order.get("trekkstatus").and_then(Value::as_str);
        let code = status.is_some_and(|status| !matches!(status, "aktiv" | "avsluttet"));
        let dates = order
            .get("trekkstoerrelseForPeriode")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|period| period.get("startdato")?.as_str())
            .any(|date| date.len() == 8);
        [fields, code, dates]
    };
    let mut tried = [false; 3];
    let (mut told, mut lost) = (0, Vec::new());
    for act in sheet.tape.acts() {
        let orders = received(act);
        let mut here = false;
        for order in &orders {
            for (seen, tried) in strange(order).into_iter().zip(&mut tried) {
                *tried |= seen;
                here |= seen;
            }
        }
        if !here {
            continue;
        }
        cite_lists(sheet, act);
        let Some(conclusion) = stored(act) else { continue };
        for name in ids(&orders) {
            told += 1;
            if !conclusion.holds(&name) {
                lost.push(name);
            }
        }
    }
    for (tried, (nb, en)) in tried.into_iter().zip([
        ("et ukjent felt", "an unknown field"),
        ("en ny statuskode", "a new status code"),
        ("en dato uten bindestreker", "a date without hyphens"),
    ]) {
        sheet.needs(tried, nb, en);
    }
    if tried.contains(&true) {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        Text::new("Påleggene i slike svar", "The orders in such answers"),
        t("tatt imot", "received"),
        told,
        &lost,
    );
}
