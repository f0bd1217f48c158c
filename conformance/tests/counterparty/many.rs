//! Two hundred systems at once: nothing is lost, and nothing is put down to somebody else.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use skatteetaten_conformance::{
    counterparty::{Counterparty, Seen, Tape, Verdicts},
    recording::Kind,
    results::Verdict,
};
use tokio::sync::Barrier;

use crate::crowd::{self, Ledger, MARK, Member};

const SYSTEMS: usize = 200;
const POLLS: usize = 3;

/// Metadata, two tokens, a first poll of three pages, further polls of an empty one, and a report.
const REQUESTS: usize = 1 + 2 + 3 + (POLLS - 1) + 1;

async fn start(count: usize) -> (Counterparty, Vec<Member>) {
    // Any counterparty of this process has the key; its public part is what a vendor registers.
    let first = Counterparty::start().await.unwrap();
    let key = first.public_key().unwrap();
    first.stop().await;
    let organisations = crowd::organisations(count);
    let counterparty = Counterparty::builder(crowd::vendor(&organisations, key))
        .orders(crowd::data(&organisations))
        // However busy this machine is, no token may expire in the middle.
        .token_lifetime(Duration::from_secs(24 * 3600))
        .start()
        .await
        .unwrap();
    let members = crowd::members(
        &organisations,
        counterparty.endpoints(),
        counterparty.private_key_pem(),
        counterparty.kid(),
    );
    (counterparty, members)
}

/// Lets all of them work at the same time.
async fn work(members: Vec<Member>) -> (Vec<Member>, Ledger) {
    let barrier = Arc::new(Barrier::new(members.len()));
    let running: Vec<_> = members
        .into_iter()
        .map(|mut member| {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                let ledger = member.work(POLLS).await;
                (member, ledger)
            })
        })
        .collect();
    let (mut members, mut all) = (Vec::new(), Ledger::new());
    for task in running {
        let (member, ledger) = task.await.unwrap();
        members.push(member);
        all.extend(ledger);
    }
    (members, all)
}

/// Where tape and ledger differ. Every request has a mark of its own, so each is looked up by what
/// it carried, and compared with what its sender knows.
fn differences(tape: &Tape, ledger: &Ledger, members: &[Member]) -> Vec<String> {
    let mut found = Vec::new();
    let mut on_tape: HashMap<&str, Vec<&Seen>> = HashMap::new();
    for seen in tape.seen() {
        match seen
            .exchange
            .request_headers
            .get(MARK)
            .and_then(|mark| mark.to_str().ok())
        {
            Some(mark) => on_tape.entry(mark).or_default().push(seen),
            None => found.push(format!("#{} was sent by nobody", seen.number)),
        }
    }
    found.extend(
        on_tape
            .keys()
            .filter(|mark| !ledger.contains_key(**mark))
            .map(|mark| format!("{mark} is on the tape only")),
    );
    let references: HashMap<_, _> = members
        .iter()
        .map(|member| (member.organisation.as_str(), member.external_ref.as_deref()))
        .collect();
    // Whom each token was given to, by the answers on the tape.
    let mut owners = HashMap::new();
    for (mark, sent) in ledger {
        let seen = match on_tape.get(mark.as_str()).map(Vec::as_slice) {
            Some([seen]) => seen,
            other => {
                found.push(format!("{mark}: {} times on the tape", other.map_or(0, <[_]>::len)));
                continue;
            }
        };
        let exchange = &seen.exchange;
        let token = exchange
            .request_headers
            .get("authorization")
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let same = exchange.operation == sent.operation
            && exchange.request_body == sent.body
            && exchange.url.query().unwrap_or_default() == sent.query
            && token == sent.token.as_deref()
            && exchange.status == Some(sent.status)
            && exchange.response_body == sent.answer
            && exchange.fault.is_none();
        if !same {
            found.push(format!("#{} is not what was sent", seen.number));
        }
        if exchange.kind == Kind::Token {
            let answer = exchange.response_json().unwrap_or_default();
            owners.insert(
                answer["access_token"].as_str().unwrap_or_default().to_owned(),
                sent.organisation.clone(),
            );
        }
    }
    for (mark, sent) in ledger {
        let Some([seen]) = on_tape.get(mark.as_str()).map(Vec::as_slice) else {
            continue;
        };
        let Some(token) = &sent.token else { continue };
        let owner = owners.get(token);
        if owner != Some(&sent.organisation) {
            found.push(format!("#{}: another organisation's token", seen.number));
        }
        // What came back belongs to the token's organisation.
        for order in seen
            .exchange
            .response_json()
            .iter()
            .flat_map(|body| body.as_array().cloned())
            .flatten()
        {
            if order["trekkpliktig"].as_str() != owner.map(String::as_str) {
                found.push(format!("#{}: another organisation's order", seen.number));
            }
        }
    }
    // The references that were asked for are those that the system users were requested with.
    for seen in tape.seen().filter(|seen| seen.exchange.kind == Kind::Token) {
        let claims = claims(&seen.exchange.request_body);
        let detail = &claims["authorization_details"][0];
        let organisation = detail["systemuser_org"]["ID"].as_str().unwrap_or_default();
        let organisation = organisation.trim_start_matches("0192:");
        if references.get(organisation).copied() != Some(detail["externalRef"].as_str()) {
            found.push(format!("#{}: another system user", seen.number));
        }
    }
    found
}

fn claims(form: &[u8]) -> serde_json::Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let assertion = url::form_urlencoded::parse(form)
        .find(|(name, _)| name == "assertion")
        .unwrap()
        .1;
    let part = assertion.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The cases that a night's work without a script shows. The others need a refusal, a restart, a
/// task or what the system concluded.
const SHOWN: [&str; 15] = [
    "AUTH-01", "AUTH-04", "AUTH-05", "AUTH-06", "AUTH-09", "FP-02", "FP-05", "FP-06", "FP-10", "FP-12", "FP-13",
    "SEC-01", "TP-03", "TP-04", "TP-14",
];

/// Every judged case but AUTH-02, whose comparison of clocks would measure this machine's load.
fn with(verdicts: &Verdicts, wanted: impl Fn(Verdict) -> bool) -> BTreeSet<&'static str> {
    let all = verdicts.all().iter().filter(|judgement| wanted(judgement.verdict));
    all.map(|judgement| judgement.case_id)
        .filter(|id| *id != "AUTH-02")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    target_os = "macos",
    ignore = "both ends of 200 connections are more files than a process may open there"
)]
async fn two_hundred_at_once_are_recorded_and_told_apart() {
    let (counterparty, members) = start(SYSTEMS).await;
    let (members, mut ledger) = work(members).await;
    assert_eq!(ledger.len(), SYSTEMS * REQUESTS);
    assert!(ledger.values().all(|sent| sent.status == 200), "everything succeeded");
    let tape = counterparty.tape();
    assert_eq!(tape.seen().count(), SYSTEMS * REQUESTS);
    assert_eq!(differences(&tape, &ledger, &members), [] as [String; 0]);
    let numbers: Vec<_> = tape.seen().map(|seen| seen.number).collect();
    assert!(
        numbers.into_iter().eq(0..SYSTEMS * REQUESTS),
        "one number each, in order"
    );
    // Every organisation's report is there once.
    assert_eq!(counterparty.simulator().submission_count(), SYSTEMS);

    let verdicts = counterparty.judge();
    assert_eq!(with(&verdicts, Verdict::is_pass), SHOWN.into());
    let others = with(&verdicts, |verdict| !verdict.is_pass());
    let not_run = with(&verdicts, |verdict| verdict == Verdict::NotRun);
    assert_eq!(others, not_run);

    // The control: one of them goes on with its neighbour's token and its own place in the list.
    let (one, other) = (&members[17], &members[18]);
    let mut stray = one.clone();
    stray.token.clone_from(&other.token);
    stray.page(one.watermark, &mut ledger).await;
    let found = differences(&counterparty.tape(), &ledger, &members);
    // The answer is the token's own organisation's, as it has to be.
    let number = SYSTEMS * REQUESTS;
    assert_eq!(found, [format!("#{number}: another organisation's token")]);
    let verdicts = counterparty.judge();
    assert_eq!(with(&verdicts, Verdict::is_finding), ["AUTH-09"].into());
    let crossed = verdicts.case("AUTH-09").unwrap();
    assert!(
        crossed.reason.en.contains(&format!("#{number}")),
        "{}",
        crossed.reason.en
    );
    counterparty.stop().await;
}

/// The comparison that the test above rests on sees what it has to see.
#[tokio::test(flavor = "multi_thread")]
async fn a_tape_that_is_not_what_was_sent_is_noticed() {
    let (counterparty, members) = start(3).await;
    let (members, ledger) = work(members).await;
    let whole = counterparty.tape();
    assert_eq!(differences(&whole, &ledger, &members), [] as [String; 0]);
    let changed = |change: &dyn Fn(&mut Vec<Seen>)| {
        let mut tape = whole.clone();
        change(&mut tape.scenes[0].acts[0].seen);
        differences(&tape, &ledger, &members)
    };
    assert!(!changed(&|seen| drop(seen.pop())).is_empty(), "lost");
    assert!(!changed(&|seen| seen.push(seen[4].clone())).is_empty(), "twice");
    let lists = |seen: &[Seen]| -> Vec<usize> {
        let place = |(place, seen): (usize, &Seen)| (seen.exchange.operation == "hentAlleGjeldende").then_some(place);
        seen.iter().enumerate().filter_map(place).collect()
    };
    let swapped = changed(&|seen| {
        let places = lists(seen);
        let body = seen[places[0]].exchange.response_body.clone();
        let other = places
            .iter()
            .find(|place| seen[**place].exchange.response_body != body)
            .unwrap();
        let theirs = seen[*other].exchange.response_body.clone();
        Arc::make_mut(&mut seen[places[0]].exchange).response_body = theirs;
    });
    assert!(!swapped.is_empty(), "another's answer");
    counterparty.stop().await;
}
