//! From a receipt through the dialog to the documents.

use serde_json::Value;
use skatteetaten_conformance::simulator::Simulator;

use crate::support::{Bench, DIALOG, EMPLOYER, FINANS, KEY, TREKK, body, codes, report};

async fn submit(bench: &Bench) -> Value {
    let request = bench.submission(2024, KEY, report().to_string()).await;
    body(request.send().await.unwrap()).await.1
}

async fn dialog(bench: &Bench, id: &str, organisation: &str) -> (u16, Value) {
    let token = bench.token(DIALOG, Some(organisation)).await;
    let url = format!(
        "{}/api/v1/enduser/dialogs/{id}",
        bench.simulator.endpoints().dialogporten
    );
    body(bench.http.get(url).bearer_auth(token).send().await.unwrap()).await
}

fn of_type<'dialog>(dialog: &'dialog Value, kind: &str) -> Vec<&'dialog Value> {
    let all = dialog["transmissions"].as_array().unwrap().iter();
    all.filter(|transmission| transmission["type"] == kind).collect()
}

#[tokio::test]
async fn the_feedback_is_found_through_the_dialog_and_fetched() {
    let builder = Simulator::builder().organisation(EMPLOYER).organisation("310000019");
    let bench = Bench::start(builder).await;
    let receipt = submit(&bench).await;
    let id = receipt["dialogId"].as_str().unwrap();
    let (status, found) = dialog(&bench, id, EMPLOYER).await;
    assert_eq!(status, 200);
    assert_eq!(found["id"], id);
    let [feedback] = of_type(&found, "Acceptance")[..] else {
        panic!("{found}")
    };
    assert_eq!(feedback["relatedTransmissionId"], receipt["forsendelseId"]);
    let [submission] = of_type(&found, "Submission")[..] else {
        panic!("{found}")
    };
    assert_eq!(submission["id"], receipt["forsendelseId"]);

    let token = bench.token(FINANS, Some(EMPLOYER)).await;
    let mut kinds = Vec::new();
    for transmission in [submission, feedback] {
        for attachment in transmission["attachments"].as_array().unwrap() {
            let url = attachment["urls"][0]["url"].as_str().unwrap();
            let answer = bench.http.get(url).bearer_auth(&token).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert_eq!(attachment["urls"][0]["mediaType"], kind);
            assert!(!answer.bytes().await.unwrap().is_empty());
            kinds.push(kind);
        }
    }
    assert_eq!(
        kinds,
        ["application/pdf", "application/xml", "text/csv", "application/json"]
    );

    // Neither the dialog nor its documents are anybody else's.
    assert_eq!(dialog(&bench, id, "310000019").await.0, 404);
    let url = feedback["attachments"][0]["urls"][0]["url"].as_str().unwrap();
    let other = bench.token(FINANS, Some("310000019")).await;
    let answer = body(bench.http.get(url).bearer_auth(other).send().await.unwrap()).await;
    assert_eq!((answer.0, codes(&answer.1)), (404, ("GLD_021", "GLD_1061")));
    for (url, expected) in [
        (url.replace("/2024/", "/2023/"), (404, "GLD_021", "GLD_1061")),
        (format!("{}0", &url[..url.len() - 1]), (404, "GLD_021", "GLD_1050")),
        (format!("{url}0"), (400, "GLD_006", "GLD_1022")),
    ] {
        // The last digit may happen to be 0 already; then the document is found.
        let (status, refusal) = body(bench.http.get(&url).bearer_auth(&token).send().await.unwrap()).await;
        let (main, detail) = codes(&refusal);
        assert!(
            (status, main, detail) == expected || (status == 200 && url.ends_with('0')),
            "{url}"
        );
    }
}

#[tokio::test]
async fn the_dialog_wants_its_own_scope_and_a_system_user() {
    let bench = Bench::plain().await;
    let id = submit(&bench).await["dialogId"].as_str().unwrap().to_owned();
    let url = format!(
        "{}/api/v1/enduser/dialogs/{id}",
        bench.simulator.endpoints().dialogporten
    );
    let get = |token: String| {
        let request = bench.http.get(&url).bearer_auth(token);
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(bench.http.get(&url).send().await.unwrap().status(), 401);
    assert_eq!(get(bench.token(TREKK, Some(EMPLOYER)).await).await, 403);
    assert_eq!(get(bench.token(DIALOG, None).await).await, 403);
    assert_eq!(get(bench.token(DIALOG, Some(EMPLOYER)).await).await, 200);
    let (status, problem) = dialog(&bench, "5b7d1c64-9f7e-4c55-8a5e-3c1f0f6a1b2c", EMPLOYER).await;
    assert_eq!((status, problem["status"].as_u64()), (404, Some(404)));
}

#[tokio::test]
async fn each_feedback_fault_shows() {
    async fn under(fault: &str) -> (u16, Value, Value) {
        let bench = Bench::with_fault(fault).await;
        let receipt = submit(&bench).await;
        let (status, found) = dialog(&bench, receipt["dialogId"].as_str().unwrap(), EMPLOYER).await;
        (status, found, receipt)
    }
    let (_, found, _) = under("feedback-waiting").await;
    assert_eq!(found["transmissions"].as_array().unwrap().len(), 1);
    for (fault, kind) in [
        ("feedback-rejected", "Rejection"),
        ("feedback-information", "Information"),
        ("feedback-unknown-type", "Verdict"),
    ] {
        let (_, found, _) = under(fault).await;
        assert_eq!(of_type(&found, kind).len(), 1, "{fault}");
        assert_eq!(of_type(&found, "Acceptance").len(), 0, "{fault}");
    }
    let (_, found, _) = under("feedback-double").await;
    assert_eq!(
        (of_type(&found, "Acceptance").len(), of_type(&found, "Rejection").len()),
        (1, 1)
    );
    let (_, found, receipt) = under("feedback-unrelated").await;
    assert_ne!(
        of_type(&found, "Acceptance")[0]["relatedTransmissionId"],
        receipt["forsendelseId"]
    );
    let (_, found, _) = under("feedback-no-document").await;
    assert_eq!(of_type(&found, "Acceptance")[0]["attachments"], serde_json::json!([]));
    let (_, found, _) = under("feedback-foreign-host").await;
    let url = of_type(&found, "Acceptance")[0]["attachments"][0]["urls"][0]["url"].clone();
    assert!(
        url.as_str()
            .unwrap()
            .starts_with("https://elsewhere.example/finansprodukter/v1/2024/"),
        "{url}"
    );
    let (_, found, _) = under("feedback-odd-path").await;
    let url = of_type(&found, "Acceptance")[0]["attachments"][0]["urls"][0]["url"].clone();
    assert!(url.as_str().unwrap().contains("/../"), "{url}");
    let (_, found, _) = under("feedback-not-authorized").await;
    assert_eq!(of_type(&found, "Acceptance")[0]["isAuthorized"], false);
    let (_, found, _) = under("dialog-empty").await;
    assert_eq!(found["transmissions"], serde_json::json!([]));
    assert_eq!(under("dialog-gone").await.0, 410);
    assert_eq!(under("dialog-missing").await.0, 404);
}

#[tokio::test]
async fn feedback_that_is_waited_for_comes() {
    let bench = Bench::with_fault("feedback-waiting:times=2").await;
    let receipt = submit(&bench).await;
    let id = receipt["dialogId"].as_str().unwrap();
    for expected in [0, 0, 1] {
        assert_eq!(
            of_type(&dialog(&bench, id, EMPLOYER).await.1, "Acceptance").len(),
            expected
        );
    }
}
