//! `conformance plan`: what would be tested, before anything runs.

use std::{io::Write as _, path::PathBuf};

use comfy_table::{ContentArrangement, Table, presets};
use tempfile::NamedTempFile;

use super::options::What;
use crate::{
    cli::{Exit, Failure, Ui},
    run::{Planned, Suite, attestation_template, deviation_template},
};

/// Where a vendor begins; whoever has only the program has these through `--templates`.
const SCENARIO: &str = include_str!("../../../guide/scenario.toml");
const GUIDE_NB: &str = include_str!("../../../guide/veiledning.nb.md");
const GUIDE_EN: &str = include_str!("../../../guide/guide.en.md");

/// Options of the command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write the vendor's guide, and the files that it fills in (scenario, statements, deviations),
    /// into this folder. Files that are there already stay as they are.
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
}

pub(super) async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let suite = Suite::builtin().map_err(Failure::internal)?;
    if let Some(dir) = &args.templates {
        for (name, text) in [
            ("attestations.toml", attestation_template(suite.catalogue())),
            ("deviations.toml", deviation_template()),
            ("scenario.toml", SCENARIO.to_owned()),
            ("veiledning.nb.md", GUIDE_NB.to_owned()),
            ("guide.en.md", GUIDE_EN.to_owned()),
        ] {
            let path = dir.join(name);
            if write_new(dir, &path, &text)? {
                writeln!(ui.err, "{}", path.display())?;
            } else {
                writeln!(ui.err, "{} is there already, and stays as it is", path.display())?;
            }
        }
    }
    let opened = args.what.open(ui).await?;
    let plan = suite.plan(&opened.target, &args.what.selection())?;
    if let Some(simulator) = opened.simulator {
        simulator.stop().await;
    }
    if args.json {
        let json = serde_json::to_string_pretty(&plan).map_err(Failure::internal)?;
        writeln!(ui.out, "{json}")?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !ui.out_is_terminal {
        table.set_width(120);
    }
    table.set_header(["case", "title", "grade", "what becomes of it"]);
    for case in &plan.cases {
        let what = match &case.planned {
            Planned::Drive => "runs against the target".to_owned(),
            Planned::Inspect => "checks what the others recorded".to_owned(),
            Planned::Statement => "a person states it (--attestations)".to_owned(),
            Planned::Untried { verdict, reason } => format!("{}: {}", verdict.label().en, reason.en),
        };
        table.add_row([case.id.as_str(), &case.title.en, case.grade.letter(), &what]);
    }
    writeln!(ui.out, "{table}")?;
    for (id, reason) in &plan.not_testable {
        writeln!(ui.out, "{id}: {}", reason.en)?;
    }
    writeln!(ui.out, "Target: {}\nAccess model: {}", plan.target.en, plan.preset)?;
    Ok(Exit::Ok)
}

/// Whether it was written: a file that is there already is somebody's.
fn write_new(dir: &std::path::Path, path: &std::path::Path, text: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}", path.display()));
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut file = NamedTempFile::new_in(dir).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error.error)),
    }
}
