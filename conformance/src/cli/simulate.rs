//! `simulate`: serves both APIs, Dialogporten's part and Maskinporten on this machine.

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use serde_json::json;

use super::{Exit, Failure, Ui};
use crate::simulator::{Data, Fault, Simulator, StartError, WrittenConfig, faults};

/// Options of the command.
#[derive(Debug, clap::Args)]
#[command(after_long_help = fault_list())]
pub struct Args {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Serve the orders in this file, or in the *.json files of this folder, instead of the
    /// published scenarios: the API's own JSON, one order, an array, or {"versions":[…]}. May be repeated.
    #[arg(long, value_name = "FILE|DIR")]
    data: Vec<PathBuf>,
    /// Do something wrong: NAME[:times=N][:operation=ID], or code=X for a documented error code.
    /// Without a suffix on every request. May be repeated; --help lists the names.
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,
    /// Act for this organisation only, instead of every trekkpliktig of the data. May be repeated.
    #[arg(long, value_name = "ORG", value_parser = organisation)]
    organisation: Vec<String>,
    /// Refuse submissions whose control totals are wrong; whether the service does is unknown.
    #[arg(long)]
    strict_totals: bool,
    /// Print one line of JSON once it serves.
    #[arg(long)]
    json: bool,
}

/// Runs the command: until Ctrl-C or the signal to terminate.
///
/// # Errors
/// See [`Failure`].
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut data = if args.data.is_empty() {
        Data::published()
    } else {
        Data::empty()
    };
    for path in &args.data {
        data.load(path).map_err(Failure::usage)?;
    }
    for warning in data.warnings() {
        writeln!(ui.err, "warning: {warning}")?;
    }
    if !args.data.is_empty() {
        let doubtful = data.doubtful_identifiers();
        if doubtful > 0 {
            writeln!(
                ui.err,
                "warning: {doubtful} identity or organisation number(s) in the loaded orders could belong to real \
                 people or organisations. They stay on this computer; use synthetic numbers (month + 80, organisations \
                 starting with 2 or 3) for anything you hand in."
            )?;
        }
    }
    // Before anything is printed: whoever reads the line may send the signal at once.
    let stop = Stop::listen()?;
    let mut builder = Simulator::builder()
        .listen(args.listen)
        .data(data)
        .strict_totals(args.strict_totals);
    for fault in args.fault {
        builder = builder.fault(fault);
    }
    for organisation in args.organisation {
        builder = builder.organisation(organisation);
    }
    let simulator = builder.start().await.map_err(|error| match error {
        StartError::Listen(..) => Failure::usage(error),
        error => Failure::internal(error),
    })?;
    let folder = tempfile::Builder::new().prefix("skatt-simulator-").tempdir()?;
    let written = simulator.write_config_files(folder.path()).map_err(Failure::internal)?;
    announce(&simulator, &written, args.json, ui)?;
    stop.wait().await;
    simulator.stop().await;
    // The key and the configuration are worth nothing any more.
    folder.close()?;
    Ok(Exit::Ok)
}

fn announce(simulator: &Simulator, written: &WrittenConfig, as_json: bool, ui: &mut Ui) -> Result<(), Failure> {
    let endpoints = simulator.endpoints();
    if as_json {
        let line = json!({
            // Without the slash, so that a path can be put behind it.
            "trekkpaalegg": endpoints.trekkpaalegg.as_str().trim_end_matches('/'),
            "finansprodukter": endpoints.finansprodukter,
            "dialogporten": endpoints.dialogporten,
            "issuer": endpoints.issuer,
            "token_endpoint": endpoints.token_endpoint,
            "client_id": simulator.client_id(),
            "kid": simulator.kid(),
            "private_key": written.private_key,
            "config": written.config,
        });
        writeln!(ui.out, "{line}")?;
    } else {
        let config = written.config.display();
        writeln!(
            ui.out,
            "Simulator is running. Ctrl-C stops it.\n\n\
             Trekkpålegg      {}\nFinansprodukter  {}\nDialogporten     {}\n\
             Maskinporten     {} (tokens at {})\n\
             client id        {}\nkid              {}\nprivate key      {}\nconfiguration    {config}\n\n\
             Try it in another terminal:\n  \
             skatt-conformance trekkpaalegg list --config {config}\n  \
             skatt-conformance token --config {config}",
            endpoints.trekkpaalegg,
            endpoints.finansprodukter,
            endpoints.dialogporten,
            endpoints.issuer,
            endpoints.token_endpoint,
            simulator.client_id(),
            simulator.kid(),
            written.private_key.display(),
        )?;
    }
    ui.out.flush()?;
    Ok(())
}

fn organisation(text: &str) -> Result<String, String> {
    if text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an organisation number is nine digits".to_owned())
    }
}

/// The names of all faults, for `--help`.
fn fault_list() -> String {
    let longest = faults().iter().map(|info| info.name.len()).max().unwrap_or_default();
    let mut text = String::from("Faults:\n");
    for info in faults() {
        text.push_str(&format!("  {:longest$}  {}\n", info.name, info.what_en));
    }
    text
}

/// The signals that end the command.
pub(super) struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    close: tokio::signal::windows::CtrlClose,
}

impl Stop {
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(windows)]
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
            close: tokio::signal::windows::ctrl_close()?,
        })
    }

    #[cfg(unix)]
    pub(super) async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(windows)]
    pub(super) async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}
