//! The vendor's own files: deviations and statements.

use std::{collections::BTreeMap, fs, path::Path};

use chrono::NaiveDate;
use serde::Deserialize;
use skatteetaten_specs::manifest::sha256_hex;

use crate::{
    catalogue::Catalogue,
    results::{Attestation, Deviation, DeviationStatus, Fault, Role, Severity, Text},
};

/// A file of the vendor's that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
#[non_exhaustive]
pub struct FileError {
    /// The file.
    pub file: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// One text, or bokmål and English.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a text, or a list of bokmål and English")]
enum OneOrTwo {
    One(String),
    Two(String, String),
}

impl From<OneOrTwo> for Text {
    fn from(text: OneOrTwo) -> Self {
        match text {
            OneOrTwo::One(text) => Self::same(text),
            OneOrTwo::Two(nb, en) => Self::new(nb, en),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationFile {
    #[serde(default)]
    deviation: Vec<DeviationEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationEntry {
    id: String,
    case: String,
    #[serde(default)]
    requirement: Option<String>,
    severity: Severity,
    description: OneOrTwo,
    impact: OneOrTwo,
    owner: String,
    plan: OneOrTwo,
    #[serde(default)]
    due: Option<NaiveDate>,
    status: DeviationStatus,
    first_seen: NaiveDate,
    #[serde(default)]
    retest_run: Option<String>,
    fault: Fault,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestationFile {
    #[serde(default)]
    attestation: Vec<AttestationEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestationEntry {
    case: String,
    #[serde(default)]
    answer: Option<bool>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    date: Option<NaiveDate>,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    attachment: String,
}

fn read(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(|error| FileError {
        file: path.display().to_string(),
        problem: format!("cannot be read: {error}"),
    })
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| FileError {
        file: path.display().to_string(),
        problem: error.to_string(),
    })
}

/// Dates in TOML are of their own type; as text they are read by chrono.
fn dates_as_text(text: &str) -> String {
    let date = regex::Regex::new(r#"(?m)^(\s*(?:due|first_seen|date)\s*=\s*)(\d{4}-\d{2}-\d{2})"#);
    date.map_or_else(
        |_| text.to_owned(),
        |date| date.replace_all(text, "${1}\"${2}\"").into_owned(),
    )
}

/// Reads a file of deviations.
///
/// # Errors
/// [`FileError`] when it cannot be read, an id occurs twice, or a case or requirement is unknown.
pub fn read_deviations(path: &Path, catalogue: &Catalogue) -> Result<Vec<Deviation>, FileError> {
    let file: DeviationFile = parse(path, &dates_as_text(&read(path)?))?;
    let wrong = |problem: String| FileError {
        file: path.display().to_string(),
        problem,
    };
    let mut all = BTreeMap::new();
    for entry in file.deviation {
        if catalogue.case(&entry.case).is_none() {
            return Err(wrong(format!(
                "deviation {}: there is no case {}",
                entry.id, entry.case
            )));
        }
        if let Some(requirement) = &entry.requirement
            && catalogue.requirement(requirement).is_none()
        {
            return Err(wrong(format!(
                "deviation {}: there is no requirement {requirement}",
                entry.id
            )));
        }
        let deviation = Deviation {
            id: entry.id.clone(),
            case_id: entry.case,
            requirement_id: entry.requirement,
            severity: entry.severity,
            description: entry.description.into(),
            impact: entry.impact.into(),
            owner: entry.owner,
            plan: entry.plan.into(),
            due: entry.due,
            status: entry.status,
            first_seen: entry.first_seen,
            retest_run: entry.retest_run,
            fault: entry.fault,
        };
        if all.insert(entry.id.clone(), deviation).is_some() {
            return Err(wrong(format!("the deviation {} occurs twice", entry.id)));
        }
    }
    Ok(all.into_values().collect())
}

/// Reads a file of statements. Entries without an answer are left out: they are not stated yet.
///
/// # Errors
/// [`FileError`] when it cannot be read, an entry is half filled in, or an attachment is missing.
pub fn read_attestations(path: &Path, catalogue: &Catalogue) -> Result<Vec<Attestation>, FileError> {
    let file: AttestationFile = parse(path, &dates_as_text(&read(path)?))?;
    let wrong = |problem: String| FileError {
        file: path.display().to_string(),
        problem,
    };
    let mut all = BTreeMap::new();
    for entry in file.attestation {
        let statement = catalogue
            .case(&entry.case)
            .and_then(|case| case.statement.clone())
            .ok_or_else(|| wrong(format!("{}: no such case asks for a statement", entry.case)))?;
        let Some(answer) = entry.answer else {
            continue;
        };
        let (Some(date), false, false) = (entry.date, entry.name.is_empty(), entry.role.is_empty()) else {
            return Err(wrong(format!("{}: an answer needs name, role and date", entry.case)));
        };
        let attachment_sha256 = if entry.attachment.is_empty() {
            None
        } else {
            let attachment = path.parent().unwrap_or(Path::new(".")).join(&entry.attachment);
            let bytes = fs::read(&attachment)
                .map_err(|error| wrong(format!("{}: attachment {}: {error}", entry.case, attachment.display())))?;
            Some(sha256_hex(&bytes))
        };
        let attestation = Attestation {
            case_id: entry.case.clone(),
            statement,
            answer,
            comment: entry.comment,
            name: entry.name,
            role: entry.role,
            date,
            attachment_sha256,
        };
        if all.insert(entry.case.clone(), attestation).is_some() {
            return Err(wrong(format!("{} is answered twice", entry.case)));
        }
    }
    Ok(all.into_values().collect())
}

/// An empty file of statements, one for each that the catalogue asks for.
#[must_use]
pub fn attestation_template(catalogue: &Catalogue) -> String {
    let mut text = String::from(
        "# Egenerklæringer / statements. Fyll ut answer (true eller false), name, role og date.\n\
         # Fill in answer (true or false), name, role and date. attachment: a file beside this one, optional.\n",
    );
    for case in catalogue.cases().iter().filter(|case| case.has_role(Role::M)) {
        let Some(statement) = &case.statement else { continue };
        text.push_str(&format!(
            "\n# {}\n# {}\n[[attestation]]\ncase = \"{}\"\n# answer = true\nname = \"\"\nrole = \"\"\n# date = 2026-01-31\ncomment = \"\"\nattachment = \"\"\n",
            statement.nb,
            statement.en,
            case.id()
        ));
    }
    text
}

/// An empty file of deviations with one example, commented out.
#[must_use]
pub fn deviation_template() -> String {
    let row = |name: &str, values: &str| format!("# {name} = \"\"  # {values}\n");
    let mut text = String::from(
        "# Feil og mangler / errors and deficiencies. Tekst: \"…\" eller [\"bokmål\", \"English\"].\n\
         # [[deviation]]\n# id = \"AVVIK-1\"\n# case = \"TP-01\"\n",
    );
    text.push_str(&row("severity", "critical, serious, minor, cosmetic"));
    text.push_str("# description = \"\"\n# impact = \"\"\n# owner = \"\"\n# plan = \"\"\n# due = 2026-01-31\n");
    text.push_str(&row("status", "open, corrected, retested, accepted"));
    text.push_str("# first_seen = 2026-01-01\n");
    text.push_str(&row("fault", "own, authority, unclear"));
    text
}
