//! What lowering and generating the larger pinned document takes, and how that compares with
//! `openapi-generator-cli generate -g rust` on the same document in the same run.
//!
//! `cargo bench -p skatteetaten-specs --features lower --bench lower` prints both. The other
//! program is taken from the variable `OPENAPI_GENERATOR` or from `PATH`; without it only our own
//! figure is printed. It starts a Java virtual machine each time, as it does for whoever runs it.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{
    error::Error,
    hint::black_box,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use skatteetaten_specs::{
    document::Document,
    generate::{Options, standalone},
    lower::lower,
    manifest::find,
};

const DOCUMENT: &str = "innrapportering-finansprodukter-api@0.0.1";

/// Other work on the machine only ever adds time, so the best of several rounds counts.
const ROUNDS: usize = 9;
const OTHER_ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let pinned = find(DOCUMENT)?;
    let bytes = pinned.verified()?;
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let document = Document::parse(DOCUMENT, bytes)?;
        black_box(standalone(&lower(&document)?, &Options::default())?);
        best = best.min(start.elapsed());
    }
    println!(
        "{DOCUMENT}, {} bytes: read, lowered, generated and formatted in {:.0} ms",
        bytes.len(),
        best.as_secs_f64() * 1e3
    );
    let program = std::env::var_os("OPENAPI_GENERATOR").unwrap_or_else(|| "openapi-generator-cli".into());
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("document.json");
    std::fs::write(&file, bytes)?;
    let mut other = Duration::MAX;
    for round in 0..OTHER_ROUNDS {
        match generate(&program, &file, &folder.path().join(round.to_string())) {
            Some(took) => other = other.min(took),
            None => {
                println!("openapi-generator-cli is not there or failed; no ratio");
                return Ok(());
            }
        }
    }
    println!(
        "openapi-generator-cli generate -g rust: {:.0} ms, {:.0} times as long",
        other.as_secs_f64() * 1e3,
        other.as_secs_f64() / best.as_secs_f64()
    );
    Ok(())
}

fn generate(program: &std::ffi::OsStr, file: &Path, out: &Path) -> Option<Duration> {
    let start = Instant::now();
    let status = Command::new(program)
        .args(["generate", "-g", "rust", "-i"])
        .arg(file)
        .arg("-o")
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| start.elapsed())
}
