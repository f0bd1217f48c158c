//! What a person needs for a task, beside the sentence that says what it is.

use serde::Serialize;

use super::driver::{Assignment, PRODUCTION};
use crate::results::Text;

/// One thing that a task comes with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Detail {
    /// What it is.
    pub name: Text,
    /// Its value; no identity number.
    pub value: String,
}

impl Assignment {
    /// What the task comes with: customers, page size, dates, the order to look up, the files to
    /// submit, the address to use.
    #[must_use]
    pub fn details(&self) -> Vec<Detail> {
        let given = &self.given;
        let mut details = Vec::new();
        let mut add = |name: Text, value: String| {
            if !value.is_empty() {
                details.push(Detail { name, value });
            }
        };
        if given.production {
            add(Text::new("Adresse", "Address"), PRODUCTION.to_owned());
        }
        let customers: Vec<String> = given
            .customers
            .iter()
            .map(|customer| match &customer.external_ref {
                Some(reference) => format!("{} (externalRef {reference})", customer.organisation),
                None => customer.organisation.clone(),
            })
            .collect();
        add(Text::new("Kunde", "Customer"), customers.join(", "));
        add(Text::same("maksAntall"), given.page_size.clone().unwrap_or_default());
        let dates: Vec<String> = given.pay_dates.iter().map(ToString::to_string).collect();
        add(Text::new("Utbetalingsdatoer", "Pay dates"), dates.join(", "));
        if let Some((id, version)) = &given.order {
            add(Text::same("trekkid, trekkversjon"), format!("{id}, {version}"));
        }
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        add(Text::new("Filer", "Files"), files.join(", "));
        details
    }
}
