//! Which orders are taken as they are, and which go to a person.

use serde_json::Value;

use super::{
    NO_RESULT, Rule, Sheet,
    orders::{cite_lists, received, stored},
    paging::{id, ids},
    t,
};
use crate::{counterparty::tape::Act, results::Text};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "TP-15",
        hint: [
            "Legg pålegg med både beløp og prosent, eller ingen av dem, til side, og behandle resten.",
            "Set an order with both an amount and a percentage, or neither, aside, and process the rest.",
        ],
        judge: one_size,
    },
    Rule {
        case: "TP-21",
        hint: [
            "Legg pålegg der trekkpliktig ikke er organisasjonen det ble hentet for, eller der skyldneren ikke er ansatt, til side.",
            "Set an order aside when trekkpliktig is not the organisation that it was fetched for, or when the skyldner is not employed.",
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
fn quarantine(sheet: &mut Sheet<'_>, which: Text, acts: &[&Act], is: impl Fn(&Act, &Value) -> bool) {
    let (mut told, mut taken) = (0, Vec::new());
    let (mut others, mut lost) = (0, Vec::new());
    for act in acts {
        cite_lists(sheet, act);
        let Some(conclusion) = stored(act) else { continue };
        for order in received(act) {
            let Some(name) = id(&order) else { continue };
            if is(act, &order) {
                told += 1;
                // An earlier version that was good may go on counting.
                let held = order.get("trekkversjon").is_none_or(|version| {
                    let version = version.as_u64().or_else(|| version.as_str()?.parse().ok());
                    conclusion.version(&name).is_some_and(|held| Some(held) == version)
                });
                if held || !conclusion.set_aside(&name) {
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
        which,
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
    quarantine(
        sheet,
        t("Pålegg med begge eller ingen", "Orders with both or neither"),
        &acts,
        |_, order| odd_size(order).is_some(),
    );
}

/// Whether an order is for somebody else than the token of the call that delivered it.
fn other_employer(act: &Act, order: &Value) -> bool {
    let employer = order.get("trekkpliktig").and_then(Value::as_str);
    let customers = &act.given.customers;
    !customers.is_empty()
        && employer.is_some_and(|employer| !customers.iter().any(|customer| customer.organisation == employer))
}

/// Whether an order's `skyldner` is not employed. One for another employer is judged as such.
fn stranger(act: &Act, order: &Value) -> bool {
    id(order).is_some_and(|name| act.given.strangers.contains(&name))
}

fn right_employer(sheet: &mut Sheet<'_>) {
    let unknown: Vec<_> = sheet
        .tape
        .acts()
        .filter(|act| received(act).iter().any(|order| stranger(act, order)))
        .collect();
    sheet.needs(
        !unknown.is_empty(),
        "et pålegg med en skyldner som ikke er ansatt",
        "an order with a skyldner who is not employed",
    );
    quarantine(
        sheet,
        t("Pålegg med ukjent skyldner", "Orders with an unknown skyldner"),
        &unknown,
        stranger,
    );
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
    quarantine(
        sheet,
        t("Pålegg til en annen arbeidsgiver", "Orders for another employer"),
        &acts,
        other_employer,
    );
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
