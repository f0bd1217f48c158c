//! Everything in a pack that a person or another tool reads, made from [`PackData`] alone: the same
//! data gives the same bytes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{EvidenceError, PackData, canonical, name};
use crate::results::{Grade, Lang};

mod cases;
mod chart;
mod conditions;
mod front;
mod machine;
#[cfg(feature = "pdf")]
mod pdf;
mod readme;
mod status;
mod tables;
mod template;
mod texts;
#[cfg(feature = "pdf")]
mod typesetting;
mod view;

use texts::Words;

/// The documents that every pack has.
pub(super) const DOCUMENTS: &[&str] = &[
    name::RESULTS,
    name::SCHEMA,
    name::CATALOGUE,
    name::REQUIREMENTS,
    name::DEVIATIONS,
    name::AMBIGUITIES,
    name::ENVIRONMENT,
    name::SYNTHETIC,
    name::REDACTION,
    name::ATTESTATIONS,
    name::EVENTS,
];

/// The renderings that every pack has.
pub(super) const RENDERINGS: &[&str] = &[
    "LESMEG.txt",
    "README.txt",
    name::DEVIATIONS_CSV,
    name::SUMMARY_HTML_NB,
    "oppsummering.nb.md",
    "resultater.ctrf.json",
    "resultater.junit.xml",
    "sjekkliste.nb.html",
    name::TRACEABILITY,
    name::SUMMARY_HTML_EN,
    "summary.en.md",
];

/// Every rendering, by path in the pack.
pub(super) fn all(data: &PackData) -> Result<BTreeMap<String, Vec<u8>>, EvidenceError> {
    let mut files = BTreeMap::new();
    let mut put = |path: &str, bytes: Vec<u8>| {
        files.insert(path.to_owned(), bytes);
    };
    for lang in Lang::ALL {
        let words = Words::new(lang)?;
        let view = whole_view(data, &words);
        let (html, markdown, readme) = match lang {
            Lang::Nb => (name::SUMMARY_HTML_NB, "oppsummering.nb.md", "LESMEG.txt"),
            Lang::En => (name::SUMMARY_HTML_EN, "summary.en.md", "README.txt"),
        };
        put(html, template::render("summary.html", &view)?);
        put(markdown, template::render("summary.md", &view)?);
        put(readme, readme::text(data, &words).into_bytes());
        if lang == Lang::Nb {
            put("sjekkliste.nb.html", template::render("checklist.html", &view)?);
        }
    }
    put(name::TRACEABILITY, tables::traceability(data)?);
    put(name::DEVIATIONS_CSV, tables::deviations(&data.deviations)?);
    put("resultater.junit.xml", machine::junit(data)?);
    put(
        "resultater.ctrf.json",
        canonical::to_string(&machine::ctrf(data)).into_bytes(),
    );
    Ok(files)
}

/// The summary for the case handler, as PDF/A.
#[cfg(feature = "pdf")]
pub(super) fn pdf(data: &PackData) -> Result<Vec<u8>, EvidenceError> {
    pdf::pdf(data)
}

/// The summary for the case handler, which this build cannot typeset.
#[cfg(not(feature = "pdf"))]
pub(super) fn pdf(_data: &PackData) -> Result<Vec<u8>, EvidenceError> {
    Err(EvidenceError::Render {
        file: name::SUMMARY_PDF_NB.to_owned(),
        detail: "this program was built without its feature pdf; build it with `--features pdf`, or leave the \
                 file out"
            .to_owned(),
    })
}

/// The view of the summary and what all templates share.
fn whole_view(data: &PackData, words: &Words) -> Value {
    let mut view = view::view(data, words);
    if let Some(members) = view.as_object_mut() {
        members.insert("notice".to_owned(), front::notice(data, words).into());
        members.insert(
            "checklist_title".to_owned(),
            words
                .fill("k_title", &[("system", front::system_name(data, words))])
                .into(),
        );
        members.insert(
            "all_grades".to_owned(),
            Grade::ALL
                .map(|grade| json!({"letter": grade.letter(), "label": grade.label().get(words.lang())}))
                .to_vec()
                .into(),
        );
    }
    view
}
