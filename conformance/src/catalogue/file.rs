//! Reads the catalogue's files.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::DeserializeOwned};

use super::{Case, Catalogue, CatalogueError, When};
use crate::results::{
    Ambiguity, ApiName, Area, CaseRecord, ChecklistItem, Level, Requirement, Role, ShownBy, Source, Step, Strength,
    Text,
};

/// A file by its name below `catalogue/`.
type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../catalogue/", $name)))),+]
    };
}

const HEAD: &[File] = files!("catalogue.toml");
const CASES: &[File] = files!(
    "cases/auth.toml",
    "cases/trekkpaalegg.toml",
    "cases/finansprodukter.toml",
    "cases/resilience.toml",
    "cases/security.toml",
    "cases/attestations.toml",
);
const REQUIREMENTS: &[File] = files!(
    "requirements/trekkpaalegg.toml",
    "requirements/finansprodukter.toml",
    "requirements/general.toml",
);
const AMBIGUITIES: &[File] = files!("ambiguities.toml");
const CHECKLIST: &[File] = files!("checklist.toml");

/// Bokmål and English, as the files write them.
type Pair = (String, String);

fn text((nb, en): Pair) -> Text {
    Text { nb, en }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: String,
    register_version: String,
    area: Vec<AreaEntry>,
    rule: BTreeMap<String, Pair>,
    applicability: BTreeMap<String, Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaEntry {
    id: String,
    title: Pair,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<CaseEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseEntry {
    id: String,
    roles: String,
    #[serde(default)]
    level: Option<Level>,
    req: Vec<String>,
    #[serde(default)]
    api: Option<ApiName>,
    #[serde(default)]
    when: Option<When>,
    #[serde(default)]
    operations: Vec<String>,
    title: Pair,
    purpose: Pair,
    #[serde(default)]
    rule: Option<Pair>,
    #[serde(default)]
    statement: Option<Pair>,
    steps: Vec<(String, String, String, String)>,
    #[serde(default)]
    since: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementFile {
    source: String,
    who: Pair,
    requirement: Vec<RequirementEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementEntry {
    id: String,
    #[serde(default)]
    source: Option<String>,
    strength: Strength,
    text: Pair,
    shown: Shown,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`cases`, `attestation` or a reason why it cannot be tested")]
enum Shown {
    How(How),
    Not { reason: Pair },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    Cases,
    Attestation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmbiguityFile {
    ambiguity: Vec<AmbiguityEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmbiguityEntry {
    id: String,
    cases: Vec<String>,
    finding: Pair,
    policy: Pair,
    question: Pair,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecklistFile {
    item: Vec<ChecklistEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecklistEntry {
    id: String,
    point: Pair,
    text: Pair,
    cases: Vec<String>,
    note: Pair,
}

fn read<T: DeserializeOwned>(files: &[File]) -> Result<Vec<(&'static str, T)>, CatalogueError> {
    files
        .iter()
        .map(|(file, content)| {
            toml::from_str(content)
                .map(|value| (*file, value))
                .map_err(|error| CatalogueError::File {
                    file,
                    problem: error.to_string(),
                })
        })
        .collect()
}

fn roles(letters: &str) -> Option<Vec<Role>> {
    letters
        .chars()
        .map(|letter| match letter {
            'C' => Some(Role::C),
            'D' => Some(Role::D),
            'P' => Some(Role::P),
            'M' => Some(Role::M),
            _ => None,
        })
        .collect()
}

/// The API that the cases of an area are about, unless a case says otherwise.
fn api_of_area(area: &str) -> Option<ApiName> {
    match area {
        "TP" => Some(ApiName::Trekkpaalegg),
        "FP" => Some(ApiName::Finansprodukter),
        _ => None,
    }
}

fn case(file: &'static str, head: &Head, entry: CaseEntry) -> Result<Case, CatalogueError> {
    let wrong = |problem: String| CatalogueError::File {
        file,
        problem: format!("{}: {problem}", entry.id),
    };
    let area = entry.id.split('-').next().unwrap_or_default().to_owned();
    let roles = roles(&entry.roles)
        .filter(|roles| !roles.is_empty())
        .ok_or_else(|| wrong(format!("roles are letters out of C, D, P and M, not {:?}", entry.roles)))?;
    let api = entry.api.or_else(|| api_of_area(&area));
    let when = entry.when.unwrap_or(match api {
        Some(ApiName::Trekkpaalegg) => When::Trekkpaalegg,
        Some(ApiName::Finansprodukter) => When::Finansprodukter,
        None => When::Always,
    });
    let rule = match entry.rule {
        Some(rule) => text(rule),
        None => {
            let mut rule = Text::default();
            for letter in entry.roles.chars() {
                let (nb, en) = head
                    .rule
                    .get(&letter.to_string())
                    .ok_or_else(|| wrong(format!("there is no general rule for the role {letter}")))?;
                for (all, one) in [(&mut rule.nb, nb), (&mut rule.en, en)] {
                    if !all.is_empty() {
                        all.push(' ');
                    }
                    if entry.roles.len() > 1 {
                        all.push(letter);
                        all.push_str(": ");
                    }
                    all.push_str(one);
                }
            }
            rule
        }
    };
    let applicability = head
        .applicability
        .get(match when {
            When::Always => "always",
            When::Trekkpaalegg => "trekkpaalegg",
            When::Finansprodukter => "finansprodukter",
            When::SystemUser => "system-user",
            When::OwnOrganisation => "own-organisation",
            When::Delegation => "delegation",
        })
        .cloned()
        .map(text)
        .ok_or_else(|| wrong("its applicability has no text".to_owned()))?;
    Ok(Case {
        operations: entry.operations,
        when,
        statement: entry.statement.map(text),
        record: CaseRecord {
            area,
            title: text(entry.title),
            purpose: text(entry.purpose),
            api,
            roles,
            level: entry.level.unwrap_or(Level::Mandatory),
            requirement_ids: entry.req,
            steps: entry
                .steps
                .into_iter()
                .map(|(action_nb, action_en, expected_nb, expected_en)| Step {
                    action: Text::new(action_nb, action_en),
                    expected: Text::new(expected_nb, expected_en),
                })
                .collect(),
            verdict_rule: rule,
            applicability,
            since: entry.since.unwrap_or_else(|| "1.0.0".to_owned()),
            id: entry.id,
        },
    })
}

fn requirement(file: &RequirementFile, entry: &RequirementEntry, cases: &[Case]) -> Requirement {
    let ids = cases
        .iter()
        .filter(|case| case.record.requirement_ids.contains(&entry.id))
        .map(|case| case.record.id.clone())
        .collect();
    Requirement {
        id: entry.id.clone(),
        source: Source {
            url: entry.source.clone().unwrap_or_else(|| file.source.clone()),
            commit: None,
            sha256: None,
            quote: None,
        },
        strength: entry.strength,
        text: text(entry.text.clone()),
        who: text(file.who.clone()),
        shown_by: match &entry.shown {
            Shown::How(How::Cases) => ShownBy::Cases { ids },
            Shown::How(How::Attestation) => ShownBy::Attestation { ids },
            Shown::Not { reason } => ShownBy::NotTestable {
                reason: text(reason.clone()),
            },
        },
    }
}

pub(super) fn load() -> Result<Catalogue, CatalogueError> {
    let (_, head) = read::<Head>(HEAD)?.into_iter().next().ok_or(CatalogueError::File {
        file: "catalogue.toml",
        problem: "it is missing".to_owned(),
    })?;
    let mut cases = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, content) in read::<CaseFile>(CASES)? {
        for entry in content.case {
            if !seen.insert(entry.id.clone()) {
                return Err(CatalogueError::Taken(entry.id));
            }
            cases.push(case(file, &head, entry)?);
        }
    }
    cases.sort_by(|a, b| a.record.id.cmp(&b.record.id));
    let mut requirements: Vec<Requirement> = Vec::new();
    for (_, file) in read::<RequirementFile>(REQUIREMENTS)? {
        for entry in &file.requirement {
            if !seen.insert(entry.id.clone()) {
                return Err(CatalogueError::Taken(entry.id.clone()));
            }
            requirements.push(requirement(&file, entry, &cases));
        }
    }
    requirements.sort_by(|a, b| a.id.cmp(&b.id));
    let ambiguities = read::<AmbiguityFile>(AMBIGUITIES)?
        .into_iter()
        .flat_map(|(_, file)| file.ambiguity)
        .map(|entry| Ambiguity {
            id: entry.id,
            finding: text(entry.finding),
            policy: text(entry.policy),
            question: text(entry.question),
            case_ids: entry.cases,
        })
        .collect();
    let checklist = read::<ChecklistFile>(CHECKLIST)?
        .into_iter()
        .flat_map(|(_, file)| file.item)
        .map(|entry| ChecklistItem {
            id: entry.id,
            point: text(entry.point),
            text: text(entry.text),
            case_ids: entry.cases,
            note: text(entry.note),
        })
        .collect();
    Ok(Catalogue {
        version: head.version,
        register_version: head.register_version,
        areas: head
            .area
            .into_iter()
            .map(|area| Area {
                id: area.id,
                title: text(area.title),
            })
            .collect(),
        cases,
        requirements,
        ambiguities,
        checklist,
    })
}
