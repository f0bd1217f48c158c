//! `conformance`: runs the suite and records the evidence; `conformance plan` says what it would do.

mod client;
mod options;
mod output;
mod pack;
mod plan;
mod progress;
mod proxy;

use std::{path::PathBuf, sync::Arc};

use clap::Subcommand;

use self::pack::PackArgs;
use super::{Exit, Failure, Ui};
use crate::run::{Options, RunError, Suite};

/// Options of the command.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Box<RunArgs>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What would be tested, before anything runs; and templates for the vendor's own files.
    Plan(plan::Args),
    /// The vendor's own client is the one under test: this tool is its counterparty.
    Client(Box<client::Args>),
    /// Record and grade the vendor's own system against the real test environment.
    Proxy(Box<proxy::Args>),
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    #[command(flatten)]
    what: options::What,
    #[command(flatten)]
    pack: PackArgs,
    /// Complete this unfinished pack. Cases that are done stay; one that is named with --case and
    /// did not pass runs again, and its first result stays visible.
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::Selection(_)
            | RunError::Host(_)
            | RunError::Organisation(_)
            | RunError::Resume(_)
            | RunError::Evidence(_) => Self::usage(error),
            RunError::Random => Self::internal(error),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    match args.command {
        Some(Command::Plan(args)) => plan::run(args, ui).await,
        Some(Command::Client(args)) => client::run(*args, ui).await,
        Some(Command::Proxy(args)) => proxy::run(*args, ui).await,
        None => conform(*args.run, ui).await,
    }
}

async fn conform(args: RunArgs, ui: &mut Ui) -> Result<Exit, Failure> {
    let suite = Suite::builtin().map_err(Failure::internal)?;
    let mut options = Options::new(&args.pack.out);
    options.selection = args.what.selection();
    let given = args.pack.read(&suite)?;
    options.deviations = given.deviations;
    options.attestations = given.attestations;
    options.signing_key = given.signing_key;
    options.zip = args.pack.zip;
    options.resume = args.resume;
    options.operator = args.pack.operator;
    let opened = args.what.open(ui).await?;
    options.system = opened.system;
    let watch = Arc::new(progress::Watch::new(ui.err_is_terminal));
    options.progress = Some(watch.clone());
    let description = opened.target.describe();
    let self_check = !opened.target.is_authority();
    let report = tokio::select! {
        report = suite.run(opened.target, options) => report,
        _ = tokio::signal::ctrl_c() => {
            watch.clear();
            return Err(interrupted(&watch));
        }
    };
    watch.clear();
    let report = report?;
    if let Some(simulator) = opened.simulator {
        simulator.stop().await;
    }
    output::table(ui, &description, self_check, &report, &[])?;
    Ok(if report.findings().is_empty() && report.stale_deviations.is_empty() {
        Exit::Ok
    } else {
        Exit::Findings
    })
}

fn interrupted(watch: &progress::Watch) -> Failure {
    let message = match watch.folder() {
        Some(folder) => format!(
            "interrupted: the pack is unfinished and proves nothing; complete it with the same options and --resume {}",
            folder.display()
        ),
        None => "interrupted before anything was recorded".to_owned(),
    };
    Failure::new(Exit::Internal, message)
}
