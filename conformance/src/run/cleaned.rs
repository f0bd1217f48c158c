//! What the texts of a result repeat of the wire may be somebody's.

use crate::{
    redaction::{Hits, Redactor},
    results::{Check, Text},
};

/// Redacts what a result says. The verdict stands.
pub(crate) fn cleaned(redactor: &Redactor, reason: &mut Text, checks: &mut [Check], outcome: &mut Option<Text>) {
    let mut hits = Hits::new();
    let mut clean = |text: &mut Text| {
        text.nb = redactor.text(&text.nb, &mut hits);
        text.en = redactor.text(&text.en, &mut hits);
    };
    clean(reason);
    if let Some(outcome) = outcome {
        clean(outcome);
    }
    for check in checks {
        clean(&mut check.found);
    }
    if !hits.is_empty() {
        redactor.record("resultater.json", &hits);
    }
}
