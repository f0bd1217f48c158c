//! (being written)

use super::super::{Exit, Failure, Ui};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// See [`Failure`].
pub async fn run(_args: Args, _ui: &mut Ui) -> Result<Exit, Failure> {
    Err(Failure::internal("this command has not landed yet"))
}
