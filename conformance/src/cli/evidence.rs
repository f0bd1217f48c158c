//! `evidence verify|compare|show`.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Failure, Ui};
use crate::{
    evidence::{
        Basis, Change, EvidenceError, Pack, Served, SignatureState, SigningKey, Stale, Verification, compare,
        public_key_fingerprint, stale, summary, verify,
    },
    results::Lang,
};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check packs: every file, the chain of events and the signature. Works offline.
    Verify(Verify),
    /// Compare two packs: what was fixed, what regressed, what is new.
    Compare(Compare),
    /// Show the summary of a pack in a browser.
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// Folders or zip files.
    #[arg(required = true, value_name = "DIR|ZIP")]
    packs: Vec<PathBuf>,
    /// The pack must be signed by this key: a fingerprint (64 hexadecimal digits), or a PEM file with the public key.
    #[arg(long, value_name = "FINGERPRINT|PEM")]
    key: Option<String>,
    /// One JSON object for each pack, one in each line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Compare {
    /// The earlier pack.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The later pack.
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// The comparison as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Folder or zip file.
    #[arg(value_name = "DIR|ZIP")]
    pack: PathBuf,
    /// Language of the summary.
    #[arg(long, default_value = "nb", value_parser = language)]
    lang: Lang,
    /// Do not open a browser; print where the summary is.
    #[arg(long)]
    no_open: bool,
    /// Serve on this machine until stopped, also for a folder.
    #[arg(long)]
    serve: bool,
}

fn language(text: &str) -> Result<Lang, String> {
    match text {
        "nb" => Ok(Lang::Nb),
        "en" => Ok(Lang::En),
        _ => Err("choose nb or en".to_owned()),
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    match args.command {
        Command::Verify(args) => run_verify(&args, ui),
        Command::Compare(args) => run_compare(&args, ui),
        Command::Show(args) => run_show(args, ui).await,
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Render { .. } | EvidenceError::Json { .. } => Self::internal(error),
            // What cannot be read as a pack does not verify as one.
            EvidenceError::Unreadable { .. } => Self::new(Exit::Findings, error),
            _ => Self::usage(error),
        }
    }
}

fn run_verify(args: &Verify, ui: &mut Ui) -> Result<Exit, Failure> {
    let key = args.key.as_deref().map(expected_key).transpose()?;
    let now = Basis::current()?;
    let mut exit = Exit::Ok;
    for path in &args.packs {
        let pack = match Pack::open(path) {
            Ok(pack) => pack,
            Err(error @ EvidenceError::Unreadable { .. }) => {
                exit = Exit::Findings;
                if args.json {
                    writeln!(
                        ui.out,
                        "{}",
                        json!({"pack": path, "intact": false, "error": error.to_string()})
                    )?;
                } else {
                    writeln!(ui.out, "NOT INTACT: {error}")?;
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let verification = verify(&pack, key.as_deref());
        if !verification.is_intact() {
            exit = Exit::Findings;
        }
        if args.json {
            let mut value = serde_json::to_value(&verification).map_err(Failure::internal)?;
            if let Some(members) = value.as_object_mut() {
                members.insert("pack".to_owned(), json!(path));
                members.insert("intact".to_owned(), verification.is_intact().into());
                members.insert("stale".to_owned(), json!(gone_stale(&pack, &verification, &now)?));
            }
            writeln!(ui.out, "{value}")?;
        } else {
            print_verification(&mut ui.out, path, &verification)?;
            print_stale(&mut ui.out, &gone_stale(&pack, &verification, &now)?)?;
        }
    }
    Ok(exit)
}

/// What in an intact pack no longer holds; of a damaged one nothing can be said.
fn gone_stale(pack: &Pack, verification: &Verification, now: &Basis) -> Result<Vec<Stale>, Failure> {
    if verification.is_intact() {
        Ok(stale(pack, now)?)
    } else {
        Ok(Vec::new())
    }
}

fn print_stale(out: &mut dyn Write, stale: &[Stale]) -> Result<(), Failure> {
    for item in stale {
        writeln!(
            out,
            "  stale: {}: {}; run again: {}",
            item.what,
            item.why,
            if item.case_ids.is_empty() {
                "nothing".to_owned()
            } else {
                item.case_ids.join(", ")
            }
        )?;
    }
    Ok(())
}

fn print_verification(out: &mut dyn Write, path: &std::path::Path, verification: &Verification) -> Result<(), Failure> {
    let verdict = match (verification.is_intact(), &verification.signature) {
        (false, _) => "NOT INTACT",
        (true, SignatureState::Good { .. }) => "intact, signed",
        (true, _) => "intact, unsigned",
    };
    writeln!(out, "{}: {verdict}", path.display())?;
    writeln!(
        out,
        "  {} files, {} events, run {}",
        verification.files,
        verification.events,
        verification.run_id.as_deref().unwrap_or("unknown")
    )?;
    if let Some(digest) = &verification.manifest_sha256 {
        writeln!(out, "  sha256 of manifest.json: {digest}")?;
    }
    match &verification.signature {
        SignatureState::Good { key } => {
            writeln!(out, "  signed by the key {key}")?;
            writeln!(
                out,
                "  whose key that is, a pack cannot prove: ask the supplier, or give it with --key"
            )?;
        }
        SignatureState::Unsigned => writeln!(out, "  no signature: who made the pack is not known")?,
        SignatureState::Bad => writeln!(out, "  the signature proves nothing here")?,
    }
    for finding in &verification.findings {
        let place = if finding.path.is_empty() {
            "(container)"
        } else {
            &finding.path
        };
        writeln!(out, "  {:?}: {place}: {}", finding.kind, finding.detail)?;
    }
    Ok(())
}

/// The fingerprint that is asked for: given as such, or that of a key in a file.
fn expected_key(text: &str) -> Result<String, Failure> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    let content = std::fs::read_to_string(text).map_err(|error| {
        Failure::usage(format!(
            "--key {text} is neither a fingerprint of 64 hexadecimal digits nor a file that can be read: {error}"
        ))
    })?;
    public_key_fingerprint(&content)
        .or_else(|_| SigningKey::from_text(&content).map(|key| key.fingerprint()))
        .map_err(|_| Failure::usage(format!("--key {text} holds no public key in PEM (BEGIN PUBLIC KEY)")))
}

fn run_compare(args: &Compare, ui: &mut Ui) -> Result<Exit, Failure> {
    let before = Pack::open(&args.before)?;
    let after = Pack::open(&args.after)?;
    let mut damaged = false;
    for pack in [&before, &after] {
        if !verify(pack, None).is_intact() {
            damaged = true;
            writeln!(
                ui.err,
                "warning: {} does not verify; see evidence verify",
                pack.path().display()
            )?;
        }
    }
    let comparison = compare(&before.results()?, &after.results()?);
    let gone = stale(&before, &Basis::of(&after)?)?;
    if args.json {
        let mut value = serde_json::to_value(&comparison).map_err(Failure::internal)?;
        if let Some(members) = value.as_object_mut() {
            members.insert("stale".to_owned(), json!(gone));
        }
        writeln!(ui.out, "{value}")?;
    } else {
        for (change, title) in [
            (Change::Regressed, "regressed"),
            (Change::NewFinding, "new, with a finding"),
            (Change::Fixed, "fixed"),
            (Change::StillFinding, "still a finding"),
            (Change::New, "new"),
            (Change::Vanished, "vanished"),
            (Change::Other, "changed"),
            (Change::Regraded, "another grade"),
        ] {
            let mut first = true;
            for case in comparison.of(change) {
                if first {
                    writeln!(ui.out, "{title}:")?;
                    first = false;
                }
                let word = |side: &Option<(crate::results::Verdict, crate::results::Grade)>| {
                    side.as_ref().map_or_else(
                        || "-".to_owned(),
                        |(verdict, grade)| format!("{} ({})", verdict.label().en, grade.letter()),
                    )
                };
                writeln!(
                    ui.out,
                    "  {}: {} -> {}",
                    case.case_id,
                    word(&case.before),
                    word(&case.after)
                )?;
            }
        }
        for requirement in &comparison.requirements_lost {
            writeln!(ui.out, "no longer shown: {requirement}")?;
        }
        print_stale(&mut ui.out, &gone)?;
        writeln!(ui.out, "unchanged: {}", comparison.unchanged)?;
    }
    Ok(if comparison.is_worse() || damaged {
        Exit::Findings
    } else {
        Exit::Ok
    })
}

async fn run_show(args: Show, ui: &mut Ui) -> Result<Exit, Failure> {
    let pack = Pack::open(&args.pack)?;
    if !verify(&pack, None).is_intact() {
        writeln!(ui.err, "warning: the pack does not verify; see evidence verify")?;
    }
    let file = summary(args.lang);
    if pack.file(file).is_none() {
        return Err(Failure::usage(format!(
            "{} has no {file}; it is unfinished or no evidence pack",
            args.pack.display()
        )));
    }
    if args.pack.is_dir() && !args.serve {
        let path = args.pack.join(file);
        let path = path.canonicalize().unwrap_or(path);
        writeln!(ui.out, "{}", path.display())?;
        if !args.no_open {
            open_in_browser(path.as_os_str(), ui)?;
        }
        return Ok(Exit::Ok);
    }
    let served = Served::start(pack, args.lang).await?;
    writeln!(ui.out, "{}", served.url())?;
    ui.out.flush()?;
    if !args.no_open {
        open_in_browser(served.url().as_ref(), ui)?;
    }
    writeln!(ui.err, "serving on this machine only; stop with Ctrl-C")?;
    tokio::signal::ctrl_c()
        .await
        .map_err(|error| Failure::internal(format!("waiting for Ctrl-C failed: {error}")))?;
    Ok(Exit::Ok)
}

fn open_in_browser(what: &std::ffi::OsStr, ui: &mut Ui) -> Result<(), Failure> {
    if let Err(error) = open::that_detached(what) {
        writeln!(
            ui.err,
            "no browser could be opened ({error}); open the line above yourself"
        )?;
    }
    Ok(())
}
