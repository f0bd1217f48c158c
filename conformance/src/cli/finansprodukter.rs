//! `finansprodukter`: check, submit, document, feedback.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use skatteetaten_client::finansprodukter::{
    Checker, Document, Entry, Feedback, FeedbackState, FileJournal, Finansprodukter, InvalidSubmission, Receipt,
    ReceiptRemark, Repeat, Report, Rule, Submission, SubmitError, Submitted,
};
use skatteetaten_client::{Api, Error};
use uuid::Uuid;

use super::{Exit, Failure, Ui};
use crate::config::Config;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a submission without sending anything; exit code 100 when it has errors.
    Check(Check),
    /// Check a submission, write it down, send it, and print the receipt.
    ///
    /// Running the same command again is safe: the same file goes on where it was, with the same
    /// idempotency key, or prints the receipt that is there. Exit code 100 when the file has errors,
    /// and when the receipt counts other numbers than were sent.
    Submit(Submit),
    /// Fetch one document of a dispatch.
    Document(Fetch),
    /// Follow a submission to its verdict through Dialogporten; exit code 100 when it was
    /// rejected or needs a look.
    Feedback(Follow),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The submission, as JSON; `-` reads standard input.
    file: PathBuf,
    /// Demand that the body is for this income year.
    #[arg(long, value_name = "YEAR")]
    year: Option<u16>,
    /// Demand that every identity and organisation number is provably synthetic.
    #[arg(long)]
    synthetic: bool,
    /// Turn findings of this rule into remarks; may be repeated.
    #[arg(long, value_name = "RULE")]
    accept: Vec<Rule>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The configuration file; without it skatteetaten.toml in this folder, and the environment.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Another base URL for the API.
    #[arg(long, value_name = "U")]
    base_url: Option<String>,
    /// Act for this organisation of the configuration, instead of the first.
    #[arg(long, value_name = "ORG")]
    organisation: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Submit {
    /// The submission, as JSON; `-` reads standard input.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    file: Option<PathBuf>,
    /// Send everything that the journal holds without an outcome, and nothing new.
    #[arg(long)]
    resume: bool,
    /// Directory where each submission is written down before it is sent. It holds personal data.
    #[arg(long, value_name = "DIR", default_value = "finansprodukter-journal")]
    journal: PathBuf,
    /// Submit the same bytes once more although they have been received.
    #[arg(long, conflicts_with = "resume")]
    again: bool,
    /// Turn findings of this rule into remarks; may be repeated.
    #[arg(long, value_name = "RULE")]
    accept: Vec<Rule>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
struct Fetch {
    /// The income year.
    year: u16,
    /// The dispatch.
    forsendelse: Uuid,
    /// The document.
    dokument: Uuid,
    /// Write the bytes to this file instead of standard output. An existing file is not replaced.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
struct Follow {
    /// The receipt, as `submit` prints it; `-` reads standard input.
    receipt: PathBuf,
    /// Write the documents to this directory. Files that are there are not replaced.
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// Runs the command.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    match args.command {
        Command::Check(args) => check(&args, ui),
        Command::Submit(args) => submit(&args, ui).await,
        Command::Document(args) => document(&args, ui).await,
        Command::Feedback(args) => feedback(&args, ui).await,
    }
}

fn check(args: &Check, ui: &mut Ui) -> Result<Exit, Failure> {
    let bytes = read(&args.file)?;
    let mut checker = accepting(&args.accept)?;
    if let Some(year) = args.year {
        checker = checker.year(year);
    }
    if args.synthetic {
        checker = checker.synthetic_only();
    }
    let report = checker.check(&bytes);
    if args.json {
        let shown = Shown {
            sendable: report.is_sendable(),
            report: &report,
        };
        let shown = serde_json::to_string(&shown).map_err(Failure::internal)?;
        writeln!(ui.out, "{shown}")?;
    } else {
        print_report(&report, ui)?;
    }
    Ok(if report.is_sendable() { Exit::Ok } else { Exit::Findings })
}

/// A report for machines.
#[derive(serde::Serialize)]
struct Shown<'report> {
    sendable: bool,
    #[serde(flatten)]
    report: &'report Report,
}

fn print_report(report: &Report, ui: &mut Ui) -> Result<(), Failure> {
    for finding in &report.findings {
        writeln!(ui.out, "{finding}")?;
        writeln!(ui.out, "    {}", finding.rule.remedy())?;
    }
    let omitted = report.omitted_errors + report.omitted_remarks;
    let summary = &report.summary;
    if omitted > 0 {
        writeln!(ui.out, "… and {omitted} more findings")?;
    }
    writeln!(
        ui.out,
        "{}: {} errors, {} remarks; {} bytes, {} reports, {} deletions{}",
        if report.is_sendable() {
            "can be sent"
        } else {
            "not to be sent"
        },
        report.error_count(),
        report.remark_count(),
        summary.bytes,
        summary.reports,
        summary.deletions,
        summary
            .income_year
            .map(|year| format!(", income year {year}"))
            .unwrap_or_default(),
    )?;
    Ok(())
}

async fn submit(args: &Submit, ui: &mut Ui) -> Result<Exit, Failure> {
    let (config, api) = connect(&args.target, ui)?;
    let journal = FileJournal::open(&args.journal).await.map_err(Failure::usage)?;
    let Some(file) = &args.file else {
        return resume(&api, &journal, ui).await;
    };
    let bytes = read(file)?;
    // Real data in a test environment is not allowed, and cannot be taken back. On this computer it
    // is only told.
    if let Err(not_sent) = config.guard().outgoing(&bytes, None) {
        if !config.hosts().only_loopback() {
            writeln!(ui.err, "{not_sent}")?;
            return Ok(Exit::Findings);
        }
        for suspect in &not_sent.suspects {
            writeln!(ui.err, "warning: could be real: {suspect}; it stays on this computer")?;
        }
    }
    let checker = accepting(&args.accept)?;
    let submission = match Submission::checked(bytes, &checker) {
        Ok(submission) => submission,
        Err(invalid) => return refused(&invalid, ui),
    };
    for remark in submission.remarks() {
        writeln!(ui.err, "{remark}")?;
    }
    let repeat = if args.again {
        Repeat::EvenIfReceived
    } else {
        Repeat::Never
    };
    warn_of_open(&api, &journal, &submission, ui).await?;
    let submitted = api.submit_with(&submission, &journal, repeat).await.map_err(failed)?;
    print_receipt(&submitted, ui)
}

/// Says what else is open: if the file corrects it, the order matters.
async fn warn_of_open(
    api: &Finansprodukter,
    journal: &FileJournal,
    submission: &Submission,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let open = api.open(journal).await.map_err(failed)?;
    let others = open
        .iter()
        .filter(|entry| entry.submission.sha256() != submission.sha256())
        .count();
    if others > 0 {
        writeln!(
            ui.err,
            "warning: {others} other submissions in the journal are open: they may or may not have been received. \
             If this file corrects one of them, do not use --resume after it, or the earlier version arrives last"
        )?;
    }
    Ok(())
}

fn refused(invalid: &InvalidSubmission, ui: &mut Ui) -> Result<Exit, Failure> {
    print_report(invalid.report(), ui)?;
    writeln!(ui.err, "nothing was sent")?;
    Ok(Exit::Findings)
}

async fn resume(api: &Finansprodukter, journal: &FileJournal, ui: &mut Ui) -> Result<Exit, Failure> {
    let ends: Vec<(Entry, Result<Submitted, SubmitError>)> = api.resume(journal).await.map_err(failed)?;
    let count = ends.len();
    let (mut exit, mut failures) = (Exit::Ok, 0);
    for (entry, end) in ends {
        match end {
            Ok(submitted) => {
                if print_receipt(&submitted, ui)? != Exit::Ok {
                    exit = Exit::Findings;
                }
            }
            Err(error) => {
                failures += 1;
                writeln!(ui.err, "error: {}: {error}", entry.id)?;
            }
        }
    }
    if failures > 0 {
        return Err(Failure::refused(format!(
            "{failures} of {count} open submissions have no receipt"
        )));
    }
    writeln!(ui.err, "{count} open submissions resumed")?;
    Ok(exit)
}

fn print_receipt(submitted: &Submitted, ui: &mut Ui) -> Result<Exit, Failure> {
    let receipt = serde_json::to_string(&submitted.receipt).map_err(Failure::internal)?;
    writeln!(ui.out, "{receipt}")?;
    if submitted.sent {
        writeln!(
            ui.err,
            "received, not yet accepted: ask `finansprodukter feedback` for the verdict"
        )?;
    } else {
        writeln!(
            ui.err,
            "nothing was sent: these bytes have been received before, and this is their receipt"
        )?;
    }
    if let Some(error) = &submitted.not_recorded {
        writeln!(ui.err, "warning: {error}; run the same command again, which is safe")?;
    }
    let mut exit = Exit::Ok;
    for remark in &submitted.remarks {
        writeln!(ui.err, "warning: {remark}")?;
        if !matches!(remark, ReceiptRemark::Reference) {
            // Reports may be missing on the other side; the script that runs this has to notice.
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}

async fn document(args: &Fetch, ui: &mut Ui) -> Result<Exit, Failure> {
    let (_, api) = connect(&args.target, ui)?;
    let document = api
        .document(args.year, args.forsendelse, args.dokument)
        .await
        .map_err(call_failed)?;
    match &args.out {
        None => ui.out.write_all(&document.bytes)?,
        Some(path) => save(path, &document.bytes)?,
    }
    writeln!(ui.err, "{}", describe(&document))?;
    Ok(Exit::Ok)
}

async fn feedback(args: &Follow, ui: &mut Ui) -> Result<Exit, Failure> {
    let receipt: Receipt = serde_json::from_slice(&read(&args.receipt)?).map_err(|error| {
        // Line and column only: the message may quote the file.
        Failure::usage(format!(
            "the receipt cannot be read (line {}, column {}): give the line that `finansprodukter submit` prints",
            error.line(),
            error.column()
        ))
    })?;
    let (_, api) = connect(&args.target, ui)?;
    let feedback = api.feedback(&receipt).await.map_err(call_failed)?;
    if let Some(directory) = &args.documents {
        for found in &feedback.documents {
            let name = format!(
                "{}_{}.{}",
                found.forsendelse_id,
                found.dokument_id,
                found.document.extension()
            );
            std::fs::create_dir_all(directory).map_err(|error| cannot("make", directory, &error))?;
            keep(&directory.join(name), &found.document.bytes)?;
        }
    }
    if args.json {
        writeln!(ui.out, "{}", feedback_json(&feedback))?;
    } else {
        writeln!(ui.out, "{}", feedback.state)?;
        for found in &feedback.documents {
            writeln!(
                ui.out,
                "document {} of {}: {}",
                found.dokument_id,
                found.forsendelse_id,
                describe(&found.document)
            )?;
        }
    }
    Ok(match feedback.state {
        FeedbackState::Accepted | FeedbackState::StillWaiting => Exit::Ok,
        _ => Exit::Findings,
    })
}

fn feedback_json(feedback: &Feedback) -> serde_json::Value {
    let (state, why) = match &feedback.state {
        FeedbackState::StillWaiting => ("still-waiting", Vec::new()),
        FeedbackState::Accepted => ("accepted", Vec::new()),
        FeedbackState::Rejected => ("rejected", Vec::new()),
        FeedbackState::NeedsALook { why } => ("needs-a-look", why.iter().map(ToString::to_string).collect()),
        _ => ("needs-a-look", vec![feedback.state.to_string()]),
    };
    let documents: Vec<_> = feedback
        .documents
        .iter()
        .map(|found| {
            json!({
                "forsendelseId": found.forsendelse_id,
                "dokumentId": found.dokument_id,
                "mediaType": found.document.media_type,
                "bytes": found.document.bytes.len(),
                "sha256": found.document.sha256,
            })
        })
        .collect();
    json!({ "state": state, "why": why, "documents": documents })
}

fn describe(document: &Document) -> String {
    format!(
        "{}, {} bytes, sha256 {}",
        document.media_type.as_deref().unwrap_or("no media type"),
        document.bytes.len(),
        document.sha256
    )
}

fn connect(target: &Target, ui: &Ui) -> Result<(Config, Finansprodukter), Failure> {
    let mut config = Config::load(target.config.as_deref(), &ui.env).map_err(Failure::usage)?;
    if let Some(url) = &target.base_url {
        config = config
            .with_base_url(Api::Finansprodukter, url)
            .map_err(Failure::usage)?;
    }
    let mut client = config.client(None).map_err(Failure::usage)?;
    if let Some(organisation) = &target.organisation {
        let access = config
            .accesses()
            .iter()
            .find(|access| access.organisation() == Some(organisation));
        client = client.with_access(access.cloned().ok_or_else(|| {
            Failure::usage("the organisation is not in the configuration: add it under [[access.organisation]]")
        })?);
    }
    Ok((config, client.finansprodukter()))
}

fn accepting(rules: &[Rule]) -> Result<Checker, Failure> {
    rules.iter().try_fold(Checker::new(), |checker, rule| {
        if rule.can_be_accepted() {
            Ok(checker.accept(*rule))
        } else {
            Err(Failure::usage(format!(
                "the rule {rule} cannot be accepted: the API cannot take such a body"
            )))
        }
    })
}

fn failed(error: SubmitError) -> Failure {
    match &error {
        SubmitError::Configuration(_) => Failure::usage(error),
        SubmitError::Journal(_) => Failure::internal(error),
        SubmitError::Call {
            error: Error::Configuration(_) | Error::Misuse(_),
            ..
        } => Failure::usage(error),
        _ => Failure::refused(error),
    }
}

fn call_failed(error: Error) -> Failure {
    match error {
        Error::Configuration(_) | Error::Misuse(_) => Failure::usage(error),
        error => Failure::refused(error),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| cannot("read", path, &error))
}

/// Saves a document of a verdict, which is asked for again and again: one that is there already
/// with the same bytes is left alone.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    match std::fs::read(path) {
        Ok(kept) if kept == bytes => Ok(()),
        _ => save(path, bytes),
    }
}

/// Writes a file that is either complete or not there, and never replaces one.
fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::usage(format!(
                "{} is there already and is not replaced: name another file, or move it away",
                path.display()
            ))
        } else {
            cannot("write", path, &error)
        }
    })
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot {what} {}: {error}", path.display()))
}
