//! The examples about withholding orders, run against the simulator as their comments say.

use std::path::Path;

use skatteetaten_conformance::simulator::{Operation, Simulator};

use crate::trekk_support::{EMPLOYER, requests};

#[allow(dead_code, reason = "an example's own main is not called here")]
#[path = "../../examples/trekk_orders.rs"]
mod trekk_orders;

#[allow(dead_code, reason = "an example's own main is not called here")]
#[path = "../../examples/trekk_pay_date.rs"]
mod trekk_pay_date;

#[allow(dead_code, reason = "an example's own main is not called here")]
#[path = "../../examples/trekk_versions.rs"]
mod trekk_versions;

/// What all of them take first, and what comes after.
fn arguments(simulator: &Simulator, folder: &Path, more: &[&str]) -> Vec<String> {
    let key = folder.join("key.pem");
    std::fs::write(&key, simulator.private_key_pem()).expect("a file");
    let endpoints = simulator.endpoints();
    let first = [
        simulator.client_id(),
        simulator.kid(),
        key.to_str().expect("UTF-8"),
        endpoints.issuer.as_str(),
        endpoints.trekkpaalegg.as_str(),
        EMPLOYER,
    ];
    first.iter().chain(more).map(ToString::to_string).collect()
}

async fn simulator(fault: &str) -> Simulator {
    let fault = fault.parse().expect("a fault");
    Simulator::builder().fault(fault).start().await.expect("a simulator")
}

#[tokio::test]
async fn orders_are_kept_with_their_watermark() {
    let simulator = simulator("bad-record").await;
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let arguments = arguments(&simulator, folder.path(), &[state.to_str().expect("UTF-8")]);
    let first = trekk_orders::fetch(&arguments).await.expect("orders");
    assert_eq!(first, "9 new orders, 1 that break the contract, watermark 555");
    let second = trekk_orders::fetch(&arguments).await.expect("nothing new");
    assert_eq!(second, "0 new orders, 0 that break the contract, watermark 555");
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&state).expect("a file")).expect("JSON");
    assert_eq!(kept["orders"].as_object().map(serde_json::Map::len), Some(9));
    assert_eq!(kept["rejected"][0]["trekkid"], "10002");
    assert!(trekk_orders::fetch(&[]).await.is_err());
}

#[tokio::test]
async fn a_pay_date_is_decided_order_by_order() {
    let simulator = simulator("unknown-code").await;
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = arguments(&simulator, folder.path(), &["2025-10-15"]);
    let lines = trekk_pay_date::decisions(&arguments).await.expect("decisions");
    assert_eq!(lines.len(), 10);
    assert_eq!(lines[0], "person 1, order 10001: 17 % of this payment");
    assert_eq!(
        lines[1],
        "person 1, order 10002: NOK 5000 this month (look at this: UnknownStatus)"
    );
    assert_eq!(lines[3], "person 1, order 10004: nothing");
    assert!(lines.iter().all(|line| !line.contains("10108412345")));
    assert!(trekk_pay_date::decisions(&[]).await.is_err());
}

#[tokio::test]
async fn versions_are_fetched_one_by_one() {
    let simulator = Simulator::builder().start().await.expect("a simulator");
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = arguments(&simulator, folder.path(), &["10006", "5"]);
    let lines = trekk_versions::history(&arguments).await.expect("versions");
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines[3].starts_with("version 4: issued 2026-02-09, "), "{lines:?}");
    assert_eq!(lines[4], "version 5: there is none");
    assert_eq!(requests(&simulator.received(), Operation::HentVersjon), 5);
    assert!(trekk_versions::history(&[]).await.is_err());
}
