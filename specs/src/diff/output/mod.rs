//! Reports in the forms that people and machines read.

mod github;
mod html;
mod junit;
mod markdown;
mod rust;
mod text;

use std::{fmt, str::FromStr};

use super::{
    level::{FailOn, Level},
    report::{Finding, Place, Report},
};

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For machines; its schema is [`Report::json_schema`].
    Json,
    /// For a pull request.
    Markdown,
    /// One page without scripts or outside resources.
    Html,
    /// For build servers: every rule is a test case, passed or failed.
    Junit,
    /// Workflow commands that annotate the lines of a pull request.
    Github,
}

impl Format {
    /// All forms.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Json,
        Self::Markdown,
        Self::Html,
        Self::Junit,
        Self::Github,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| format!("`{text}` is no format; use text, json, markdown, html, junit or github"))
    }
}

/// How to write a report.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether the reader's terminal shows colours (text only).
    pub colour: bool,
    /// Columns of the reader's terminal (text only).
    pub width: usize,
    /// Whether documentation findings are listed one by one.
    pub verbose: bool,
    /// Whether a finding is a line: what and where, without remedy, lines and rule (text only).
    pub brief: bool,
    /// From which level on the comparison fails.
    pub fail_on: FailOn,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            colour: false,
            width: 100,
            verbose: false,
            brief: false,
            fail_on: FailOn::Breaking,
        }
    }
}

/// A report that could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report could not be written as {format}: {problem}")]
pub struct OutputError {
    format: &'static str,
    problem: String,
}

impl OutputError {
    fn new(format: Format, problem: impl fmt::Display) -> Self {
        Self {
            format: format.name(),
            problem: problem.to_string(),
        }
    }
}

/// Writes a report; the text ends with a line break.
///
/// # Errors
/// [`OutputError`] when a template or a serialiser fails, which no report should cause.
pub fn write(report: &Report, format: Format, style: &Style) -> Result<String, OutputError> {
    match format {
        Format::Text => Ok(text::write(report, style)),
        Format::Json => serde_json::to_string_pretty(report)
            .map(|mut text| {
                text.push('\n');
                text
            })
            .map_err(|error| OutputError::new(format, error)),
        Format::Markdown => Ok(markdown::write(report, style)),
        Format::Html => html::write(report, style),
        Format::Junit => junit::write(report, style),
        Format::Github => Ok(github::write(report, style)),
    }
}

/// `3 breaking, 1 risky`; `no differences` when there are none.
fn counts(report: &Report) -> String {
    let mut parts: Vec<String> = Level::WORST_FIRST
        .into_iter()
        .filter(|level| report.summary.of(*level) > 0)
        .map(|level| format!("{} {level}", report.summary.of(level)))
        .collect();
    if report.summary.accepted > 0 {
        parts.push(format!("{} accepted", report.summary.accepted));
    }
    if parts.is_empty() {
        "no differences".to_owned()
    } else {
        parts.join(", ")
    }
}

/// `1 change`, `2 changes`.
fn number(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// `Orders 1.0 → 1.1`.
fn heading(report: &Report) -> String {
    let (old, new) = (&report.old, &report.new);
    if old.title == new.title {
        format!("{} {} → {}", old.title, old.version, new.version)
    } else {
        format!("{} {} → {} {}", old.title, old.version, new.title, new.version)
    }
}

/// Findings of a level that count; those that somebody has accepted come apart.
fn of_level(report: &Report, level: Level) -> Vec<&Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.level == level && finding.accepted.is_none())
        .collect()
}

/// How often each rule was found, for a line that stands for many findings.
fn tally(findings: &[&Finding]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, count)) => *count += 1,
            None => counts.push((&finding.rule, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let parts: Vec<String> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    parts.join(", ")
}

/// `file:3:5`, or the pointer where the text is not known; nothing when nothing stands there.
fn spot(name: &str, place: &Option<Place>) -> Option<String> {
    let place = place.as_ref()?;
    Some(match place.position {
        Some(position) => format!("{name}:{}:{}", position.line, position.column),
        None => format!("{name}#{}", place.pointer),
    })
}

/// Both places, for people.
fn spots(report: &Report, finding: &Finding) -> String {
    let old = spot(&report.old.name, &finding.old_place);
    let new = spot(&report.new.name, &finding.new_place);
    match (old, new) {
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (Some(old), None) => format!("{old} (gone)"),
        (None, Some(new)) => format!("{new} (new)"),
        (None, None) => String::new(),
    }
}

/// The operations a finding touches, few by name, many by number.
fn operations(report: &Report, finding: &Finding, few: usize) -> Option<String> {
    let list = &finding.operations;
    let alone = list.len() == 1 && finding.location.starts_with(list[0].split(" (").next()?);
    let id = |label: &String| {
        label
            .split_once(" (")
            .map_or_else(|| label.clone(), |(_, id)| id.trim_end_matches(')').to_owned())
    };
    match list.len() {
        0 => None,
        1 if alone && list[0].contains(" (") => Some(id(&list[0])),
        1 if alone => None,
        count if count == report.operations_compared && count > few => Some(format!("all {count} operations")),
        count if count > few => {
            let first: Vec<String> = list.iter().take(few).map(id).collect();
            Some(format!("{} and {} more", first.join(", "), count - few))
        }
        _ => {
            let all: Vec<String> = list.iter().map(id).collect();
            Some(all.join(", "))
        }
    }
}
