//! What checking a submission costs, as a multiple of parsing the same bytes.
//!
//! `cargo bench --bench ratios` prints the ratio and exits with an error above the limit of 3. The
//! best of several rounds is taken, of both sides in turn, since other work on the machine only
//! ever adds time.

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use skatteetaten_client::finansprodukter::{Report, check};

const LIMIT: f64 = 3.0;
const ROUNDS: usize = 9;
const BYTES: usize = 9_900_000;

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() -> ExitCode {
    let good = body(BYTES, false);
    let bad = body(BYTES, true);
    let mut exit = ExitCode::SUCCESS;
    for (name, bytes) in [
        ("nothing wrong", &good),
        ("a wrong identity number in every report", &bad),
    ] {
        let report = check(bytes);
        let (parse, check) = (best(|| parse(bytes)), best(|| timed(|| check(bytes))));
        let ratio = check.as_secs_f64() / parse.as_secs_f64();
        println!(
            "finansprodukter check, {} bytes, {} reports, {}: {ratio:.2} times parsing into a Value ({:.1} ms against {:.1} ms; limit {LIMIT})",
            bytes.len(),
            report.summary.reports,
            describe(name, &report),
            check.as_secs_f64() * 1e3,
            parse.as_secs_f64() * 1e3,
        );
        if ratio > LIMIT {
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

fn describe(name: &str, report: &Report) -> String {
    format!("{name} ({} findings)", report.error_count() + report.remark_count())
}

/// Parsing alone: freeing the tree is not counted, although the check has nothing left to free.
fn parse(bytes: &[u8]) -> Duration {
    let start = Instant::now();
    let value = serde_json::from_slice::<serde_json::Value>(black_box(bytes));
    let taken = start.elapsed();
    assert!(value.is_ok());
    taken
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn best(mut round: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

/// A submission of about this many bytes, with two products in each report.
fn body(bytes: usize, wrong: bool) -> Vec<u8> {
    let person = if wrong { "05819010059" } else { "05819010058" };
    let mut out = String::from(
        r#"{"leveranse":{"kildesystem":"Benchmark 1.0","oppgavegiver":{"organisasjonsnummer":"312345676"},"inntektsaar":2024,"leveransetype":"ordinaer","oppgave":["#,
    );
    let mut count = 0_u64;
    while out.len() + 1_500 < bytes {
        let comma = if count == 0 { "" } else { "," };
        let _ = write!(
            out,
            r#"{comma}{{"oppgaveeier":{{"person":{{"foedselsnummer":"{person}","fornavn":"Fornavn","etternavn":"Etternavn","foedselsdato":"1990-01-05"}},"adresse":{{"landkode":"NO","adresseStrukturert":{{"byEllerStedsnavn":"Oslo"}}}}}},"konto":{{"kontonummer":"NO{count:010}","kontonummertype":"ISIN","finansprodukt":[{{"finansprodukttype":"aksjer","finansproduktnavn":"Fond A","antall":"77","formuesverdi":{{"beloepINOK":"7700"}},"gevinstEllerTap":{{"skattepliktigGevinst":"12.50"}},"anvendtSkjerming":"8","salgsvederlag":{{"beloepINOK":"90"}}}},{{"finansprodukttype":"aksjer","finansproduktnavn":"Fond B","antall":"4","formuesverdi":{{"beloepINOK":"100"}},"gevinstEllerTap":{{"fradragsberettigetTap":"90"}},"salgsvederlag":{{"beloepINOK":"20"}}}}]}}}}"#
        );
        count += 1;
    }
    let _ = write!(
        out,
        r#"],"oppgaveoppsummering":{{"antallOppgaver":{count},"sumFormuesverdi":"{}","sumGevinst":"{}.{}","sumTap":"{}","sumAnvendtSkjerming":"{}","sumSalgsvederlag":"{}"}}}}}}"#,
        7_800 * count,
        1_250 * count / 100,
        1_250 * count / 10 % 10,
        90 * count,
        8 * count,
        110 * count
    );
    out.into_bytes()
}
