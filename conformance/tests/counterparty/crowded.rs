//! What the page is shown when there is much of everything.

use serde_json::{Value, json};
use skatteetaten_conformance::{counterparty::judged_cases, results::Verdict};

/// The page with as much on it as there can be: every case, half of them with findings that fill
/// lines, more exchanges than are kept, and words that do not break.
pub(crate) fn crowded() -> Value {
    let long =
        "#12: 4711, 4712; #128: innsendingens beløp i formuesverdi/beloepINOK stemmer ikke med summen; ".repeat(4);
    let unbroken = "Kontrollsum".repeat(40);
    let verdicts = [
        Verdict::Failed,
        Verdict::Passed,
        Verdict::NotRun,
        Verdict::Failed,
        Verdict::Remark,
        Verdict::NeedsReview,
        Verdict::NotApplicable,
        Verdict::Blocked,
        Verdict::ToolError,
    ];
    let cases: Vec<Value> = judged_cases()
        .into_iter()
        .cycle()
        .take(77)
        .zip(verdicts.iter().cycle())
        .enumerate()
        .map(|(number, (id, verdict))| {
            let reason = if number % 7 == 0 { &unbroken } else { &long };
            let text = json!({ "nb": reason, "en": format!("{reason} (en)") });
            json!({
                "id": format!("{id}-{number}"),
                "title": { "nb": format!("En sak med en ganske lang tittel om {id}"), "en": "A case with a rather long title" },
                "verdict": verdict.code(),
                "label": verdict.label(),
                "reason": text,
                "hint": verdict.is_finding().then_some(text),
            })
        })
        .collect();
    let exchanges: Vec<Value> = (0..200)
        .map(|number| {
            json!({
                "number": 20_199 - number,
                "time": "12:34:56.789",
                "method": "GET",
                "operation": if number % 50 == 0 { unbroken.as_str() } else { "hentAlleGjeldende" },
                "parameters": "fraSekvensnummer=123456789012345678 maksAntall=1000",
                "status": if number % 5 == 0 { Value::Null } else { json!(if number % 3 == 0 { 503 } else { 200 }) },
                "fault": if number % 10 == 0 { json!("truncated") } else { Value::Null },
                "faults": if number % 10 == 0 { json!(["server-error", "slow-body"]) } else { json!([]) },
            })
        })
        .collect();
    json!({
        "at": "2026-01-01T12:00:00Z",
        "address": format!("https://{}.example.invalid/", "motpart".repeat(8)),
        "now": {
            "step": "exact-multiple", "act": 2, "task": "withholding", "attended": true,
            "instruction": { "nb": long, "en": unbroken },
            "say": { "nb": unbroken, "en": long },
            "details": [
                { "name": { "nb": "Kunde", "en": "Customer" }, "value": "310000035 (externalRef avdeling-2)" },
                { "name": { "nb": "Filer", "en": "Files" }, "value": format!("/tmp/{unbroken}.json") },
            ],
            "deadline": { "at": "2026-01-01T14:00:00Z", "seconds": 7200 },
        },
        "cases": cases, "count": 20_200, "exchanges": exchanges,
    })
}
