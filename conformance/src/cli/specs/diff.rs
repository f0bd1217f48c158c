//! `specs diff`: compares two documents and says what breaks.

use std::{collections::BTreeMap, fs, io::Write as _, path::PathBuf};

use skatteetaten_specs::diff::{
    self, Accepted, Catalogue, FailOn, Level, Options, Profile, Report,
    output::{self, Format, Style},
};

use super::super::{Exit, Failure, Ui};

mod consequences;
mod source;

/// Options of `specs diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The old document: a file, a URL, `api@version`, or `-` for standard input.
    #[arg(required_unless_present_any = ["rules", "explain", "schema"])]
    old: Option<String>,
    /// The new document, likewise.
    #[arg(required_unless_present_any = ["rules", "explain", "schema"])]
    new: Option<String>,
    /// Whose eyes the levels are for: bindings, wire or strict.
    #[arg(long, default_value = "bindings", value_name = "PROFILE")]
    profile: Profile,
    /// text, json, markdown, html, junit or github.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// Write the report to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Fail from this level on: breaking (and undecided), risky, non-breaking, documentation, none.
    #[arg(long, default_value = "breaking", value_name = "LEVEL")]
    fail_on: FailOn,
    /// Another level for a rule; may be given several times.
    #[arg(long, value_name = "RULE=LEVEL")]
    level: Vec<String>,
    /// TOML file of accepted findings, each with fingerprint, reason and expiry.
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// Also compare the generated Rust and name stale evidence; the default for pinned documents.
    #[arg(long)]
    consequences: bool,
    /// Fetch the documents that references name.
    #[arg(long)]
    follow_references: bool,
    /// List documentation findings one by one, and show fingerprints.
    #[arg(long, short)]
    verbose: bool,
    /// One line for each finding (text only).
    #[arg(long, conflicts_with = "verbose")]
    brief: bool,
    /// List the rules and their levels instead of comparing.
    #[arg(long, conflicts_with_all = ["explain", "schema"])]
    rules: bool,
    /// Explain one rule, with its example, instead of comparing.
    #[arg(long, value_name = "RULE", conflicts_with = "schema")]
    explain: Option<String>,
    /// Print the JSON Schema of `--format json` instead of comparing.
    #[arg(long)]
    schema: bool,
}

/// Compares.
///
/// # Errors
/// Exit 2 for documents or options that cannot be used, 3 for a document that cannot be fetched.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    if args.rules {
        return rules(ui);
    }
    if let Some(rule) = &args.explain {
        return explain(rule, ui);
    }
    if args.schema {
        let text = serde_json::to_string_pretty(&Report::json_schema()).map_err(Failure::internal)?;
        writeln!(ui.out, "{text}")?;
        return Ok(Exit::Ok);
    }
    let (Some(old_name), Some(new_name)) = (&args.old, &args.new) else {
        return Err(Failure::usage("two documents are needed"));
    };
    let options = Options {
        profile: args.profile,
        levels: levels(&args.level)?,
        accepted: accepted(args.accepted.as_ref())?,
        today: Some(chrono::Local::now().date_naive()),
    };
    if old_name == "-" && new_name == "-" {
        return Err(Failure::usage(
            "standard input can be one of the documents, not both; write one to a file first",
        ));
    }
    let old = source::load(old_name, args.follow_references).await?;
    let new = source::load(new_name, args.follow_references).await?;
    let pinned = old.pinned && new.pinned;
    let mut report = diff::diff(&old.source, &new.source, &options).map_err(Failure::usage)?;
    if pinned || args.consequences {
        consequences::add(&mut report, &old.source, &new.source)?;
    }
    let style = Style {
        colour: ui.out_is_terminal && args.output.is_none() && (ui.env)("NO_COLOR").is_none(),
        width: width(ui, args.output.is_some()),
        verbose: args.verbose,
        brief: args.brief,
        fail_on: args.fail_on,
    };
    let text = output::write(&report, args.format, &style).map_err(Failure::internal)?;
    match &args.output {
        None => ui.out.write_all(text.as_bytes())?,
        Some(file) => write_file(file, &text)?,
    }
    Ok(if report.fails(args.fail_on) {
        Exit::Findings
    } else {
        Exit::Ok
    })
}

/// Lines of text for people are cut at the terminal's width; in files and pipes at 100 columns.
fn width(ui: &Ui, to_file: bool) -> usize {
    const ELSEWHERE: usize = 100;
    if !ui.out_is_terminal || to_file {
        return ELSEWHERE;
    }
    terminal_size::terminal_size().map_or(ELSEWHERE, |(width, _)| usize::from(width.0))
}

fn levels(given: &[String]) -> Result<BTreeMap<String, Level>, Failure> {
    let mut levels = BTreeMap::new();
    for text in given {
        let Some((rule, level)) = text.split_once('=') else {
            return Err(Failure::usage(format!(
                "--level {text}: write RULE=LEVEL, for instance request-pattern-changed=risky"
            )));
        };
        let level: Level = level
            .parse()
            .map_err(|problem| Failure::usage(format!("--level {text}: {problem}")))?;
        if levels.insert(rule.to_owned(), level).is_some() {
            return Err(Failure::usage(format!("--level {rule} is given twice; keep one")));
        }
    }
    Ok(levels)
}

fn accepted(file: Option<&PathBuf>) -> Result<Accepted, Failure> {
    let Some(file) = file else {
        return Ok(Accepted::default());
    };
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    Accepted::parse(&text).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

/// All or nothing: a reader never sees half a report.
fn write_file(file: &PathBuf, text: &str) -> Result<(), Failure> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let fault = |error: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "{} cannot be written: {error}; check that its folder exists and is writable",
            file.display()
        ))
    };
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(|error| fault(&error))?;
    temporary.write_all(text.as_bytes()).map_err(|error| fault(&error))?;
    temporary.persist(file).map_err(|error| fault(&error))?;
    Ok(())
}

fn rules(ui: &mut Ui) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded().map_err(Failure::internal)?;
    let widest = catalogue
        .rules()
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or_default();
    writeln!(
        ui.out,
        "{:widest$}  {:13}  {:13}  {:13}  what",
        "rule", "bindings", "wire", "strict"
    )?;
    for rule in catalogue.rules() {
        let [bindings, wire, strict] = Profile::ALL.map(|profile| rule.level.of(profile).name());
        writeln!(
            ui.out,
            "{:widest$}  {bindings:13}  {wire:13}  {strict:13}  {}",
            rule.id, rule.title
        )?;
    }
    Ok(Exit::Ok)
}

fn explain(id: &str, ui: &mut Ui) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded().map_err(Failure::internal)?;
    let Some(rule) = catalogue.get(id) else {
        return Err(Failure::usage(format!(
            "there is no rule `{id}`; `specs diff --rules` lists them all"
        )));
    };
    writeln!(ui.out, "{}: {}\n", rule.id, rule.title)?;
    writeln!(ui.out, "{}\n{}\n", rule.explanation, rule.remedy)?;
    for profile in Profile::ALL {
        writeln!(ui.out, "{:10}{}", profile.name(), rule.level.of(profile))?;
    }
    writeln!(ui.out, "\nOld document:{}", rule.example.base)?;
    writeln!(
        ui.out,
        "What makes the new one of it (JSON Patch):{}",
        rule.example.patch
    )?;
    Ok(Exit::Ok)
}
