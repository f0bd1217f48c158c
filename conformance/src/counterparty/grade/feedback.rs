//! What becomes of a submission after its receipt.

use std::collections::HashSet;

use serde_json::Value;
use skatteetaten_specs::manifest::sha256_hex;

use super::{NO_RESULT, Rule, Sheet, access::asked, at, submissions::stands, t};
use crate::counterparty::{
    conclusion::SubmissionStatus,
    tape::{Act, Seen},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "FP-14",
        hint: [
            "La status være sendt til tilbakemeldingen er lest; vis avvist som avvist.",
            "Leave the status at sent until the feedback is read; show rejected as rejected.",
        ],
        judge: not_acceptance,
    },
    Rule {
        case: "FP-15",
        hint: [
            "Hent dokumentet som dialogen viser til, og lagre det med digest.",
            "Fetch the document that the dialog names, and store it with its digest.",
        ],
        judge: document,
    },
    Rule {
        case: "FP-16",
        hint: [
            "Behandle 404 som ikke funnet, uten nye forsøk.",
            "Treat 404 as not found, without further attempts.",
        ],
        judge: unknown,
    },
];

/// The feedback types that a dialog shows.
fn feedback_types(seen: &Seen) -> Vec<String> {
    let Some(dialog) = seen.succeeded().then(|| seen.exchange.response_json()).flatten() else {
        return Vec::new();
    };
    let transmissions = dialog.get("transmissions").and_then(Value::as_array);
    transmissions
        .into_iter()
        .flatten()
        .filter(|transmission| {
            transmission
                .get("relatedTransmissionId")
                .is_some_and(|id| !id.is_null())
        })
        .filter_map(|transmission| transmission.get("type")?.as_str().map(str::to_owned))
        .collect()
}

fn not_acceptance(sheet: &mut Sheet<'_>) {
    let (mut told, mut early) = (0, Vec::new());
    let (mut rejections, mut hidden) = (0, Vec::new());
    let (mut sent, mut rejected) = (false, false);
    for act in sheet.tape.acts() {
        let types: Vec<_> = act.of("hentDialog").flat_map(feedback_types).collect();
        let submitted = act.of("innsending").any(Seen::succeeded);
        sent |= submitted && types.is_empty();
        rejected |= types.iter().any(|kind| kind == "Rejection");
        let Some(known) = act
            .conclusion
            .as_ref()
            .and_then(|conclusion| conclusion.submissions.as_ref())
        else {
            continue;
        };
        if submitted && types.is_empty() {
            told += 1;
            early.extend(
                known
                    .iter()
                    .filter(|known| {
                        stands(known, SubmissionStatus::Accepted) || stands(known, SubmissionStatus::Rejected)
                    })
                    .map(|_| "–".to_owned()),
            );
        }
        if types.iter().any(|kind| kind == "Rejection") {
            rejections += 1;
            for seen in act.of("hentDialog") {
                sheet.cite(seen);
            }
            if !known.iter().any(|known| stands(known, SubmissionStatus::Rejected)) {
                hidden.push("–".to_owned());
            }
        }
    }
    sheet.needs(sent, "en kvittering uten tilbakemelding", "a receipt without feedback");
    sheet.needs(rejected, "en tilbakemelding som avviser", "a feedback that rejects");
    if sent && rejected {
        sheet.needs(told > 0 && rejections > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Etter kvitteringen", "After the receipt"),
        t("sendt, ikke godtatt", "sent, not accepted"),
        told,
        &early,
    );
    sheet.rule(
        t("Etter en avvisning", "After a rejection"),
        t("avvist", "rejected"),
        rejections,
        &hidden,
    );
}

/// The digests that an act tells of.
fn digests(act: &Act) -> Option<Vec<String>> {
    let known = act.conclusion.as_ref()?.submissions.as_ref()?;
    Some(
        known
            .iter()
            .flat_map(|known| &known.documents)
            .map(|digest| digest.to_lowercase())
            .collect(),
    )
}

fn document(sheet: &mut Sheet<'_>) {
    let (mut fetched, mut told, mut lost) = (0, 0, Vec::new());
    for act in sheet.tape.acts() {
        for seen in act.of("uthentingDokument").filter(|seen| seen.succeeded()) {
            fetched += 1;
            sheet.cite(seen);
            if let Some(known) = digests(act) {
                told += 1;
                if !known.contains(&sha256_hex(&seen.exchange.response_body)) {
                    lost.push(at(seen));
                }
            }
        }
    }
    sheet.needs(fetched > 0, "et dokument som ble hentet", "a document that was fetched");
    if fetched > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
    sheet.rule(
        t("Dokumentet", "The document"),
        t("lagret, med samme digest", "stored, with the same digest"),
        told,
        &lost,
    );
}

fn unknown(sheet: &mut Sheet<'_>) {
    let (mut looked, mut again) = (0, Vec::new());
    for act in sheet.tape.acts() {
        let calls = act
            .calls()
            .filter(|seen| matches!(seen.exchange.operation.as_str(), "uthentingDokument" | "hentDialog"));
        let mut before = HashSet::new();
        for seen in calls.filter(|seen| seen.status() == Some(404)) {
            looked += 1;
            sheet.cite(seen);
            if !before.insert(asked(seen)) {
                again.push(at(seen));
            }
        }
    }
    sheet.rule(
        t("Nytt forsøk etter 404", "Another attempt after 404"),
        t("aldri", "never"),
        looked,
        &again,
    );
}
