//! Synthetic submissions.

use serde_json::{Value, json};

/// Persons with 80 added to the month, as in the authority's own test data.
const PERSONS: [&str; 2] = ["15847530062", "21868330144"];

/// The control totals, all of them zero.
fn no_totals() -> Value {
    json!({
        "antallOppgaver": 0,
        "sumFormuesverdi": "0",
        "sumSkattepliktigUtbytte": "0",
        "sumRenteinntekt": "0",
        "sumAnnenInntektEllerUtbetaling": "0",
        "sumGevinst": "0",
        "sumTap": "0",
        "sumAnvendtSkjerming": "0",
        "sumUtdeltUtbytte": "0",
        "sumSalgsvederlag": "0",
    })
}

fn delivery(reporter: &str, year: i32, reference: &str, kind: &str) -> Value {
    json!({
        "leveranse": {
            "kildesystem": concat!("skatt-conformance/", env!("CARGO_PKG_VERSION")),
            "oppgavegiver": { "organisasjonsnummer": reporter },
            "inntektsaar": year,
            "oppgavegiversLeveranseReferanse": reference,
            "leveransetype": kind,
            "oppgaveoppsummering": no_totals(),
        }
    })
}

/// A valid submission with two reports, for a reporter and an income year. `reference` makes it
/// unlike any other.
///
/// ```
/// let body = skatteetaten_conformance::cases::example_submission("310000000", 2024, "ref-1");
/// assert_eq!(body["leveranse"]["oppgaveoppsummering"]["sumFormuesverdi"], "7800.50");
/// ```
#[must_use]
pub fn submission(reporter: &str, year: i32, reference: &str) -> Value {
    let mut body = delivery(reporter, year, reference, "ordinaer");
    let report = |person: &str, account: &str, products: Value| {
        json!({
            "oppgaveeier": { "person": {
                "foedselsnummer": person, "fornavn": "Syntetisk", "etternavn": "Testperson" } },
            "konto": { "kontonummer": account, "kontonummertype": "ISIN", "finansprodukt": products },
        })
    };
    body["leveranse"]["oppgave"] = json!([
        report(
            PERSONS[0],
            "NO0014437946",
            json!([
                { "finansprodukttype": "aksjer", "antall": "77", "formuesverdi": { "beloepINOK": "7700.50" },
                  "gevinstEllerTap": { "skattepliktigGevinst": "12" }, "anvendtSkjerming": "8",
                  "salgsvederlag": { "beloepINOK": "90" } },
                { "finansprodukttype": "aksjer", "antall": "4", "formuesverdi": { "beloepINOK": "100" },
                  "gevinstEllerTap": { "fradragsberettigetTap": "90" }, "salgsvederlag": { "beloepINOK": "20" } },
            ]),
        ),
        report(
            PERSONS[1],
            "NO0014437953",
            // In binary fractions these are 0.30000000000000004 together.
            json!([
                { "finansprodukttype": "aksjer", "renteinntekt": "0.10" },
                { "finansprodukttype": "aksjer", "renteinntekt": "0.20" },
            ]),
        ),
    ]);
    body["leveranse"]["oppgaveoppsummering"] = json!({
        "antallOppgaver": 2,
        "sumFormuesverdi": "7800.50",
        "sumSkattepliktigUtbytte": "0",
        "sumRenteinntekt": "0.30",
        "sumAnnenInntektEllerUtbetaling": "0",
        "sumGevinst": "12",
        "sumTap": "90",
        "sumAnvendtSkjerming": "8",
        "sumUtdeltUtbytte": "0",
        "sumSalgsvederlag": "110",
    });
    body
}

/// A delivery that only withdraws a report sent earlier.
pub(super) fn deletion(reporter: &str, year: i32, reference: &str) -> Value {
    let mut body = delivery(reporter, year, reference, "ordinaer");
    body["leveranse"]["sletteoppgave"] = json!([
        { "oppgaveeierFoedselsnummer": PERSONS[0], "kontonummer": "NO0014437946" }
    ]);
    body
}

/// A delivery that says there is nothing to report.
pub(super) fn nothing(reporter: &str, year: i32, reference: &str) -> Value {
    delivery(reporter, year, reference, "ingenOppgaver")
}

/// A valid submission padded with blanks to at least `size` bytes.
pub(super) fn padded(reporter: &str, year: i32, reference: &str, size: usize) -> Vec<u8> {
    let mut bytes = submission(reporter, year, reference).to_string().into_bytes();
    bytes.resize(size.max(bytes.len()), b' ');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Declared, Guard};

    #[test]
    fn everything_in_them_is_synthetic() {
        let guard = Guard::new(Declared::default(), &[7; 32]);
        for body in [
            submission("310000000", 2024, "r"),
            deletion("310000000", 2024, "r"),
            nothing("310000000", 2024, "r"),
        ] {
            assert_eq!(guard.outgoing(body.to_string().as_bytes(), None), Ok(()));
        }
    }
}
