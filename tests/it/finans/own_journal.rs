//! A journal of the vendor's own, made with nothing but the public interface: a table in a
//! database, as it were.

use std::sync::Mutex;

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use skatteetaten_client::finansprodukter::{Entry, Journal, JournalError, Outcome, Repeat, Submission};
use uuid::Uuid;

use super::{body, bytes, simulated};

struct Line {
    destination: String,
    key: Uuid,
    body: Vec<u8>,
    outcome: Option<String>,
}

#[derive(Default)]
struct Table(Mutex<Vec<Line>>);

fn entry(number: usize, line: &Line) -> Result<Entry, JournalError> {
    let unreadable = |_| JournalError::new("read a line of the table", "restore the table from a backup");
    let submission = Submission::restore(line.key, line.body.clone()).map_err(unreadable)?;
    let outcome = line.outcome.as_ref().map(|text| serde_json::from_str(text).unwrap());
    Ok(Entry::new(number.to_string(), submission, outcome))
}

impl Journal for Table {
    fn prepare<'a>(
        &'a self,
        submission: &'a Submission,
        destination: &'a str,
        repeat: Repeat,
    ) -> BoxFuture<'a, Result<Entry, JournalError>> {
        let mut lines = self.0.lock().unwrap();
        let is_this = |line: &&Line| line.destination == destination && line.body == *submission.bytes();
        let latest = lines.iter().rposition(|line| is_this(&line));
        if let Some(number) = latest {
            let found = entry(number, &lines[number]).unwrap();
            if found.outcome.is_none() || repeat == Repeat::Never {
                return ready(Ok(found)).boxed();
            }
        }
        let submission = match latest {
            None => submission.clone(),
            Some(_) => submission.with_new_key(),
        };
        lines.push(Line {
            destination: destination.to_owned(),
            key: submission.key(),
            body: submission.bytes().to_vec(),
            outcome: None,
        });
        ready(entry(lines.len() - 1, &lines[lines.len() - 1])).boxed()
    }

    fn record<'a>(&'a self, entry: &'a Entry, outcome: &'a Outcome) -> BoxFuture<'a, Result<(), JournalError>> {
        let number: usize = entry.id.parse().unwrap();
        self.0.lock().unwrap()[number].outcome = Some(serde_json::to_string(outcome).unwrap());
        ready(Ok(())).boxed()
    }

    fn pending<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        let lines = self.0.lock().unwrap();
        let open = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.destination == destination && line.outcome.is_none())
            .map(|(number, line)| entry(number, line));
        ready(open.collect()).boxed()
    }
}

#[tokio::test]
async fn a_journal_elsewhere_ends_in_one_submission_too() {
    let (simulator, client) = simulated().await;
    let (api, table) = (client.finansprodukter(), Table::default());
    let submission = || Submission::from_json(bytes(&body())).unwrap();
    simulator.set_faults(vec!["lost-answer:operation=innsending".parse().unwrap()]);
    let error = api.submit_with(&submission(), &table, Repeat::Never).await.unwrap_err();
    assert!(error.is_open());
    simulator.set_faults(Vec::new());
    // The program starts again; nothing of the first submission is left but the table.
    let resumed = api.resume(&table).await.unwrap().remove(0).1.unwrap();
    let again = api.submit_with(&submission(), &table, Repeat::Never).await.unwrap();
    assert!(resumed.sent && !again.sent);
    assert_eq!(resumed.receipt, again.receipt);
    assert_eq!(resumed.remarks, []);
    assert_eq!(simulator.submission_count(), 1);
    let repeated = api
        .submit_with(&submission(), &table, Repeat::EvenIfReceived)
        .await
        .unwrap();
    assert_ne!(repeated.receipt.idempotency_key, resumed.receipt.idempotency_key);
    assert_eq!(simulator.submission_count(), 2);
}

#[test]
fn what_was_written_down_is_restored_whatever_is_wrong_with_it() {
    let mut wrong = body();
    wrong["leveranse"]["oppgaveoppsummering"]["antallOppgaver"] = 9.into();
    let key = Uuid::new_v4();
    let restored = Submission::restore(key, bytes(&wrong)).unwrap();
    assert_eq!(
        (restored.key(), restored.reports(), restored.income_year()),
        (key, 2, 2024)
    );
    assert_eq!(restored.reference(), Some("ref-1"));
    assert!(Submission::restore(key, b"{}".as_slice()).is_err());
    assert_ne!(restored.with_new_key().key(), key);
}
