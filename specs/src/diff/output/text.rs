//! For a terminal: worst first, one paragraph a finding.

use std::fmt::Write as _;

use super::{Finding, Level, Report, Style, counts, heading, number, of_level, operations, rust, spots, tally};

/// Narrower terminals get lines of this width anyway.
const NARROWEST: usize = 40;

struct Page {
    out: String,
    colour: bool,
    width: usize,
}

impl Page {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{text}");
    }

    /// Wrapped and indented; `label` hangs before the first line.
    fn wrapped(&mut self, label: &str, text: &str) {
        self.hanging(&format!("      {label}"), text);
    }

    /// Wrapped, with `first` before the first line and as much room before the others.
    fn hanging(&mut self, first: &str, text: &str) {
        let rest = " ".repeat(first.chars().count());
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(&rest)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .break_words(false);
        for line in textwrap::wrap(text, options) {
            self.line(&line);
        }
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::Breaking => "1;31",
        Level::Undecided => "1;35",
        Level::Risky => "33",
        Level::NonBreaking => "32",
        Level::Documentation => "2",
    }
}

pub(super) fn write(report: &Report, style: &Style) -> String {
    let mut page = Page {
        out: String::new(),
        colour: style.colour,
        width: style.width.max(NARROWEST),
    };
    let title = page.paint("1", &heading(report));
    page.line(&format!("{title}   [{}]", report.profile.name()));
    page.line(&counts(report));
    for level in Level::WORST_FIRST {
        let findings = of_level(report, level);
        if findings.is_empty() {
            continue;
        }
        page.line("");
        let name = page.paint(colour(level), &level.name().to_uppercase());
        if level == Level::Documentation && !style.verbose {
            page.line(&format!("{name} {} (--verbose lists them)", findings.len()));
            page.wrapped("", &tally(&findings));
            continue;
        }
        page.line(&format!("{name} {}", findings.len()));
        for finding in findings {
            if style.brief {
                item(&mut page, finding);
            } else {
                paragraph(&mut page, report, finding, style);
            }
        }
    }
    accepted(&mut page, report);
    consequences(&mut page, report, style);
    for remark in &report.remarks {
        page.line("");
        page.hanging("remark: ", remark);
    }
    for fault in &report.accepted_faults {
        page.line("");
        page.hanging("fault: ", fault);
    }
    page.line("");
    let verdict = if report.fails(style.fail_on) {
        page.paint("1;31", &format!("fails (--fail-on {})", style.fail_on.name()))
    } else {
        page.paint("1;32", &format!("passes (--fail-on {})", style.fail_on.name()))
    };
    page.line(&verdict);
    page.out
}

fn item(page: &mut Page, finding: &Finding) {
    page.hanging("  - ", &format!("{}: {}", finding.location, finding.message));
    for hint in &finding.hints {
        page.hanging("    ", &format!("({hint})"));
    }
}

fn paragraph(page: &mut Page, report: &Report, finding: &Finding, style: &Style) {
    let location = page.paint("1", &finding.location);
    page.line(&format!("  {location}"));
    page.wrapped("", &finding.message);
    for hint in &finding.hints {
        page.wrapped("hint: ", hint);
    }
    if let Some(operations) = operations(report, finding, 4) {
        page.wrapped("calls: ", &operations);
    }
    for line in rust::of_finding(finding) {
        page.wrapped("Rust: ", &line);
    }
    if finding.level >= Level::Risky {
        page.wrapped("do: ", &finding.remedy);
    }
    let spots = spots(report, finding);
    let mut tail = vec![finding.rule.clone()];
    if !spots.is_empty() {
        tail.insert(0, spots);
    }
    if style.verbose {
        tail.push(finding.fingerprint.clone());
    }
    let tail = page.paint("2", &format!("      {}", tail.join(" · ")));
    page.line(&tail);
}

fn accepted(page: &mut Page, report: &Report) {
    let accepted: Vec<_> = report
        .findings
        .iter()
        .filter_map(|finding| Some((finding, finding.accepted.as_ref()?)))
        .collect();
    if accepted.is_empty() {
        return;
    }
    page.line("");
    page.line(&format!("ACCEPTED {}", accepted.len()));
    for (finding, acceptance) in accepted {
        page.line(&format!("  {}", finding.location));
        page.wrapped(
            "",
            &format!("{} ({}, {})", finding.message, finding.level, finding.rule),
        );
        page.wrapped(
            "accepted: ",
            &format!("{} (until {})", acceptance.reason, acceptance.expires),
        );
    }
}

fn consequences(page: &mut Page, report: &Report, style: &Style) {
    if let Some(changes) = &report.rust {
        page.line("");
        if changes.is_empty() {
            page.line("RUST no change of the generated surface");
        } else {
            page.line(&format!(
                "RUST {} of the generated surface",
                number(changes.len(), "change")
            ));
            for line in rust::touched(report) {
                page.hanging("  ", &line);
            }
            let rest = if style.brief {
                Vec::new()
            } else {
                rust::unexplained(report)
            };
            if !rest.is_empty() {
                page.line("  told by no finding:");
            }
            for line in rest {
                page.wrapped("", &line);
            }
        }
    }
    if !report.stale.is_empty() && style.brief {
        let names: Vec<&str> = report.stale.keys().map(String::as_str).collect();
        page.line("");
        page.hanging(
            "STALE EVIDENCE of ",
            &format!("{} (without --brief: its cases and requirements)", names.join(", ")),
        );
    } else if !report.stale.is_empty() {
        page.line("");
        page.line(&format!(
            "STALE EVIDENCE of {}",
            number(report.stale.len(), "operation")
        ));
        for (operation, stale) in &report.stale {
            let join = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
            page.line(&format!("  {operation}"));
            page.wrapped("cases: ", &join(&stale.cases));
            page.wrapped("requirements: ", &join(&stale.requirements));
        }
    }
}
