//! The command line, used by `cargo xtask` and by the program `skatt-conformance` alike.
//!
//! This file only dispatches. Each command is a module with its own `Args` and a `run` that
//! returns an [`Exit`] or a [`Failure`]; nothing below prints but through [`Ui`].

use std::{
    ffi::OsString,
    fmt,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

pub mod ci;
pub mod conformance;
pub mod evidence;
pub mod finansprodukter;
pub mod simulate;
pub mod specs;
pub mod token;
pub mod trekkpaalegg;

/// Exit codes, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// The tool itself failed.
    Internal = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Refused or unreachable: token, transport or API.
    Refused = 3,
    /// A generated file is stale.
    Stale = 4,
    /// There are findings.
    Findings = 100,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended before its work was done: what happened, why, and what to do.
#[derive(Debug)]
pub struct Failure {
    /// The exit code that fits.
    pub exit: Exit,
    /// What the person reads. Holds no secret, body or identity number.
    pub message: String,
}

impl Failure {
    /// A failure with this exit code and message.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
        }
    }

    /// Wrong usage or configuration.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Refused or unreachable.
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// A failure of the tool itself.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::new(Exit::Internal, message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            // The reader has gone (`| head`); nothing is left to say, and to nobody.
            return Self {
                exit: Exit::Ok,
                message: String::new(),
            };
        }
        Self::internal(format!("reading or writing failed: {error}"))
    }
}

/// Where a command writes, and what it may assume of the reader.
pub struct Ui {
    /// Results.
    pub out: Box<dyn Write + Send>,
    /// Progress and messages.
    pub err: Box<dyn Write + Send>,
    /// Whether `out` is a terminal: colours and width apply.
    pub out_is_terminal: bool,
    /// Whether `err` is a terminal: progress is shown.
    pub err_is_terminal: bool,
    /// Reads an environment variable; replaced in tests.
    pub env: fn(&str) -> Option<String>,
}

impl fmt::Debug for Ui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ui")
            .field("out_is_terminal", &self.out_is_terminal)
            .finish_non_exhaustive()
    }
}

impl Ui {
    /// The process's own streams and environment.
    #[must_use]
    pub fn process() -> Self {
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            env: |name| std::env::var(name).ok().filter(|value| !value.is_empty()),
        }
    }
}

/// Clients for Skatteetaten's APIs, tested and documented.
#[derive(Debug, Parser)]
#[command(name = "skatt-conformance", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the conformance suite and record the evidence.
    Conformance(conformance::Args),
    /// Serve both APIs, Dialogporten's part and Maskinporten on this machine.
    Simulate(simulate::Args),
    /// Check, compare or show evidence packs.
    Evidence(evidence::Args),
    /// The pinned OpenAPI documents: status, verify, pull, watch, surface, lower, diff.
    Specs(specs::Args),
    /// Fetch a Maskinporten token and print its claims (never the token).
    Token(token::Args),
    /// Withholding orders: list, get one version, follow the changes.
    Trekkpaalegg(trekkpaalegg::Args),
    /// Reports on financial products: check, submit, fetch documents and feedback.
    Finansprodukter(finansprodukter::Args),
    /// Exactly what continuous integration runs (needs a checkout and Rust).
    Ci(ci::Args),
}

/// Runs one command line and returns its exit code. `arguments` starts with the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut ui = Ui::process();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` arrive here too, and are no failure.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            return match error.print() {
                Ok(()) => exit.into(),
                Err(_) => Exit::Internal.into(),
            };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&mut ui, &Failure::internal(format!("no runtime: {error}"))),
    };
    match runtime.block_on(dispatch(cli, &mut ui)) {
        Ok(exit) => match ui.out.flush() {
            Ok(()) => exit.into(),
            Err(error) => report(&mut ui, &Failure::from(error)),
        },
        Err(failure) => report(&mut ui, &failure),
    }
}

async fn dispatch(cli: Cli, ui: &mut Ui) -> Result<Exit, Failure> {
    match cli.command {
        Command::Conformance(args) => conformance::run(args, ui).await,
        Command::Simulate(args) => simulate::run(args, ui).await,
        Command::Evidence(args) => evidence::run(args, ui).await,
        Command::Specs(args) => specs::run(args, ui).await,
        Command::Token(args) => token::run(args, ui).await,
        Command::Trekkpaalegg(args) => trekkpaalegg::run(args, ui).await,
        Command::Finansprodukter(args) => finansprodukter::run(args, ui).await,
        Command::Ci(args) => ci::run(args, ui).await,
    }
}

fn report(ui: &mut Ui, failure: &Failure) -> ExitCode {
    if !failure.message.is_empty() {
        // Nothing can be done when even this cannot be written.
        let _ = writeln!(ui.err, "error: {}", failure.message);
    }
    failure.exit.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_definitions_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
