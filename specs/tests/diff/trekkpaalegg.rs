//! The October 2024 document of the withholding orders against 1.4: what a payroll developer
//! must learn.

use skatteetaten_specs::{
    diff::{
        FailOn, Level, Options, Report, Source, diff,
        output::{Format, Style, write},
    },
    manifest,
};

fn pinned(name: &str) -> Source {
    Source::parse(name, manifest::find(name).unwrap().verified().unwrap()).unwrap()
}

fn report() -> Report {
    diff(
        &pinned("trekkpaalegg-app@2024-10"),
        &pinned("trekkpaalegg-app@1.4"),
        &Options::default(),
    )
    .unwrap()
}

const LIST: &str = "GET /api/trekkpaalegg/v1 (hentAlleGjeldende)";
const ONE: &str = "GET /api/trekkpaalegg/v1/{trekkid}/{trekkversjon} (hentVersjon)";

#[track_caller]
fn says(report: &Report, rule: &str, location: &str, message: &str) {
    let found = report
        .findings
        .iter()
        .find(|finding| finding.rule == rule && finding.location.contains(location))
        .unwrap_or_else(|| panic!("no {rule} at {location}"));
    assert!(found.message.contains(message), "{}", found.message);
    assert_eq!(*found.operations, [LIST, ONE], "{rule}");
}

#[test]
fn the_facts_are_told() {
    let report = report();
    says(
        &report,
        "path-parameter-removed",
        "path parameter trekkpliktig",
        "`trekkpliktig` is no longer part of the address",
    );
    says(
        &report,
        "header-parameter-removed",
        "Meldingsid",
        "The header `Meldingsid` is gone",
    );
    says(&report, "header-name-case-changed", "Klientid", "it is the same header");
    says(
        &report,
        "parameter-became-optional",
        "header Klientid",
        "`Klientid` is no longer required",
    );
    says(
        &report,
        "parameter-became-optional",
        "header Korrelasjonsid",
        "`Korrelasjonsid` is no longer required",
    );
    says(
        &report,
        "parameter-format-added",
        "header Korrelasjonsid",
        "must be a `uuid` now",
    );
    says(
        &report,
        "response-property-became-optional",
        "Trekkpaalegg.saksnummer",
        "may be missing in responses now",
    );
    says(
        &report,
        "response-property-removed-required",
        "Trekkpaalegg.kidnummerForPeriode",
        "is gone from responses",
    );
    says(
        &report,
        "response-property-removed-required",
        "Trekkpaalegg.kontonummer",
        "is gone from responses",
    );
    says(
        &report,
        "response-property-added-required",
        "Trekkpaalegg.betalingsinformasjon",
        "is new in responses",
    );
    says(
        &report,
        "response-type-changed",
        "Feil.korrelasjonsid",
        "The type was integer and is string in responses",
    );
    let hints = |location: &str| -> String {
        report
            .findings
            .iter()
            .filter(|finding| finding.location == location)
            .flat_map(|finding| finding.hints.clone())
            .collect()
    };
    let kid = hints("Trekkpaalegg.kidnummerForPeriode");
    assert!(
        kid.contains("moved to `betalingsinformasjon.kidnummer`") && kid.contains("a single one now"),
        "{kid}"
    );
    assert!(hints("Trekkpaalegg.kontonummer").contains("`betalingsinformasjon.kontonummer` is new"));
    let moved: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "operation-moved")
        .map(|finding| finding.operations[0].as_str())
        .collect();
    assert_eq!(moved, [LIST, ONE]);
    assert!(report.fails(FailOn::Breaking));
}

#[test]
fn every_finding_has_a_line_where_something_stands() {
    for finding in &report().findings {
        for place in [&finding.old_place, &finding.new_place].into_iter().flatten() {
            assert!(place.position.is_some(), "{}: {}", finding.rule, place.pointer);
        }
        assert!(
            finding.old_place.is_some() || finding.new_place.is_some(),
            "{}",
            finding.rule
        );
    }
}

#[test]
fn the_text() {
    insta::assert_snapshot!(
        "trekkpaalegg",
        write(&report(), Format::Text, &Style::default()).unwrap()
    );
}

/// A new example is documentation, and nothing else.
#[test]
fn a_new_example_is_documentation() {
    let name = "trekkpaalegg-app@1.4";
    let bytes = manifest::find(name).unwrap().verified().unwrap();
    let text = std::str::from_utf8(bytes).unwrap();
    let other = text.replacen("\"example\": \"6487719756\"", "\"example\": \"null\"", 1);
    assert_ne!(text, other);
    let new = Source::parse("changed.json", other.as_bytes()).unwrap();
    let report = diff(&pinned(name), &new, &Options::default()).unwrap();
    let levels: Vec<Level> = report.findings.iter().map(|finding| finding.level).collect();
    assert_eq!(levels, [Level::Documentation]);
    assert_eq!(report.findings[0].rule, "example-changed");
    assert!(!report.fails(FailOn::NonBreaking));
}
