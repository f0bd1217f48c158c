//! A real process, really killed, at every point around the call; then another one.
//!
//! The journal's own tests kill it at every file operation on a model of a disk. Here the disk,
//! the process and the connection are real: this test program starts itself as the program that
//! submits, and that aborts, without any clean-up, at the step it is told.

use std::process::{Command, Stdio};

use futures::future::{BoxFuture, FutureExt as _};
use skatteetaten_client::finansprodukter::{Entry, FileJournal, Journal, JournalError, Outcome, Repeat, Submission};
use skatteetaten_conformance::simulator::Simulator;

use super::{ORGANISATION, body, bytes, client_of};

const STEP: &str = "SKATT_IT_ABORT_AT";
const DIRECTORY: &str = "SKATT_IT_DIRECTORY";

/// A journal that aborts the process around its operations.
struct Aborting {
    journal: FileJournal,
    step: u32,
}

impl Aborting {
    fn at(&self, step: u32) {
        if self.step == step {
            std::process::abort();
        }
    }
}

impl Journal for Aborting {
    fn prepare<'a>(
        &'a self,
        submission: &'a Submission,
        destination: &'a str,
        repeat: Repeat,
    ) -> BoxFuture<'a, Result<Entry, JournalError>> {
        async move {
            self.at(1);
            let entry = self.journal.prepare(submission, destination, repeat).await;
            self.at(2);
            entry
        }
        .boxed()
    }

    fn record<'a>(&'a self, entry: &'a Entry, outcome: &'a Outcome) -> BoxFuture<'a, Result<(), JournalError>> {
        async move {
            // The answer is here and nowhere else.
            self.at(3);
            let end = self.journal.record(entry, outcome).await;
            self.at(4);
            end
        }
        .boxed()
    }

    fn pending<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        self.journal.pending(destination)
    }
}

/// The program that submits. Run by the test below in a process of its own; does nothing else.
#[tokio::test]
async fn program_that_submits() {
    let (Ok(step), Ok(directory)) = (std::env::var(STEP), std::env::var(DIRECTORY)) else {
        return;
    };
    let directory = std::path::Path::new(&directory);
    let settings: Vec<String> =
        serde_json::from_slice(&std::fs::read(directory.join("settings.json")).unwrap()).unwrap();
    let [finansprodukter, dialogporten, issuer, pem, kid] = settings.as_slice() else {
        panic!()
    };
    let client = super::client_at(finansprodukter, dialogporten, issuer, pem, kid);
    let journal = Aborting {
        journal: FileJournal::open(directory.join("journal")).await.unwrap(),
        step: step.parse().unwrap(),
    };
    let submission = Submission::from_json(bytes(&body())).unwrap();
    client
        .finansprodukter()
        .submit_with(&submission, &journal, Repeat::Never)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_it_ends_in_one_submission() {
    for step in 1..=5 {
        let simulator = Simulator::builder().organisation(ORGANISATION).start().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let endpoints = simulator.endpoints();
        let settings = [
            endpoints.finansprodukter.as_str(),
            endpoints.dialogporten.as_str(),
            endpoints.issuer.as_str(),
            simulator.private_key_pem(),
            simulator.kid(),
        ];
        std::fs::write(
            directory.path().join("settings.json"),
            serde_json::to_vec(&settings).unwrap(),
        )
        .unwrap();
        let path = directory.path().to_owned();
        let status = tokio::task::spawn_blocking(move || {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "finans::crash::program_that_submits", "--test-threads=1"])
                .env(STEP, step.to_string())
                .env(DIRECTORY, path)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap()
        })
        .await
        .unwrap();
        // Step 5 does not exist: the program runs to its end.
        assert_eq!(status.success(), step == 5, "step {step}: {status}");
        assert_eq!(simulator.submission_count(), usize::from(step > 2), "step {step}");

        let client = client_of(endpoints, simulator.private_key_pem(), simulator.kid());
        let journal = FileJournal::open(directory.path().join("journal")).await.unwrap();
        let submission = Submission::from_json(bytes(&body())).unwrap();
        let end = client
            .finansprodukter()
            .submit_with(&submission, &journal, Repeat::Never)
            .await
            .unwrap();
        assert_eq!(end.sent, step < 4, "step {step}");
        assert_eq!(simulator.submission_count(), 1, "step {step}");
    }
}
