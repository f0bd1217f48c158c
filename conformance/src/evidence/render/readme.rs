//! `LESMEG.txt` and `README.txt`.

use super::{
    front::{notice, system_name},
    texts::Words,
};
use crate::{evidence::PackData, results::Lang};

const NB: &str = "\
BEVISPAKKE: {system}
Kjøring {run}

{notice}

Hva dette er
  Dokumentasjon av gjennomført test av en integrasjon mot Skatteetatens API:
  hva som er testet, status etter test, feil og mangler, og hvordan det er testet.

Åpne
  oppsummering.nb.html    oppsummeringen, i en nettleser, uten nett
  oppsummering.nb.pdf     den samme på to sider med vedlegg, PDF/A; hvis den er laget
  oppsummering.nb.md      den samme som ren tekst
  sjekkliste.nb.html      Skatteetatens sjekkliste, linje for linje
  summary.en.html / .md   det samme på engelsk
  resultater.json         alle resultater; alt annet er laget av denne og filene ved siden av
  katalog.json, krav.json, sporbarhet.csv        tester, krav, og veien mellom dem
  avvik.json, avvik.csv, uavklart.json           feil og mangler, åpne spørsmål
  miljo.json, syntetiske-data.json, redaksjon.json, egenerklaeringer.json
  logg/                   hvert kall og svar, sladdet, og hendelsesloggen
  resultater.junit.xml, resultater.ctrf.json     for andre verktøy
  CSV-filene er UTF-8 med komma; velg det ved import i et regneark.

Kontroller
  skatt-conformance evidence verify MAPPE
  Verktøyet trenger ikke nett. Det sammenligner hver fil med manifest.json, følger kjeden i
  hendelsesloggen og kontrollerer signaturen i attestasjon.dsse.json.{unsigned}

Hva pakken IKKE sier
  - at Skatteetaten har godkjent noe
  - at systemet er uten feil: bare det som står som testet, er testet
  - hvem som eier signaturnøkkelen: spør leverandøren om nøkkelens fingeravtrykk
  - noe om leverandørens system der det står «selvtest»: det er verktøyet som prøver seg selv
";

const EN: &str = "\
EVIDENCE PACK: {system}
Run {run}

{notice}

What this is
  A record of completed testing of an integration with the Norwegian Tax Administration's API:
  what was tested, the status after testing, errors and deficiencies, and how it was tested.

Open
  summary.en.html         the summary, in a browser, without network
  summary.en.md           the same as plain text
  oppsummering.nb.pdf     in Norwegian on two pages with an annex, PDF/A; if it was made
  oppsummering.nb.html / .md, sjekkliste.nb.html   in Norwegian, with the authority's checklist
  resultater.json         all results; everything else is made from it and the files beside it
  katalog.json, krav.json, sporbarhet.csv          cases, requirements, and how they connect
  avvik.json, avvik.csv, uavklart.json             errors and deficiencies, open questions
  miljo.json, syntetiske-data.json, redaksjon.json, egenerklaeringer.json
  logg/                   every exchange, redacted, and the event log
  resultater.junit.xml, resultater.ctrf.json       for other tools
  The CSV files are UTF-8 with commas.

Verify
  skatt-conformance evidence verify FOLDER
  The tool needs no network. It compares every file with manifest.json, follows the chain of the
  event log and checks the signature in attestasjon.dsse.json.{unsigned}

What the pack does NOT claim
  - that the Tax Administration has approved anything
  - that the system is free of errors: only what is stated as tested was tested
  - who owns the signing key: ask the supplier for the key's fingerprint
  - anything of the supplier's system where it says \"self-check\": there the tool tests itself
";

/// The text in one language.
pub(super) fn text(data: &PackData, words: &Words) -> String {
    let run = &data.results.run;
    let (text, unsigned) = match words.lang() {
        Lang::Nb => (NB, "\n  Denne pakken er ikke signert."),
        Lang::En => (EN, "\n  This pack is not signed."),
    };
    let when = |condition: bool, text: &'static str| if condition { text } else { "" };
    let system = format!("{} {}", system_name(data, words), run.system.version);
    text.replace("{system}", system.trim_end())
        .replace("{run}", &run.id)
        .replace("{notice}", &notice(data, words))
        .replace("{unsigned}", when(data.key_fingerprint.is_none(), unsigned))
}
