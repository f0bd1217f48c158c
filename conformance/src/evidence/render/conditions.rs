//! Under which conditions a run took place: environment, identifiers on the wire, redaction.

use serde_json::{Value, json};

use super::{
    texts::Words,
    view::{non_empty, or_not_stated, period, time},
};
use crate::{
    evidence::PackData,
    results::{Direction, Lang, TargetKind},
};

pub(super) fn environment(data: &PackData, words: &Words) -> Value {
    let lang = words.lang();
    let run = &data.results.run;
    let environment = &data.environment;
    let fact = |key: &str, value: String| json!({"label": words.get(key), "value": value});
    let simulator = match run.target.kind {
        TargetKind::Simulator => true,
        TargetKind::Test | TargetKind::Custom => environment.simulator.is_some(),
    };
    let authority = run.target.kind == TargetKind::Test;
    let yes = |value: bool| words.get(if value { "yes" } else { "no" }).to_owned();
    let hosts = environment
        .hosts
        .iter()
        .map(|host| {
            let mut line = format!("{} ({})", host.host, host.purpose.get(lang));
            if let Some(reason) = &host.reason {
                line.push_str(": ");
                line.push_str(reason);
            }
            line
        })
        .collect::<Vec<_>>()
        .join("; ");
    let tls = environment
        .tls
        .iter()
        .map(|fact| format!("{}: {}", fact.host, fact.fact.get(lang)))
        .collect::<Vec<_>>()
        .join("; ");
    let version = environment
        .simulator
        .as_ref()
        .map_or_else(String::new, |simulator| match simulator.seed {
            Some(seed) => format!("{} ({} {seed})", simulator.version, words.get("e_seed")),
            None => simulator.version.clone(),
        });
    let api_versions = run
        .documents
        .iter()
        .map(|document| format!("{} {}", document.api, document.version))
        .collect::<Vec<_>>()
        .join(", ");
    let only = |used: bool, value: &str| {
        if used && !value.is_empty() {
            value.to_owned()
        } else {
            "–".to_owned()
        }
    };
    let row = |key: &str, simulator_value: String, authority_value: String| json!({"label": words.get(key), "simulator": simulator_value, "authority": authority_value});
    let period = period(data, words);
    let mut facts = vec![
        fact("e_target", run.target.description.get(lang).to_owned()),
        fact(
            "e_access",
            non_empty(&spelt_out(&environment.access_model, words), words),
        ),
        fact("e_preset", non_empty(&spelt_out(&run.preset, words), words)),
        fact("e_tool", format!("{} {}", run.tool.name, run.tool.version)),
        fact("e_binary", or_not_stated(run.tool.binary_sha256.as_deref(), words)),
        fact(
            "e_catalogue",
            format!("{} / {}", run.catalogue_version, run.register_version),
        ),
    ];
    // Neither column is about such hosts.
    if run.target.kind == TargetKind::Custom && !simulator {
        facts.push(fact("e_hosts", non_empty(&hosts, words)));
        facts.push(fact("e_tls", non_empty(&tls, words)));
    }
    if let Some(offset) = environment.clock_offset_ms {
        facts.push(fact("e_clock", format!("{offset} ms")));
    }
    if !run.resumed.is_empty() {
        facts.push(fact(
            "e_resumed",
            run.resumed
                .iter()
                .map(|at| time(*at, lang))
                .collect::<Vec<_>>()
                .join(", "),
        ));
    }
    if !environment.capabilities.is_empty() {
        facts.push(fact(
            "e_capabilities",
            environment
                .capabilities
                .iter()
                .map(|capability| format!("{}: {}", spelt_out(&capability.name, words), yes(capability.declared)))
                .collect::<Vec<_>>()
                .join("; "),
        ));
    }
    json!({
        "columns": [
            row("e_used", yes(simulator), yes(authority)),
            row("e_period", only(simulator, &period), only(authority, &period)),
            row("e_versions", only(simulator, &version), only(authority, &api_versions)),
            row("e_hosts", only(simulator && !authority, &hosts), only(authority, &hosts)),
            row("e_tls", only(simulator && !authority, &tls), only(authority, &tls)),
        ],
        "facts": facts,
        "documents": run.documents.iter().map(|document| json!({
            "name": format!("{} {}", document.api, document.version),
            "provenance": document.provenance.label().get(lang),
            "sha256": document.sha256,
        })).collect::<Vec<_>>(),
    })
}

/// An access model or a capability in words, with the code that it has in `miljo.json`. One that this
/// tool does not know stands as it is.
fn spelt_out(code: &str, words: &Words) -> String {
    let key = match code {
        "all" => "x_all",
        "own-organisation" => "x_own_organisation",
        "system-user" => "x_system_user",
        "client-system-user" => "x_client_system_user",
        "delegation" => "x_delegation",
        "trekkpaalegg" => "x_trekkpaalegg",
        "finansprodukter" => "x_finansprodukter",
        "authority-environment" => "e_authority",
        _ => return code.to_owned(),
    };
    format!("{} ({code})", words.get(key))
}

pub(super) fn synthetic(data: &PackData, words: &Words) -> Value {
    let lang = words.lang();
    let ledger = &data.synthetic;
    json!({
        "checked": !ledger.rule_version.is_empty(),
        "counts": ledger.counts.iter().map(|count| json!({
            "field": count.field,
            "direction": words.get(match count.direction {
                Direction::Outgoing => "s_out",
                Direction::Incoming => "s_in",
            }),
            "class": count.class.label().get(lang),
            "count": count.count,
        })).collect::<Vec<_>>(),
        "allowed": ledger.allowed_fields.iter().map(|field| json!({
            "field": field.field,
            "reason": field.reason.get(lang),
        })).collect::<Vec<_>>(),
        "blocked": ledger.blocked.len(),
    })
}

pub(super) fn redaction(data: &PackData, lang: Lang) -> Value {
    let report = &data.redaction;
    let hits = |rule: &str| -> u64 { report.files.iter().filter_map(|file| file.hits.get(rule)).sum() };
    json!({
        "rules": report.rules.iter().map(|rule| json!({
            "id": rule.id,
            "what": rule.what.get(lang),
            "hits": hits(&rule.id),
        })).collect::<Vec<_>>(),
        "placeholder": report.placeholder_scheme.get(lang),
    })
}
