//! A whole run, and the same exchanges sent by a bare HTTP client: `cargo bench -p
//! skatteetaten-conformance --bench run`.
//!
//! Both go to one simulator in this process, four cases side by side. The run does everything that
//! a run does: tokens, guards, checks, redaction, files, manifest. The bare client sends the same
//! bytes and reads the answers.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use skatteetaten_conformance::{
    cases::{Phase, Script},
    recording::RawExchange,
    run::{Context, Options, Preset, Suite, Target},
    simulator::Simulator,
};

const ROUNDS: usize = 7;
const SIDE_BY_SIDE: usize = 4;

type Exchanges = BTreeMap<String, Vec<RawExchange>>;

fn main() {
    // Without it this is `cargo test --all-targets`, where nothing is to be measured.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

/// The built-in suite, and one case more that keeps what the others had on the wire.
fn listening() -> (Suite, Arc<Mutex<Exchanges>>) {
    let (mut suite, kept) = (Suite::builtin().unwrap(), Arc::<Mutex<Exchanges>>::default());
    let mut case = suite.catalogue().case("SEC-04").unwrap().clone();
    case.record.id = "SEC-99".to_owned();
    let keep = Arc::clone(&kept);
    let script = Script::new(Phase::Inspect, move |context: Context| {
        let keep = Arc::clone(&keep);
        async move {
            let recorded = context.recorded().iter();
            *keep.lock().unwrap() = recorded
                .map(|(id, all)| (id.clone(), all.iter().map(|one| one.raw.clone()).collect()))
                .collect();
            Ok(())
        }
    });
    suite.add_case(case, script).unwrap();
    (suite, kept)
}

async fn measure() {
    let simulator = Simulator::builder().start().await.unwrap();
    let (suite, kept) = listening();
    let (mut runs, mut bare) = (Vec::new(), Vec::new());
    let mut count = 0;
    for round in 0..=ROUNDS {
        let out = tempfile::tempdir().unwrap();
        let mut options = Options::new(out.path());
        options.parallel = SIDE_BY_SIDE;
        let target = Target::simulator(&simulator, Preset::All).unwrap();
        let clock = Instant::now();
        suite.run(target, options).await.unwrap();
        let run = clock.elapsed();
        let exchanges = kept.lock().unwrap().clone();
        count = exchanges.values().map(Vec::len).sum();
        let clock = Instant::now();
        send(&exchanges).await;
        // The first round only warms up.
        if round > 0 {
            runs.push(run);
            bare.push(clock.elapsed());
        }
    }
    let (run, bare) = (median(runs), median(bare));
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    println!("{count} exchanges, median of {ROUNDS} rounds");
    println!("whole run     {run:>10.1?}  {:>7.0} exchanges/s", rate(run));
    println!("bare reqwest  {bare:>10.1?}  {:>7.0} exchanges/s", rate(bare));
}

async fn send(exchanges: &Exchanges) {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    stream::iter(exchanges.values())
        .for_each_concurrent(SIDE_BY_SIDE, |case| {
            let http = http.clone();
            async move {
                for one in case {
                    let sent = http
                        .request(one.method.clone(), one.url.clone())
                        .headers(one.request_headers.clone())
                        .body(one.request_body.clone())
                        .send()
                        .await;
                    sent.unwrap().bytes().await.unwrap();
                }
            }
        })
        .await;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
