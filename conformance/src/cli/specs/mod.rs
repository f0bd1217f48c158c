//! `specs …`: the pinned OpenAPI documents and any other.

use clap::Subcommand;

use super::{Exit, Failure, Ui};

mod compared;
pub mod diff;
pub mod lower;
pub mod pull;
pub mod remote;
pub mod status;
pub mod surface;
pub mod verify;
pub mod watch;

/// Options of `specs`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the pinned documents.
    Status(status::Args),
    /// Check the digests of the pinned documents.
    Verify(verify::Args),
    /// Fetch a published document and pin it.
    Pull(pull::Args),
    /// Look for new versions, pull them and write what a pull request needs.
    Watch(watch::Args),
    /// Write or check the listing of what the bindings expose.
    Surface(surface::Args),
    /// Rewrite any OpenAPI 3.0 document so that good bindings can be generated, and say how.
    Lower(lower::Args),
    /// Compare two documents and say what breaks.
    Diff(diff::Args),
}

/// Runs one of the commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    match args.command {
        Command::Status(args) => status::run(args, ui).await,
        Command::Verify(args) => verify::run(args, ui).await,
        Command::Pull(args) => pull::run(args, ui).await,
        Command::Watch(args) => watch::run(args, ui).await,
        Command::Surface(args) => surface::run(args, ui).await,
        Command::Lower(args) => lower::run(args, ui).await,
        Command::Diff(args) => diff::run(args, ui).await,
    }
}
