//! The verdict, as a table: what the dialog says, and what we make of it.

use serde_json::{Value, json};
use url::Url;

use super::judge::judge;
use super::{FeedbackState, Why};
use crate::finansprodukter::receipt::Receipt;

const DIALOG: &str = "0193b5cd-cb85-7320-bd8c-6c78c88dc8af";
const OURS: &str = "0193b5cd-cbce-7dbd-b188-1437db673767";
const ANSWER: &str = "0193b5cd-cbce-7dbd-b188-000000000001";
const OTHER: &str = "0193b5cd-cbce-7dbd-b188-000000000002";

fn address(dispatch: &str, document: u8) -> String {
    format!(
        "https://api.example.invalid/v1/2024/forsendelser/{dispatch}/dokumenter/\
         0193b5cd-cbce-7dbd-b188-0000000000{document:02}"
    )
}

fn url(address: impl Into<String>, consumer: &str) -> Value {
    json!({ "url": address.into(), "mediaType": "application/json", "consumerType": consumer })
}

/// An answer to our submission with one document.
fn answer(id: &str, kind: &str) -> Value {
    json!({
        "id": id,
        "type": kind,
        "relatedTransmissionId": OURS,
        "attachments": [{ "id": OTHER, "urls": [url(address(id, 10), "Api"), url("https://gui.example.invalid/x", "Gui")] }],
    })
}

fn with(mut transmission: Value, member: &str, value: Value) -> Value {
    transmission[member] = value;
    transmission
}

fn verdict(transmissions: Value) -> (FeedbackState, Vec<Why>, usize) {
    let dialog = serde_json::from_value(json!({ "id": DIALOG, "transmissions": transmissions })).unwrap();
    let receipt: Receipt = serde_json::from_value(json!({
        "dialogId": DIALOG, "forsendelseId": OURS, "antallOppgaver": 1, "inntektsaar": 2024,
        "idempotencyKey": OTHER, "sha256": "",
    }))
    .unwrap();
    let base = Url::parse("https://api.example.invalid/v1").unwrap();
    let announcement = judge(&dialog, &receipt, &base);
    (announcement.verdict, announcement.why, announcement.documents.len())
}

#[test]
fn nothing_about_ours_is_waiting() {
    let ours = json!({ "id": OURS, "type": "Submission" });
    let others = with(answer(ANSWER, "Acceptance"), "relatedTransmissionId", json!(OTHER));
    let theirs = json!({ "id": OTHER, "type": "Submission" });
    let correction = json!({ "id": OTHER, "type": "Submission", "relatedTransmissionId": OURS });
    for transmissions in [
        json!(null),
        json!([]),
        json!([ours]),
        json!([theirs, others]),
        json!([ours, correction]),
    ] {
        assert_eq!(verdict(transmissions), (FeedbackState::StillWaiting, vec![], 0));
    }
}

#[test]
fn one_explicit_answer_with_its_document_is_the_verdict() {
    let information = with(answer(OTHER, "Information"), "attachments", json!([]));
    for (kind, state) in [
        ("Acceptance", FeedbackState::Accepted),
        ("Rejection", FeedbackState::Rejected),
    ] {
        assert_eq!(verdict(json!([answer(ANSWER, kind)])), (state.clone(), vec![], 1));
        assert_eq!(verdict(json!([information, answer(ANSWER, kind)])), (state, vec![], 1));
    }
}

#[test]
fn anything_missing_double_or_other_needs_a_look() {
    let accepted = || answer(ANSWER, "Acceptance");
    let attached = |urls: Value| with(accepted(), "attachments", json!([{ "id": OTHER, "urls": urls }]));
    let cases: Vec<(&str, Value, Vec<Why>)> = vec![
        (
            "both verdicts",
            json!([accepted(), answer(OTHER, "Rejection")]),
            vec![Why::SeveralVerdicts],
        ),
        (
            "twice the same",
            json!([accepted(), answer(OTHER, "Acceptance")]),
            vec![Why::SeveralVerdicts],
        ),
        (
            "unrelated",
            json!([with(accepted(), "relatedTransmissionId", json!(null))]),
            vec![Why::Unrelated],
        ),
        (
            "unrelated beside",
            json!([
                accepted(),
                with(answer(OTHER, "Rejection"), "relatedTransmissionId", json!(null))
            ]),
            vec![Why::Unrelated],
        ),
        (
            "related to nothing known",
            json!([with(accepted(), "relatedTransmissionId", json!(OTHER))]),
            vec![Why::Unrelated],
        ),
        (
            "only information",
            json!([answer(ANSWER, "Information")]),
            vec![Why::OtherType],
        ),
        ("decision", json!([answer(ANSWER, "Decision")]), vec![Why::OtherType]),
        (
            "request beside",
            json!([accepted(), answer(OTHER, "Request")]),
            vec![Why::OtherType],
        ),
        (
            "unknown type",
            json!([answer(ANSWER, "AcceptanceWithRemarks")]),
            vec![Why::OtherType],
        ),
        (
            "not authorised",
            json!([with(accepted(), "isAuthorized", json!(false))]),
            vec![Why::NotAuthorised],
        ),
        (
            "no attachments",
            json!([with(accepted(), "attachments", json!(null))]),
            vec![Why::NoDocument],
        ),
        ("no urls", json!([attached(json!(null))]), vec![Why::NoDocument]),
        (
            "only for people",
            json!([attached(json!([url(address(ANSWER, 10), "Gui")]))]),
            vec![Why::NoDocument],
        ),
        (
            "foreign host",
            json!([attached(json!([url(
                address(ANSWER, 10).replace("api.", "evil."),
                "Api"
            )]))]),
            vec![Why::OtherAddress],
        ),
        (
            "other dispatch",
            json!([attached(json!([url(address(OTHER, 10), "Api")]))]),
            vec![Why::OtherAddress],
        ),
        (
            "one good, one bad",
            json!([attached(json!([url(address(ANSWER, 10), "Api"), url("x", "Api")]))]),
            vec![Why::OtherAddress],
        ),
    ];
    for (name, transmissions, expected) in cases {
        let (_, why, documents) = verdict(transmissions);
        assert_eq!(why, expected, "{name}");
        let no_document = [
            "related to nothing known",
            "not authorised",
            "no attachments",
            "no urls",
            "only for people",
            "foreign host",
            "other dispatch",
            "unrelated",
        ];
        assert_eq!(documents == 0, no_document.contains(&name), "{name}");
    }
}

#[test]
fn several_documents_are_all_taken_and_each_once() {
    let urls = json!([
        url(address(ANSWER, 10), "Api"),
        url(address(ANSWER, 11), "Api"),
        url(address(ANSWER, 10), "Api")
    ]);
    let transmission = with(
        answer(ANSWER, "Rejection"),
        "attachments",
        json!([{ "id": OTHER, "urls": urls }]),
    );
    assert_eq!(verdict(json!([transmission])), (FeedbackState::Rejected, vec![], 2));
}
