//! `finansprodukter document`.

use std::path::PathBuf;

use uuid::Uuid;

use super::{Target, call_failed, connect, describe, files::save};
use crate::cli::{Exit, Failure, Ui};

#[derive(Debug, clap::Args)]
pub(super) struct Fetch {
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

pub(super) async fn document(args: &Fetch, ui: &mut Ui) -> Result<Exit, Failure> {
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
