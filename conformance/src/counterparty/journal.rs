//! The evidence of a session, written while it goes on.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::json;

use super::{Counterparty, Judgement, recorder::Recorder};
use crate::{
    catalogue::Case,
    client_logs::Handed,
    evidence::{EvidenceError, PackWriter, SigningKey},
    observed::{self, Inspection, Kept},
    recording::{Kind, RawExchange},
    redaction::Redactor,
    results::{Attestation, CaseResult, Deviation, Grade, Role, Target as TargetInfo, TargetKind, Text, Verdict},
    run::{self, Options, Preset, Record, Report, RunError, Shared, Suite, Target},
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
    /// The system's own logs: files and folders, read when the session ends. Where they cannot be
    /// taken, the cases about them are blocked.
    pub client_logs: Vec<PathBuf>,
    /// Signs the pack.
    pub signing_key: Option<SigningKey>,
    /// Whether to write the pack as one file too.
    pub zip: bool,
}

impl fmt::Debug for ReportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportOptions").finish_non_exhaustive()
    }
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

/// The pack of a session that is still going on. What has been recorded is on disk as soon as
/// [`Self::keep`] has seen it: should the machine fail, the unfinished pack holds it.
pub struct Journal {
    dir: PathBuf,
    suite: Suite,
    preset: Preset,
    options: Options,
    client_logs: Vec<PathBuf>,
    recorder: Arc<Recorder>,
    pages: Arc<Pages>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// The pack so far, shared with whichever thread writes.
struct Pages {
    shared: Shared,
    /// `None` once the session has ended.
    open: Mutex<Option<Open>>,
}

struct Open {
    writer: PackWriter,
    /// In order of arrival.
    kept: Vec<Kept>,
}

impl Pages {
    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what has been recorded since the last time, up to the first exchange that is still
    /// under way.
    fn catch_up(&self, recorder: &Recorder) -> Result<(), EvidenceError> {
        match self.lock().as_mut() {
            Some(open) => open.catch_up(&self.shared, recorder, false),
            None => Ok(()),
        }
    }
}

impl Open {
    fn catch_up(&mut self, shared: &Shared, recorder: &Recorder, all: bool) -> Result<(), EvidenceError> {
        for seen in recorder.after(self.kept.len(), all) {
            let raw = Arc::unwrap_or_clone(seen.exchange);
            if raw.kind == Kind::Token {
                shared.guard.claimed(&raw.request_body, None);
            } else {
                // Counted; whether something could be real is a case of its own.
                let _ = shared.guard.outgoing(&raw.request_body, None);
            }
            let number = self.kept.len() as u64;
            self.kept
                .push(observed::write(&self.writer, shared, FOLDER, number, raw)?);
        }
        Ok(())
    }
}

impl Counterparty {
    /// Begins the evidence pack in a new folder below `out`.
    ///
    /// # Errors
    /// [`ReportError`] when it cannot be written.
    pub fn journal(&self, out: &Path, options: ReportOptions) -> Result<Journal, ReportError> {
        let suite = Suite::builtin()?;
        let preset = if self.vendor.system_user {
            Preset::SystemUser
        } else {
            Preset::OwnOrganisation
        };
        let mut target =
            Target::simulator(&self.simulator, preset).map_err(|error| ReportError::Session(error.to_string()))?;
        target.apis = self.vendor.apis.iter().copied().collect();
        let mut run_options = Options::new(out);
        run_options.system = self.vendor.system.clone();
        run_options.operator = options.operator;
        run_options.deviations = options.deviations;
        run_options.attestations = options.attestations;
        run_options.signing_key = options.signing_key;
        run_options.zip = options.zip;
        let mut info = run::run_info(&suite, &target, &run_options, self.started);
        info.target = TargetInfo {
            kind: TargetKind::Simulator,
            description: self.description(),
        };
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| RunError::Random)?;
        let shared = Shared {
            guard: Arc::new(Guard::new(target.declared.clone(), &key)),
            redactor: Arc::new(Redactor::new()),
            target: Arc::new(target),
        };
        let writer = PackWriter::begin(out, &info)?;
        Ok(Journal {
            dir: writer.dir().to_owned(),
            pages: Arc::new(Pages {
                shared,
                open: Mutex::new(Some(Open {
                    writer,
                    kept: Vec::new(),
                })),
            }),
            suite,
            preset,
            options: run_options,
            client_logs: options.client_logs,
            recorder: Arc::clone(&self.recorder),
        })
    }

    /// What is tested against what, in a sentence.
    #[must_use]
    pub fn description(&self) -> Text {
        description(self.vendor.trust_on_first_use)
    }

    /// Judges what has been recorded and writes the evidence pack into a new folder below `out`.
    ///
    /// # Errors
    /// [`ReportError`] when it cannot be written.
    pub async fn report(&self, out: &Path, options: ReportOptions) -> Result<Report, ReportError> {
        self.journal(out, options)?.finish(self).await
    }
}

impl Journal {
    /// The folder of the pack.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes each exchange once it is through, until the future is dropped.
    ///
    /// # Errors
    /// [`ReportError`] when one cannot be written: the pack can then not be completed.
    pub async fn keep(&self) -> Result<Infallible, ReportError> {
        let mut changes = self.recorder.watch();
        loop {
            let (pages, recorder) = (Arc::clone(&self.pages), Arc::clone(&self.recorder));
            let written = tokio::task::spawn_blocking(move || pages.catch_up(&recorder)).await;
            written.map_err(|_| ReportError::Session("the recording ended unexpectedly".to_owned()))??;
            // The sender lives in the recorder, which lives in here.
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Judges what has been recorded, and completes the pack.
    ///
    /// # Errors
    /// [`ReportError`] when it cannot be written.
    pub async fn finish(self, counterparty: &Counterparty) -> Result<Report, ReportError> {
        let shared = &self.pages.shared;
        // From here on whoever still keeps finds nothing to write to.
        let ended = self.pages.lock().take();
        let Some(mut open) = ended else {
            return Err(ReportError::Session("its pack has been completed already".to_owned()));
        };
        open.catch_up(shared, &self.recorder, true)?;
        let Open { writer, kept } = open;
        self.tasks(&writer)?;
        let raw: Vec<RawExchange> = kept.iter().map(|kept| kept.recorded.raw.clone()).collect();
        let logs = Handed::read(&self.client_logs, &raw, shared, &writer)?;
        let judgements: BTreeMap<_, _> = counterparty
            .judge()
            .all()
            .iter()
            .map(|judgement| (judgement.case_id, judgement.clone()))
            .collect();
        let record: Arc<Record> = Arc::new(BTreeMap::from([(
            FOLDER.to_owned(),
            kept.iter().map(|kept| kept.recorded.clone()).collect(),
        )]));
        let inspection = Inspection {
            suite: &self.suite,
            shared,
            record: &record,
            kept: &kept,
        };
        for case in self.suite.catalogue().cases() {
            let mut result = self
                .result(case, judgements.get(case.id()), counterparty, &inspection)
                .await;
            logs.tell(&mut result);
            let deviations = &self.options.deviations;
            result.deviation_id = deviations
                .iter()
                .find(|deviation| deviation.case_id == case.id())
                .map(|deviation| deviation.id.clone());
            writer.case(result)?;
        }
        let mut results = writer.done();
        results.sort_by(|a, b| a.case_id.cmp(&b.case_id));
        let stale_deviations = run::stale(&self.options.deviations, &results);
        let mut finish = run::finish(&self.suite, shared, &raw.iter().collect::<Vec<_>>(), self.options);
        finish.client_logs = logs.into_pack();
        let pack = writer.finish(finish)?;
        Ok(Report {
            results,
            stale_deviations,
            pack,
        })
    }

    /// Which task was given when, with how many exchanges.
    fn tasks(&self, writer: &PackWriter) -> Result<(), EvidenceError> {
        for scene in &self.recorder.tape().scenes {
            for (number, act) in (1..).zip(&scene.acts) {
                if let Some(task) = &act.task {
                    writer.event(
                        "task.given",
                        None,
                        json!({ "step": scene.step, "act": number, "task": task, "exchanges": act.seen.len() }),
                    )?;
                }
            }
        }
        Ok(())
    }

    async fn result(
        &self,
        case: &Case,
        judgement: Option<&Judgement>,
        counterparty: &Counterparty,
        inspection: &Inspection<'_>,
    ) -> CaseResult {
        let untried = |verdict, reason| {
            CaseResult::untried(
                case.id(),
                case.record.requirement_ids.clone(),
                Grade::B,
                verdict,
                reason,
            )
        };
        if case.has_role(Role::C)
            && let Some(reason) = self.inapplicable(case, counterparty)
        {
            return untried(Verdict::NotApplicable, reason);
        }
        if let Some(judgement) = judgement.filter(|_| case.has_role(Role::C)) {
            let cited: Vec<&Kept> = judgement
                .exchanges
                .iter()
                .filter_map(|number| inspection.kept.get(*number))
                .collect();
            return observed::judged(case, Grade::B, judgement, inspection.shared, &cited);
        }
        if let Some(result) = observed::inspected(inspection, case, Grade::B, None).await {
            return result;
        }
        if case.has_role(Role::M) {
            return run::statement(
                case.id(),
                case.record.requirement_ids.clone(),
                &self.options.attestations,
            );
        }
        untried(
            Verdict::NotRun,
            Text::new(
                "Prøves ikke med leverandørens klient: kjør «conformance».",
                "Not tried with the vendor's client: run \"conformance\".",
            ),
        )
    }

    /// Why a case does not concern what the vendor has declared.
    fn inapplicable(&self, case: &Case, counterparty: &Counterparty) -> Option<Text> {
        match case.record.api {
            Some(api) if !counterparty.vendor.apis.contains(&api) => Some(Text::new(
                format!("Systemet bruker ikke {}.", api.label()),
                format!("The system does not use {}.", api.label()),
            )),
            _ => self.preset.excludes(case.when),
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
