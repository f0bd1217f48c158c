//! Recording a run as it goes on.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{
    Counts, EvidenceError, Finish, canonical,
    files::{self, write_atomically},
    journal::Journal,
    log::EventLog,
    name,
};
use crate::results::{CaseResult, RunInfo};

/// Records a run. Everything is on disk when a method returns, so that whatever happens next the
/// run can be taken up again with [`PackWriter::resume`]; until [`PackWriter::finish`] is through,
/// the folder says that it is unfinished. May be shared between tasks.
pub struct PackWriter {
    dir: PathBuf,
    run: RunInfo,
    inner: Mutex<Inner>,
    pub(super) steps: Steps,
}

struct Inner {
    journal: Journal,
    log: EventLog,
    cases: BTreeMap<String, CaseResult>,
    exchanges: BTreeMap<String, u32>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackSummary {
    /// The folder.
    pub dir: PathBuf,
    /// The same as one file, where it was asked for.
    pub zip: Option<PathBuf>,
    /// Cases by grade and verdict.
    pub counts: Counts,
    /// SHA-256 of `manifest.json`: what identifies the pack.
    pub manifest_sha256: String,
}

/// Called before each step that changes the disk; a test can stop there.
#[doc(hidden)]
pub type StepHook = Box<dyn Fn(usize, &str) -> bool + Send + Sync>;

#[derive(Default)]
pub(super) struct Steps {
    hook: Option<StepHook>,
    count: std::sync::atomic::AtomicUsize,
}

impl Steps {
    fn new(hook: StepHook) -> Self {
        Self {
            hook: Some(hook),
            count: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    pub(super) fn step(&self, what: &str) -> Result<(), EvidenceError> {
        let Some(hook) = &self.hook else {
            return Ok(());
        };
        let number = self.count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if hook(number, what) {
            Ok(())
        } else {
            Err(EvidenceError::Stopped(number))
        }
    }
}

impl std::fmt::Debug for PackWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackWriter")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl PackWriter {
    /// Starts the pack of a run in a new folder under `out_dir`, named by [`Self::folder_name`].
    ///
    /// # Errors
    /// When the folder exists already, cannot be written, or the run's id cannot name a folder.
    pub fn begin(out_dir: &Path, run: &RunInfo) -> Result<Self, EvidenceError> {
        Self::begin_with(out_dir, run, Steps::default())
    }

    /// As [`Self::begin`], with a function that can stop the writer before any of its steps.
    #[doc(hidden)]
    pub fn begin_stoppable(out_dir: &Path, run: &RunInfo, hook: StepHook) -> Result<Self, EvidenceError> {
        Self::begin_with(out_dir, run, Steps::new(hook))
    }

    fn begin_with(out_dir: &Path, run: &RunInfo, steps: Steps) -> Result<Self, EvidenceError> {
        files::check_name(&run.id, "the id of a run")?;
        let dir = out_dir.join(Self::folder_name(run));
        fs::create_dir_all(out_dir).map_err(EvidenceError::io("creating the folder", out_dir))?;
        steps.step("folder")?;
        match fs::create_dir(&dir) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(EvidenceError::Exists(dir));
            }
            Err(error) => return Err(EvidenceError::io("creating the folder", &dir)(error)),
        }
        steps.step("journal")?;
        let mut run = run.clone();
        run.end = None;
        let journal = Journal::create(&dir, &run)?;
        let log = EventLog::open(&dir.join(name::EVENTS), &run.id)?;
        let writer = Self {
            dir,
            inner: Mutex::new(Inner {
                journal,
                log,
                cases: BTreeMap::new(),
                exchanges: BTreeMap::new(),
            }),
            steps,
            run,
        };
        writer.event_at(writer.run.start, "run.started", None, Value::Null)?;
        Ok(writer)
    }

    /// Takes an unfinished pack up again. [`Self::done`] tells which cases need not be repeated;
    /// exchanges of a case that had no result yet stay in the pack, and new ones get new numbers.
    ///
    /// # Errors
    /// When the folder is not an unfinished pack, or what it holds was changed.
    pub fn resume(dir: &Path) -> Result<Self, EvidenceError> {
        Self::resume_with(dir, Steps::default())
    }

    /// As [`Self::resume`], with a function that can stop the writer before any of its steps.
    #[doc(hidden)]
    pub fn resume_stoppable(dir: &Path, hook: StepHook) -> Result<Self, EvidenceError> {
        Self::resume_with(dir, Steps::new(hook))
    }

    fn resume_with(dir: &Path, steps: Steps) -> Result<Self, EvidenceError> {
        let (mut journal, record) = Journal::reopen(dir)?;
        steps.step("resume")?;
        let now = Utc::now();
        journal.resumed(now)?;
        let mut run = record.run;
        run.resumed.push(now);
        let log = EventLog::open(&dir.join(name::EVENTS), &run.id)?;
        let mut exchanges = BTreeMap::new();
        let (paths, _) = files::list(dir)?;
        for path in paths {
            if path
                .rsplit('/')
                .next()
                .is_some_and(|file| file.starts_with(files::PARTIAL))
            {
                let path = dir.join(&path);
                fs::remove_file(&path).map_err(EvidenceError::io("removing", path))?;
            } else if let Some((case, number)) = exchange_of(&path) {
                let highest = exchanges.entry(case.to_owned()).or_insert(0);
                *highest = (*highest).max(number);
            }
        }
        let mut cases = BTreeMap::new();
        for case in record.cases {
            cases.insert(case.case_id.clone(), case);
        }
        let writer = Self {
            dir: dir.to_owned(),
            run,
            inner: Mutex::new(Inner {
                journal,
                log,
                cases,
                exchanges,
            }),
            steps,
        };
        writer.event_at(now, "run.resumed", None, Value::Null)?;
        Ok(writer)
    }

    /// The name of a run's folder: `bevispakke-<api>-<system>-<date>-<run id>`, where `<api>` is
    /// `begge` when both were run.
    #[must_use]
    pub fn folder_name(run: &RunInfo) -> String {
        let api = match run.apis.as_slice() {
            [one] => one.code(),
            _ => "begge",
        };
        let mut system = String::new();
        for character in run.system.name.to_lowercase().chars() {
            match character {
                'a'..='z' | '0'..='9' => system.push(character),
                'æ' => system.push_str("ae"),
                'ø' => system.push_str("oe"),
                'å' => system.push_str("aa"),
                _ if system.ends_with('-') || system.is_empty() => {}
                _ => system.push('-'),
            }
            if system.len() >= 40 {
                break;
            }
        }
        let system = match system.trim_matches('-') {
            "" => "system",
            name => name,
        };
        format!("bevispakke-{api}-{system}-{}-{}", run.start.format("%Y%m%d"), run.id)
    }

    /// The pack's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The run as it was started, also when it was taken up again.
    #[must_use]
    pub fn run(&self) -> &RunInfo {
        &self.run
    }

    /// The results recorded so far, in ascending order of case id.
    #[must_use]
    pub fn done(&self) -> Vec<CaseResult> {
        self.lock().cases.values().cloned().collect()
    }

    /// Records an event in the hash-chained log. `data` must be redacted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn event(&self, kind: &str, case_id: Option<&str>, data: impl Serialize) -> Result<(), EvidenceError> {
        let data = serde_json::to_value(data).map_err(EvidenceError::json("an event"))?;
        self.event_at(Utc::now(), kind, case_id, data)
    }

    pub(super) fn event_at(
        &self,
        time: DateTime<Utc>,
        kind: &str,
        case_id: Option<&str>,
        data: Value,
    ) -> Result<(), EvidenceError> {
        self.steps.step("event")?;
        self.lock().log.append(time, kind, case_id, data)
    }

    /// Records a redacted exchange of a case and returns its id, `CASE/N`, which belongs in the
    /// case's [`CaseResult::exchange_ids`].
    ///
    /// # Errors
    /// When the case's id cannot name a folder, or the file cannot be written.
    pub fn exchange(&self, case_id: &str, exchange: &impl Serialize) -> Result<String, EvidenceError> {
        files::check_name(case_id, "the id of a case")?;
        let bytes = canonical::to_bytes(exchange).map_err(EvidenceError::json("an exchange"))?;
        let number = {
            let mut inner = self.lock();
            let number = inner.exchanges.entry(case_id.to_owned()).or_insert(0);
            *number += 1;
            *number
        };
        self.steps.step("exchange")?;
        let id = format!("{case_id}/{number}");
        let path = self.dir.join(format!("{}/{id}.json", name::EXCHANGES));
        write_atomically(&path, &bytes, false)?;
        Ok(id)
    }

    /// Records the result of a case. A result that is there already stays visible: its attempts
    /// come first in the new one.
    ///
    /// # Errors
    /// When the result contradicts itself, or cannot be written.
    pub fn case(&self, result: CaseResult) -> Result<(), EvidenceError> {
        files::check_name(&result.case_id, "the id of a case")?;
        let problems: Vec<String> = crate::results::Results::new(self.run.clone(), vec![result.clone()])
            .problems()
            .iter()
            .map(ToString::to_string)
            .collect();
        if !problems.is_empty() {
            return Err(EvidenceError::Results(problems));
        }
        let mut inner = self.lock();
        let result = match inner.cases.get(&result.case_id) {
            Some(earlier) => result.after(earlier),
            None => result,
        };
        self.steps.step("case")?;
        inner.journal.case(&result)?;
        inner.log.append(
            Utc::now(),
            "case.finished",
            Some(&result.case_id),
            serde_json::json!({"verdict": result.verdict, "grade": result.grade}),
        )?;
        inner.cases.insert(result.case_id.clone(), result);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What a panicking task left is whole lines on disk; the record goes on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns the record into the pack. Everything is written and listed in the manifest before the
    /// mark of the unfinished pack is removed, which is the last step; a crash before it leaves a
    /// pack that says it is unfinished, and [`Self::resume`] followed by `finish` completes it.
    ///
    /// # Errors
    /// When the results contradict themselves or their schema, or a file cannot be written.
    pub fn finish(self, finish: Finish) -> Result<PackSummary, EvidenceError> {
        super::finish::finish(self, finish)
    }

    /// Number of lines and hash of the last line of the event log.
    pub(super) fn log_head(&self) -> (u64, String) {
        self.lock().log.head()
    }

    /// Removes the mark of the unfinished pack.
    pub(super) fn close(self) -> Result<(), EvidenceError> {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop(inner.log);
        inner.journal.remove()
    }
}

/// The case and number of an exchange's path in a pack, `logg/CASE/N.json`.
pub(super) fn exchange_of(path: &str) -> Option<(&str, u32)> {
    let mut parts = path.strip_prefix(name::EXCHANGES)?.strip_prefix('/')?.split('/');
    let (case, file) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let number: u32 = file.strip_suffix(".json")?.parse().ok()?;
    (file == format!("{number}.json")).then_some((case, number))
}
