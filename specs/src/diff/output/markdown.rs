//! For a pull request.

use std::fmt::Write as _;

use super::{Finding, Level, Report, Style, counts, heading, number, of_level, operations, rust, spots, tally};

pub(super) fn write(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    let verdict = if report.fails(style.fail_on) {
        "**fails**"
    } else {
        "passes"
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "## {}\n", escape(&heading(report)));
    let _ = writeln!(
        out,
        "{}: {verdict} with `--fail-on {}`, profile `{}`.",
        counts(report),
        style.fail_on.name(),
        report.profile.name()
    );
    for level in Level::WORST_FIRST {
        let findings = of_level(report, level);
        if findings.is_empty() {
            continue;
        }
        let name = title(level);
        if level == Level::Documentation && !style.verbose {
            let _ = writeln!(out, "\n### {name} ({})\n\n{}", findings.len(), tally(&findings));
            continue;
        }
        let _ = writeln!(out, "\n### {name} ({})\n", findings.len());
        for finding in findings {
            item(&mut out, report, finding);
        }
    }
    let accepted: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.accepted.is_some())
        .collect();
    if !accepted.is_empty() {
        let _ = writeln!(out, "\n### Accepted ({})\n", accepted.len());
        for finding in accepted {
            if let Some(acceptance) = &finding.accepted {
                let _ = writeln!(
                    out,
                    "- **{}** {} ({}; accepted until {}: {})",
                    escape(&finding.location),
                    escape(&finding.message),
                    finding.level,
                    acceptance.expires,
                    escape(&acceptance.reason)
                );
            }
        }
    }
    tail(&mut out, report);
    out
}

fn title(level: Level) -> &'static str {
    match level {
        Level::Breaking => "Breaking",
        Level::Undecided => "Undecided",
        Level::Risky => "Risky",
        Level::NonBreaking => "Non-breaking",
        Level::Documentation => "Documentation",
    }
}

fn item(out: &mut String, report: &Report, finding: &Finding) {
    let _ = writeln!(out, "- **{}**: {}", escape(&finding.location), escape(&finding.message));
    for hint in &finding.hints {
        let _ = writeln!(out, "  - hint: {}", escape(hint));
    }
    if let Some(operations) = operations(report, finding, 4) {
        let _ = writeln!(out, "  - calls: {}", escape(&operations));
    }
    for line in rust::of_finding(finding) {
        let _ = writeln!(out, "  - Rust: `{}`", line.replace('`', "'"));
    }
    if finding.level >= Level::Risky {
        let _ = writeln!(out, "  - do: {}", escape(&finding.remedy));
    }
    let spots = spots(report, finding);
    if spots.is_empty() {
        let _ = writeln!(out, "  - `{}`", finding.rule);
    } else {
        let _ = writeln!(out, "  - `{}`, {}", finding.rule, escape(&spots));
    }
}

fn tail(out: &mut String, report: &Report) {
    if let Some(changes) = &report.rust {
        let _ = writeln!(out, "\n### Generated Rust ({})\n", number(changes.len(), "change"));
        for line in rust::touched(report) {
            let _ = writeln!(out, "- {}", escape(&line));
        }
        for line in rust::unexplained(report) {
            let _ = writeln!(out, "- told by no finding: `{}`", line.replace('`', "'"));
        }
    }
    if !report.stale.is_empty() {
        let _ = writeln!(out, "\n### Stale evidence\n");
        for (operation, stale) in &report.stale {
            let join = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                out,
                "- `{operation}`: cases {}; requirements {}",
                join(&stale.cases),
                join(&stale.requirements)
            );
        }
    }
    let notes: Vec<&String> = report.accepted_faults.iter().chain(&report.remarks).collect();
    if !notes.is_empty() {
        let _ = writeln!(out, "\n### Remarks\n");
        for note in notes {
            let _ = writeln!(out, "- {}", escape(note));
        }
    }
}

/// Text of a document must not become markup. Code spans stay: messages use them on purpose, and
/// nothing in them is interpreted.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for letter in part.chars() {
            match letter {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '*' | '_' | '[' | ']' | '|' | '\\' | '#' => {
                    out.push('\\');
                    out.push(letter);
                }
                _ => out.push(letter),
            }
        }
    }
    out
}
