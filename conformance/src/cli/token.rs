//! `token`: fetches a token and prints its claims, never the token.

use std::{io::Write as _, path::PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};
use skatteetaten_client::{Access, Api, Error};

use super::{Exit, Failure, Ui};
use crate::config::Config;

/// Options of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration file; without it skatteetaten.toml in this folder, and the environment.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// The API that the token is for.
    #[arg(long, value_enum, default_value_t = For::Trekkpaalegg)]
    api: For,
    /// Act for this organisation of the configuration, instead of the first.
    #[arg(long, value_name = "ORG")]
    organisation: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum For {
    Trekkpaalegg,
    Finansprodukter,
    Dialogporten,
}

impl From<For> for Api {
    fn from(api: For) -> Self {
        match api {
            For::Trekkpaalegg => Self::Trekkpaalegg,
            For::Finansprodukter => Self::Finansprodukter,
            For::Dialogporten => Self::Dialogporten,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let config = Config::load(args.config.as_deref(), &ui.env).map_err(Failure::usage)?;
    let mut client = config.client(None).map_err(Failure::usage)?;
    if let Some(organisation) = &args.organisation {
        let mut accesses = config.accesses().iter();
        let access = accesses.find(|access| access.organisation() == Some(organisation));
        client = client.with_access(access.cloned().ok_or_else(|| {
            Failure::usage(format!(
                "the organisation is not in the configuration; it has: {}",
                known(config.accesses())
            ))
        })?);
    }
    let info = client.token(args.api.into()).await.map_err(|error| match error {
        Error::Configuration(_) | Error::Misuse(_) => Failure::usage(error),
        error => Failure::refused(error),
    })?;
    let claims = info.claims.clone().unwrap_or(Value::Null);
    if args.json {
        let line = json!({
            "scopes": info.scopes,
            "expires_in": info.expires_in.as_secs(),
            "claims": claims,
        });
        writeln!(ui.out, "{line}")?;
        return Ok(Exit::Ok);
    }
    writeln!(ui.out, "scopes      {}", info.scopes.join(" "))?;
    writeln!(ui.out, "expires in  {} s", info.expires_in.as_secs())?;
    if let Some(difference) = &info.clock_difference {
        writeln!(ui.out, "clock       {difference}")?;
    }
    if claims.is_null() {
        writeln!(ui.out, "claims      none to show: the token is not a JWT")?;
    } else {
        let text = serde_json::to_string_pretty(&claims).map_err(Failure::internal)?;
        writeln!(ui.out, "claims      {text}")?;
    }
    Ok(Exit::Ok)
}

fn known(accesses: &[Access]) -> String {
    let numbers: Vec<_> = accesses.iter().filter_map(Access::organisation).collect();
    if numbers.is_empty() {
        "none".to_owned()
    } else {
        numbers.join(", ")
    }
}
