//! `trekkpaalegg`: list orders, get one version, follow the changes.

mod follow;
mod output;
#[cfg(test)]
mod tests;

use std::{io::Write as _, path::PathBuf};

use clap::Subcommand;
use skatteetaten_client::{
    Access, Api, Client, Error,
    trekkpaalegg::{DEFAULT_PAGE_SIZE, Fetched, Watermark},
};

use super::{Exit, Failure, Ui};
use crate::config::Config;

use self::output::Output;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The latest version of every order; with --from or --max one page of changes.
    List {
        /// Only orders with a higher sequence number; 0 when only --max is given.
        #[arg(long, value_name = "N", value_parser = watermark)]
        from: Option<Watermark>,
        /// At most so many orders; 2500 when only --from is given.
        #[arg(long, value_name = "N", value_parser = page_size())]
        max: Option<u32>,
        #[command(flatten)]
        common: Common,
    },
    /// One version of one order.
    Get {
        /// The order's id, as it was received.
        trekkid: String,
        /// The version, counted from 1.
        #[arg(value_parser = page_size())]
        trekkversjon: u32,
        #[command(flatten)]
        common: Common,
    },
    /// Everything that has changed since a sequence number, page by page.
    Changes {
        /// The watermark to continue from; 0 is the beginning.
        #[arg(long, value_name = "N", default_value = "0", value_parser = watermark)]
        from: Watermark,
        /// How many orders a page asks for.
        #[arg(long, value_name = "N", default_value_t = DEFAULT_PAGE_SIZE, value_parser = page_size())]
        max: u32,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Print one JSON object per line, with the orders as they were received.
    #[arg(long)]
    ndjson: bool,
    /// Call this host instead of the configuration's.
    #[arg(long, value_name = "U")]
    base_url: Option<String>,
    /// The configuration file; without it skatteetaten.toml in this folder, and the environment.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Act for this organisation of the configuration only.
    #[arg(long, value_name = "ORG")]
    organisation: Option<String>,
}

fn watermark(text: &str) -> Result<Watermark, String> {
    text.parse()
        .ok()
        .and_then(Watermark::new)
        .ok_or_else(|| "a sequence number is a whole number from 0 with at most 18 digits".to_owned())
}

fn page_size() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=999_999_999)
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a configuration that cannot be used, 3 when the token, the connection or the API
/// refuses. Orders that break the contract are no failure; they end in [`Exit::Findings`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    match args.command {
        Command::List { from, max, common } => {
            let (clients, output) = common.open(ui)?;
            // The API wants both parameters or none.
            let window =
                (from.is_some() || max.is_some()).then(|| (from.unwrap_or_default(), max.unwrap_or(DEFAULT_PAGE_SIZE)));
            list(&clients, window, output).await
        }
        Command::Get {
            trekkid,
            trekkversjon,
            common,
        } => {
            let (clients, mut output) = common.open(ui)?;
            match get(&clients, &trekkid, trekkversjon).await? {
                Fetched::Order(order) => output.order(&order)?,
                Fetched::Rejected(rejected) => output.rejected(&rejected)?,
            }
            output.finish_without_watermark()
        }
        Command::Changes { from, max, common } => {
            let (clients, output) = common.open(ui)?;
            follow::changes(&clients, from, max, output).await
        }
    }
}

/// Prints one answer for each organisation.
async fn list(clients: &[Client], window: Option<(Watermark, u32)>, mut output: Output<'_>) -> Result<Exit, Failure> {
    let mut reached = None;
    for client in clients {
        let service = client.trekkpaalegg();
        let page = match window {
            Some((from, max)) => service.list_page(from, max).await,
            None => service.list().await,
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                // The organisations that were not asked are still where they were.
                output.correct_watermark(window.map(|(from, _)| from).unwrap_or_default());
                return output.fail(failure(error));
            }
        };
        output.page(&page)?;
        reached = Some(reached.map_or(page.watermark, |lowest: Watermark| lowest.min(page.watermark)));
    }
    // One number for all of them: what each has reached.
    output.set_watermark(reached.unwrap_or_default());
    output.finish()
}

/// Asks each organisation's token in turn: an id says nothing of whose order it is.
async fn get(clients: &[Client], trekkid: &str, trekkversjon: u32) -> Result<Fetched, Failure> {
    let mut unknown = None;
    for client in clients {
        match client.trekkpaalegg().get(trekkid, trekkversjon).await {
            Ok(fetched) => return Ok(fetched),
            Err(error) if error.status() == Some(404) => unknown = Some(error),
            Err(error) => return Err(failure(error)),
        }
    }
    Err(unknown.map_or_else(|| Failure::usage("no organisation to act for"), failure))
}

/// Whose fault an error is decides the exit code.
fn failure(error: Error) -> Failure {
    match error {
        Error::Configuration(_) | Error::Misuse(_) => Failure::usage(error),
        error => Failure::refused(error),
    }
}

impl Common {
    /// A client for each organisation to act for, and where to print.
    fn open<'ui>(&self, ui: &'ui mut Ui) -> Result<(Vec<Client>, Output<'ui>), Failure> {
        let mut config = Config::load(self.config.as_deref(), &ui.env).map_err(Failure::usage)?;
        if let Some(url) = &self.base_url {
            config = config.with_base_url(Api::Trekkpaalegg, url).map_err(Failure::usage)?;
        }
        let client = config.client(None).map_err(Failure::usage)?;
        let (mut accesses, mut twice): (Vec<&Access>, bool) = (Vec::new(), false);
        for access in config.accesses() {
            let organisation = access.organisation();
            if self.organisation.is_some() && self.organisation.as_deref() != organisation {
                continue;
            }
            // The orders are the employer's, whichever of its system users asks.
            if accesses.iter().any(|other| other.organisation() == organisation) {
                twice = true;
            } else {
                accesses.push(access);
            }
        }
        if twice {
            writeln!(
                ui.err,
                "remark: an organisation stands in the configuration more than once; it is asked once, with the first entry"
            )?;
        }
        if accesses.is_empty() && self.organisation.is_some() {
            return Err(Failure::usage(
                "the organisation of --organisation is not in the configuration; add it under [[access.organisation]]",
            ));
        }
        let clients = if accesses.is_empty() {
            vec![client]
        } else {
            accesses
                .into_iter()
                .map(|access| client.with_access(access.clone()))
                .collect()
        };
        Ok((clients, Output::new(ui, self.ndjson)))
    }
}
