//! Control totals: which fields each one sums, and the exact sums.

use rust_decimal::Decimal;
use serde_json::Value;

use super::pointer::Path;

/// A control total of `oppgaveoppsummering` and the amount of a product that it sums.
pub(super) struct Definition {
    /// Name in `oppgaveoppsummering`.
    pub(super) name: &'static str,
    /// Name of the amount in `finansprodukt`.
    pub(super) field: &'static str,
    /// Name inside that field, when the amount is wrapped.
    pub(super) inner: Option<&'static str>,
}

const fn total(name: &'static str, field: &'static str, inner: Option<&'static str>) -> Definition {
    Definition { name, field, inner }
}

/// Every control total. A test compares the table with the pinned document in both directions.
/// Source: the field names of the service's published example.
pub(super) const DEFINITIONS: [Definition; 9] = [
    total("sumFormuesverdi", "formuesverdi", Some("beloepINOK")),
    total("sumSkattepliktigUtbytte", "skattepliktigUtbytte", None),
    total("sumRenteinntekt", "renteinntekt", None),
    total("sumAnnenInntektEllerUtbetaling", "annenInntektEllerUtbetaling", None),
    total("sumGevinst", "gevinstEllerTap", Some("skattepliktigGevinst")),
    total("sumTap", "gevinstEllerTap", Some("fradragsberettigetTap")),
    total("sumAnvendtSkjerming", "anvendtSkjerming", None),
    total("sumUtdeltUtbytte", "utdeltUtbytte", None),
    total("sumSalgsvederlag", "salgsvederlag", Some("beloepINOK")),
];

/// The sums so far, one per definition.
#[derive(Default)]
pub(super) struct Sums([Sum; DEFINITIONS.len()]);

#[derive(Default)]
struct Sum {
    /// Exact sum of the amounts that could be read.
    value: Decimal,
    /// The first amount that could not be read or added.
    unreadable: Option<String>,
}

/// What a sum came to.
pub(super) enum Computed {
    /// Exact.
    Exact(Decimal),
    /// Not known, because of the amount at this pointer.
    Unreadable(String),
}

impl Sums {
    /// Adds the amounts of one product.
    pub(super) fn add(&mut self, product: &Value, at: Path<'_>) {
        let Some(members) = product.as_object() else {
            // Not an object: the schema says so. The sums of all its amounts are unknown.
            for sum in &mut self.0 {
                sum.spoil(at);
            }
            return;
        };
        for (definition, sum) in DEFINITIONS.iter().zip(&mut self.0) {
            let Some(outer) = members.get(definition.field) else {
                continue;
            };
            let here = Path::Member(&at, definition.field);
            match definition.inner {
                None => sum.add(outer, here),
                Some(inner) => match outer.as_object() {
                    Some(wrapper) => {
                        if let Some(amount) = wrapper.get(inner) {
                            sum.add(amount, Path::Member(&here, inner));
                        }
                    }
                    None => sum.spoil(here),
                },
            }
        }
    }

    /// Marks every sum as unknown: the products of something could not be found.
    pub(super) fn spoil(&mut self, at: Path<'_>) {
        for sum in &mut self.0 {
            sum.spoil(at);
        }
    }

    /// The result, in the order of [`DEFINITIONS`].
    pub(super) fn finish(self) -> impl Iterator<Item = (&'static Definition, Computed)> {
        DEFINITIONS.iter().zip(self.0).map(|(definition, sum)| {
            let computed = match sum.unreadable {
                None => Computed::Exact(sum.value),
                Some(pointer) => Computed::Unreadable(pointer),
            };
            (definition, computed)
        })
    }
}

impl Sum {
    fn add(&mut self, amount: &Value, at: Path<'_>) {
        match amount
            .as_str()
            .and_then(amount_of)
            .and_then(|a| self.value.checked_add(a))
        {
            // `checked_add` rounds when 96 bits do not hold the exact sum. Amounts of at most
            // 15 + 8 digits get there with 790,000 of the largest, four times what 10 MB hold.
            Some(value) => self.value = value,
            None => self.spoil(at),
        }
    }

    fn spoil(&mut self, at: Path<'_>) {
        self.unreadable.get_or_insert_with(|| at.to_pointer());
    }
}

/// The control totals of a body, as decimal strings, in the order of [`DEFINITIONS`]; those that
/// cannot be computed are left out, and the check says why.
pub(crate) fn totals_of(body: &Value) -> Vec<(&'static str, String)> {
    let mut sums = Sums::default();
    let reports = body.pointer("/leveranse/oppgave").and_then(Value::as_array);
    for report in reports.into_iter().flatten() {
        let products = report.pointer("/konto/finansprodukt").and_then(Value::as_array);
        for product in products.into_iter().flatten() {
            sums.add(product, Path::Root);
        }
    }
    sums.finish()
        .filter_map(|(definition, computed)| match computed {
            Computed::Exact(value) => Some((definition.name, value.normalize().to_string())),
            Computed::Unreadable(_) => None,
        })
        .collect()
}

/// Reads an amount: digits, at most one point, an optional minus; no exponent, no blanks, no
/// separators. `None` for anything else and for amounts beyond 15 digits before the point or 8
/// after it, within which sums are exact.
pub(super) fn amount_of(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole, 15) || !plain(fraction, 8) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_amounts() {
        for (text, value) in [
            ("0", "0"),
            ("-12.50", "-12.5"),
            ("007", "7"),
            ("999999999999999.99", "999999999999999.99"),
        ] {
            assert_eq!(amount_of(text), Some(value.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "+1",
            "1_000",
            " 1",
            "1,5",
            "1.2.3",
            "1234567890123456",
            "0.123456789",
            "NaN",
            "--1",
        ] {
            assert_eq!(amount_of(text), None, "{text}");
        }
    }

    #[test]
    fn the_table_has_exactly_the_totals_of_the_pinned_document() {
        let document = crate::finansprodukter::check::schema::document().unwrap();
        let schemas = document.value().pointer("/components/schemas").unwrap();
        let mut stated: Vec<&str> = schemas["Oppgaveoppsummering"]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|name| *name != "antallOppgaver")
            .collect();
        let mut known: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.name).collect();
        stated.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, stated);

        // Every amount of a product is summed by one of them, and every path leads to an amount.
        let products = &schemas["Finansprodukt"]["properties"];
        let target = |schema: &Value| {
            schema["$ref"]
                .as_str()
                .map(|reference| reference.rsplit('/').next().unwrap().to_owned())
        };
        for definition in &DEFINITIONS {
            let outer = target(&products[definition.field]).unwrap();
            let amount = match definition.inner {
                None => outer,
                Some(inner) => target(&schemas[&outer]["properties"][inner]).unwrap(),
            };
            assert_eq!(amount, "Beloep", "{}", definition.name);
        }
        let summed: Vec<&str> = DEFINITIONS.iter().map(|definition| definition.field).collect();
        for (name, schema) in products.as_object().unwrap() {
            let is_amount = target(schema).is_some_and(|name| name != "Desimaltall");
            assert_eq!(summed.contains(&name.as_str()), is_amount, "{name}");
        }
    }
}
