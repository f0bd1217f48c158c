//! Carries out a plan and records it.

use std::{
    collections::BTreeMap,
    fmt,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Utc;
use futures::{FutureExt as _, StreamExt as _, stream};

use super::{
    HostRefused, Stop, Suite, Target,
    cleaned::cleaned,
    context::{Context, Record, Recorded, Shared},
    deviations::stale,
    finish::finish,
    info, is_loopback,
    plan::{Plan, Planned, PlannedCase, Selection},
    resume, schema,
    sink::Sink,
    untried::{deviation_of, without_running},
    verdict,
};
use crate::{
    cases::{Phase, Script},
    evidence::{EvidenceError, PackSummary, PackWriter, SigningKey},
    recording::{Kind, RawExchange},
    redaction::Redactor,
    results::{Attempt, Attestation, CaseResult, Check, Deviation, Provenance, RunStatus, System, Text, Verdict},
    synthetic::{Guard, NotSent},
};

/// Hears of a run as it goes on.
pub trait Progress: Send + Sync {
    /// Everything is recorded in this folder from now on; `--resume` takes it.
    fn recording(&self, folder: &Path) {
        let _ = folder;
    }
    /// The run starts, with this many cases to carry out.
    fn started(&self, cases: usize);
    /// One of them is through.
    fn finished(&self, result: &CaseResult);
}

/// How a run is recorded.
#[non_exhaustive]
pub struct Options {
    /// The folder that receives one folder for the run.
    pub out: PathBuf,
    /// Which cases.
    pub selection: Selection,
    /// The system under test.
    pub system: System,
    /// Who runs it.
    pub operator: Option<String>,
    /// Known errors and deficiencies.
    pub deviations: Vec<Deviation>,
    /// The vendor's statements.
    pub attestations: Vec<Attestation>,
    /// Signs the pack.
    pub signing_key: Option<SigningKey>,
    /// Whether to write the pack as one file too.
    pub zip: bool,
    /// The folder of an unfinished pack to complete.
    pub resume: Option<PathBuf>,
    /// How many cases run side by side. Default 4.
    pub parallel: usize,
    /// Hears of the run as it goes on.
    pub progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("out", &self.out)
            .field("selection", &self.selection)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Every case, recorded in a new folder below `out`.
    pub fn new(out: impl Into<PathBuf>) -> Self {
        Self {
            out: out.into(),
            selection: Selection::default(),
            system: System::default(),
            operator: None,
            deviations: Vec::new(),
            attestations: Vec::new(),
            signing_key: None,
            zip: false,
            resume: None,
            parallel: 4,
            progress: None,
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Every selected case, in ascending order of id.
    pub results: Vec<CaseResult>,
    /// Deviations that have expired or match nothing, each in a sentence.
    pub stale_deviations: Vec<String>,
    /// What was written.
    pub pack: PackSummary,
}

impl Report {
    /// The cases that failed, were blocked, or in which the tool failed.
    #[must_use]
    pub fn findings(&self) -> Vec<&CaseResult> {
        self.results
            .iter()
            .filter(|result| result.verdict.is_finding())
            .collect()
    }
}

/// Why a run cannot start, or its pack cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The selection names something that does not exist.
    #[error("{0}")]
    Selection(String),
    /// A host may not be called.
    #[error(transparent)]
    Host(#[from] HostRefused),
    /// The client would act for an organisation that could be real.
    #[error(transparent)]
    Organisation(#[from] NotSent),
    /// The unfinished pack belongs to another kind of run.
    #[error("the unfinished pack was made {0}; resume it with the same target, API and preset")]
    Resume(String),
    /// The pack cannot be written.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// No random numbers.
    #[error("the operating system gives no random numbers")]
    Random,
}

pub(super) async fn run(suite: &Suite, mut target: Target, options: Options) -> Result<Report, RunError> {
    let (plan, shared) = prepare(suite, &mut target, &options)?;
    let info = info::run_info(suite, &shared.target, &options, Utc::now());
    let writer = match &options.resume {
        Some(dir) => {
            let writer = PackWriter::resume(dir)?;
            let then = writer.run();
            if (&then.target.kind, &then.preset, &then.apis) != (&info.target.kind, &info.preset, &info.apis) {
                return Err(RunError::Resume(format!(
                    "for {:?} with preset {}",
                    then.target.kind, then.preset
                )));
            }
            writer
        }
        None => PackWriter::begin(&options.out, &info)?,
    };
    if options.resume.is_some() {
        resume::take_over(writer.dir(), &shared.guard, &shared.redactor)?;
    }
    if let Some(progress) = &options.progress {
        progress.recording(writer.dir());
    }
    let runner = Runner {
        suite,
        shared,
        options: &options,
        sink: Sink::Pack(&writer),
    };
    let record = runner.carry_out(&plan).await?;
    let mut results = writer.done();
    results.sort_by(|a, b| a.case_id.cmp(&b.case_id));
    let stale_deviations = stale(&options.deviations, &results);
    let raw: Vec<&RawExchange> = record.values().flatten().map(|recorded| &recorded.raw).collect();
    let shared = runner.shared;
    let pack = writer.finish(finish(suite, &shared, &raw, options))?;
    Ok(Report {
        results,
        stale_deviations,
        pack,
    })
}

/// Runs the selected cases without writing anything.
pub(super) async fn check(
    suite: &Suite,
    mut target: Target,
    selection: Selection,
) -> Result<Vec<CaseResult>, RunError> {
    let mut options = Options::new(PathBuf::new());
    options.selection = selection;
    let (plan, shared) = prepare(suite, &mut target, &options)?;
    let results = Mutex::default();
    let runner = Runner {
        suite,
        shared,
        options: &options,
        sink: Sink::Memory(&results),
    };
    runner.carry_out(&plan).await?;
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(results.into_values().collect())
}

/// Checks the hosts, narrows the target to the selection, and plans.
fn prepare(suite: &Suite, target: &mut Target, options: &Options) -> Result<(Plan, Shared), RunError> {
    for url in target.addresses().values() {
        target.hosts.check(url)?;
    }
    if !options.selection.apis.is_empty() {
        target.apis.clone_from(&options.selection.apis);
    }
    let plan = suite.plan(target, &options.selection)?;
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| RunError::Random)?;
    let guard = Guard::new(target.declared.clone(), &key);
    if !target.addresses().values().all(is_loopback) {
        guard.acts_for(&target.access)?;
    }
    let shared = Shared {
        guard: Arc::new(guard),
        redactor: Arc::new(Redactor::new()),
        target: Arc::new(target.clone()),
    };
    Ok((plan, shared))
}

struct Runner<'a> {
    suite: &'a Suite,
    shared: Shared,
    options: &'a Options,
    sink: Sink<'a>,
}

impl Runner<'_> {
    async fn carry_out(&self, plan: &Plan) -> Result<Record, RunError> {
        let done: BTreeMap<String, Verdict> = self
            .sink
            .done()
            .into_iter()
            .map(|result| (result.case_id, result.verdict))
            .collect();
        // What is done stays, but a case that is named and did not pass runs again.
        let again = |case: &PlannedCase| {
            self.options.selection.cases.contains(&case.id)
                && done.get(&case.id).is_some_and(|verdict| *verdict != Verdict::Passed)
        };
        let open: Vec<&PlannedCase> = plan
            .cases
            .iter()
            .filter(|case| !done.contains_key(&case.id) || again(case))
            .collect();
        for case in &open {
            if let Some(result) = without_running(case, self.options) {
                self.sink.case(result)?;
            }
        }
        let of_phase = |phase: Phase| {
            open.iter()
                .filter_map(|case| Some((*case, self.suite.script(&case.id)?)))
                .filter(move |(case, script)| {
                    script.phase() == phase && matches!(case.planned, Planned::Drive | Planned::Inspect)
                })
                .collect::<Vec<_>>()
        };
        let (drive, inspect) = (of_phase(Phase::Drive), of_phase(Phase::Inspect));
        if let Some(progress) = &self.options.progress {
            progress.started(drive.len() + inspect.len());
        }
        let mut record = Record::new();
        let nothing = Arc::new(Record::new());
        let mut running = stream::iter(
            drive
                .into_iter()
                .map(|(case, script)| self.one(case, script, Arc::clone(&nothing))),
        )
        .buffer_unordered(self.options.parallel.max(1));
        while let Some(ended) = running.next().await {
            let (id, exchanges) = ended?;
            record.insert(id, exchanges);
        }
        drop(running);
        let record = Arc::new(record);
        let earlier = options_resumed(self.options) && !done.is_empty();
        for (case, script) in inspect {
            // Nothing in these waits; whoever wants to stop the run gets the word in between.
            tokio::task::yield_now().await;
            self.inspected(case, script, Arc::clone(&record), earlier).await?;
        }
        Ok(Arc::unwrap_or_clone(record))
    }

    async fn one(
        &self,
        case: &PlannedCase,
        script: &Script,
        record: Arc<Record>,
    ) -> Result<(String, Vec<Recorded>), RunError> {
        let context = Context::new(&case.id, self.shared.clone(), record);
        self.carry_out_one(case, script, &context, None).await
    }

    async fn inspected(
        &self,
        case: &PlannedCase,
        script: &Script,
        record: Arc<Record>,
        earlier: bool,
    ) -> Result<(), RunError> {
        let context = Context::new(&case.id, self.shared.clone(), record);
        let note = earlier.then(|| {
            Text::new(
                "Utvekslinger fra før avbruddet er ikke kontrollert på nytt.",
                "Exchanges from before the interruption are not looked through again.",
            )
        });
        self.carry_out_one(case, script, &context, note).await.map(|_| ())
    }

    async fn carry_out_one(
        &self,
        case: &PlannedCase,
        script: &Script,
        context: &Context,
        note: Option<Text>,
    ) -> Result<(String, Vec<Recorded>), RunError> {
        let start = Utc::now();
        self.sink.case_started(&case.id)?;
        let clock = std::time::Instant::now();
        let ended = AssertUnwindSafe(script.run(context.clone())).catch_unwind().await;
        let ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(note) = note {
            context.remark(
                Text::new("Avbrutt kjøring", "Interrupted run"),
                Provenance::Published,
                Text::same("–"),
                note,
            );
        }
        let (mut checks, mut outcome) = context.take();
        let (verdict, mut reason) = match ended {
            Ok(Ok(()) | Err(Stop::Done)) => verdict::of_checks(&checks),
            Ok(Err(stop)) => stopped(stop, &checks),
            Err(_) => (
                Verdict::ToolError,
                Text::new("Testen brøt sammen.", "The case panicked."),
            ),
        };
        cleaned(&self.shared.redactor, &mut reason, &mut checks, &mut outcome);
        let mut exchanges = Vec::new();
        let mut ids = Vec::new();
        let mut correlation_ids: Vec<String> = Vec::new();
        for (number, raw) in (1..).zip(context.recorder().all()) {
            let mut redacted = self.shared.redactor.exchange(&raw);
            redacted.schema_findings = schema::findings(&raw);
            for finding in &mut redacted.schema_findings {
                // A pointer repeats names out of the body.
                finding.pointer = self.shared.redactor.text(&finding.pointer, &mut redacted.hits);
            }
            if raw.kind == Kind::Token {
                self.shared.guard.claimed(&raw.request_body, Some(&case.id));
            }
            self.shared.guard.incoming(&raw.response_body, Some(&case.id));
            let id = self.sink.exchange(&case.id, number, &redacted)?;
            self.shared.redactor.record(format!("logg/{id}.json"), &redacted.hits);
            if let Some(id) = raw.correlation_id().filter(|id| !correlation_ids.contains(id)) {
                correlation_ids.push(id);
            }
            ids.push(id);
            let written = serde_json::to_value(&redacted).unwrap_or_default();
            exchanges.push(Recorded { raw, written });
        }
        let result = CaseResult {
            case_id: case.id.clone(),
            requirement_ids: case.requirement_ids.clone(),
            grade: case.grade,
            run_status: RunStatus::Finished,
            verdict,
            reason: reason.clone(),
            checks,
            attempts: vec![Attempt {
                number: 1,
                start,
                ms,
                verdict,
                reason,
                exchange_ids: ids.clone(),
            }],
            start: Some(start),
            ms,
            exchange_ids: ids,
            outcome,
            deviation_id: deviation_of(&self.options.deviations, &case.id),
            correlation_ids,
        };
        // Before the result: a crash in between repeats the case, and both attempts count.
        self.sink
            .identifiers(&case.id, &self.shared.guard.ledger_of(Some(&case.id)))?;
        self.sink.case(result.clone())?;
        if let Some(progress) = &self.options.progress {
            progress.finished(&result);
        }
        Ok((case.id.clone(), exchanges))
    }
}

fn options_resumed(options: &Options) -> bool {
    options.resume.is_some()
}

/// A case that ended early. A check that failed before weighs more than what stopped it.
pub(crate) fn stopped(stop: Stop, checks: &[Check]) -> (Verdict, Text) {
    let failed = checks.iter().any(|check| check.verdict == Verdict::Failed);
    match stop {
        Stop::Blocked(_) | Stop::NotRun(_) if failed => verdict::of_checks(checks),
        Stop::Blocked(reason) => (Verdict::Blocked, reason),
        Stop::NotRun(reason) => (Verdict::NotRun, reason),
        Stop::Tool(reason) => (Verdict::ToolError, reason),
        Stop::Done => verdict::of_checks(checks),
    }
}
