//! Checks on what the other cases have recorded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use skatteetaten_client::finansprodukter::{Rule, check};

use crate::{
    recording::RawExchange,
    results::{Provenance, Text},
    run::{Context, Stop},
};

fn nothing_recorded() -> Stop {
    Stop::NotRun(Text::new(
        "Ingen utveksling i kjøringen å kontrollere.",
        "No exchange in the run to check.",
    ))
}

fn exchanges<'a>(context: &'a Context, operations: &'a [&str]) -> impl Iterator<Item = &'a RawExchange> {
    context
        .recorded()
        .values()
        .flatten()
        .map(|recorded| &recorded.raw)
        .filter(move |raw| operations.contains(&raw.operation.as_str()))
        .filter(|raw| raw.status.is_some_and(|status| (200..300).contains(&status)))
}

/// TP-20.
pub(super) async fn payment_details(context: Context) -> Result<(), Stop> {
    let mut kids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut cases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for raw in exchanges(&context, &["hentAlleGjeldende", "hentVersjon"]) {
        let orders = match raw.response_json() {
            Some(Value::Array(orders)) => orders,
            Some(order @ Value::Object(_)) => vec![order],
            _ => continue,
        };
        for order in orders {
            // Opaque text; a number means the same.
            let Some(id) = order.get("trekkid").map(ToString::to_string) else {
                continue;
            };
            let text = |pointer: &str| order.pointer(pointer).map(ToString::to_string);
            if let Some(kid) = text("/betalingsinformasjon/kidnummer") {
                kids.entry(id.clone()).or_default().insert(kid);
            }
            if let Some(number) = text("/saksnummer") {
                cases.entry(id).or_default().insert(number);
            }
        }
    }
    if kids.is_empty() {
        return Err(nothing_recorded());
    }
    let changed = kids.values().filter(|kids| kids.len() > 1).count();
    context.check(
        Text::new("KID gjennom versjonene", "KID through the versions"),
        Provenance::Published,
        Text::new(
            "samme kidnummer for hvert trekkid",
            "the same kidnummer for each trekkid",
        ),
        Text::new(
            format!("{} trekkid, {changed} med ulike", kids.len()),
            format!("{} trekkid, {changed} with different ones", kids.len()),
        ),
        changed == 0,
    );
    let changed = cases.values().filter(|numbers| numbers.len() > 1).count();
    if changed > 0 {
        context.remark(
            Text::new("saksnummer gjennom versjonene", "saksnummer through the versions"),
            Provenance::Inferred,
            Text::new("ikke avklart (Q1)", "not settled (Q1)"),
            Text::new(
                format!("{changed} trekkid med ulike"),
                format!("{changed} trekkid with different ones"),
            ),
        );
    }
    Ok(())
}

/// FP-12.
pub(super) async fn counts(context: Context) -> Result<(), Stop> {
    let mut checked = 0;
    for raw in exchanges(&context, &["innsending"]) {
        let (Some(request), Some(receipt)) = (raw.request_json(), raw.response_json()) else {
            continue;
        };
        checked += 1;
        let listed = request
            .pointer("/leveranse/oppgave")
            .and_then(Value::as_array)
            .map_or(0, Vec::len) as u64;
        let stated = request
            .pointer("/leveranse/oppgaveoppsummering/antallOppgaver")
            .and_then(Value::as_u64);
        let received = receipt.get("antallOppgaver").and_then(Value::as_u64);
        let show = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
        let numbers = format!("{listed} / {} / {}", show(stated), show(received));
        context.check(
            Text::new("Liste, oppsummering og kvittering", "List, summary and receipt"),
            Provenance::Published,
            Text::new("samme tall tre ganger", "the same number three times"),
            Text::same(numbers),
            stated == Some(listed) && received == Some(listed),
        );
    }
    if checked == 0 { Err(nothing_recorded()) } else { Ok(()) }
}

/// FP-13.
pub(super) async fn totals(context: Context) -> Result<(), Stop> {
    let mut checked = 0;
    for raw in exchanges(&context, &["innsending"]) {
        checked += 1;
        let report = check(&raw.request_body);
        let wrong: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| matches!(finding.rule, Rule::Total | Rule::MissingTotal | Rule::UnreadableTotal))
            .map(|finding| finding.pointer.clone())
            .collect();
        context.check(
            Text::new("Summene i oppgaveoppsummering", "The totals in oppgaveoppsummering"),
            Provenance::Inferred,
            Text::new("oppgitt lik beregnet", "stated equals computed"),
            if wrong.is_empty() {
                Text::new("likt", "equal")
            } else {
                Text::new(
                    format!("ulikt: {}", wrong.join(", ")),
                    format!("different: {}", wrong.join(", ")),
                )
            },
            wrong.is_empty(),
        );
    }
    if checked == 0 { Err(nothing_recorded()) } else { Ok(()) }
}
