//! From the recording to the evidence pack.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use chrono::Utc;
use serde_json::json;

use super::{Judgement, session::Counterparty, tape::Tape};
use crate::{
    catalogue::Case,
    evidence::{EvidenceError, Finish, PackSummary, PackWriter, SigningKey},
    redaction::Redactor,
    results::{
        Attempt, Attestation, CaseResult, Check, Deviation, Grade, Provenance, Role, RunStatus, Target as TargetInfo,
        TargetKind, Text, Verdict,
    },
    run::{Context, Preset, Record, Recorded, RunError, Shared, Stop, Suite, Target, of_checks, stop_verdict},
    synthetic::Guard,
};

/// How a session is written.
#[derive(Default)]
#[non_exhaustive]
pub struct ReportOptions {
    /// Who ran it.
    pub operator: Option<String>,
    /// Known errors and deficiencies.
    pub deviations: Vec<Deviation>,
    /// The vendor's statements.
    pub attestations: Vec<Attestation>,
    /// Signs the pack.
    pub signing_key: Option<SigningKey>,
    /// Whether to write the pack as one file too.
    pub zip: bool,
}

impl std::fmt::Debug for ReportOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportOptions").finish_non_exhaustive()
    }
}

/// What came of a session.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// Every case of the catalogue, in ascending order of id.
    pub results: Vec<CaseResult>,
    /// What to correct, by case, for those that failed.
    pub hints: BTreeMap<String, Text>,
    /// What was written.
    pub pack: PackSummary,
}

/// Why a session cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The pack cannot be written.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The catalogue or the run cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] crate::catalogue::CatalogueError),
    /// The simulator cannot be described.
    #[error("the session cannot be described: {0}")]
    Session(String),
}

/// The folder of a pack that holds the session's exchanges.
const FOLDER: &str = "session";

impl Counterparty {
    /// Judges the recording and writes the evidence pack into a new folder below `out`.
    ///
    /// # Errors
    /// [`ReportError`] when it cannot be written.
    pub async fn report(&self, out: &Path, options: ReportOptions) -> Result<Report, ReportError> {
        let suite = Suite::builtin()?;
        let preset = if self.vendor.system_user {
            Preset::SystemUser
        } else {
            Preset::OwnOrganisation
        };
        let mut target =
            Target::simulator(&self.simulator, preset).map_err(|error| ReportError::Session(error.to_string()))?;
        target.apis = self.vendor.apis.iter().copied().collect();
        let mut run_options = crate::run::Options::new(out);
        run_options.system = self.vendor.system.clone();
        run_options.operator = options.operator;
        let mut info = crate::run::run_info(&suite, &target, &run_options, self.started);
        info.target = TargetInfo {
            kind: TargetKind::Simulator,
            description: description(self.vendor.trust_on_first_use),
        };
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| RunError::Random)?;
        let shared = Shared {
            guard: Arc::new(Guard::new(target.declared.clone(), &key)),
            redactor: Arc::new(Redactor::new()),
            target: Arc::new(target),
        };
        let writer = PackWriter::begin(out, &info)?;
        let tape = self.tape();
        let written = write_exchanges(&writer, &shared, &tape)?;
        let judgements: BTreeMap<_, _> = self
            .judge()
            .all()
            .iter()
            .map(|judgement| (judgement.case_id, judgement.clone()))
            .collect();
        let mut hints = BTreeMap::new();
        let record = Arc::new(written.record);
        for case in suite.catalogue().cases() {
            let judgement = judgements.get(case.id());
            let mut result = match judgement {
                Some(judgement) if case.has_role(Role::C) => {
                    if judgement.verdict.is_finding() {
                        hints.insert(case.id().to_owned(), judgement.hint.clone());
                    }
                    judged(case, judgement, &tape, &written.ids)
                }
                _ => passive(&suite, case, &shared, Arc::clone(&record)).await,
            };
            self.narrow(case, preset, &mut result);
            stated(case, &options.attestations, &mut result);
            let deviation = options
                .deviations
                .iter()
                .find(|deviation| deviation.case_id == case.id());
            result.deviation_id = deviation.map(|deviation| deviation.id.clone());
            writer.case(result)?;
        }
        let mut results = writer.done();
        results.sort_by(|a, b| a.case_id.cmp(&b.case_id));
        let raw: Vec<_> = tape.seen().map(|seen| &seen.exchange).collect();
        let mut finish = Finish::new(Utc::now(), suite.catalogue().record(), suite.catalogue().register());
        finish.environment = crate::run::environment(&shared.target, &raw);
        finish.deviations = options.deviations;
        finish.attestations = options.attestations;
        finish.ambiguities = suite.catalogue().ambiguities().to_vec();
        finish.synthetic = shared.guard.ledger();
        finish.redaction = shared.redactor.report();
        finish.zip = options.zip;
        finish.signing_key = options.signing_key;
        let pack = writer.finish(finish)?;
        Ok(Report { results, hints, pack })
    }

    /// A case that does not concern what the vendor has declared.
    fn narrow(&self, case: &Case, preset: Preset, result: &mut CaseResult) {
        let reason = match case.record.api {
            Some(api) if !self.vendor.apis.contains(&api) => Some(Text::new(
                format!("Systemet bruker ikke {}.", api.label()),
                format!("The system does not use {}.", api.label()),
            )),
            _ => preset.excludes(case.when),
        };
        if let Some(reason) = reason.filter(|_| case.has_role(Role::C)) {
            *result = CaseResult::untried(
                case.id(),
                case.record.requirement_ids.clone(),
                result.grade,
                Verdict::NotApplicable,
                reason,
            );
        }
    }
}

fn description(first_use: bool) -> Text {
    if first_use {
        Text::new(
            "Leverandørens system mot verktøyets simulator; klienten var ikke registrert, den første ble tatt som leverandørens egen, og signaturer er ikke kontrollert",
            "the vendor's system against the tool's simulator; the client was not registered, the first one was taken as the vendor's own, and signatures were not verified",
        )
    } else {
        Text::new(
            "Leverandørens system mot verktøyets simulator",
            "the vendor's system against the tool's simulator",
        )
    }
}

struct Written {
    /// The id of each exchange, by its number on the tape.
    ids: BTreeMap<usize, String>,
    /// What was written, for the cases that look at it.
    record: Record,
}

fn write_exchanges(writer: &PackWriter, shared: &Shared, tape: &Tape) -> Result<Written, EvidenceError> {
    let mut written = Written {
        ids: BTreeMap::new(),
        record: Record::new(),
    };
    let mut recorded = Vec::new();
    for scene in &tape.scenes {
        for (number, act) in (1..).zip(&scene.acts) {
            if let Some(task) = &act.task {
                writer.event(
                    "task.given",
                    None,
                    json!({ "step": scene.step, "act": number, "task": task, "exchanges": act.seen.len() }),
                )?;
            }
            for seen in &act.seen {
                let raw = &seen.exchange;
                // The ledger; whether something could be real is a case of its own.
                let _ = shared.guard.outgoing(&raw.request_body, None);
                shared.guard.incoming(&raw.response_body, None);
                let mut redacted = shared.redactor.exchange(raw);
                redacted.schema_findings = crate::run::schema_findings(raw);
                let id = writer.exchange(FOLDER, &redacted)?;
                shared.redactor.record(format!("logg/{id}.json"), &redacted.hits);
                written.ids.insert(seen.number, id);
                recorded.push(Recorded {
                    raw: raw.clone(),
                    written: serde_json::to_value(&redacted).unwrap_or_default(),
                });
            }
        }
    }
    written.record.insert(FOLDER.to_owned(), recorded);
    Ok(written)
}

fn judged(case: &Case, judgement: &Judgement, tape: &Tape, ids: &BTreeMap<usize, String>) -> CaseResult {
    let exchange_ids: Vec<String> = judgement
        .exchanges
        .iter()
        .filter_map(|number| ids.get(number).cloned())
        .collect();
    let cited = || tape.seen().filter(|seen| judgement.exchanges.contains(&seen.number));
    let start = cited().map(|seen| seen.exchange.started).min();
    let end = cited().map(|seen| seen.exchange.started).max();
    let mut correlation_ids: Vec<String> = Vec::new();
    for id in cited().filter_map(|seen| seen.exchange.correlation_id()) {
        if !correlation_ids.contains(&id) {
            correlation_ids.push(id);
        }
    }
    let ms = start
        .zip(end)
        .and_then(|(start, end)| u64::try_from((end - start).num_milliseconds()).ok())
        .unwrap_or_default();
    let mut reason = judgement.reason.clone();
    if judgement.verdict.is_finding() {
        reason.nb = format!("{} Råd: {}", reason.nb, judgement.hint.nb);
        reason.en = format!("{} Advice: {}", reason.en, judgement.hint.en);
    }
    let ran = judgement.verdict != Verdict::NotRun;
    CaseResult {
        case_id: case.id().to_owned(),
        requirement_ids: case.record.requirement_ids.clone(),
        grade: Grade::B,
        run_status: if ran {
            RunStatus::Finished
        } else {
            RunStatus::NotStarted
        },
        verdict: judgement.verdict,
        reason: reason.clone(),
        checks: judgement.checks.clone(),
        attempts: start
            .filter(|_| ran)
            .map(|start| Attempt {
                number: 1,
                start,
                ms,
                verdict: judgement.verdict,
                reason,
                exchange_ids: exchange_ids.clone(),
            })
            .into_iter()
            .collect(),
        start: start.filter(|_| ran),
        ms,
        exchange_ids,
        outcome: None,
        deviation_id: None,
        correlation_ids,
    }
}

/// A case that only looks at what was recorded; any other is not run here.
async fn passive(suite: &Suite, case: &Case, shared: &Shared, record: Arc<Record>) -> CaseResult {
    let untried = |grade, verdict, reason| {
        CaseResult::untried(case.id(), case.record.requirement_ids.clone(), grade, verdict, reason)
    };
    let script = suite
        .script(case.id())
        .filter(|script| script.phase() == crate::cases::Phase::Inspect && case.has_role(Role::P));
    let Some(script) = script else {
        return untried(
            Grade::B,
            Verdict::NotRun,
            Text::new(
                "Prøves ikke med leverandørens klient: kjør «conformance».",
                "Not tried with the vendor's client: run \"conformance\".",
            ),
        );
    };
    let context = Context::new(case.id(), shared.clone(), record);
    let ended = script.run(context.clone()).await;
    let (checks, outcome): (Vec<Check>, _) = context.take();
    let (verdict, reason) = match ended {
        Ok(()) | Err(Stop::Done) => of_checks(&checks),
        Err(stop) => stop_verdict(stop, &checks),
    };
    let mut result = untried(Grade::B, verdict, reason);
    if verdict.rests_on_checks() || verdict == Verdict::NeedsReview {
        result.run_status = RunStatus::Finished;
    }
    result.checks = checks;
    result.outcome = outcome;
    result
}

/// What a person has stated, for a case that nothing else shows.
fn stated(case: &Case, attestations: &[Attestation], result: &mut CaseResult) {
    if !case.has_role(Role::M) || case.has_role(Role::C) {
        return;
    }
    result.grade = Grade::D;
    match attestations.iter().find(|entry| entry.case_id == case.id()) {
        Some(entry) if entry.answer => {
            result.verdict = Verdict::Attested;
            result.reason = Text::new(
                format!("Egenerklært {}, {}.", entry.date, entry.role),
                format!("Attested {}, {}.", entry.date, entry.role),
            );
        }
        Some(entry) => {
            result.verdict = Verdict::Failed;
            result.run_status = RunStatus::Finished;
            result.reason = Text::new("Erklæringen er besvart med nei.", "The statement was answered with no.");
            result.checks = vec![Check {
                name: entry.statement.clone(),
                verdict: Verdict::Failed,
                provenance: Provenance::Published,
                expected: Text::new("ja", "yes"),
                found: Text::new("nei", "no"),
            }];
        }
        None => {
            result.reason = Text::new(
                "Ingen har avgitt erklæringen: se --attestations.",
                "Nobody has made the statement: see --attestations.",
            );
        }
    }
}
