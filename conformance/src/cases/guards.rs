//! Environment, test data, and what the evidence holds.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    recording,
    redaction::Hits,
    results::{Provenance, Text},
    run::{Context, PRODUCTION_ADDRESSES, Stop},
    synthetic::Guard,
};

fn nothing_recorded() -> Stop {
    Stop::NotRun(Text::new(
        "Ingen utveksling i kjøringen å kontrollere.",
        "No exchange in the run to check.",
    ))
}

/// SEC-03.
pub(super) async fn environment(context: Context) -> Result<(), Stop> {
    let target = context.target();
    for (purpose, url) in target.addresses() {
        let result = target.hosts.check(&url);
        context.check(
            Text::new(format!("Verten for {purpose}"), format!("The host of {purpose}")),
            Provenance::Published,
            Text::new("en tillatt testvert", "an allowed test host"),
            match &result {
                Ok(()) => Text::new("tillatt", "allowed"),
                Err(refused) => Text::same(refused.to_string()),
            },
            result.is_ok(),
        );
    }
    let open: Vec<&str> = PRODUCTION_ADDRESSES
        .iter()
        .copied()
        .filter(|address| url::Url::parse(address).is_ok_and(|url| target.hosts.check(&url).is_ok()))
        .collect();
    context.check(
        Text::new("Produksjon avvises", "Production is refused"),
        Provenance::Published,
        Text::new("alle avvises", "all are refused"),
        if open.is_empty() {
            Text::new("alle", "all")
        } else {
            Text::same(open.join(", "))
        },
        open.is_empty(),
    );
    Ok(())
}

/// A guard with the same rules and an empty ledger, so that looking twice does not count twice.
fn second_guard(context: &Context) -> Guard {
    Guard::new(context.target().declared.clone(), &[0; 32])
}

/// SEC-01.
pub(super) async fn outgoing(context: Context) -> Result<(), Stop> {
    let guard = second_guard(&context);
    let mut bodies = 0;
    let mut fields = BTreeSet::new();
    for recorded in context.recorded().values().flatten() {
        bodies += 1;
        if let Err(stopped) = guard.outgoing(&recorded.raw.request_body, None) {
            fields.extend(stopped.suspects.into_iter().map(|suspect| suspect.field));
        }
    }
    if bodies == 0 {
        return Err(nothing_recorded());
    }
    let fields = fields.into_iter().collect::<Vec<_>>().join(", ");
    context.check(
        Text::new("Alt som ble sendt", "Everything that was sent"),
        Provenance::Published,
        Text::new(
            "bare syntetiske eller tillatte nummer",
            "only synthetic or allowed numbers",
        ),
        if fields.is_empty() {
            Text::new(
                format!("{bodies} forespørsler, ingen funn"),
                format!("{bodies} requests, no finding"),
            )
        } else {
            Text::new(format!("kan være ekte: {fields}"), format!("could be real: {fields}"))
        },
        fields.is_empty(),
    );
    Ok(())
}

/// SEC-02.
pub(super) async fn incoming(context: Context) -> Result<(), Stop> {
    let guard = second_guard(&context);
    let mut bodies = 0;
    let mut fields = BTreeSet::new();
    for recorded in context.recorded().values().flatten() {
        bodies += 1;
        fields.extend(
            guard
                .incoming(&recorded.raw.response_body, None)
                .into_iter()
                .map(|suspect| suspect.field),
        );
    }
    if bodies == 0 {
        return Err(nothing_recorded());
    }
    let name = Text::new("Alt som ble mottatt", "Everything that was received");
    let expected = Text::new(
        "bare syntetiske eller tillatte nummer",
        "only synthetic or allowed numbers",
    );
    if fields.is_empty() {
        let found = Text::new(
            format!("{bodies} svar, ingen funn"),
            format!("{bodies} answers, no finding"),
        );
        context.check(name, Provenance::Published, expected, found, true);
    } else {
        // A finding about the sender's data, not about the vendor.
        let fields = fields.into_iter().collect::<Vec<_>>().join(", ");
        let found = Text::new(
            format!("kan være ekte, meld fra til avsenderen: {fields}"),
            format!("could be real, tell the sender: {fields}"),
        );
        context.needs_review(name, Provenance::Published, expected, found);
    }
    Ok(())
}

/// SEC-04.
pub(super) async fn secrets(context: Context) -> Result<(), Stop> {
    let all: Vec<_> = context.recorded().values().flatten().collect();
    if all.is_empty() {
        return Err(nothing_recorded());
    }
    let raw: Vec<_> = all.iter().map(|recorded| recorded.raw.clone()).collect();
    let secrets = recording::secrets(&raw);
    let mut leaks = BTreeSet::new();
    for (case, exchanges) in context.recorded() {
        for recorded in exchanges {
            let written = recorded.written.to_string();
            if secrets.iter().any(|secret| written.contains(secret.as_str())) {
                leaks.insert(case.as_str());
            }
        }
    }
    let leaks = leaks.into_iter().collect::<Vec<_>>().join(", ");
    context.check(
        Text::new("Hemmeligheter i det som ble skrevet", "Secrets in what was written"),
        Provenance::Published,
        Text::new("ingen", "none"),
        if leaks.is_empty() {
            Text::new(
                format!("{} hemmeligheter søkt etter, ingen treff", secrets.len()),
                format!("{} secrets searched for, no hit", secrets.len()),
            )
        } else {
            Text::new(format!("treff i {leaks}"), format!("hits in {leaks}"))
        },
        leaks.is_empty(),
    );
    Ok(())
}

/// What a verdict could rest on: must be the same before and after.
fn essentials(status: Option<u64>, method: &str, operation: &str, body: Option<&Value>) -> Value {
    let codes: Vec<Value> = body
        .map(|body| {
            let below = body.get("spesifisering").and_then(Value::as_array);
            std::iter::once(body)
                .chain(below.into_iter().flatten())
                .filter_map(|entry| entry.get("kode").cloned())
                .collect()
        })
        .unwrap_or_default();
    serde_json::json!([status, method, operation, codes])
}

/// SEC-05.
pub(super) async fn inert(context: Context) -> Result<(), Stop> {
    let (mut exchanges, mut changed, mut unstable) = (0, BTreeSet::new(), BTreeSet::new());
    for (case, all) in context.recorded() {
        for recorded in all {
            exchanges += 1;
            let raw = &recorded.raw;
            let written = &recorded.written;
            let before = essentials(
                raw.status.filter(|_| raw.fault.is_none()).map(u64::from),
                raw.method.as_str(),
                &raw.operation,
                raw.response_json().as_ref(),
            );
            let text = |pointer: &str| written.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let after = essentials(
                written.pointer("/outcome/response/status").and_then(Value::as_u64),
                text("/method"),
                text("/operation"),
                written.pointer("/outcome/response/body/json"),
            );
            if before != after {
                changed.insert(case.as_str());
            }
            if context.redactor().json(written, &mut Hits::new()) != *written {
                unstable.insert(case.as_str());
            }
        }
    }
    if exchanges == 0 {
        return Err(nothing_recorded());
    }
    for (name, cases) in [
        (
            Text::new("Likt før og etter sladding", "Equal before and after redaction"),
            changed,
        ),
        (
            Text::new("En gang til endrer ingenting", "A second pass changes nothing"),
            unstable,
        ),
    ] {
        let cases = cases.into_iter().collect::<Vec<_>>().join(", ");
        context.check(
            name,
            Provenance::Published,
            Text::new("alle utvekslinger", "every exchange"),
            if cases.is_empty() {
                Text::new(format!("{exchanges} utvekslinger"), format!("{exchanges} exchanges"))
            } else {
                Text::new(format!("ikke i {cases}"), format!("not in {cases}"))
            },
            cases.is_empty(),
        );
    }
    Ok(())
}
