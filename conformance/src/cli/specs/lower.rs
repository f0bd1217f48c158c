//! `specs lower FILE`: rewrites any OpenAPI 3.0 document and writes its Rust bindings.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use skatteetaten_specs::{
    document::Document,
    generate::{self, Options},
    lower::{Lowered, lower},
    manifest,
};

use super::super::{Exit, Failure, Ui};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An OpenAPI 3.0 document, JSON or YAML; or a pinned one as `api@version`.
    file: PathBuf,
    /// List every rewrite: where, why, and what it does to the Rust code.
    #[arg(long)]
    explain: bool,
    /// Write formatted Rust here; its first lines name the dependencies it needs.
    #[arg(long, value_name = "OUT.rs")]
    rust: Option<PathBuf>,
    /// The rewrites as JSON lines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 when the document cannot be read, lowered or generated; the message names document,
/// pointer, problem and way out.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let document = read(&args.file)?;
    let lowered = lower(&document).map_err(Failure::usage)?;
    let code = generate::standalone(&lowered, &Options::default()).map_err(Failure::usage)?;
    if args.json {
        for rewrite in lowered.rewrites() {
            let line = serde_json::json!({
                "rewrite": rewrite.name, "pointer": rewrite.pointer,
                "reason": rewrite.reason, "effect": rewrite.effect,
            });
            writeln!(ui.out, "{line}")?;
        }
    } else if args.explain {
        explain(&lowered, ui)?;
    }
    if let Some(out) = &args.rust {
        write(out, &code)?;
    }
    if !args.json {
        let target = args.rust.as_ref().map(|out| format!("; wrote {}", out.display()));
        writeln!(
            ui.out,
            "{}: {} rewrites, {} lines of Rust{}",
            document.name(),
            lowered.rewrites().len(),
            code.lines().count(),
            target.unwrap_or_default()
        )?;
    }
    Ok(Exit::Ok)
}

fn read(file: &Path) -> Result<Document, Failure> {
    let name = file.display().to_string();
    if name.contains('@')
        && !file.exists()
        && let Ok(pinned) = manifest::find(&name)
    {
        let bytes = pinned.verified().map_err(Failure::usage)?;
        return Document::parse(name, bytes).map_err(Failure::usage);
    }
    let bytes = std::fs::read(file).map_err(|error| {
        Failure::usage(format!(
            "{name} cannot be read: {error}. Give the path of an OpenAPI document, or `api@version` of a pinned one (`specs status` lists them)"
        ))
    })?;
    Document::parse(name, &bytes).map_err(Failure::usage)
}

fn explain(lowered: &Lowered, ui: &mut Ui) -> Result<(), Failure> {
    for rewrite in lowered.rewrites() {
        writeln!(ui.out, "{} at {}", rewrite.name, pointer(&rewrite.pointer))?;
        writeln!(ui.out, "  why:  {}", rewrite.reason)?;
        writeln!(ui.out, "  Rust: {}", rewrite.effect)?;
    }
    Ok(())
}

fn pointer(pointer: &str) -> &str {
    if pointer.is_empty() { "/" } else { pointer }
}

/// Whole or not at all.
fn write(out: &Path, code: &str) -> Result<(), Failure> {
    let directory = out
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let fail = |error: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "{} cannot be written: {error}. Give a file in a directory that exists and may be written to",
            out.display()
        ))
    };
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(|error| fail(&error))?;
    file.write_all(code.as_bytes()).map_err(|error| fail(&error))?;
    file.persist(out).map_err(|error| fail(&error.error))?;
    Ok(())
}
