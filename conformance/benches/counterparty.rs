//! What recording and judging cost: a request to the counterparty as a ratio to the simulator
//! without a recording, with 1 and with 200 systems at once; then the time to judge a recording and
//! to draw the live page. `cargo bench -p skatteetaten-conformance --bench counterparty`. Prints
//! lines; asserts only that nothing is lost, since figures differ from machine to machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops on an error"
)]
#![expect(dead_code, reason = "the tests use the rest of the crowd")]

#[path = "../tests/counterparty/crowd.rs"]
mod crowd;

use std::time::{Duration, Instant};

use crowd::{Ledger, Member};
use skatteetaten_conformance::{
    counterparty::{Counterparty, Tape, judge},
    simulator::{RegisteredClient, SCOPE_TREKKPAALEGG, Simulator, SystemUser, VENDOR},
};

const SYSTEMS: usize = 200;

/// Blocks of each kind, taken in turn so that both meet the same machine.
const BLOCKS: usize = 15;

/// Lists fetched by these systems, at once; the time per request.
async fn block(members: &[Member], requests: usize) -> Duration {
    let start = Instant::now();
    let running: Vec<_> = members
        .iter()
        .cloned()
        .map(|member| {
            let each = requests / members.len();
            tokio::spawn(async move {
                let mut ledger = Ledger::new();
                for _ in 0..each {
                    member.page(0, &mut ledger).await;
                }
                assert_eq!(ledger.len(), each);
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    start.elapsed() / u32::try_from(requests).unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn authorised(mut members: Vec<Member>) -> Vec<Member> {
    for member in &mut members {
        member.authorise(SCOPE_TREKKPAALEGG, &mut Ledger::new()).await;
    }
    members
}

async fn counterparty(organisations: &[String]) -> Counterparty {
    let first = Counterparty::start().await.unwrap();
    let key = first.public_key().unwrap();
    first.stop().await;
    Counterparty::builder(crowd::vendor(organisations, key))
        .orders(crowd::data(organisations))
        .start()
        .await
        .unwrap()
}

async fn simulator(organisations: &[String], key: jsonwebtoken::jwk::Jwk) -> Simulator {
    let mut client = RegisteredClient::new(crowd::CLIENT_ID, VENDOR);
    client.keys.push(key);
    for (index, organisation) in organisations.iter().enumerate() {
        let user = SystemUser::new(organisation);
        client.system_users.push(match crowd::external_ref(index) {
            Some(reference) => user.with_ref(reference),
            None => user,
        });
    }
    let simulator = Simulator::builder().data(crowd::data(organisations)).client(client);
    simulator.start().await.unwrap()
}

#[tokio::main]
async fn main() {
    let organisations = crowd::organisations(SYSTEMS);
    let scripted = counterparty(&organisations).await;
    let bare = simulator(&organisations, scripted.public_key().unwrap()).await;
    let (pem, kid) = (scripted.private_key_pem(), scripted.kid());
    let recorded = authorised(crowd::members(&organisations, scripted.endpoints(), pem, kid)).await;
    let plain = authorised(crowd::members(&organisations, bare.endpoints(), pem, kid)).await;
    let mut expected = SYSTEMS;
    for (name, systems, requests) in [("1 system", 1, 300), ("200 systems at once", SYSTEMS, 2_000)] {
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..BLOCKS {
            without.push(block(&plain[..systems], requests).await);
            with.push(block(&recorded[..systems], requests).await);
            expected += requests;
        }
        let (without, with) = (median(without), median(with));
        println!(
            "{name}: simulator {without:.1?}, counterparty {with:.1?} per request: {:.2} times",
            with.as_secs_f64() / without.as_secs_f64()
        );
    }
    assert_eq!(scripted.tape().seen().count(), expected, "a request is lost");
    scripted.stop().await;
    bare.stop().await;
    judged().await;
}

/// Judging and drawing a whole night's work of 200 systems.
async fn judged() {
    let organisations = crowd::organisations(SYSTEMS);
    let counterparty = counterparty(&organisations).await;
    let (pem, kid) = (counterparty.private_key_pem(), counterparty.kid());
    let mut members = crowd::members(&organisations, counterparty.endpoints(), pem, kid);
    let subject = counterparty.subject();
    let status = counterparty.endpoints().issuer.join("counterparty/status").unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut sent = 0;
    for least in [1_000, 5_000, 20_000] {
        while sent < least {
            let nights = members.drain(..).map(|mut member| async move {
                let ledger = member.work(4).await;
                (member, ledger.len())
            });
            for (member, count) in futures::future::join_all(nights).await {
                members.push(member);
                sent += count;
            }
        }
        let tape = counterparty.tape();
        assert_eq!(tape.seen().count(), sent, "a request is lost");
        let some = Tape::unordered(tape.seen().take(least).map(|seen| seen.exchange.clone()));
        let started = Instant::now();
        let verdicts = judge(&some, &subject);
        let judging = started.elapsed();
        assert!(!verdicts.is_empty());
        let started = Instant::now();
        let copy = counterparty.tape();
        let copying = started.elapsed();
        drop(copy);
        let started = Instant::now();
        let page = http.get(status.clone()).send().await.unwrap().bytes().await.unwrap();
        println!(
            "{least} exchanges: judged in {judging:.1?}, {:.1?} per 1,000; the page of {sent} in {:.1?}, {} bytes; the tape copied in {copying:.1?}",
            judging * 1000 / u32::try_from(least).unwrap(),
            started.elapsed(),
            page.len(),
        );
    }
    counterparty.stop().await;
}
