//! `oppsummering.nb.pdf`: the summary for a case handler, PDF/A, two pages and an annex.

use chrono::{Datelike as _, Timelike as _};
use serde_json::{Value, json};

use super::{texts::Words, typesetting, whole_view};
use crate::{
    evidence::{EvidenceError, PackData, canonical, files::sha256_hex, name},
    results::Lang,
};

/// How many errors, and how many reasons for not testing, stand on the first pages. The rest stand in
/// the annex, and the page says how many. Long texts take more room: then it is fewer.
const ROOM: usize = 4;

/// The page that the annex must begin on: two pages can be read alone.
const ANNEX: usize = 3;

/// The file.
pub(super) fn pdf(data: &PackData) -> Result<Vec<u8>, EvidenceError> {
    let failed = |detail: String| EvidenceError::Render {
        file: name::SUMMARY_PDF_NB.to_owned(),
        detail,
    };
    let words = Words::new(Lang::Nb)?;
    let mut room = ROOM;
    loop {
        let view = pages(data, &words, room)?;
        let typeset = typesetting::typeset(&view, &data.results.run.id).map_err(failed)?;
        // Nothing is left out to save a page: with no room to give, the summary is longer.
        if typeset.annex <= ANNEX || room == 0 {
            return Ok(typeset.pdf);
        }
        room -= 1;
    }
}

/// The view of the summary, cut to what two pages hold.
fn pages(data: &PackData, words: &Words, places: usize) -> Result<Value, EvidenceError> {
    let mut view = whole_view(data, words);
    let results = canonical::to_bytes(&data.results).map_err(EvidenceError::json(name::RESULTS))?;
    let mut rest = Vec::new();
    let mut room = places;
    let mut more = 0;
    for list in ["open", "unregistered"] {
        if let Some(items) = view[list].as_array_mut() {
            let cut = items.split_off(items.len().min(room));
            room -= items.len();
            more += cut.len();
            rest.extend(cut.iter().map(|item| {
                let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
                match list {
                    "open" => format!("{} ({}): {}", text("id"), text("severity"), text("description")),
                    _ => format!("{} {}: {}", text("verdict"), text("id"), text("title")),
                }
            }));
        }
    }
    let mut more_untested = 0;
    if let Some(groups) = view["untested"].as_array_mut() {
        for group in groups.split_off(groups.len().min(places)) {
            let cases = group["cases"].as_array().cloned().unwrap_or_default();
            more_untested += cases.len();
            let ids: Vec<&str> = cases.iter().filter_map(|case| case["id"].as_str()).collect();
            rest.push(format!(
                "{}: {}",
                group["reason"].as_str().unwrap_or_default(),
                ids.join(", ")
            ));
        }
    }
    let mut more_attestations = 0;
    if let Some(items) = view["attestations"].as_array_mut() {
        for item in items.split_off(items.len().min(places + 1)) {
            let text = |key: &str| item[key].as_str().unwrap_or_default();
            more_attestations += 1;
            rest.push(
                ["case", "statement", "answer", "comment", "by", "date"]
                    .map(text)
                    .join(" "),
            );
        }
    }
    if let Some(areas) = view["areas"].as_array_mut() {
        for case in areas
            .iter_mut()
            .filter_map(|area| area["cases"].as_array_mut())
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            case.retain(|key, _| matches!(key.as_str(), "id" | "title" | "verdict" | "class" | "grade"));
        }
    }
    if let Some(members) = view.as_object_mut() {
        members.insert(
            "author".to_owned(),
            data.results.run.system.vendor.clone().unwrap_or_default().into(),
        );
        let created = data.results.run.end.unwrap_or(data.results.run.start);
        members.insert(
            "created".to_owned(),
            json!({
                "year": created.year(), "month": created.month(), "day": created.day(),
                "hour": created.hour(), "minute": created.minute(), "second": created.second(),
            }),
        );
        members.insert("results_sha256".to_owned(), sha256_hex(&results).into());
        members.insert("more".to_owned(), more.into());
        members.insert("more_untested".to_owned(), more_untested.into());
        members.insert("more_attestations".to_owned(), more_attestations.into());
        members.insert("rest".to_owned(), rest.into());
    }
    Ok(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        results::{
            ApiName, Deviation, DeviationStatus, EnvironmentInfo, Fault, RedactionReport, Results, RunInfo, Severity,
            SyntheticLedger, System, Target, TargetKind, Text, Tool,
        },
    };

    fn untested() -> PackData {
        let catalogue = Catalogue::builtin().unwrap();
        let run = RunInfo {
            id: "layout".into(),
            start: chrono::DateTime::UNIX_EPOCH,
            end: Some(chrono::DateTime::UNIX_EPOCH),
            apis: vec![ApiName::Trekkpaalegg, ApiName::Finansprodukter],
            tool: Tool {
                name: "skatt-conformance".into(),
                version: "0.1.0".into(),
                binary_sha256: None,
            },
            catalogue_version: "1".into(),
            register_version: "1".into(),
            target: Target {
                kind: TargetKind::Test,
                description: Text::same("test"),
            },
            preset: "system-user".into(),
            operator: None,
            system: System {
                name: "Et system med et ganske langt navn".into(),
                version: "2026.11".into(),
                ..System::default()
            },
            documents: Vec::new(),
            resumed: Vec::new(),
        };
        PackData {
            results: Results::new(run, Vec::new()),
            catalogue: catalogue.record(),
            requirements: catalogue.register(),
            deviations: Vec::new(),
            ambiguities: Vec::new(),
            environment: EnvironmentInfo::default(),
            synthetic: SyntheticLedger::default(),
            redaction: RedactionReport::default(),
            attestations: Vec::new(),
            exchanges: std::collections::BTreeMap::new(),
            key_fingerprint: Some("ab".repeat(32)),
        }
    }

    #[test]
    fn summary_and_the_whole_checklist_fit_on_two_pages() {
        let view = pages(&untested(), &Words::new(Lang::Nb).unwrap(), ROOM).unwrap();
        assert!(view["checklist"].as_array().unwrap().len() > 10);
        assert_eq!(typesetting::typeset(&view, "x").unwrap().annex, ANNEX);
    }

    #[test]
    fn long_texts_move_to_the_annex_and_none_is_lost() {
        let mut data = untested();
        let long = |id: &str| Deviation {
            id: id.into(),
            case_id: "TP-01".into(),
            requirement_id: None,
            severity: Severity::Serious,
            description: Text::same(format!("{id}. {}", "Et pålegg lagres to ganger. ".repeat(60))),
            impact: Text::default(),
            owner: "Lønn".into(),
            plan: Text::default(),
            due: None,
            status: DeviationStatus::Open,
            first_seen: chrono::NaiveDate::default(),
            retest_run: None,
            fault: Fault::Own,
        };
        data.deviations = ["AV-1", "AV-2", "AV-3"].map(long).to_vec();
        let words = Words::new(Lang::Nb).unwrap();
        let all = pages(&data, &words, ROOM).unwrap();
        assert!(
            typesetting::typeset(&all, "x").unwrap().annex > ANNEX,
            "too long to begin with"
        );
        let none = pages(&data, &words, 0).unwrap();
        assert_eq!(typesetting::typeset(&none, "x").unwrap().annex, ANNEX);
        assert_eq!(none["more"], 3);
        let rest = none["rest"].to_string();
        assert!(["AV-1", "AV-2", "AV-3"].iter().all(|id| rest.contains(id)), "{rest}");
    }

    #[test]
    fn a_character_that_no_font_has_does_not_cost_the_document() {
        let mut data = untested();
        data.results.run.system.name =
            "\u{1F996}\u{E000}\u{FEFF}\u{7} system ".to_owned() + &"uten-mellomrom".repeat(40);
        let once = pdf(&data).unwrap();
        assert!(once.starts_with(b"%PDF-1.7"));
        assert_eq!(pdf(&data).unwrap(), once, "the same data gives the same bytes");
    }
}
