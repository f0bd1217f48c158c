//! From the receipt to the verdict, against the simulated Dialogporten.

use skatteetaten_client::Error;
use skatteetaten_client::finansprodukter::{FeedbackState, Submission, Why};

use super::{body, bytes, simulated};

#[tokio::test]
async fn every_scripted_answer_ends_in_its_state() {
    let (simulator, client) = simulated().await;
    let api = client.finansprodukter();
    let receipt = api
        .submit(&Submission::from_json(bytes(&body())).unwrap())
        .await
        .unwrap();
    let look = |why: &[Why]| FeedbackState::NeedsALook { why: why.to_vec() };
    for (fault, expected) in [
        ("", FeedbackState::Accepted),
        ("feedback-rejected", FeedbackState::Rejected),
        ("feedback-waiting", FeedbackState::StillWaiting),
        ("dialog-empty", FeedbackState::StillWaiting),
        ("unknown-field:operation=hentDialog", FeedbackState::Accepted),
        ("feedback-information", look(&[Why::OtherType])),
        ("feedback-unknown-type", look(&[Why::OtherType])),
        ("feedback-unrelated", look(&[Why::Unrelated])),
        ("feedback-no-document", look(&[Why::NoDocument])),
        ("feedback-foreign-host", look(&[Why::OtherAddress])),
        ("feedback-odd-path", look(&[Why::OtherAddress])),
        ("feedback-not-authorized", look(&[Why::NotAuthorised])),
        ("dialog-gone", look(&[Why::DialogDeleted])),
        ("dialog-missing", look(&[Why::NoDialog])),
        ("document-pdf", look(&[Why::OtherMediaType])),
        (
            "code=GLD_1050:operation=uthentingDokument",
            look(&[Why::DocumentRefused { status: 404 }]),
        ),
    ] {
        let faults = if fault.is_empty() {
            vec![]
        } else {
            vec![fault.parse().unwrap()]
        };
        simulator.set_faults(faults);
        let feedback = api.feedback(&receipt).await.unwrap();
        assert_eq!(feedback.state, expected, "{fault}");
    }
    simulator.set_faults(vec!["feedback-double".parse().unwrap()]);
    let FeedbackState::NeedsALook { why } = api.feedback(&receipt).await.unwrap().state else {
        panic!()
    };
    assert!(why.contains(&Why::SeveralVerdicts), "{why:?}");
    simulator.set_faults(vec![]);
    let small = api.clone().max_document(1).feedback(&receipt).await.unwrap();
    assert_eq!(small.state, look(&[Why::DocumentTooLarge]));
    // A token for each of the two: neither scope is enough for the other.
    let scopes: Vec<_> = simulator
        .received()
        .into_iter()
        .filter_map(|request| request.assertion)
        .collect();
    assert_eq!(scopes.len(), 2);
}

#[tokio::test]
async fn what_is_not_known_is_an_error_and_not_a_state() {
    let (simulator, client) = simulated().await;
    let api = client.finansprodukter();
    let receipt = api
        .submit(&Submission::from_json(bytes(&body())).unwrap())
        .await
        .unwrap();
    for (fault, is_retryable) in [
        ("error-500:operation=hentDialog", true),
        ("expired-token:operation=hentDialog", false),
        ("html-200:operation=hentDialog", false),
        ("empty-body:operation=hentDialog", false),
        ("error-500:operation=uthentingDokument", true),
        ("truncate:operation=uthentingDokument", true),
    ] {
        simulator.set_faults(vec![fault.parse().unwrap()]);
        let error: Error = api.feedback(&receipt).await.unwrap_err();
        assert_eq!(error.is_retryable(), is_retryable, "{fault}: {error}");
    }
}
