//! `finansprodukter submit`.

use std::path::PathBuf;

use skatteetaten_client::{
    Error,
    finansprodukter::{
        Entry, FileJournal, Finansprodukter, InvalidSubmission, ReceiptRemark, Repeat, Rule, Submission, SubmitError,
        Submitted,
    },
};

use super::{Target, accepting, check::print_report, connect, files::read};
use crate::cli::{Exit, Failure, Ui};

#[derive(Debug, clap::Args)]
pub(super) struct Submit {
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

pub(super) async fn submit(args: &Submit, ui: &mut Ui) -> Result<Exit, Failure> {
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
