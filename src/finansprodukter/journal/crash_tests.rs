//! Kills the journal after every single file operation, and looks at what becomes of the
//! submission.
//!
//! The disk is a model that keeps apart what has been flushed and what has not, so that two kinds
//! of crash can be tried: the process is killed (everything written is still there), and the
//! machine loses power (only what was flushed is). The service is a model that does with
//! idempotency keys what the API's documentation says.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::disk::{DRAFT, Disk};
use super::{FileJournal, Journal, Outcome, Repeat};
use crate::error::{Error, Misuse};
use crate::finansprodukter::receipt::Receipt;
use crate::finansprodukter::submission::{Content, Submission};
use crate::finansprodukter::submit::{SubmitError, Submitted, conclude};
use crate::generated::finansprodukter::types::Leveransebekreftelse;

const DESTINATION: &str = "https://api.example.invalid/v1";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Crash {
    Killed,
    PowerLost,
}

#[derive(Default)]
struct Files {
    /// Name to content, as running processes see them.
    seen: BTreeMap<String, Vec<u8>>,
    /// What survives a loss of power.
    flushed: BTreeMap<String, Vec<u8>>,
    /// Operations left until the disk dies; `None` for one that lives.
    left: Option<usize>,
    /// Operations done.
    done: usize,
}

#[derive(Clone, Default)]
struct Model(Arc<Mutex<Files>>);

impl Model {
    fn dies_after(&self, operations: Option<usize>) {
        let mut files = self.0.lock().unwrap();
        files.left = operations;
        files.done = 0;
    }

    fn crash(&self, crash: Crash) {
        let mut files = self.0.lock().unwrap();
        if crash == Crash::PowerLost {
            files.seen = files.flushed.clone();
        }
    }

    fn done(&self) -> usize {
        self.0.lock().unwrap().done
    }

    /// Runs one operation, or dies in the middle of it.
    fn step<T>(&self, work: impl FnOnce(&mut Files, bool) -> T) -> io::Result<T> {
        let mut files = self.0.lock().unwrap();
        if files.left == Some(0) {
            return Err(io::Error::other("the process is dead"));
        }
        files.left = files.left.map(|left| left - 1);
        files.done += 1;
        let dies = files.left == Some(0);
        let result = work(&mut files, dies);
        if dies {
            Err(io::Error::other("the process dies here"))
        } else {
            Ok(result)
        }
    }
}

impl Disk for Model {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.step(|files, _| files.seen.get(name).cloned())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        self.step(|files, _| files.seen.keys().cloned().collect())
    }

    fn write_draft(&self, draft: &str, bytes: &[u8]) -> io::Result<()> {
        self.step(|files, dies| {
            // Dying here leaves half a file.
            let written = if dies { &bytes[..bytes.len() / 2] } else { bytes };
            files.seen.insert(draft.to_owned(), written.to_vec());
        })
    }

    fn publish(&self, draft: &str, name: &str) -> io::Result<bool> {
        self.step(|files, _| {
            let content = files.seen.remove(draft).unwrap();
            if files.seen.contains_key(name) {
                return false;
            }
            files.seen.insert(name.to_owned(), content);
            true
        })
    }

    fn flush_names(&self) -> io::Result<()> {
        self.step(|files, dies| {
            if !dies {
                files.flushed = files.seen.clone();
            }
        })
    }
}

/// The service: the first body under a key is processed, once.
#[derive(Default)]
struct Service {
    processed: HashMap<Uuid, Vec<u8>>,
    requests: usize,
}

impl Service {
    fn post(&mut self, submission: &Submission) -> Result<Leveransebekreftelse, Error> {
        self.requests += 1;
        let before = self
            .processed
            .entry(submission.key())
            .or_insert_with(|| submission.bytes().to_vec());
        assert_eq!(before, submission.bytes(), "other bytes under a used key");
        Ok(Leveransebekreftelse {
            antall_oppgaver: 1,
            antall_sletteoppgaver: None,
            // The same answer for the same key.
            dialog_id: submission.key(),
            forsendelse_id: submission.key(),
            oppgavegivers_leveranse_referanse: None,
        })
    }
}

/// A submission as a program that is started anew makes it: same bytes, new key.
fn submission() -> Submission {
    let bytes = br#"{"leveranse":{}}"#.as_slice();
    let content = Content {
        sha256: skatteetaten_specs::manifest::sha256_hex(bytes),
        year: 2024,
        reports: 1,
        deletions: 0,
        reference: None,
    };
    Submission::restored(Uuid::new_v4(), bytes.into(), content)
}

/// Where the call itself breaks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    No,
    BeforeService,
    AfterService,
}

/// One run of a program that submits.
async fn run(
    disk: &Model,
    service: &Arc<Mutex<Service>>,
    breaks: Break,
    repeat: Repeat,
) -> Result<Submitted, SubmitError> {
    let journal = FileJournal::on(Arc::new(disk.clone()));
    let entry = journal
        .prepare(&submission(), DESTINATION, repeat)
        .await
        .map_err(SubmitError::Journal)?;
    let service = Arc::clone(service);
    conclude(&entry, &journal, |submission| async move {
        let broken = || Error::from(Misuse::new("stands for", "a broken connection"));
        if breaks == Break::BeforeService {
            return Err(broken());
        }
        let answer = service.lock().unwrap().post(&submission)?;
        if breaks == Break::AfterService {
            return Err(broken());
        }
        Ok(Receipt::new(&submission, answer))
    })
    .await
}

#[tokio::test]
async fn killed_after_every_file_operation_it_ends_in_one_submission() {
    let mut operations_seen = 0;
    for crash in [Crash::Killed, Crash::PowerLost] {
        for breaks in [Break::No, Break::BeforeService, Break::AfterService] {
            for operations in 0.. {
                let (disk, service) = (Model::default(), Arc::default());
                disk.dies_after(Some(operations));
                let first = run(&disk, &service, breaks, Repeat::Never).await;
                let finished = disk.done() < operations;
                operations_seen = operations_seen.max(disk.done());
                disk.crash(crash);
                disk.dies_after(None);

                let second = run(&disk, &service, Break::No, Repeat::Never).await.unwrap();
                let third = run(&disk, &service, Break::No, Repeat::Never).await.unwrap();
                let service = service.lock().unwrap();
                let place = format!("{crash:?}, {breaks:?}, {operations} operations");
                assert_eq!(service.processed.len(), 1, "{place}");
                assert!(service.requests <= 2, "{place}");
                assert!(!third.sent, "{place}");
                assert_eq!(second.receipt, third.receipt, "{place}");
                if let Ok(first) = first {
                    assert_eq!(first.receipt, second.receipt, "{place}");
                }
                if finished {
                    break;
                }
            }
        }
    }
    // Look, draft, name, flush; and the same for the outcome, which nobody looks for first.
    assert_eq!(operations_seen, 7);
}

#[tokio::test]
async fn without_a_journal_the_same_crash_submits_twice() {
    // The model must be able to see what the journal is there to prevent.
    let service: Arc<Mutex<Service>> = Arc::default();
    for breaks in [Break::AfterService, Break::No] {
        let _ = run(&Model::default(), &service, breaks, Repeat::Never).await;
    }
    assert_eq!(service.lock().unwrap().processed.len(), 2);
}

#[tokio::test]
async fn several_programs_at_once_share_one_key() {
    let (disk, service) = (Model::default(), Arc::default());
    let runs = (0..8).map(|_| run(&disk, &service, Break::No, Repeat::Never));
    let ends = futures::future::join_all(runs).await;
    let receipts: Vec<_> = ends.into_iter().map(|end| end.unwrap().receipt).collect();
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    assert_eq!(service.lock().unwrap().processed.len(), 1);
    let files = disk.0.lock().unwrap();
    assert!(
        files.seen.keys().all(|name| !name.ends_with(DRAFT)),
        "{:?}",
        files.seen.keys()
    );
}

#[tokio::test]
async fn deliberate_repetition_is_a_submission_of_its_own_and_survives_crashes_too() {
    for operations in 0..12 {
        let (disk, service) = (Model::default(), Arc::default());
        let first = run(&disk, &service, Break::No, Repeat::Never).await.unwrap();
        disk.dies_after(Some(operations));
        let _ = run(&disk, &service, Break::No, Repeat::EvenIfReceived).await;
        // Whether the repetition had been written down decides what a plain run does; the count
        // never exceeds two.
        disk.dies_after(None);
        let last = run(&disk, &service, Break::No, Repeat::Never).await.unwrap();
        let count = service.lock().unwrap().processed.len();
        assert!((1..=2).contains(&count), "{operations}: {count}");
        assert_eq!(last.receipt == first.receipt, count == 1, "{operations}");
    }
}

#[tokio::test]
async fn what_is_open_is_found_again_for_its_own_destination_only() {
    let (disk, service) = (Model::default(), Arc::default());
    run(&disk, &service, Break::AfterService, Repeat::Never)
        .await
        .unwrap_err();
    let journal = FileJournal::on(Arc::new(disk.clone()));
    assert!(
        journal
            .pending("https://other.example.invalid")
            .await
            .unwrap()
            .is_empty()
    );
    let open = journal.pending(DESTINATION).await.unwrap();
    assert_eq!(open.len(), 1);
    let receipt = run(&disk, &service, Break::No, Repeat::Never).await.unwrap().receipt;
    assert_eq!(receipt.idempotency_key, open[0].submission.key());
    assert!(journal.pending(DESTINATION).await.unwrap().is_empty());
    // The same bytes for another address have not been submitted there.
    let again = submission();
    let elsewhere = "https://other.example.invalid";
    let other = journal.prepare(&again, elsewhere, Repeat::Never).await.unwrap();
    assert!(other.outcome.is_none());
    assert_ne!(other.submission.key(), receipt.idempotency_key);
}

#[tokio::test]
async fn a_damaged_entry_is_an_error_and_nothing_is_sent() {
    let (disk, service) = (Model::default(), Arc::default());
    run(&disk, &service, Break::AfterService, Repeat::Never)
        .await
        .unwrap_err();
    for damage in [
        |file: &mut Vec<u8>| file.truncate(20),
        |file: &mut Vec<u8>| {
            let last = file.len() - 1;
            file[last] ^= 1;
        },
    ] {
        damage(disk.0.lock().unwrap().seen.values_mut().next().unwrap());
        let error = run(&disk, &service, Break::No, Repeat::Never).await.unwrap_err();
        assert!(matches!(error, SubmitError::Journal(_)), "{error}");
        assert!(!error.is_open());
    }
    assert_eq!(service.lock().unwrap().requests, 1);
}

#[tokio::test]
async fn an_outcome_is_never_changed() {
    let (disk, service) = (Model::default(), Arc::default());
    let receipt = run(&disk, &service, Break::No, Repeat::Never).await.unwrap().receipt;
    let journal = FileJournal::on(Arc::new(disk.clone()));
    let entry = journal
        .prepare(&submission(), DESTINATION, Repeat::Never)
        .await
        .unwrap();
    journal.record(&entry, &Outcome::Received { receipt }).await.unwrap();
    let other = Outcome::Refused {
        status: 400,
        code: None,
    };
    journal.record(&entry, &other).await.unwrap_err();
}
