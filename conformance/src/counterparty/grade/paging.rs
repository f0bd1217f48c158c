//! How the list of orders is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{NO_RESULT, Rule, Sheet, at, t};
use crate::counterparty::{
    conclusion::Outcome,
    tape::{Act, Ended, Scene, Seen},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "TP-01",
        hint: [
            "Behandle 200 med tom liste som vellykket.",
            "Treat 200 with an empty list as a success.",
        ],
        judge: first_contact,
    },
    Rule {
        case: "TP-02",
        hint: [
            "Lagre hvert pålegg fra den fulle hentingen.",
            "Store every order of the full fetch.",
        ],
        judge: full_fetch,
    },
    Rule {
        case: "TP-03",
        hint: [
            "Send fraSekvensnummer og maksAntall sammen, som hele tall på minst 0 og 1.",
            "Send fraSekvensnummer and maksAntall together, as whole numbers of at least 0 and 1.",
        ],
        judge: pair,
    },
    Rule {
        case: "TP-04",
        hint: [
            "Bruk det høyeste mottatte sekvensnummeret som neste fraSekvensnummer, uten å legge til 1.",
            "Use the highest sekvensnummer received as the next fraSekvensnummer, without adding 1.",
        ],
        judge: exclusive,
    },
    Rule {
        case: "TP-05",
        hint: [
            "Spør igjen etter en full side, og stopp etter en som ikke er full.",
            "Ask again after a full page, and stop after one that is not full.",
        ],
        judge: full_page,
    },
    Rule {
        case: "TP-06",
        hint: [
            "Er siste side full, spør én gang til og tål en tom liste; også med maksAntall 1.",
            "When the last page is full, ask once more and take an empty list; with maksAntall 1 too.",
        ],
        judge: exact_multiple,
    },
    Rule {
        case: "TP-07",
        hint: [
            "Lagre vannmerket sammen med påleggene, i samme transaksjon, etter hver side.",
            "Store the watermark together with the orders, in one transaction, after each page.",
        ],
        judge: durable,
    },
    Rule {
        case: "TP-09",
        hint: [
            "Regn vannmerket som det høyeste nummeret på siden, ikke det siste.",
            "Take the highest number on the page as the watermark, not the last.",
        ],
        judge: unsorted,
    },
    Rule {
        case: "TP-13",
        hint: [
            "Kontroller verdiene før de sendes.",
            "Check the values before they are sent.",
        ],
        judge: malformed,
    },
    Rule {
        case: "TP-14",
        hint: ["Send Accept: application/json.", "Send Accept: application/json."],
        judge: accept,
    },
];

const LIST: &str = "hentAlleGjeldende";

/// The list calls of an act by customer, in order. None, when there are fewer customers behind the
/// tokens than the task was given: the calls of several are mixed then.
fn chains<'a>(sheet: &Sheet<'a>, act: &'a Act) -> Vec<Vec<&'a Seen>> {
    let mut chains: BTreeMap<_, Vec<&Seen>> = BTreeMap::new();
    for seen in act.of(LIST) {
        chains.entry(sheet.customer(seen)).or_default().push(seen);
    }
    if chains.len() < act.given.customers.len() {
        return Vec::new();
    }
    chains.into_values().collect()
}

/// After such a pause, in milliseconds, a call begins a new poll: a system that polls by itself may do
/// so again before its task is said to be done.
const NEW_POLL: i64 = 10_000;

/// The call that goes on from a page.
fn following<'a>(chain: &[&'a Seen], index: usize) -> Option<&'a Seen> {
    let (page, next) = (chain.get(index)?, chain.get(index + 1)?);
    (page.until(next) < NEW_POLL).then_some(*next)
}

/// The sequence numbers of a page, in order.
pub(super) fn numbers(orders: &[Value]) -> Vec<u64> {
    let number = |order: &Value| {
        let number = order.get("sekvensnummer")?;
        number.as_u64().or_else(|| number.as_str()?.parse().ok())
    };
    orders.iter().filter_map(number).collect()
}

/// The `trekkid`s of orders, as text.
pub(super) fn ids(orders: &[Value]) -> Vec<String> {
    orders.iter().filter_map(id).collect()
}

/// One order's `trekkid`, as text.
pub(super) fn id(order: &Value) -> Option<String> {
    match order.get("trekkid")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn first_contact(sheet: &mut Sheet<'_>) {
    let mut told = 0;
    let mut errors = Vec::new();
    let mut seen_empty = false;
    for act in sheet.tape.acts() {
        let lists: Vec<_> = act.of(LIST).collect();
        let empty = lists
            .first()
            .is_some_and(|seen| seen.orders().is_some_and(|orders| orders.is_empty()))
            && lists.iter().all(|seen| seen.succeeded());
        if !empty {
            continue;
        }
        seen_empty = true;
        if let Some(seen) = lists.first() {
            sheet.cite(seen);
        }
        if let Some(conclusion) = act.conclusion.as_ref().filter(|c| c.outcome.is_some()) {
            told += 1;
            if conclusion.outcome != Some(Outcome::Ok) {
                errors.push("–".to_owned());
            }
        }
    }
    sheet.needs(
        seen_empty,
        "en henting som ga tom liste",
        "a fetch that gave an empty list",
    );
    if seen_empty {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Tom liste", "An empty list"),
        t("vellykket", "a success"),
        told,
        &errors,
    );
}

fn full_fetch(sheet: &mut Sheet<'_>) {
    let (mut told, mut lost) = (0, Vec::new());
    let mut tried = false;
    for act in sheet.tape.acts() {
        let full: Vec<_> = act
            .of(LIST)
            .filter(|seen| seen.exchange.url.query().unwrap_or_default().is_empty() && seen.succeeded())
            .collect();
        for seen in full {
            tried = true;
            sheet.cite(seen);
            let Some(stored) = act.conclusion.as_ref().filter(|conclusion| conclusion.orders.is_some()) else {
                continue;
            };
            for id in ids(&seen.orders().unwrap_or_default()) {
                told += 1;
                if !stored.holds(&id) {
                    lost.push(id);
                }
            }
        }
    }
    sheet.needs(tried, "en henting uten parametere", "a fetch without parameters");
    if tried {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Pålegg i svaret", "Orders in the answer"),
        t("alle lagret", "all stored"),
        told,
        &lost,
    );
}

/// Why a list call's parameters are wrong, if they are.
fn wrong_parameters(seen: &Seen) -> bool {
    let whole = |text: &str, least: u64| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u64>().is_ok_and(|number| number >= least)
    };
    match (seen.query("fraSekvensnummer"), seen.query("maksAntall")) {
        (None, None) => false,
        (Some(from), Some(max)) => !whole(&from, 0) || !whole(&max, 1),
        _ => true,
    }
}

/// Whether a task asks for values that make no sense.
fn asks_for_nonsense(act: &Act) -> bool {
    let size = act.given.page_size.as_deref();
    size.is_some_and(|size| size.parse::<u64>().is_ok_and(|size| size == 0) || size.parse::<u64>().is_err())
}

fn pair(sheet: &mut Sheet<'_>) {
    let calls: Vec<_> = sheet
        .tape
        .acts()
        .filter(|act| !asks_for_nonsense(act))
        .flat_map(|act| act.of(LIST))
        .collect();
    let paged = calls
        .iter()
        .filter(|seen| seen.exchange.url.query().is_some_and(|q| !q.is_empty()));
    let paged: Vec<_> = paged.collect();
    let wrong: Vec<_> = paged
        .iter()
        .filter(|seen| wrong_parameters(seen))
        .map(|seen| at(seen))
        .collect();
    for seen in &paged {
        sheet.cite(seen);
    }
    sheet.rule(
        t("fraSekvensnummer og maksAntall", "fraSekvensnummer and maksAntall"),
        t(
            "begge, hele tall på minst 0 og 1",
            "both, whole numbers of at least 0 and 1",
        ),
        paged.len(),
        &wrong,
    );
}

/// Pairs of a page and the call that follows it, for one customer.
fn steps<'a>(sheet: &Sheet<'a>) -> Vec<(&'a Seen, Vec<u64>, &'a Seen)> {
    let mut all = Vec::new();
    for act in sheet.tape.acts() {
        for chain in chains(sheet, act) {
            for pair in chain.windows(2) {
                let orders = pair[0].orders().unwrap_or_default();
                let numbers = numbers(&orders);
                if !numbers.is_empty()
                    && pair[1].query("fraSekvensnummer").is_some()
                    && pair[0].query("maksAntall").is_some()
                {
                    all.push((pair[0], numbers, pair[1]));
                }
            }
        }
    }
    all
}

fn watermark(sheet: &mut Sheet<'_>, sorted: bool) {
    let (mut looked, mut wrong) = (0, Vec::new());
    for (page, numbers, next) in steps(sheet) {
        let is_sorted = numbers.windows(2).all(|pair| pair[0] <= pair[1]);
        if is_sorted != sorted {
            continue;
        }
        looked += 1;
        sheet.cite(page);
        sheet.cite(next);
        let highest = numbers.iter().max().copied().unwrap_or_default();
        let from = next.number("fraSekvensnummer").unwrap_or_default();
        if from != highest {
            wrong.push(format!("{}: {from}, {highest}", at(next)));
        }
    }
    sheet.rule(
        t("Neste fraSekvensnummer", "The next fraSekvensnummer"),
        t("det høyeste mottatte", "the highest received"),
        looked,
        &wrong,
    );
}

fn exclusive(sheet: &mut Sheet<'_>) {
    watermark(sheet, true);
}

fn unsorted(sheet: &mut Sheet<'_>) {
    watermark(sheet, false);
}

fn full_page(sheet: &mut Sheet<'_>) {
    let (mut full, mut stopped) = (0, Vec::new());
    let (mut partial, mut went_on) = (0, Vec::new());
    for act in sheet
        .tape
        .acts()
        .filter(|act| act.task.is_some() && act.ended == Ended::Done)
    {
        for chain in chains(sheet, act) {
            for (index, seen) in chain.iter().enumerate() {
                let (Some(orders), Some(max)) = (seen.orders(), seen.number("maksAntall")) else {
                    continue;
                };
                let next = following(&chain, index);
                if orders.len() as u64 >= max {
                    full += 1;
                    sheet.cite(seen);
                    if next.is_none() {
                        stopped.push(at(seen));
                    }
                } else if !orders.is_empty() {
                    partial += 1;
                    if let Some(next) = next.filter(|next| next.query("maksAntall").is_some()) {
                        went_on.push(at(next));
                        sheet.cite(next);
                    }
                }
            }
        }
    }
    sheet.rule(
        t("Etter en full side", "After a full page"),
        t("ett kall til", "one more call"),
        full,
        &stopped,
    );
    sheet.rule(
        t("Etter en side som ikke er full", "After a page that is not full"),
        t("ingen flere kall", "no more calls"),
        partial,
        &went_on,
    );
    sheet.needs(full > 0, "en full side", "a full page");
    sheet.needs(partial > 0, "en side som ikke er full", "a page that is not full");
}

fn exact_multiple(sheet: &mut Sheet<'_>) {
    let (mut ends, mut wrong) = (0, Vec::new());
    let (mut several, mut single) = (false, false);
    for act in sheet.tape.acts().filter(|act| act.task.is_some()) {
        for chain in chains(sheet, act) {
            for (index, pair) in chain.windows(2).enumerate() {
                let [page, empty] = pair else { continue };
                let (Some(orders), Some(max)) = (page.orders(), page.number("maksAntall")) else {
                    continue;
                };
                let ended = empty.orders().is_some_and(|orders| orders.is_empty());
                if orders.len() as u64 != max || orders.is_empty() || !ended {
                    continue;
                }
                ends += 1;
                several |= max > 1;
                single |= max == 1;
                sheet.cite(page);
                sheet.cite(empty);
                if let Some(more) = following(&chain, index + 1) {
                    wrong.push(at(more));
                }
                if act
                    .conclusion
                    .as_ref()
                    .is_some_and(|conclusion| conclusion.outcome == Some(Outcome::Failed))
                {
                    wrong.push(at(empty));
                }
            }
        }
    }
    sheet.rule(
        t("Etter en full siste side", "After a last page that is full"),
        t(
            "ett kall som gir tom liste, så stopp",
            "one call that gives an empty list, then stop",
        ),
        ends,
        &wrong,
    );
    sheet.needs(several, "en full siste side", "a last page that is full");
    sheet.needs(single, "det samme med maksAntall 1", "the same with maksAntall 1");
}

/// Everything that was delivered in a scene.
fn delivered(scene: &Scene) -> BTreeSet<String> {
    let lists = scene.acts.iter().flat_map(|act| act.of(LIST));
    lists.flat_map(|seen| ids(&seen.orders().unwrap_or_default())).collect()
}

fn durable(sheet: &mut Sheet<'_>) {
    let (mut restarts, mut skipped) = (0, Vec::new());
    let (mut told, mut lost) = (0, Vec::new());
    for scene in &sheet.tape.scenes {
        for pair in scene.acts.windows(2) {
            let [before, after] = pair else { continue };
            let pages: Vec<_> = before.of(LIST).filter(|seen| seen.succeeded()).collect();
            if before.ended != Ended::Killed || pages.is_empty() {
                continue;
            }
            let Some(first) = after.of(LIST).next() else { continue };
            restarts += 1;
            sheet.cite(first);
            let highest = pages
                .iter()
                .flat_map(|seen| numbers(&seen.orders().unwrap_or_default()))
                .max()
                .unwrap_or_default();
            let from = first.number("fraSekvensnummer").unwrap_or_default();
            if from > highest {
                skipped.push(format!("{}: {from} > {highest}", at(first)));
            }
            let Some(stored) = after
                .conclusion
                .as_ref()
                .filter(|conclusion| conclusion.orders.is_some())
            else {
                continue;
            };
            told += 1;
            lost.extend(delivered(scene).into_iter().filter(|id| !stored.holds(id)));
        }
    }
    sheet.needs(restarts > 0, "en stans mellom to sider", "a stop between two pages");
    if restarts > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Første kall etter stansen", "The first call after the stop"),
        t("ikke forbi det som ble mottatt", "not beyond what was received"),
        restarts,
        &skipped,
    );
    sheet.rule(
        t("Pålegg etter stansen", "Orders after the stop"),
        t("alle lagret", "all stored"),
        told,
        &lost,
    );
}

fn malformed(sheet: &mut Sheet<'_>) {
    let acts: Vec<_> = sheet.tape.acts().filter(|act| asks_for_nonsense(act)).collect();
    sheet.needs(
        !acts.is_empty(),
        "en oppgave med en verdi som ikke gir mening",
        "a task with a value that makes no sense",
    );
    let sent: Vec<_> = acts
        .iter()
        .flat_map(|act| act.of(LIST))
        .filter(|seen| wrong_parameters(seen))
        .map(at)
        .collect();
    sheet.rule(
        t("Ugyldige verdier", "Invalid values"),
        t("stanset før sending", "stopped before sending"),
        acts.len(),
        &sent,
    );
}

fn accept(sheet: &mut Sheet<'_>) {
    let calls: Vec<_> = sheet
        .tape
        .seen()
        .filter(|seen| matches!(seen.exchange.operation.as_str(), LIST | "hentVersjon"))
        .collect();
    let without: Vec<_> = calls
        .iter()
        .filter(|seen| !seen.header("accept").unwrap_or_default().contains("application/json"))
        .map(|seen| at(seen))
        .collect();
    for seen in calls.iter().take(3) {
        sheet.cite(seen);
    }
    sheet.rule(
        t("Accept", "Accept"),
        t("application/json", "application/json"),
        calls.len(),
        &without,
    );
}
