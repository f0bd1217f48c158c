//! `conformance client`: the vendor's own client is the one under test.

mod keyboard;
mod watching;

use std::{io::Write as _, path::PathBuf, time::Duration};

use serde_json::json;
use url::Url;

use self::watching::{Script, Watching};
use super::{output, pack::SessionArgs};
use crate::{
    cli::{Exit, Failure, Ui, simulate::Stop},
    counterparty::{Counterparty, ReportError, ReportOptions, Scenario, SessionError, Step, judged_cases, steps},
    run::Suite,
    tls::{Acceptor, TestCa},
};

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Who the client is, its customers, and how its system is run (TOML; docs/counterparty.md).
    #[arg(long, value_name = "F")]
    scenario: PathBuf,
    /// The address under which the system reaches it, where that is another.
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
    /// No script: record whatever the system does until Ctrl-C, or until somebody says on the page
    /// that it is done; then judge.
    #[arg(long)]
    record: bool,
    /// Only the steps for this case; may be repeated.
    #[arg(long, value_name = "ID", conflicts_with = "record")]
    case: Vec<String>,
    /// How long a task may take, in seconds; overrides the scenario.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    #[command(flatten)]
    session: SessionArgs,
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match &error {
            SessionError::Vendor(_) | SessionError::Driver(_) | SessionError::Start(_) => Self::usage(error),
            _ => Self::internal(error),
        }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match &error {
            ReportError::Evidence(_) => Self::usage(error),
            _ => Self::internal(error),
        }
    }
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let scenario = Scenario::load(&args.scenario).map_err(Failure::usage)?;
    let chosen = chosen_steps(&args)?;
    let options = report_options(&args)?;
    let timeout = Duration::from_secs(args.timeout.unwrap_or(scenario.timeout_seconds));
    let mut builder = Counterparty::builder(scenario.vendor)
        .listen(args.session.listen)
        .timeout(timeout);
    if let Some(url) = args.public_url.clone() {
        builder = builder.public_url(url);
    }
    if let Some(folder) = &args.session.tls {
        let mut hosts = vec![args.session.listen.ip().to_string(), "localhost".to_owned()];
        if args.session.listen.ip().is_unspecified() {
            hosts.push("127.0.0.1".to_owned());
        }
        hosts.extend(
            args.public_url
                .as_ref()
                .and_then(|url| url.host_str().map(str::to_owned)),
        );
        let authority = TestCa::open(folder).map_err(Failure::usage)?;
        builder = builder.tls(Acceptor::new(&authority, &hosts).map_err(Failure::usage)?);
    }
    let counterparty = builder.start().await?;
    let target = counterparty.description();
    let journal = counterparty.journal(&args.session.pack.out, options)?;
    // Before anybody is told where to call: whoever reads it may send the signal at once.
    let stop = Stop::listen()?;
    announce(&counterparty, &args, ui)?;
    let mut watching = Watching::new(&counterparty, ui);
    let session = async {
        if args.record {
            watching.record().await
        } else {
            let command = scenario.command.as_ref();
            watching
                .play(Script {
                    steps: &chosen,
                    command,
                    timeout,
                })
                .await
        }
    };
    let interrupted = tokio::select! {
        ended = session => { ended?; false }
        failed = journal.keep() => match failed? {},
        () = stop.wait() => !args.record,
    };
    if interrupted {
        writeln!(ui.err, "interrupted: what was recorded until now is judged")?;
    }
    let report = journal.finish(&counterparty).await?;
    let silent = counterparty.tape().seen().next().is_none();
    counterparty.over(&report.pack.dir).await;
    counterparty.stop().await;
    output::table(ui, &target, false, &report, &judged_cases())?;
    if silent {
        // Nothing failed, since nothing was tried: no pipeline may take that for a success.
        return Err(Failure::usage(
            "not a single request arrived: is the system pointed at the addresses above, and does the command run it?",
        ));
    }
    Ok(if report.findings().is_empty() && report.stale_deviations.is_empty() {
        Exit::Ok
    } else {
        Exit::Findings
    })
}

fn chosen_steps(args: &Args) -> Result<Vec<Step>, Failure> {
    let judged = judged_cases();
    if let Some(unknown) = args.case.iter().find(|id| !judged.contains(&id.as_str())) {
        return Err(Failure::usage(format!(
            "{unknown} is no case that the vendor's client can show; there are: {}",
            judged.join(", ")
        )));
    }
    let mut all = steps().map_err(Failure::internal)?;
    if !args.case.is_empty() {
        all.retain(|step| step.cases.iter().any(|case| args.case.contains(case)));
        if all.is_empty() {
            return Err(Failure::usage(
                "no step of the script brings these cases about; docs/counterparty.md says which need another session",
            ));
        }
    }
    Ok(all)
}

fn report_options(args: &Args) -> Result<ReportOptions, Failure> {
    let suite = Suite::builtin().map_err(Failure::internal)?;
    let mut options = ReportOptions::default();
    let given = args.session.pack.read(&suite)?;
    options.deviations = given.deviations;
    options.attestations = given.attestations;
    options.signing_key = given.signing_key;
    options.client_logs = args.session.client_logs()?;
    options.zip = args.session.pack.zip;
    options.operator.clone_from(&args.session.pack.operator);
    Ok(options)
}

fn announce(counterparty: &Counterparty, args: &Args, ui: &mut Ui) -> Result<(), Failure> {
    let endpoints = counterparty.endpoints();
    let base = endpoints.issuer.as_str().trim_end_matches('/');
    let page = format!("{base}/counterparty");
    let metadata = format!("{base}/.well-known/oauth-authorization-server");
    let trust = args.session.trust();
    if args.session.json {
        let line = json!({
            "trekkpaalegg": endpoints.trekkpaalegg.as_str().trim_end_matches('/'),
            "finansprodukter": endpoints.finansprodukter,
            "dialogporten": endpoints.dialogporten,
            "well_known": metadata,
            "token_endpoint": endpoints.token_endpoint,
            "issuer": endpoints.issuer,
            "page": page,
            "trust": trust,
        });
        writeln!(ui.out, "{line}")?;
    } else {
        writeln!(ui.out, "Point the system at these addresses:")?;
        for (name, url) in [
            ("Trekkpålegg", &endpoints.trekkpaalegg),
            ("Finansprodukter", &endpoints.finansprodukter),
            ("Dialogporten", &endpoints.dialogporten),
            ("token endpoint", &endpoints.token_endpoint),
            ("issuer", &endpoints.issuer),
        ] {
            writeln!(ui.out, "{name:<16} {url}")?;
        }
        writeln!(ui.out, "{:<16} {metadata}", "metadata")?;
        if let Some(trust) = trust {
            writeln!(ui.out, "{:<16} {}", "trust", trust.display())?;
        }
        writeln!(ui.out, "\nLive page        {page}\n")?;
    }
    ui.out.flush()?;
    Ok(())
}
