//! What a person and other tools see.

use std::path::Path;

use skatteetaten_conformance::{
    evidence::{Pack, PackWriter},
    results::{Grade, TargetKind, Verdict},
};

use crate::fixture;

fn pack() -> Pack {
    let out = tempfile::tempdir().unwrap();
    Pack::open(&fixture::write(out.path(), "report", |_| {}).unwrap().dir).unwrap()
}

fn text(pack: &Pack, path: &str) -> String {
    String::from_utf8(pack.file(path).unwrap().to_vec()).unwrap()
}

const HEADINGS: [(&str, &str); 15] = [
    (
        "Oppsummering av test: «Lønn & Trekk» mot «Trekkpålegg og Innrapportering finansprodukter»",
        "Test summary: \"Lønn & Trekk\" against \"Trekkpålegg and Innrapportering finansprodukter\"",
    ),
    ("Leverandør, system og kontaktperson", "Supplier, system and contact"),
    ("Hva som er testet", "What has been tested"),
    (
        "Hva som ikke er testet, og hvorfor",
        "What has not been tested, and why",
    ),
    (
        "Testmiljø, testperiode og versjoner",
        "Test environment, period and versions",
    ),
    ("Bruk av syntetiske data", "Use of synthetic data"),
    ("Status etter gjennomført test", "Status after testing"),
    ("Oversikt over feil og mangler", "Overview of errors and deficiencies"),
    ("Rettede feil og retest", "Corrected errors and retest"),
    (
        "Uavklarte spørsmål til Skatteetaten",
        "Open questions to the Tax Administration",
    ),
    ("Sporbarhet fra krav til test", "Traceability from requirement to test"),
    ("Egenerklæringer", "Self-declarations"),
    ("Hvordan integrasjonen er testet", "How the integration was tested"),
    (
        "Integritet, sladding og etterprøving",
        "Integrity, redaction and verification",
    ),
    ("Godkjent av leverandøren", "Approved by the supplier"),
];

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn the_summary_has_exactly_the_fifteen_headings_in_both_languages() {
    let pack = pack();
    let heading = regex::Regex::new(r"<h[12] id=\S+>(\d+)\. ([^<]*)</h[12]>").unwrap();
    for (html, markdown, pick) in [
        ("oppsummering.nb.html", "oppsummering.nb.md", 0),
        ("summary.en.html", "summary.en.md", 1),
    ] {
        let wanted: Vec<String> = (1..)
            .zip(HEADINGS)
            .map(|(number, (nb, en))| format!("{number}. {}", [nb, en][pick]))
            .collect();
        let page = text(&pack, html);
        let found: Vec<String> = heading
            .captures_iter(&page)
            .map(|found| format!("{}. {}", &found[1], unescape(&found[2])))
            .collect();
        assert_eq!(found, wanted, "{html}");
        let found: Vec<String> = text(&pack, markdown)
            .lines()
            .filter_map(|line| line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")))
            .map(unescape)
            .collect();
        assert_eq!(found, wanted, "{markdown}");
    }
}

#[test]
fn every_page_says_that_it_is_no_approval_and_needs_nothing_from_outside() {
    let pack = pack();
    for (path, notice) in [
        (
            "oppsummering.nb.html",
            "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten.",
        ),
        (
            "oppsummering.nb.md",
            "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten.",
        ),
        (
            "sjekkliste.nb.html",
            "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten.",
        ),
        (
            "LESMEG.txt",
            "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten.",
        ),
        (
            "resultater.junit.xml",
            "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten.",
        ),
        (
            "resultater.ctrf.json",
            "Supplier's own test. Not an approval by the Tax Administration.",
        ),
        (
            "summary.en.html",
            "Supplier's own test. Not an approval by the Tax Administration.",
        ),
        (
            "summary.en.md",
            "Supplier's own test. Not an approval by the Tax Administration.",
        ),
        (
            "README.txt",
            "Supplier's own test. Not an approval by the Tax Administration.",
        ),
    ] {
        assert!(unescape(&text(&pack, path)).contains(notice), "{path}");
    }
    let links = regex::Regex::new("href=\"([^\"]*)\"").unwrap();
    for path in ["oppsummering.nb.html", "summary.en.html", "sjekkliste.nb.html"] {
        let page = text(&pack, path);
        // Hostile text is shown, never run; nothing is loaded.
        assert!(!page.contains("<script"), "{path}");
        assert!(
            !page.contains("src=") && !page.contains("@import") && !page.contains("url("),
            "{path}"
        );
        for link in links.captures_iter(&page) {
            let target = unescape(&link[1]);
            match target.strip_prefix('#') {
                Some(id) => assert!(page.contains(&format!("id=\"{id}\"")), "{path}: #{id}"),
                None => assert!(pack.file(&target).is_some(), "{path}: {target}"),
            }
        }
    }
    let page = text(&pack, "summary.en.html");
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(unescape(&page).contains("</code> GET https://api-test.sits.no/api/trekkpaalegg/v1 → 200</summary>"));
}

#[test]
fn self_checks_are_labelled_and_in_no_total() {
    let pack = pack();
    let page = text(&pack, "summary.en.html");
    assert!(
        page.contains("3 of 10 tests tried have failed"),
        "the two self-checks are not among the ten"
    );
    assert!(page.contains("Self-check of the tool (not counted)</dt><dd>2 of 2 passed"));
    assert!(page.contains("passed in the Tax Administration&#x27;s test environment</dt><dd>3 of 7"));
    let ctrf: serde_json::Value = serde_json::from_str(&text(&pack, "resultater.ctrf.json")).unwrap();
    // Five passes that count (A, B, C, a remark and a statement); self-checks are skipped.
    assert_eq!(ctrf["results"]["summary"]["passed"], 6);
    assert_eq!(ctrf["results"]["summary"]["failed"], 2);
    assert_eq!(ctrf["results"]["summary"]["other"], 1);
    assert_eq!(ctrf["results"]["summary"]["skipped"], 5);
    let junit = text(&pack, "resultater.junit.xml");
    assert!(junit.contains("failures=\"2\" errors=\"1\""), "{junit}");
    assert!(junit.contains("self-check, not counted"));
    let checklist = text(&pack, "sjekkliste.nb.html");
    assert!(checklist.contains("ikke gjort (bare selvtest)"));
}

#[test]
fn a_run_of_self_checks_only_claims_nothing() {
    let out = tempfile::tempdir().unwrap();
    let mut run = fixture::run("selfcheck");
    run.target.kind = TargetKind::Simulator;
    run.system.name = String::new();
    let writer = PackWriter::begin(out.path(), &run).unwrap();
    for (id, _, _) in fixture::CASES {
        writer
            .case(fixture::result(id, Grade::E, Verdict::Passed, &[]))
            .unwrap();
    }
    let mut finish = fixture::finish(fixture::start());
    finish.deviations.clear();
    finish.attestations.clear();
    let pack = Pack::open(&writer.finish(finish).unwrap().dir).unwrap();
    let page = text(&pack, "summary.en.html");
    assert!(page.contains("The supplier&#x27;s system has not been tested."));
    assert!(page.contains("No known errors. Note that the supplier&#x27;s system was not tested"));
    assert!(page.contains("Not tested</dt><dd>14 of 14"));
    assert!(page.contains("Not an approval by the Tax Administration. Run against a simulator."));
    assert!(page.contains("Test summary: &quot;unnamed system&quot; against"));
    assert!(page.contains("passed against a simulator</dt><dd>not tried"));
    assert!(!text(&pack, "sjekkliste.nb.html").contains(">gjort<"));
    let ctrf: serde_json::Value = serde_json::from_str(&text(&pack, "resultater.ctrf.json")).unwrap();
    assert_eq!(ctrf["results"]["summary"]["passed"], 0);
}

#[test]
fn errors_are_listed_or_their_absence_is_stated() {
    let pack = pack();
    let page = text(&pack, "oppsummering.nb.html");
    assert!(page.contains("AV-1") && page.contains("24.12.2026"));
    assert!(page.contains("Funn uten registrert avvik"));
    assert!(!page.contains("Ingen kjente feil"));
    let out = tempfile::tempdir().unwrap();
    let writer = PackWriter::begin(out.path(), &fixture::run("fine")).unwrap();
    writer
        .case(fixture::result("TP-01", Grade::A, Verdict::Passed, &[]))
        .unwrap();
    let mut finish = fixture::finish(fixture::start());
    finish.deviations.clear();
    let fine = Pack::open(&writer.finish(finish).unwrap().dir).unwrap();
    assert!(text(&fine, "oppsummering.nb.html").contains("<strong>Ingen kjente feil.</strong>"));
}

/// Text on each of the pale colours, and muted text on white, has a contrast of at least 4.5 : 1.
#[test]
fn colours_can_be_read() {
    let style = include_str!("../../templates/style.css");
    let luminance = |hex: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    };
    let contrast = |a: &str, b: &str| {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    assert!(contrast("000000", "ffffff") > 20.9 && contrast("777777", "ffffff") < 4.5);
    let pale = regex::Regex::new(r"(?:background|fill):#([0-9a-f]{6})").unwrap();
    let mut seen = 0;
    for found in pale.captures_iter(style).filter(|found| &found[1] != "1b1b1b") {
        for ink in ["1b1b1b", "4d4d4d"] {
            assert!(contrast(ink, &found[1]) >= 4.5, "#{ink} on #{}", &found[1]);
        }
        seen += 1;
    }
    assert!(seen >= 18, "{seen}");
    for ink in ["4d4d4d", "0b4a8f", "1b1b1b"] {
        assert!(style.contains(ink) && contrast(ink, "ffffff") >= 4.5);
    }
}

/// A browser that nobody here wrote reads the page: complete without scripts, as wide as a phone.
#[test]
fn a_browser_shows_the_whole_page_on_a_phone() {
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| {
            std::process::Command::new(name)
                .arg("--version")
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
    else {
        let wanted = std::env::var_os("CI").is_some() && std::env::var_os("SKATT_NO_BROWSER").is_none();
        assert!(!wanted, "no chromium was found; install it, or set SKATT_NO_BROWSER=1");
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let summary = fixture::write(out.path(), "browser", |_| {}).unwrap();
    let page = summary.dir.join("oppsummering.nb.html");
    let run = |arguments: &[String], page: &Path| {
        let profile = tempfile::tempdir().unwrap();
        std::process::Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap()
    };
    let dom = run(&["--dump-dom".to_owned()], &page);
    let dom = String::from_utf8_lossy(&dom.stdout).into_owned();
    assert_eq!(dom.matches("<h1").count() + dom.matches("<h2").count(), 15);
    assert_eq!(dom.matches("<details class=\"case\"").count(), 12);
    assert!(!dom.contains("<script"), "hostile text became markup");
    // The probe page holds the report at the width of a phone and writes down how wide it became.
    let probe = out.path().join("probe.html");
    let source = std::fs::read_to_string(&page).unwrap();
    let measured = source
        .replace("default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'")
        .replace("</main>", "</main><script>document.querySelectorAll('details').forEach(d=>d.open=true);document.body.style.width='390px';document.title='wide '+Math.max(...[...document.querySelectorAll('h1,h2,p,dl,svg,.card,details,pre,.scroll,ul,ol')].map(e=>Math.ceil(e.getBoundingClientRect().right)))</script>");
    std::fs::write(&probe, measured).unwrap();
    let dom = run(&["--window-size=390,800".to_owned(), "--dump-dom".to_owned()], &probe);
    let dom = String::from_utf8_lossy(&dom.stdout).into_owned();
    let width: u32 = regex::Regex::new(r"<title>wide (\d+)")
        .unwrap()
        .captures(&dom)
        .expect("the probe ran")[1]
        .parse()
        .unwrap();
    assert!((300..=390).contains(&width), "{width} pixels wide");
}
