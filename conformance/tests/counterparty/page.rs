//! The live page, and what is posted to it.

use skatteetaten_conformance::counterparty::{Counterparty, Ended, steps};

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_cases_and_loads_nothing_from_elsewhere() {
    let counterparty = Counterparty::start().await.unwrap();
    let base = counterparty.endpoints().issuer.clone();
    let page = http().get(base.join("counterparty").unwrap()).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let page = page.text().await.unwrap();
    assert!(!page.contains("http://") && !page.contains("https://"));
    let status = http()
        .get(base.join("counterparty/status").unwrap())
        .send()
        .await
        .unwrap();
    let status: serde_json::Value = status.json().await.unwrap();
    assert_eq!(status["now"], serde_json::Value::Null);
    let cases = status["cases"].as_array().unwrap();
    assert!(
        cases
            .iter()
            .any(|case| case["id"] == "TP-04" && case["verdict"] == "notRun")
    );
    // The first event tells everything, so that a page that reconnects is complete.
    let mut events = http()
        .get(base.join("counterparty/events").unwrap())
        .send()
        .await
        .unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") {
        text.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(text.starts_with("data: {"), "{text}");
    counterparty.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_ends_a_task_on_the_page_and_posts_what_was_concluded() {
    let counterparty = Counterparty::start().await.unwrap();
    let base = counterparty.endpoints().issuer.clone();
    let driver = counterparty.attended(|| Box::pin(std::future::pending()));
    let steps = steps().unwrap();
    let step = steps.iter().find(|step| step.id == "empty").unwrap();
    let person = async {
        let post = |path: &str, body: &'static str| http().post(base.join(path).unwrap()).body(body);
        let answer = post("counterparty/result", "{\"outcome\": 1}").send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let foreign = post("counterparty/done", "").header("origin", "https://elsewhere.example");
        assert_eq!(foreign.send().await.unwrap().status(), 403);
        // What was meant for another task ends none, and until when this one lasts is told.
        for other in ["step=three&act=1", "step=empty&act=2", "step=empty"] {
            let late = post(&format!("counterparty/done?{other}"), "").send().await.unwrap();
            assert_eq!(late.status(), 409, "{other}");
        }
        let status = http()
            .get(base.join("counterparty/status").unwrap())
            .send()
            .await
            .unwrap();
        let status: serde_json::Value = status.json().await.unwrap();
        let time = |value: &serde_json::Value| chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap();
        let left = time(&status["now"]["deadline"]["at"]) - time(&status["at"]);
        assert_eq!(status["now"]["deadline"]["seconds"], 120);
        assert!(left.num_seconds() <= 120, "{left}");
        let answer = post("counterparty/result", "{\"outcome\":\"ok\"}")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204);
        let done = post("counterparty/done?step=empty&act=1", "").send().await.unwrap();
        assert_eq!(done.status(), 204);
    };
    let (played, ()) = tokio::join!(counterparty.play(step, driver.as_ref()), person);
    played.unwrap();
    let tape = counterparty.tape();
    let act = &tape.scenes.last().unwrap().acts[0];
    assert_eq!(act.ended, Ended::Done);
    assert!(act.conclusion.is_some());
    // Nothing was sent, so nothing is shown.
    assert!(!counterparty.judge().case("TP-01").unwrap().verdict.is_pass());
    counterparty.stop().await;
}
