//! Every simulated fault of a submission: the error it ends in, the requests it takes, and that
//! never more than one submission comes of it.

use skatteetaten_client::Error;
use skatteetaten_client::finansprodukter::Submission;
use skatteetaten_conformance::simulator::{Operation, faults};

use super::{body, bytes, posts, simulated};

/// What a call ends in.
#[derive(Debug, PartialEq)]
enum End {
    Receipt,
    Api(u16),
    Transport(&'static str),
    Contract,
    Other,
}

/// The expected end and number of requests, or why a fault is not tried here.
fn expected(fault: &str) -> Result<(End, usize), &'static str> {
    Ok(match fault {
        "error-500" => (End::Api(500), 3),
        "html-error" => (End::Api(502), 3),
        "maintenance" | "retry-after-503" => (End::Api(503), 3),
        "text-error" => (End::Api(404), 1),
        "throttle" | "throttle-long" => (End::Api(429), 1),
        "odd-status" => (End::Api(418), 1),
        "redirect" => (End::Transport("redirect"), 1),
        "reset" | "close" | "truncate" | "lost-answer" => (End::Transport("interrupted"), 3),
        "endless" => (End::Transport("too-large"), 1),
        "expired-token" => (End::Api(401), 2),
        "short-token" | "wrong-content-type" | "unknown-field" => (End::Receipt, 1),
        "receipt-wrong-count" | "receipt-other-reference" => (End::Receipt, 1),
        "empty-body" | "cut-json" | "html-200" | "null-body" | "receipt-incomplete" => (End::Contract, 1),
        "slow" | "slow-body" => return Err("ends with a time limit, which the transport's own tests cover"),
        other => panic!("no expectation for the fault {other}"),
    })
}

#[tokio::test]
async fn every_fault_has_its_end() {
    let (simulator, client) = simulated().await;
    let api = client.finansprodukter();
    let mut tried = 0;
    for fault in faults()
        .iter()
        .filter(|fault| fault.operations.contains(&Operation::Innsending))
    {
        let Ok((end, requests)) = expected(fault.name) else {
            continue;
        };
        simulator.set_faults(vec![format!("{}:operation=innsending", fault.name).parse().unwrap()]);
        let (before, taken) = (posts(&simulator), simulator.submission_count());
        let result = api.submit(&Submission::from_json(bytes(&body())).unwrap()).await;
        let found = match &result {
            Ok(_) => End::Receipt,
            Err(Error::Api(error)) => End::Api(error.status()),
            Err(Error::Transport(error)) => End::Transport(error.kind().name()),
            Err(Error::Contract(_)) => End::Contract,
            Err(_) => End::Other,
        };
        assert_eq!(
            (found, posts(&simulator) - before),
            (end, requests),
            "{}: {result:?}",
            fault.name
        );
        assert!(simulator.submission_count() - taken <= 1, "{}", fault.name);
        tried += 1;
    }
    assert!(tried > 20, "only {tried} faults were tried");
}
