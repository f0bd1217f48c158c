//! Workflow commands: GitHub shows them at the lines of a pull request.

use std::fmt::Write as _;

use super::{Finding, Level, Report, Style, counts, heading};

pub(super) fn write(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        if finding.accepted.is_some() || (finding.level == Level::Documentation && !style.verbose) {
            continue;
        }
        let command = if style.fail_on.fails(finding.level) {
            "error"
        } else if finding.level >= Level::Risky {
            "warning"
        } else {
            "notice"
        };
        command_line(&mut out, command, report, finding);
    }
    for fault in &report.accepted_faults {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "::error title=Accepted findings::{}", data(fault));
    }
    for remark in &report.remarks {
        let _ = writeln!(out, "::notice title=Remark::{}", data(remark));
    }
    let _ = writeln!(
        out,
        "::notice title={}::{}",
        property(&heading(report)),
        data(&counts(report))
    );
    out
}

fn command_line(out: &mut String, command: &str, report: &Report, finding: &Finding) {
    let mut properties = Vec::new();
    // The new document is the one under review; what is gone stands in the old one only.
    let places = [(&report.new, &finding.new_place), (&report.old, &finding.old_place)];
    let found = places
        .into_iter()
        .find_map(|(side, place)| Some((side, place.as_ref()?.position?)));
    if let Some((side, position)) = found {
        let file = side.file.as_ref().unwrap_or(&side.name);
        properties.push(format!("file={}", property(file)));
        properties.push(format!("line={}", position.line));
        properties.push(format!("col={}", position.column));
    }
    properties.push(format!(
        "title={}",
        property(&format!("{} ({})", finding.rule, finding.level))
    ));
    let _ = writeln!(
        out,
        "::{command} {}::{}",
        properties.join(","),
        data(&format!("{}: {}", finding.location, finding.message))
    );
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
