//! What the README shows is what the program says.

use super::run;

const COMMAND: &str = "specs diff trekkpaalegg-app@2024-10 trekkpaalegg-app@1.4 --brief";

#[test]
fn the_comparison_in_the_readme_is_the_programs_own() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let shown = readme
        .split_once(&format!("$ cargo xtask {COMMAND}\n"))
        .and_then(|(_, rest)| rest.split_once("\n```"))
        .map(|(shown, _)| shown)
        .unwrap_or_else(|| panic!("the README does not show `cargo xtask {COMMAND}`"));
    let arguments: Vec<&str> = COMMAND.split(' ').skip(2).collect();
    let run = run(&arguments);
    assert_eq!(run.code, Some(100), "{run:?}");
    assert_eq!(
        shown.trim_end(),
        run.out.trim_end(),
        "paste the output of `cargo xtask {COMMAND}` into the README"
    );
}

/// What a payroll developer has to learn from it.
#[test]
fn the_brief_form_tells_every_fact() {
    let arguments: Vec<&str> = COMMAND.split(' ').skip(2).collect();
    let flat = run(&arguments).flat();
    for fact in [
        "`trekkpliktig` is no longer part of the address",
        "The header `Meldingsid` is gone",
        "was written `KlientId` and is written `Klientid` now: it is the same header",
        "`Klientid` is no longer required",
        "`Korrelasjonsid` is no longer required",
        "header Korrelasjonsid: The value must be a `uuid` now",
        "`saksnummer` may be missing in responses now",
        "likely `kidnummer` moved to `betalingsinformasjon.kidnummer`",
        "a single one now",
        "likely moved: `betalingsinformasjon.kontonummer` is new",
        "Feil.korrelasjonsid: The type was integer and is string in responses",
        "methods: hent_alle_gjeldende, hent_versjon",
        "types: Betalingsinformasjon (new), Feil, KidnummerForPeriode (gone), Trekkpaalegg",
        "STALE EVIDENCE of hentAlleGjeldende, hentVersjon",
    ] {
        assert!(flat.contains(fact), "no {fact:?} in\n{flat}");
    }
}
