//! Control totals, for a simulator that has been told to check them. Nobody says whether the
//! service does.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::simulator::answer::Detail;

/// Each total and the fields of a product that it sums: pointers below the product.
const TOTALS: [(&str, &str); 9] = [
    ("sumFormuesverdi", "/formuesverdi/beloepINOK"),
    ("sumSkattepliktigUtbytte", "/skattepliktigUtbytte"),
    ("sumRenteinntekt", "/renteinntekt"),
    ("sumAnnenInntektEllerUtbetaling", "/annenInntektEllerUtbetaling"),
    ("sumGevinst", "/gevinstEllerTap/skattepliktigGevinst"),
    ("sumTap", "/gevinstEllerTap/fradragsberettigetTap"),
    ("sumAnvendtSkjerming", "/anvendtSkjerming"),
    ("sumUtdeltUtbytte", "/utdeltUtbytte"),
    ("sumSalgsvederlag", "/salgsvederlag/beloepINOK"),
];

/// Every total that differs from what it sums, and a wrong count. The body fits its schema.
pub(super) fn check(body: &Value) -> Vec<Detail> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let reports = list(body.pointer("/leveranse/oppgave"));
    let products: Vec<Value> = reports
        .iter()
        .flat_map(|report| list(report.pointer("/konto/finansprodukt")))
        .collect();
    let base = "/leveranse/oppgaveoppsummering";
    let stated = |name: &str| body.pointer(&format!("{base}/{name}"));
    let mut wrong = Vec::new();
    let mut report = |name: &str, stated: String, computed: String| {
        wrong.push(
            Detail::default()
                .about(format!("{base}/{name}"))
                .saying(format!("Kontrollsummen stemmer ikke; beregnet {computed}"))
                .given(stated),
        );
    };
    let count = stated("antallOppgaver").and_then(Value::as_u64);
    if count != u64::try_from(reports.len()).ok() {
        let stated = count.map_or_else(String::new, |count| count.to_string());
        report("antallOppgaver", stated, reports.len().to_string());
    }
    for (name, pointer) in TOTALS {
        let amounts = products.iter().filter_map(|product| decimal(product.pointer(pointer)));
        let computed: Decimal = amounts.sum();
        let found = decimal(stated(name));
        if found.unwrap_or_default() != computed {
            let stated = found.map_or_else(String::new, |found| found.to_string());
            report(name, stated, computed.to_string());
        }
    }
    wrong
}

fn decimal(value: Option<&Value>) -> Option<Decimal> {
    Decimal::from_str(value?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_differing_total_is_named() {
        let mut body = json!({ "leveranse": {
            "oppgave": [{ "konto": { "finansprodukt": [
                { "salgsvederlag": { "beloepINOK": "90.10" }, "renteinntekt": "0.1" },
                { "salgsvederlag": { "beloepINOK": "20" }, "renteinntekt": "0.2" },
            ] } }],
            "oppgaveoppsummering": { "antallOppgaver": 1, "sumSalgsvederlag": "110.1", "sumRenteinntekt": "0.30" },
        } });
        assert!(check(&body).is_empty());
        body["leveranse"]["oppgaveoppsummering"] = json!({ "antallOppgaver": 2, "sumSalgsvederlag": "40" });
        let named: Vec<_> = check(&body).into_iter().filter_map(|detail| detail.path).collect();
        assert_eq!(
            named,
            [
                "/leveranse/oppgaveoppsummering/antallOppgaver",
                "/leveranse/oppgaveoppsummering/sumRenteinntekt",
                "/leveranse/oppgaveoppsummering/sumSalgsvederlag",
            ]
        );
    }
}
