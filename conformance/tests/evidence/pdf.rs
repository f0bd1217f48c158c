//! The summary as PDF/A.

use std::process::Command;

use skatteetaten_conformance::evidence::{Pack, name};

use crate::fixture;

fn pdf(out: &std::path::Path, id: &str) -> Vec<u8> {
    let summary = fixture::write(out, id, |finish| finish.pdf = true).unwrap();
    Pack::open(&summary.dir)
        .unwrap()
        .file(name::SUMMARY_PDF_NB)
        .unwrap()
        .to_vec()
}

#[test]
fn it_is_archivable_accessible_and_the_same_each_time() {
    let out = tempfile::tempdir().unwrap();
    let once = pdf(out.path(), "pdf");
    assert!(once.starts_with(b"%PDF-1.7"));
    let text = String::from_utf8_lossy(&once);
    // The XMP metadata of PDF/A-2a, a colour profile, a language, and the structure of the text.
    for needed in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "/OutputIntents",
        "/MarkInfo",
        "/StructTreeRoot",
        "/Lang",
    ] {
        assert!(text.contains(needed), "{needed}");
    }
    // Nothing that runs, is fetched or is hidden inside.
    for forbidden in ["/JavaScript", "/Launch", "/EmbeddedFile", "/Encrypt"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    let other = tempfile::tempdir().unwrap();
    assert!(pdf(other.path(), "pdf") == once, "the same results give the same bytes");
    assert!(pdf(other.path(), "another") != once, "another run is another document");
}

#[test]
fn its_text_answers_on_two_pages_and_lists_the_tests_in_an_annex() {
    let found = Command::new("pdftotext").arg("-v").output().is_ok();
    if !found {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("summary.pdf");
    std::fs::write(&path, pdf(out.path(), "text")).unwrap();
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(&path)
        .arg("-")
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let pages: Vec<&str> = text.split('\u{c}').collect();
    for (page, heading) in [
        (0, "Oppsummering av test: «Lønn & Trekk» mot"),
        (0, "Hva som er testet"),
        (0, "Hva som ikke er testet, og hvorfor"),
        (0, "Status etter gjennomført test"),
        (0, "Oversikt over feil og mangler"),
        (1, "Skatteetatens sjekkliste"),
        (1, "Hvordan integrasjonen er testet"),
        (1, "Godkjent av leverandøren"),
        (2, "Vedlegg: testene"),
    ] {
        assert!(
            pages[page].contains(heading),
            "{heading} is not on page {}: {}",
            page + 1,
            pages[page]
        );
    }
    for page in &pages[..3] {
        assert!(page.contains("Leverandørens egen test. Ikke en godkjenning fra Skatteetaten."));
    }
    assert!(pages[2].contains("TP-02") && pages[2].contains("feilet"));
}
