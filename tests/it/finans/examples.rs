//! The example, run against the simulator as its comment says.

use skatteetaten_conformance::simulator::Simulator;

use super::{ORGANISATION, body, bytes, posts};

#[allow(dead_code, reason = "an example's own main is not called here")]
#[path = "../../../examples/finans_submit.rs"]
mod finans_submit;

#[tokio::test]
async fn a_file_becomes_a_receipt_once() {
    let simulator = Simulator::builder().organisation(ORGANISATION).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (key, file) = (folder.path().join("key.pem"), folder.path().join("report.json"));
    std::fs::write(&key, simulator.private_key_pem()).unwrap();
    std::fs::write(&file, bytes(&body())).unwrap();
    let endpoints = simulator.endpoints();
    let arguments = [
        simulator.client_id(),
        simulator.kid(),
        key.to_str().unwrap(),
        endpoints.issuer.as_str(),
        endpoints.finansprodukter.as_str(),
        endpoints.dialogporten.as_str(),
        ORGANISATION,
        file.to_str().unwrap(),
        folder.path().join("journal").to_str().unwrap(),
    ]
    .map(str::to_owned);

    let lines = finans_submit::report(&arguments).await.unwrap();
    assert!(lines[0].starts_with("sent: received as "), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("verdict: ")), "{lines:?}");
    let again = finans_submit::report(&arguments).await.unwrap();
    assert_eq!(again[0], lines[0].replace("sent:", "was sent before:"));
    assert_eq!(posts(&simulator), 1);

    // An invalid file ends in its findings.
    std::fs::write(&file, b"{}").unwrap();
    let findings = finans_submit::report(&arguments).await.unwrap();
    assert!(findings[0].contains("schema"), "{findings:?}");
    assert_eq!(posts(&simulator), 1);
    assert!(finans_submit::report(&[]).await.is_err());
}
