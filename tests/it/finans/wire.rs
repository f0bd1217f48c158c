//! Submitting and fetching, on the wire.

use skatteetaten_client::Error;
use skatteetaten_client::finansprodukter::{FileJournal, ReceiptRemark, Repeat, Submission};
use skatteetaten_conformance::simulator::Simulator;
use skatteetaten_specs::manifest::sha256_hex;
use uuid::Uuid;

use super::{body, bytes, posts, simulated};

fn fault(simulator: &Simulator, faults: &[&str]) {
    simulator.set_faults(faults.iter().map(|text| text.parse().unwrap()).collect());
}

/// A submission whose bytes no serialiser would write that way.
fn submission() -> Submission {
    let text = format!(
        "\n {}\n",
        String::from_utf8(bytes(&body())).unwrap().replace("\":", "\" :  ")
    );
    Submission::from_json(text).unwrap()
}

#[tokio::test]
async fn exactly_the_bytes_go_out_under_the_key_of_the_submission() {
    let (simulator, client) = simulated().await;
    let submission = submission();
    let receipt = client.finansprodukter().submit(&submission).await.unwrap();
    let received = simulator.received();
    let request = received
        .iter()
        .find(|request| request.idempotency_key.is_some())
        .unwrap();
    assert_eq!(request.body_sha256.as_deref(), Some(submission.sha256()));
    assert_eq!(request.body_bytes, submission.bytes().len());
    assert_eq!(request.idempotency_key, Some(submission.key().to_string()));
    assert_eq!(request.content_type.as_deref(), Some("application/json"));
    assert_eq!(request.accept.as_deref(), Some("application/json"));
    assert!(request.path.ends_with("/2024"));
    assert!(request.korrelasjonsid.is_some());
    assert_eq!(receipt.antall_oppgaver, 2);
    assert_eq!(receipt.idempotency_key, submission.key());
    assert_eq!(receipt.compare(&submission), []);
    let text = serde_json::to_string(&receipt).unwrap();
    assert_eq!(
        serde_json::from_str::<skatteetaten_client::finansprodukter::Receipt>(&text).unwrap(),
        receipt
    );
}

#[tokio::test]
async fn a_lost_answer_is_repeated_with_the_same_key_and_bytes() {
    let (simulator, client) = simulated().await;
    fault(&simulator, &["lost-answer:times=2:operation=innsending"]);
    let submission = submission();
    client.finansprodukter().submit(&submission).await.unwrap();
    let sent: Vec<_> = simulator
        .received()
        .into_iter()
        .filter(|request| request.idempotency_key.is_some())
        .collect();
    assert_eq!(sent.len(), 3);
    assert!(
        sent.iter()
            .all(|request| request.idempotency_key == sent[0].idempotency_key)
    );
    assert!(sent.iter().all(|request| request.body_sha256 == sent[0].body_sha256));
    assert_eq!(simulator.submission_count(), 1);
}

#[tokio::test]
async fn a_used_key_is_a_conflict_and_is_not_repeated() {
    let (simulator, client) = simulated().await;
    fault(&simulator, &["code=GLD_019:operation=innsending"]);
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(directory.path().join("journal")).await.unwrap();
    let api = client.finansprodukter();
    let error = api
        .submit_with(&submission(), &journal, Repeat::Never)
        .await
        .unwrap_err();
    assert!(!error.is_open() && !error.is_retryable(), "{error}");
    let skatteetaten_client::finansprodukter::SubmitError::Call {
        error: Error::Api(refusal),
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(refusal.status(), 409);
    assert!(refusal.has_code("GLD_019"));
    assert_eq!(posts(&simulator), 1);
    // Later attempts do not send anything either, until somebody asks for a new submission.
    fault(&simulator, &[]);
    api.submit_with(&submission(), &journal, Repeat::Never)
        .await
        .unwrap_err();
    assert_eq!(posts(&simulator), 1);
    api.submit_with(&submission(), &journal, Repeat::EvenIfReceived)
        .await
        .unwrap();
    assert_eq!(simulator.submission_count(), 1);
}

#[tokio::test]
async fn run_again_it_is_one_submission() {
    let (simulator, client) = simulated().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(directory.path()).await.unwrap();
    let api = client.finansprodukter();
    // The service takes it in, but no answer ever comes.
    fault(&simulator, &["lost-answer:operation=innsending"]);
    let error = api
        .submit_with(&submission(), &journal, Repeat::Never)
        .await
        .unwrap_err();
    assert!(error.is_open() && error.is_retryable(), "{error}");
    fault(&simulator, &[]);
    let resumed = api.resume(&journal).await.unwrap();
    let (_, end) = resumed.into_iter().next().unwrap();
    let first = end.unwrap();
    let again = api.submit_with(&submission(), &journal, Repeat::Never).await.unwrap();
    assert!(first.sent && !again.sent);
    assert_eq!(first.receipt, again.receipt);
    assert_eq!(simulator.submission_count(), 1);
    assert!(api.resume(&journal).await.unwrap().is_empty());
    let repeated = api
        .submit_with(&submission(), &journal, Repeat::EvenIfReceived)
        .await
        .unwrap();
    assert_ne!(repeated.receipt.idempotency_key, first.receipt.idempotency_key);
    assert_eq!(simulator.submission_count(), 2);
}

#[tokio::test]
async fn a_refusal_closes_the_entry_and_a_missing_right_does_not() {
    let (simulator, client) = simulated().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(directory.path()).await.unwrap();
    let api = client.finansprodukter();
    let mut keys = Vec::new();
    for (code, is_open) in [("GLD_010", false), ("GLD_005", true), ("GLD_023", true)] {
        fault(&simulator, &[&format!("code={code}:operation=innsending")]);
        let error = api
            .submit_with(&submission(), &journal, Repeat::Never)
            .await
            .unwrap_err();
        assert_eq!(error.is_open(), is_open, "{code}: {error}");
        keys.push(simulator.received().last().unwrap().idempotency_key.clone().unwrap());
    }
    fault(&simulator, &[]);
    api.submit_with(&submission(), &journal, Repeat::Never).await.unwrap();
    keys.push(simulator.received().last().unwrap().idempotency_key.clone().unwrap());
    // A new key after the refusal; the same one as long as it is open.
    assert_ne!(keys[0], keys[1]);
    assert!(keys[1..].iter().all(|key| *key == keys[1]));
}

#[tokio::test]
async fn the_receipt_is_compared_with_what_was_sent() {
    let (simulator, client) = simulated().await;
    let directory = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(directory.path()).await.unwrap();
    fault(&simulator, &["receipt-wrong-count", "receipt-other-reference"]);
    let submitted = client
        .finansprodukter()
        .submit_with(&submission(), &journal, Repeat::Never)
        .await
        .unwrap();
    let expected = [
        ReceiptRemark::Reports {
            sent: 2,
            received: 9999,
        },
        ReceiptRemark::Reference,
    ];
    assert_eq!(submitted.remarks, expected);
}

#[tokio::test]
async fn documents_come_as_the_bytes_they_are() {
    let (simulator, client) = simulated().await;
    let api = client.finansprodukter();
    let receipt = api.submit(&submission()).await.unwrap();
    let found = api.feedback(&receipt).await.unwrap().documents.remove(0);
    for (name, media_type, start) in [
        ("document-pdf", Some("application/pdf"), b"%PDF".as_slice()),
        ("document-xml", Some("application/xml"), b"<?xml"),
        ("document-csv", Some("text/csv"), b"status"),
        ("document-untyped", None, b"{"),
    ] {
        fault(&simulator, &[name]);
        let document = api
            .document(2024, found.forsendelse_id, found.dokument_id)
            .await
            .unwrap();
        assert_eq!(document.media_type.as_deref(), media_type, "{name}");
        assert!(document.bytes.starts_with(start), "{name}");
        assert_eq!(document.sha256, sha256_hex(&document.bytes));
    }
    let last = simulator.received().pop().unwrap();
    assert!(last.accept.unwrap().contains("application/pdf"));
    let small = api.clone().max_document(3);
    let error = small
        .document(2024, found.forsendelse_id, found.dokument_id)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Transport(_)) && !error.is_retryable(), "{error}");
    fault(&simulator, &[]);
    let error = api.document(2024, found.forsendelse_id, Uuid::nil()).await.unwrap_err();
    let Error::Api(refusal) = error else { panic!("{error}") };
    assert!(refusal.has_code("GLD_1050"), "{refusal}");
}
