//! `finansprodukter`: check, submit, document, feedback.

mod check;
mod document;
mod feedback;
mod files;
mod submit;

use std::path::PathBuf;

use clap::Subcommand;
use skatteetaten_client::{
    Api, Error,
    finansprodukter::{Checker, Document, Finansprodukter, Rule},
};

use super::{Exit, Failure, Ui};
use crate::config::Config;
use check::Check;
use document::Fetch;
use feedback::Follow;
use submit::Submit;

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

/// Runs the command.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    match args.command {
        Command::Check(args) => check::check(&args, ui),
        Command::Submit(args) => submit::submit(&args, ui).await,
        Command::Document(args) => document::document(&args, ui).await,
        Command::Feedback(args) => feedback::feedback(&args, ui).await,
    }
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

fn call_failed(error: Error) -> Failure {
    match error {
        Error::Configuration(_) | Error::Misuse(_) => Failure::usage(error),
        error => Failure::refused(error),
    }
}
