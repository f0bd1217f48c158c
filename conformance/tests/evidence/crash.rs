//! The writer is stopped before each of its steps, by an error and by the death of the process.
//! Whatever is left never verifies as complete, and can always be taken up again.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::TimeDelta;
use skatteetaten_conformance::evidence::{
    EvidenceError, Finish, Pack, PackSummary, PackWriter, SignatureState, StepHook, verify,
};

use crate::fixture;

fn finish() -> Finish {
    let mut finish = fixture::finish(fixture::start() + TimeDelta::minutes(7));
    finish.signing_key = Some(fixture::key(ED25519));
    finish.zip = true;
    finish
}

/// A throw-away key for these tests, so that the dying processes need not make one.
const ED25519: &str = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\
    \"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\
    \"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

/// A whole run with a hook before each step.
fn whole_run(out: &Path, hook: StepHook) -> Result<PackSummary, EvidenceError> {
    let writer = PackWriter::begin_stoppable(out, &fixture::run("crash"), hook)?;
    fixture::record(&writer)?;
    writer.finish(finish())
}

fn dir(out: &Path) -> PathBuf {
    out.join(PackWriter::folder_name(&fixture::run("crash")))
}

/// Takes up whatever is there and completes it.
fn complete(out: &Path) -> PackSummary {
    let dir = dir(out);
    let started = dir.join(skatteetaten_conformance::evidence::name::UNFINISHED).exists();
    let writer = if started {
        PackWriter::resume(&dir).unwrap()
    } else {
        // Killed before the first line was written: there is nothing to take up.
        if dir.exists() {
            std::fs::remove_dir_all(&dir).unwrap();
        }
        PackWriter::begin(out, &fixture::run("crash")).unwrap()
    };
    fixture::record(&writer).unwrap();
    writer.finish(finish()).unwrap()
}

fn assert_unfinished(out: &Path, what: &str) {
    let dir = dir(out);
    if dir.exists() {
        let verification = verify(&Pack::open(&dir).unwrap(), None);
        assert!(!verification.is_intact(), "{what} verifies as complete");
    }
}

fn assert_complete(summary: &PackSummary, what: &str) {
    for path in [&summary.dir, summary.zip.as_ref().unwrap()] {
        let pack = Pack::open(path).unwrap();
        let verification = verify(&pack, None);
        assert_eq!(verification.findings, [], "{what}");
        assert!(matches!(verification.signature, SignatureState::Good { .. }));
        let results = pack.results().unwrap();
        assert_eq!(results.results.len(), fixture::CASES.len(), "{what}");
        for (id, grade, verdict) in fixture::CASES {
            let case = results.case(id).unwrap();
            assert_eq!((case.grade, case.verdict), (*grade, *verdict), "{what}: {id}");
            assert!(case.attempts.len() <= 1, "{what}: {id} was repeated");
        }
    }
}

/// Number of steps of a whole run; counted once.
fn count_steps() -> usize {
    static STEPS: OnceLock<usize> = OnceLock::new();
    *STEPS.get_or_init(count)
}

fn count() -> usize {
    let out = tempfile::tempdir().unwrap();
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&steps);
    let summary = whole_run(
        out.path(),
        Box::new(move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            true
        }),
    )
    .unwrap();
    assert_complete(&summary, "the run that was not stopped");
    steps.load(Ordering::SeqCst)
}

#[test]
fn stopped_before_any_step_the_pack_is_unfinished_and_can_be_completed() {
    let steps = count_steps();
    assert!(steps > 60, "{steps}");
    // Every step of the first and of the last; some between, which are alike.
    for stop in (0..steps).filter(|step| *step < 6 || *step + 8 > steps || step % 6 == 0) {
        let out = tempfile::tempdir().unwrap();
        let error = whole_run(out.path(), Box::new(move |step, _| step != stop)).unwrap_err();
        assert!(matches!(error, EvidenceError::Stopped(at) if at == stop), "{error}");
        let what = format!("stopped before step {stop} of {steps}");
        assert_unfinished(out.path(), &what);
        assert_complete(&complete(out.path()), &what);
    }
}

#[test]
fn stopped_while_it_is_being_completed_it_can_be_completed_again() {
    let steps = count_steps();
    for stop in [1, 5, 20, 35] {
        let out = tempfile::tempdir().unwrap();
        whole_run(out.path(), Box::new(move |step, _| step + 40 != steps)).unwrap_err();
        let writer = PackWriter::resume_stoppable(&dir(out.path()), Box::new(move |step, _| step != stop));
        let what = format!("stopped again before step {stop}");
        let stopped = writer.and_then(|writer| {
            fixture::record(&writer)?;
            writer.finish(finish())
        });
        assert!(stopped.is_err(), "{what}");
        assert_unfinished(out.path(), &what);
        assert_complete(&complete(out.path()), &what);
    }
}

/// The process that dies: only does anything when the test below starts it.
#[test]
#[ignore = "started by the test below as a process of its own"]
fn child() {
    let (Ok(out), Ok(stop)) = (std::env::var("EVIDENCE_OUT"), std::env::var("EVIDENCE_STOP")) else {
        return;
    };
    let stop: usize = stop.parse().unwrap();
    let _ = whole_run(
        Path::new(&out),
        Box::new(move |step, _| {
            if step == stop {
                // No destructor runs and no buffer is flushed, as when a process is killed.
                std::process::abort();
            }
            true
        }),
    );
}

#[test]
fn a_process_that_dies_leaves_a_pack_that_can_be_completed() {
    let steps = count_steps();
    for stop in [
        0,
        1,
        2,
        9,
        steps / 2,
        steps - 20,
        steps - 4,
        steps - 3,
        steps - 2,
        steps - 1,
    ] {
        let out = tempfile::tempdir().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture"])
            .env("EVIDENCE_OUT", out.path())
            .env("EVIDENCE_STOP", stop.to_string())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success(), "the process did not die at step {stop}");
        let what = format!("died before step {stop} of {steps}");
        assert_unfinished(out.path(), &what);
        assert_complete(&complete(out.path()), &what);
    }
}

/// A write that was cut off in the middle of a line.
#[test]
fn half_a_line_at_the_end_of_journal_or_log_is_dropped() {
    use std::io::Write as _;
    let steps = count_steps();
    for file in ["UFERDIG-UNFINISHED.ndjson", "logg/hendelser.ndjson"] {
        let out = tempfile::tempdir().unwrap();
        whole_run(out.path(), Box::new(move |step, _| step != steps / 2)).unwrap_err();
        let path = dir(out.path()).join(file);
        let mut journal = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        journal.write_all(b"{\"case\":{\"caseId\":\"TP-0").unwrap();
        drop(journal);
        assert_unfinished(out.path(), file);
        assert_complete(&complete(out.path()), file);
    }
}

#[test]
fn a_journal_or_log_that_was_changed_is_not_taken_up() {
    for (file, from, to) in [
        ("UFERDIG-UNFINISHED.ndjson", "\"passed\"", "\"pissed\""),
        ("logg/hendelser.ndjson", "case.finished", "case.finishes"),
    ] {
        let out = tempfile::tempdir().unwrap();
        whole_run(out.path(), Box::new(|_, what| what != "resultater.json")).unwrap_err();
        let path = dir(out.path()).join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = PackWriter::resume(&dir(out.path())).unwrap_err();
        assert!(matches!(error, EvidenceError::NotResumable { .. }), "{error}");
    }
}
