//! The fault matrix of Trekkpålegg: every fault that the simulator knows, on each operation it
//! concerns, with what the caller gets and how many requests it takes.

use std::collections::BTreeSet;

use futures::{FutureExt as _, StreamExt as _, pin_mut};
use skatteetaten_client::{
    Client, Error,
    error::TokenErrorKind,
    trekkpaalegg::{Entry, Fetched, Page, Watermark, is_not_advancing},
};
use skatteetaten_conformance::simulator::{CODES, Fault, Operation, Service, Simulator, faults};

use crate::trekk_support::{client, requests};

mod table;

use table::TABLE;

/// One row of the table.
struct Row {
    fault: &'static str,
    /// Following all changes in pages of four.
    list: Expected,
    /// Fetching the version that the faults about one order concern.
    get: Expected,
}

/// What comes of a call, and how many requests for it and for tokens it takes.
enum Expected {
    Exactly(&'static str, usize, usize),
    /// How many tokens it takes depends on how fast the machine is.
    AnyTokens(&'static str, usize),
    /// The fault is not about this operation.
    Other,
}

impl Expected {
    fn is(&self, found: Option<&Found>) -> bool {
        match (self, found) {
            (Self::Exactly(outcome, calls, tokens), Some(found)) => {
                (*outcome, *calls, *tokens) == (found.0.as_str(), found.1, found.2)
            }
            (Self::AnyTokens(outcome, calls), Some(found)) => {
                (*outcome, *calls) == (found.0.as_str(), found.1) && found.2 > 0
            }
            (Self::Other, None) => true,
            _ => false,
        }
    }
}

/// What came of a call: outcome, requests, token requests.
type Found = (String, usize, usize);

/// What an error comes to, by kind and without any text from outside.
fn describe(error: &Error) -> String {
    match error {
        Error::Api(refused) => format!(
            "api {}{}",
            refused.status(),
            refused
                .code()
                .map_or_else(String::new, |code| format!(" {}", code.as_str()))
        ),
        Error::Transport(broken) => format!("transport {}", broken.kind().name()),
        Error::Token(token) => match token.kind() {
            TokenErrorKind::Refused(refusal) => format!("token refused {refusal:?}"),
            TokenErrorKind::Unreachable(broken) => format!("token {}", broken.kind().name()),
            TokenErrorKind::Unavailable => "token unavailable".to_owned(),
            TokenErrorKind::InvalidAnswer(_) => "token invalid answer".to_owned(),
            _ => "token ?".to_owned(),
        },
        error if is_not_advancing(error) => "not advancing".to_owned(),
        Error::Contract(violation) => format!("contract: {}", violation.found()),
        Error::Misuse(_) => "misuse".to_owned(),
        _ => "?".to_owned(),
    }
}

fn page(page: &Page, lines: &mut BTreeSet<String>, good: &mut usize) {
    for entry in page.entries() {
        match entry {
            Entry::Order(order) => {
                *good += 1;
                lines.extend(
                    order
                        .remarks()
                        .iter()
                        .filter(|remark| remark.rule.id() != "check-digit")
                        .map(|remark| format!("({})", remark.rule.id())),
                );
            }
            Entry::Rejected(rejected) => {
                let rules = rejected.violations.iter().map(|violation| violation.rule.id());
                lines.insert(format!("[{}]", rules.collect::<Vec<_>>().join(" ")));
            }
        }
    }
    lines.extend(page.remarks.iter().map(|remark| format!("({})", remark.rule.id())));
}

fn summary(good: usize, lines: BTreeSet<String>, watermark: Option<Watermark>, error: Option<&Error>) -> String {
    let mut parts = vec![good.to_string()];
    parts.extend(lines);
    parts.extend(watermark.map(|mark| format!("to {mark}")));
    parts.extend(error.map(describe));
    parts.join(" ")
}

async fn follow(client: &Client) -> String {
    let service = client.trekkpaalegg().page_size(4).expect("in range");
    let changes = service.changes(Watermark::START);
    pin_mut!(changes);
    let (mut good, mut lines, mut watermark, mut failed) = (0, BTreeSet::new(), None, None);
    while let Some(item) = changes.next().await {
        match item {
            Ok(received) => {
                page(&received, &mut lines, &mut good);
                watermark = Some(received.watermark);
            }
            Err(error) => failed = Some(error),
        }
    }
    summary(good, lines, watermark, failed.as_ref())
}

async fn fetch(client: &Client) -> String {
    // The victim of the faults that concern one order.
    match client.trekkpaalegg().get("10001", 1).await {
        Ok(Fetched::Order(order)) => {
            let remarks = order
                .remarks()
                .iter()
                .filter(|remark| remark.rule.id() != "check-digit")
                .map(|remark| format!("({})", remark.rule.id()));
            summary(1, remarks.collect(), None, None)
        }
        Ok(Fetched::Rejected(rejected)) => {
            let rules: Vec<_> = rejected
                .violations
                .iter()
                .map(|violation| violation.rule.id())
                .collect();
            summary(0, BTreeSet::from([format!("[{}]", rules.join(" "))]), None, None)
        }
        Err(error) => describe(&error),
    }
}

/// Runs one call to its end. Answers that a fault holds back are let go again and again until it
/// is there; what comes out does not depend on how often.
async fn play(simulator: &Simulator, work: impl Future<Output = String>) -> String {
    let work = work.fuse();
    pin_mut!(work);
    loop {
        let pause = tokio::time::sleep(std::time::Duration::from_millis(2)).fuse();
        pin_mut!(pause);
        futures::select_biased! {
            outcome = work => return outcome,
            () = pause => simulator.release(),
        }
    }
}

async fn measure(fault: &str, operation: Operation) -> Found {
    let simulator = Simulator::builder()
        .fault(fault.parse::<Fault>().expect("a fault"))
        .start()
        .await
        .expect("a simulator");
    let client = client(&simulator);
    let outcome = if operation == Operation::HentVersjon {
        play(&simulator, fetch(&client)).await
    } else {
        play(&simulator, follow(&client)).await
    };
    let received = simulator.received();
    let found = (
        outcome,
        requests(&received, operation),
        requests(&received, Operation::Token),
    );
    simulator.stop().await;
    found
}

/// Every row that there must be: each fault on each operation that it concerns, alone, and each
/// fault of the issuer.
fn concerned() -> Vec<(String, Option<String>, Option<String>)> {
    let mut rows = Vec::new();
    for fault in faults() {
        let on = |operation, id: &str| {
            fault
                .operations
                .contains(&operation)
                .then(|| format!("{}:operation={id}", fault.name))
        };
        let list = on(Operation::HentAlleGjeldende, "hentAlleGjeldende");
        let get = on(Operation::HentVersjon, "hentVersjon");
        if list.is_some() || get.is_some() {
            rows.push((fault.name.to_owned(), list, get));
        }
        if let Some(token) = on(Operation::Token, "token") {
            rows.push((token.clone(), Some(token.clone()), Some(token)));
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_on_every_operation() {
    let mut differences = Vec::new();
    let concerned = concerned();
    for (name, list, get) in &concerned {
        let list = match list {
            Some(fault) => Some(measure(fault, Operation::HentAlleGjeldende).await),
            None => None,
        };
        let get = match get {
            Some(fault) => Some(measure(fault, Operation::HentVersjon).await),
            None => None,
        };
        let row = TABLE.iter().find(|row| row.fault == name);
        if !row.is_some_and(|row| row.list.is(list.as_ref()) && row.get.is(get.as_ref())) {
            let show = |found: Option<Found>| match found {
                Some((outcome, calls, tokens)) => format!("Exactly({outcome:?}, {calls}, {tokens})"),
                None => "Other".to_owned(),
            };
            differences.push(format!(
                "Row {{ fault: {name:?}, list: {}, get: {} }},",
                show(list),
                show(get)
            ));
        }
    }
    let gone: Vec<_> = TABLE
        .iter()
        .map(|row| row.fault)
        .filter(|fault| concerned.iter().all(|(name, ..)| name != fault))
        .collect();
    assert!(
        differences.is_empty() && gone.is_empty(),
        "found, and not as in the table:\n{}\nin the table, and no fault: {gone:?}",
        differences.join("\n")
    );
}

#[tokio::test]
async fn every_documented_code_arrives_as_itself() {
    let rows = CODES
        .iter()
        .filter(|row| matches!(row.service, None | Some(Service::Trekkpaalegg)));
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 18, "ten of its own, eight common ones");
    for row in rows {
        let code = row.code;
        let simulator = Simulator::builder()
            .fault(format!("code={code}").parse().expect("a code"))
            .start()
            .await
            .expect("a simulator");
        let client = client(&simulator);
        let list = client.trekkpaalegg().list().await.map(|_| ());
        let get = client.trekkpaalegg().get("10001", 1).await.map(|_| ());
        for (operation, result) in [(Operation::HentAlleGjeldende, list), (Operation::HentVersjon, get)] {
            let Err(Error::Api(error)) = result else {
                panic!("{code} must be an error of the API");
            };
            assert_eq!(error.code().map(|found| found.as_str()), Some(code));
            assert!(
                error.code().and_then(|found| found.info()).is_some(),
                "{code} has a meaning"
            );
            assert!(error.korrelasjonsid().is_some());
            assert_eq!(error.status(), row.status, "{code}");
            let expected = match error.status() {
                500.. => 3,
                401 => 2,
                _ => 1,
            };
            assert_eq!(requests(&simulator.received(), operation), expected, "{code}");
        }
        simulator.stop().await;
    }
}

#[tokio::test]
async fn what_passes_after_two_failures_is_an_ordinary_answer() {
    for fault in [
        "error-500:times=2",
        "reset:times=1:operation=hentAlleGjeldende",
        "truncate:times=1:operation=hentAlleGjeldende",
        "expired-token:times=1",
    ] {
        let simulator = Simulator::builder()
            .fault(fault.parse().expect("a fault"))
            .start()
            .await
            .expect("a simulator");
        let page = client(&simulator).trekkpaalegg().list().await.expect(fault);
        assert_eq!((page.orders.len(), page.rejected.len()), (10, 0), "{fault}");
        simulator.stop().await;
    }
}
