//! From traffic to an evidence pack.

use skatteetaten_client::finansprodukter::Submission;
use skatteetaten_conformance::{
    evidence::{Pack, verify},
    proxy::{
        Proxy,
        session::{Line, Session},
    },
    results::{Grade, Verdict},
    run::{Options, Suite},
    simulator::Simulator,
};

use crate::{
    simulated::{client, right_submission, submission_for},
    support::*,
};

async fn begin(base: &str, out: &std::path::Path) -> Session {
    let config = config_with(
        base,
        "[access]\nmodel = \"system-user\"\n[[access.organisation]]\nnumber = \"123456789\"\n",
    );
    let builder = Proxy::builder(&config).unwrap();
    Session::begin(
        Suite::builtin().unwrap(),
        &config,
        builder,
        Options::new(out),
        |_: Line| {},
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_session_leaves_a_pack_that_verifies_and_holds_no_secret() {
    let simulator = Simulator::builder().start().await.unwrap();
    let out = tempfile::tempdir().unwrap();
    let session = begin(&base_of(&simulator), out.path()).await;
    let client = client(&simulator, session.endpoints());
    let page = client.trekkpaalegg().list().await.unwrap();
    let order = &page.orders[0];
    client
        .trekkpaalegg()
        .get(&order.trekkid, order.trekkversjon.try_into().unwrap())
        .await
        .unwrap();
    let receipt = client
        .finansprodukter()
        .submit(&Submission::from_json(right_submission()).unwrap())
        .await
        .unwrap();
    client.finansprodukter().feedback(&receipt).await.unwrap();
    let finished = session.finish(&[]).await.unwrap();
    assert!(finished.exchanges >= 6, "{}", finished.exchanges);
    assert_eq!(finished.deviations_of_the_system, 0);
    assert_eq!(finished.deviations_of_the_other_side, 0);

    let pack = Pack::open(&finished.report.pack.dir).unwrap();
    let verification = verify(&pack, None);
    assert!(verification.is_intact(), "{:?}", verification.findings);
    let text: String = pack
        .files()
        .iter()
        .map(|(path, bytes)| format!("{path}\n{}", String::from_utf8_lossy(bytes)))
        .collect();
    // The token is seen as its claims, and as nothing else.
    let events = String::from_utf8_lossy(pack.file("logg/hendelser.ndjson").unwrap()).into_owned();
    assert!(events.contains("token.claims") && events.contains("0192:123456789"));
    assert!(events.contains("discovery.rewritten") && events.contains("token_endpoint"));
    assert!(!text.contains("eyJ"), "no token and no assertion");
    assert!(!text.contains("10108412345"));
    // What a canary search would miss if the search itself did not work.
    assert!(text.contains("innsending") && text.contains("PROXY/1"));

    let verdict = |id: &str| {
        let result = finished
            .report
            .results
            .iter()
            .find(|result| result.case_id == id)
            .unwrap();
        (result.verdict, result.grade)
    };
    for id in ["FP-12", "FP-13", "SEC-01", "SEC-04", "SEC-05"] {
        assert_eq!(verdict(id), (Verdict::Passed, Grade::B), "{id}");
    }
    for id in ["AUTH-01", "AUTH-05", "AUTH-06"] {
        assert_eq!(verdict(id), (Verdict::Passed, Grade::B), "{id}");
    }
    assert_eq!(
        verdict("TP-20").0,
        Verdict::NotRun,
        "only the system can tell what it stored"
    );
    assert_eq!(verdict("FP-09").0, Verdict::NotRun, "no client sends that on purpose");
}

#[tokio::test]
async fn a_stopped_request_fails_the_case_it_is_about() {
    let simulator = Simulator::builder().start().await.unwrap();
    let out = tempfile::tempdir().unwrap();
    let session = begin(&base_of(&simulator), out.path()).await;
    let url = session.endpoints().finansprodukter.clone().unwrap();
    let answer = http()
        .post(format!("{url}/2024"))
        .header("content-type", "application/json")
        .body(submission_for("31123970082"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    let finished = session.finish(&[]).await.unwrap();
    assert!(simulator.received().is_empty());
    let result = |id: &str| {
        finished
            .report
            .results
            .iter()
            .find(|result| result.case_id == id)
            .unwrap()
    };
    assert_eq!(result("SEC-01").verdict, Verdict::Failed);
    assert_eq!(result("SEC-04").verdict, Verdict::Passed);
    assert_eq!(result("FP-12").verdict, Verdict::NotRun, "it was never received");
    let pack = Pack::open(&finished.report.pack.dir).unwrap();
    assert!(verify(&pack, None).is_intact());
    for (path, bytes) in pack.files() {
        assert!(!String::from_utf8_lossy(bytes).contains("31123970082"), "{path}");
    }
    let ledger = String::from_utf8_lossy(pack.file("syntetiske-data.json").unwrap()).into_owned();
    assert!(
        ledger.contains("foedselsnummer") && ledger.contains("couldBeReal"),
        "{ledger}"
    );
}

#[tokio::test]
async fn a_session_without_traffic_passes_nothing() {
    let simulator = Simulator::builder().start().await.unwrap();
    let out = tempfile::tempdir().unwrap();
    let finished = begin(&base_of(&simulator), out.path()).await.finish(&[]).await.unwrap();
    assert_eq!(finished.exchanges, 0);
    let shown: Vec<_> = finished
        .report
        .results
        .iter()
        .filter(|result| !matches!(result.verdict, Verdict::NotRun | Verdict::NotApplicable))
        .map(|result| (&result.case_id, result.verdict))
        .collect();
    assert!(shown.is_empty(), "{shown:?}");
}
