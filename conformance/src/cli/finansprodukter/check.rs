//! `finansprodukter check`.

use std::path::PathBuf;

use skatteetaten_client::finansprodukter::{Report, Rule};

use super::{accepting, files::read};
use crate::cli::{Exit, Failure, Ui};

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The submission, as JSON; `-` reads standard input.
    file: PathBuf,
    /// Demand that the body is for this income year.
    #[arg(long, value_name = "YEAR")]
    year: Option<u16>,
    /// Demand that every identity and organisation number is provably synthetic.
    #[arg(long)]
    synthetic: bool,
    /// Turn findings of this rule into remarks; may be repeated.
    #[arg(long, value_name = "RULE")]
    accept: Vec<Rule>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn check(args: &Check, ui: &mut Ui) -> Result<Exit, Failure> {
    let bytes = read(&args.file)?;
    let mut checker = accepting(&args.accept)?;
    if let Some(year) = args.year {
        checker = checker.year(year);
    }
    if args.synthetic {
        checker = checker.synthetic_only();
    }
    let report = checker.check(&bytes);
    if args.json {
        let shown = Shown {
            sendable: report.is_sendable(),
            report: &report,
        };
        let shown = serde_json::to_string(&shown).map_err(Failure::internal)?;
        writeln!(ui.out, "{shown}")?;
    } else {
        print_report(&report, ui)?;
    }
    Ok(if report.is_sendable() { Exit::Ok } else { Exit::Findings })
}

/// A report for machines.
#[derive(serde::Serialize)]
struct Shown<'report> {
    sendable: bool,
    #[serde(flatten)]
    report: &'report Report,
}

pub(super) fn print_report(report: &Report, ui: &mut Ui) -> Result<(), Failure> {
    for finding in &report.findings {
        writeln!(ui.out, "{finding}")?;
        writeln!(ui.out, "    {}", finding.rule.remedy())?;
    }
    let omitted = report.omitted_errors + report.omitted_remarks;
    let summary = &report.summary;
    if omitted > 0 {
        writeln!(ui.out, "… and {omitted} more findings")?;
    }
    writeln!(
        ui.out,
        "{}: {} errors, {} remarks; {} bytes, {} reports, {} deletions{}",
        if report.is_sendable() {
            "can be sent"
        } else {
            "not to be sent"
        },
        report.error_count(),
        report.remark_count(),
        summary.bytes,
        summary.reports,
        summary.deletions,
        summary
            .income_year
            .map(|year| format!(", income year {year}"))
            .unwrap_or_default(),
    )?;
    Ok(())
}
