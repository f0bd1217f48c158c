//! What a run prints.

use comfy_table::{ContentArrangement, Table, presets};

use crate::{
    cli::{Failure, Ui},
    results::{CaseResult, Grade, Text, Verdict},
    run::Report,
};

/// Prints the results; `untried` are those that are named even though they were not run.
pub(super) fn table(
    ui: &mut Ui,
    target: &Text,
    self_check: bool,
    report: &Report,
    untried: &[&str],
) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !ui.out_is_terminal {
        table.set_width(120);
    }
    table.set_header(["case", "grade", "verdict", "reason"]);
    for result in report.results.iter().filter(|result| shown(result, untried)) {
        table.add_row([
            result.case_id.as_str(),
            result.grade.letter(),
            &result.verdict.label().en,
            &result.reason.en,
        ]);
    }
    writeln!(ui.out, "{table}")?;
    writeln!(ui.out, "Target: {}", target.en)?;
    let mut counts = Vec::new();
    for verdict in Verdict::ALL {
        let count = report.results.iter().filter(|result| result.verdict == verdict).count();
        if count > 0 {
            counts.push(format!("{count} {}", verdict.label().en));
        }
    }
    writeln!(ui.out, "{} cases: {}", report.results.len(), counts.join(", "))?;
    if self_check {
        writeln!(
            ui.out,
            "Grade E is a self-check: {}. It is never counted as evidence.\nKarakter E er en selvtest: {}.",
            Grade::E.label().en,
            Grade::E.label().nb
        )?;
    }
    writeln!(
        ui.out,
        "Leverandørens egen test. Ikke en godkjenning fra Skatteetaten. / Supplier's own test. Not an approval by the Tax Administration."
    )?;
    for line in &report.stale_deviations {
        writeln!(ui.out, "finding: {line}")?;
    }
    writeln!(ui.out, "Evidence: {}", report.pack.dir.display())?;
    if let Some(zip) = &report.pack.zip {
        writeln!(ui.out, "As one file: {}", zip.display())?;
    }
    Ok(())
}

/// Any other that was not run is counted, and listed in the pack with its reason.
fn shown(result: &CaseResult, untried: &[&str]) -> bool {
    result.verdict != Verdict::NotRun || untried.contains(&result.case_id.as_str())
}
