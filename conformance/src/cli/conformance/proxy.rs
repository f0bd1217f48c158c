//! `conformance proxy`: records and grades the vendor's system against the real test environment.

use std::{io::Write as _, path::PathBuf};

use clap::ValueEnum;
use serde_json::json;
use tokio::sync::mpsc;

use super::{options, output, pack::SessionArgs};
use crate::{
    cli::{Exit, Failure, Ui, simulate::Stop},
    config::Config,
    proxy::{
        Endpoints, Proxy, StartError,
        session::{Session, SessionError},
    },
    results::ApiName,
    run::{Options, Suite, Target},
    tls::TestCa,
};

/// What is behind the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Upstream {
    /// The hosts of the configuration: without one, the authority's test environment.
    Test,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Api {
    Trekkpaalegg,
    Finansprodukter,
}

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What is behind the proxy.
    #[arg(long, value_enum, default_value_t = Upstream::Test)]
    upstream: Upstream,
    /// The configuration file. Neither client id nor key are needed: the vendor's system has them.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Grade only this API.
    #[arg(long, value_enum)]
    api: Option<Api>,
    /// The host name or address under which the system reaches the proxy, where it is another than
    /// the one listened on.
    #[arg(long, value_name = "NAME")]
    host_name: Option<String>,
    #[command(flatten)]
    session: SessionArgs,
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match &error {
            SessionError::Run(crate::run::RunError::Random)
            | SessionError::Start(StartError::Random)
            | SessionError::Lost => Self::internal(error),
            _ => Self::usage(error),
        }
    }
}

/// Runs the command: until Ctrl-C or the signal to terminate, then grades and writes the pack.
pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let Upstream::Test = args.upstream;
    let config = Config::load(args.config.as_deref(), &ui.env).map_err(Failure::usage)?;
    let suite = Suite::builtin().map_err(Failure::internal)?;
    let options = session_options(&args, &suite, &config)?;
    let logs = args.session.client_logs()?;
    let mut builder = Proxy::builder(&config)
        .map_err(Failure::usage)?
        .listen(args.session.listen);
    if let Some(name) = &args.host_name {
        builder = builder.host_name(name);
    }
    if let Some(dir) = &args.session.tls {
        builder = builder.tls(TestCa::open(dir).map_err(Failure::usage)?);
    }
    // Before anything is printed: whoever reads the line may send the signal at once.
    let stop = Stop::listen()?;
    let (sender, mut lines) = mpsc::unbounded_channel();
    let session = Session::begin(suite, &config, builder, options, move |line| {
        // Nobody watches any more once the session ends.
        let _ = sender.send(line);
    })
    .await?;
    announce(session.endpoints(), &args, ui)?;
    let stop = stop.wait();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            line = lines.recv() => match line {
                Some(line) => {
                    if ui.err_is_terminal || line.failed.is_some() {
                        writeln!(ui.err, "{line}")?;
                    }
                    if line.failed.is_some() {
                        break;
                    }
                }
                None => break,
            },
        }
    }
    let finished = session.finish(&logs).await?;
    let target = Target::observed(&config);
    output::table(
        ui,
        &crate::proxy::session::describe(&target),
        false,
        &finished.report,
        &[],
    )?;
    writeln!(
        ui.out,
        "{} exchanges; deviations from the pinned documents: {} in what the system sent, {} in what it received",
        finished.exchanges, finished.deviations_of_the_system, finished.deviations_of_the_other_side
    )?;
    let report = &finished.report;
    Ok(if report.findings().is_empty() && report.stale_deviations.is_empty() {
        Exit::Ok
    } else {
        Exit::Findings
    })
}

fn session_options(args: &Args, suite: &Suite, config: &Config) -> Result<Options, Failure> {
    let mut options = Options::new(&args.session.pack.out);
    options.selection.apis = args
        .api
        .iter()
        .map(|api| match api {
            Api::Trekkpaalegg => ApiName::Trekkpaalegg,
            Api::Finansprodukter => ApiName::Finansprodukter,
        })
        .collect();
    let given = args.session.pack.read(suite)?;
    options.deviations = given.deviations;
    options.attestations = given.attestations;
    options.signing_key = given.signing_key;
    options.zip = args.session.pack.zip;
    options.operator.clone_from(&args.session.pack.operator);
    options.system = options::system(config.system());
    Ok(options)
}

fn announce(endpoints: &Endpoints, args: &Args, ui: &mut Ui) -> Result<(), Failure> {
    let trust = args.session.trust();
    if args.session.json {
        let line = json!({
            "trekkpaalegg": endpoints.trekkpaalegg.as_ref().map(|url| url.as_str().trim_end_matches('/')),
            "finansprodukter": endpoints.finansprodukter,
            "dialogporten": endpoints.dialogporten,
            "well_known": endpoints.well_known,
            "token_endpoint": endpoints.token_endpoint,
            "issuer": endpoints.issuer,
            "trust": trust,
        });
        writeln!(ui.out, "{line}")?;
    } else {
        writeln!(
            ui.out,
            "Recording proxy is running. Ctrl-C ends the session and writes the evidence.\n"
        )?;
        writeln!(ui.out, "Point the system at these addresses:")?;
        for (name, url) in [
            ("Trekkpålegg", &endpoints.trekkpaalegg),
            ("Finansprodukter", &endpoints.finansprodukter),
            ("Dialogporten", &endpoints.dialogporten),
            ("metadata", &Some(endpoints.well_known.clone())),
            ("token endpoint", &Some(endpoints.token_endpoint.clone())),
        ] {
            if let Some(url) = url {
                writeln!(ui.out, "{name:<16} {url}")?;
            }
        }
        writeln!(
            ui.out,
            "issuer           {} (unchanged: it is the audience of assertions)",
            endpoints.issuer
        )?;
        if let Some(trust) = trust {
            writeln!(ui.out, "trust            {}", trust.display())?;
        }
    }
    ui.out.flush()?;
    Ok(())
}
