//! The fault matrix of finansprodukter, Dialogporten and the issuer: every fault that the
//! simulator knows, on each operation it concerns, with what the caller gets and how many requests
//! it takes. Trekkpålegg has a matrix of its own.

mod table;

use futures::FutureExt as _;
use skatteetaten_client::error::{CodeTable, TokenErrorKind, codes};
use skatteetaten_client::finansprodukter::{
    FileJournal, Finansprodukter, Receipt, Repeat, Submission, SubmitError, Submitted,
};
use skatteetaten_client::{Client, Error};
use skatteetaten_conformance::simulator::{Operation, Simulator, faults};
use uuid::Uuid;

use super::{body, bytes, client_of, simulated};
use table::TABLE;

/// One row of the table: what a call comes to, and what it takes.
#[derive(Debug)]
struct Row {
    /// The fault as the command line writes it, with the operation it acts on.
    fault: &'static str,
    call: Call,
    outcome: &'static str,
    /// Requests to the operation that the fault acts on. A token that lives for a moment only may
    /// take more of them, depending on how fast the machine is.
    requests: usize,
}

/// What a vendor's program calls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Call {
    Submit,
    Document,
    Feedback,
}

/// The calls that lead to an operation; none for what no program of ours asks for. Adding an
/// operation to the simulator ends here, so that none can be forgotten.
fn calls(operation: Operation) -> &'static [Call] {
    match operation {
        Operation::Innsending => &[Call::Submit],
        Operation::UthentingDokument => &[Call::Document, Call::Feedback],
        Operation::HentDialog => &[Call::Feedback],
        Operation::Token | Operation::Metadata => &[Call::Submit, Call::Document, Call::Feedback],
        // The issuer's keys are the API's business.
        Operation::Jwks => &[],
        // In the matrix of Trekkpålegg.
        Operation::HentAlleGjeldende | Operation::HentVersjon => &[],
    }
}

/// A simulator that has taken in one submission, and what can be asked about it.
struct Bench {
    simulator: Simulator,
    receipt: Receipt,
    forsendelse: Uuid,
    dokument: Uuid,
}

impl Bench {
    async fn new() -> Self {
        let (simulator, client) = simulated().await;
        let api = client.finansprodukter();
        let receipt = api.submit(&submission()).await.unwrap();
        let answer = api.feedback(&receipt).await.unwrap().documents.remove(0);
        Self {
            simulator,
            receipt,
            forsendelse: answer.forsendelse_id,
            dokument: answer.dokument_id,
        }
    }

    /// A client without tokens or connections from before.
    fn client(&self) -> Client {
        let simulator = &self.simulator;
        client_of(simulator.endpoints(), simulator.private_key_pem(), simulator.kid())
    }

    fn set(&self, fault: &str) {
        self.simulator.set_faults(vec![fault.parse().unwrap()]);
    }

    async fn make(&self, call: Call, api: &Finansprodukter) -> String {
        let error = match call {
            Call::Submit => match api.submit(&submission()).await {
                Ok(receipt) => return format!("receipt for {}", receipt.antall_oppgaver),
                Err(error) => error,
            },
            Call::Document => match api.document(2024, self.forsendelse, self.dokument).await {
                Ok(document) => return document.media_type.unwrap_or_else(|| "untyped".to_owned()),
                Err(error) => error,
            },
            Call::Feedback => match api.feedback(&self.receipt).await {
                Ok(feedback) => return feedback.state.to_string(),
                Err(error) => error,
            },
        };
        describe(&error)
    }

    /// Makes a call under a fault. Answers that the fault holds back are let go again and again
    /// until the call has ended; what comes out does not depend on how often.
    async fn measure(&self, fault: &str, operation: Operation, call: Call) -> (String, usize) {
        self.set(fault);
        let before = self.simulator.received().len();
        let api = self.client().finansprodukter();
        let outcome = {
            let work = self.make(call, &api).fuse();
            futures::pin_mut!(work);
            loop {
                let pause = tokio::time::sleep(std::time::Duration::from_millis(2)).fuse();
                futures::pin_mut!(pause);
                futures::select_biased! {
                    outcome = work => break outcome,
                    () = pause => self.simulator.release(),
                }
            }
        };
        let received = self.simulator.received().split_off(before);
        assert!(
            received
                .iter()
                .all(|request| request.operation != Some(Operation::Jwks))
        );
        let requests = received
            .iter()
            .filter(|request| request.operation == Some(operation))
            .count();
        (outcome, requests)
    }
}

fn submission() -> Submission {
    Submission::from_json(bytes(&body())).unwrap()
}

/// What an error comes to, by kind and without any text from outside.
fn describe(error: &Error) -> String {
    match error {
        Error::Api(error) => {
            let code = error
                .code()
                .map_or_else(String::new, |code| format!(" {}", code.as_str()));
            format!("api {}{code}", error.status())
        }
        Error::Transport(error) => format!("transport {}", error.kind().name()),
        Error::Token(error) => match error.kind() {
            TokenErrorKind::Refused(refusal) => format!("token refused: {refusal:?}"),
            TokenErrorKind::Unreachable(error) => format!("token {}", error.kind().name()),
            TokenErrorKind::Unavailable => "token unavailable".to_owned(),
            TokenErrorKind::InvalidAnswer(_) => "token invalid answer".to_owned(),
            _ => "token ?".to_owned(),
        },
        Error::Contract(_) => "contract".to_owned(),
        _ => "?".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_on_every_operation() {
    let bench = Bench::new().await;
    let (mut differences, mut tried) = (Vec::new(), 0);
    for info in faults() {
        for operation in info.operations {
            for call in calls(*operation) {
                let fault = format!("{}:operation={operation}", info.name);
                let (outcome, requests) = bench.measure(&fault, *operation, *call).await;
                let is_expected = |row: &&Row| (row.fault, row.call) == (fault.as_str(), *call);
                let row = TABLE.iter().find(is_expected);
                let is_short_lived = ["token-short-lived", "token-no-lifetime"].contains(&info.name);
                let is_as_expected = |row: &Row| {
                    row.outcome == outcome && (row.requests == requests || (is_short_lived && row.requests < requests))
                };
                if !row.is_some_and(is_as_expected) {
                    differences.push(format!(
                        "Row {{ fault: {fault:?}, call: {call:?}, outcome: {outcome:?}, requests: {requests} }},"
                    ));
                }
                tried += 1;
            }
        }
    }
    assert!(
        differences.is_empty() && tried == TABLE.len(),
        "{tried} tried, {} in the table; found, and not as in the table:\n{}",
        TABLE.len(),
        differences.join("\n")
    );
}

/// The codes that an operation of finansprodukter can answer with, from the client's own table,
/// which the simulator must know in full.
fn documented() -> impl Iterator<Item = &'static str> {
    codes().iter().filter_map(|info| {
        matches!(
            info.table,
            CodeTable::Finansprodukter | CodeTable::FinansprodukterSpecification | CodeTable::Common
        )
        .then_some(info.code)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_code_arrives_as_itself() {
    let bench = Bench::new().await;
    let mut tried = 0;
    for code in documented() {
        for (operation, call) in [
            (Operation::Innsending, Call::Submit),
            (Operation::UthentingDokument, Call::Document),
        ] {
            bench.set(&format!("code={code}:operation={operation}"));
            let before = bench.simulator.received().len();
            let api = bench.client().finansprodukter();
            let result = match call {
                Call::Submit => api.submit(&submission()).await.map(drop),
                _ => api.document(2024, bench.forsendelse, bench.dokument).await.map(drop),
            };
            let Err(Error::Api(error)) = result else {
                panic!("{code} must be an error of the API");
            };
            assert!(error.has_code(code), "{code}: {error}");
            assert!(error.korrelasjonsid().is_some(), "{code}");
            let requests = bench.simulator.received()[before..]
                .iter()
                .filter(|request| request.operation == Some(operation))
                .count();
            let expected = match error.status() {
                500.. => 3,
                401 => 2,
                _ => 1,
            };
            assert_eq!(requests, expected, "{code}");
            tried += 1;
        }
    }
    assert_eq!(tried, 2 * (12 + 18 + 8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_of_a_token_arrives_as_itself() {
    let bench = Bench::new().await;
    for info in codes().iter().filter(|info| info.table == CodeTable::Maskinporten) {
        bench.set(&format!("code={}", info.code));
        for call in calls(Operation::Token) {
            let before = bench.simulator.received().len();
            let outcome = bench.make(*call, &bench.client().finansprodukter()).await;
            assert!(outcome.starts_with("token refused"), "{}: {outcome}", info.code);
            let sent = bench.simulator.received().split_off(before);
            let is_call = |request: &&_| calls_of_the_api(request);
            assert_eq!(sent.iter().filter(is_call).count(), 0, "{}", info.code);
        }
    }
}

fn calls_of_the_api(request: &skatteetaten_conformance::simulator::Received) -> bool {
    !matches!(request.operation, Some(Operation::Token | Operation::Metadata))
}

/// The point of the journal: whatever happens to the first attempt, the same command given again
/// ends in exactly one submission, or in a refusal that says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_fault_the_second_attempt_ends_in_one_submission() {
    let bench = Bench::new().await;
    let named = faults()
        .iter()
        .filter(|info| {
            info.operations
                .iter()
                .any(|operation| calls(*operation).contains(&Call::Submit))
        })
        // Held back, they end as the receipt that the matrix has for them.
        .filter(|info| !info.name.starts_with("slow"))
        .map(|info| info.name.to_owned());
    let coded = documented().map(|code| format!("code={code}"));
    for fault in named.chain(coded) {
        let folder = tempfile::tempdir().unwrap();
        let journal = FileJournal::open(folder.path()).await.unwrap();
        let before = bench.simulator.submission_count();
        bench.set(&fault);
        let api = bench.client().finansprodukter();
        let first = api.submit_with(&submission(), &journal, Repeat::Never).await;
        bench.simulator.set_faults(Vec::new());
        let api = bench.client().finansprodukter();
        let second = api.submit_with(&submission(), &journal, Repeat::Never).await;
        let taken = bench.simulator.submission_count() - before;
        if is_conflict(&first) {
            // Under that key something else is there: nothing is sent until a person has looked.
            assert!(matches!(second, Err(SubmitError::Conflict { .. })), "{fault}");
            assert_eq!(taken, 0, "{fault}");
            continue;
        }
        let second = second.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!(taken, 1, "{fault}: {first:?}");
        if let Ok(first) = first {
            assert!(!second.sent, "{fault}");
            assert_eq!(first.receipt, second.receipt, "{fault}");
        }
    }
}

fn is_conflict(end: &Result<Submitted, SubmitError>) -> bool {
    matches!(end, Err(SubmitError::Call { error, .. }) if error.status() == Some(409))
}
