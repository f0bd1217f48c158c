//! Every fault does what its row says.

use std::error::Error as _;

use serde_json::Value;
use skatteetaten_conformance::{
    recording::RawExchange,
    simulator::{CODES, Directive, Operation, Received, Script, Service, Simulator, faults},
};

use crate::support::{Bench, EMPLOYER, FINANS, KEY, TREKK, body, codes, report};

#[tokio::test]
async fn every_documented_code_is_reached() {
    let bench = Bench::plain().await;
    for row in CODES {
        let fault = format!("code={}", row.code).parse().unwrap();
        bench.simulator.set_faults(Vec::new());
        let (status, refusal) = match row.service {
            Some(Service::Maskinporten) => {
                bench.simulator.set_faults(vec![fault]);
                bench.ask(&bench.claims(TREKK, None)).await
            }
            Some(Service::Finansprodukter) => {
                let request = bench.submission(2024, KEY, report().to_string()).await;
                bench.simulator.set_faults(vec![fault]);
                body(request.send().await.unwrap()).await
            }
            _ => {
                let token = bench.token(TREKK, Some(EMPLOYER)).await;
                bench.simulator.set_faults(vec![fault]);
                let request = bench.http.get(bench.orders_url("")).bearer_auth(token);
                body(request.send().await.unwrap()).await
            }
        };
        assert_eq!(status, row.status, "{}", row.code);
        let text = refusal.to_string();
        if row.service == Some(Service::Maskinporten) {
            assert!(refusal["error_description"].is_string());
            assert!(text.contains(row.code), "{text}");
        } else if row.under.is_some() {
            assert_eq!(codes(&refusal), (row.under.unwrap(), row.code));
        } else {
            assert_eq!(codes(&refusal).0, row.code);
        }
    }
}

#[tokio::test]
async fn a_fault_lasts_as_many_requests_as_it_says_and_names_itself() {
    let bench = Bench::with_fault("error-500:times=2:operation=hentVersjon").await;
    let token = bench.token(TREKK, Some(EMPLOYER)).await;
    let get = |path: &'static str| bench.http.get(bench.orders_url(path)).bearer_auth(&token).send();
    let mut statuses = Vec::new();
    for path in ["", "/10001/1", "", "/10001/1", "/10001/1"] {
        statuses.push(get(path).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 500, 200, 500, 200]);
    let received = bench.simulator.received();
    let named: Vec<_> = received.iter().map(|r| r.faults.join(",")).collect();
    assert_eq!(named, ["", "", "error-500", "", "error-500", ""]);
    let statuses: Vec<_> = received.iter().map(|r| r.status).collect();
    assert_eq!(
        statuses,
        [Some(200), Some(200), Some(500), Some(200), Some(500), Some(200)]
    );
}

/// What went wrong for the client, from the outside in.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(" / ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[tokio::test]
async fn broken_connections_break_as_described() {
    let bench = Bench::plain().await;
    let token = bench.token(TREKK, Some(EMPLOYER)).await;
    let url = bench.orders_url("");
    let get = || bench.http.get(&url).bearer_auth(&token).send();
    let set = |fault: &str| bench.simulator.set_faults(vec![fault.parse().unwrap()]);

    set("reset");
    let error = causes(&get().await.unwrap_err());
    assert!(error.contains("reset"), "{error}");
    set("close");
    let error = get().await.unwrap_err();
    assert!(error.is_request(), "{}", causes(&error));
    set("lost-answer");
    assert!(get().await.is_err());
    set("truncate");
    let answer = get().await.unwrap();
    assert_eq!(answer.status(), 200);
    let announced = answer.content_length().unwrap();
    assert!(announced > 100);
    assert!(answer.bytes().await.is_err(), "less came than was announced");
    set("endless");
    let mut answer = get().await.unwrap();
    assert_eq!(answer.content_length(), None);
    let mut read = 0;
    while read < 4_000_000 {
        read += answer.chunk().await.unwrap().unwrap().len();
    }
    drop(answer);
    // And afterwards all is well.
    bench.simulator.set_faults(Vec::new());
    assert_eq!(get().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_lost_answer_comes_after_the_work_and_a_reset_before_it() {
    let bench = Bench::plain().await;
    let text = report().to_string();
    for (fault, count) in [
        ("reset:operation=innsending", 0),
        ("lost-answer:operation=innsending", 1),
    ] {
        bench.simulator.set_faults(vec![fault.parse().unwrap()]);
        let request = bench.submission(2024, KEY, text.clone()).await;
        assert!(request.send().await.is_err());
        assert_eq!(bench.simulator.submission_count(), count, "{fault}");
    }
    bench.simulator.set_faults(Vec::new());
    let request = bench.submission(2024, KEY, text).await;
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(
        bench.simulator.submission_count(),
        1,
        "the repetition found what was done"
    );
}

#[tokio::test]
async fn held_back_answers_come_when_they_are_let_go() {
    for fault in [
        "slow:operation=hentAlleGjeldende",
        "slow-body:operation=hentAlleGjeldende",
    ] {
        let bench = Bench::with_fault(fault).await;
        let token = bench.token(TREKK, Some(EMPLOYER)).await;
        let request = bench.http.get(bench.orders_url("")).bearer_auth(token);
        let asking = tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() });
        bench
            .simulator
            .wait_until(|received| received.iter().any(|r| !r.faults.is_empty()))
            .await;
        assert!(!asking.is_finished());
        // The note is made just before the wait begins, so letting go is repeated until it is heard.
        while !asking.is_finished() {
            bench.simulator.release();
            tokio::task::yield_now().await;
        }
        let page: Value = serde_json::from_str(&asking.await.unwrap()).unwrap();
        assert_eq!(page.as_array().unwrap().len(), 10, "{fault}");
    }
}

#[tokio::test]
async fn a_token_can_be_refused_at_once_or_after_one_use() {
    let bench = Bench::with_fault("short-token").await;
    let first = bench.token(TREKK, Some(EMPLOYER)).await;
    let second = bench.token(TREKK, Some(EMPLOYER)).await;
    let get = |token: String| {
        let request = bench.http.get(bench.orders_url("")).bearer_auth(token);
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(get(first.clone()).await, 200);
    assert_eq!(get(first.clone()).await, 401);
    assert_eq!(get(second).await, 200);
    bench
        .simulator
        .set_faults(vec!["expired-token:times=1".parse().unwrap()]);
    assert_eq!(get(first.clone()).await, 401);
    assert_eq!(get(first).await, 200);
}

#[tokio::test]
async fn token_faults_show_in_the_answer() {
    async fn under(fault: &str) -> (u16, Value) {
        let bench = Bench::with_fault(fault).await;
        bench.ask(&bench.claims(FINANS, Some(EMPLOYER))).await
    }
    assert_eq!(under("token-error").await.0, 500);
    assert_eq!(under("token-html").await.0, 502);
    assert_eq!(under("token-clock").await.1["error"], "invalid_grant");
    assert_eq!(under("token-short-lived").await.1["expires_in"], 1);
    assert_eq!(under("token-no-lifetime").await.1["expires_in"], Value::Null);
    assert_eq!(under("token-missing").await.1["access_token"], Value::Null);
    assert_eq!(under("token-wrong-type").await.1["token_type"], "MAC");
    // These show only at the API.
    for (fault, status) in [
        ("token-opaque", 200),
        ("token-short-lived", 200),
        ("token-no-scope", 403),
        ("token-no-system-user", 403),
        ("token-other-organisation", 403),
    ] {
        let bench = Bench::with_fault(fault).await;
        let request = bench.submission(2024, KEY, report().to_string()).await;
        assert_eq!(request.send().await.unwrap().status(), status, "{fault}");
    }
}

#[tokio::test]
async fn one_bad_order_stands_among_good_ones() {
    let plain = Bench::plain().await.list("").await.1;
    for info in faults()
        .iter()
        .filter(|info| info.operations == [Operation::HentAlleGjeldende, Operation::HentVersjon])
    {
        let bench = Bench::with_fault(info.name).await;
        let (status, page) = bench.list("").await;
        assert_eq!(status, 200, "{}", info.name);
        let changed: Vec<_> = page
            .as_array()
            .unwrap()
            .iter()
            .zip(plain.as_array().unwrap())
            .enumerate()
            .filter(|(_, (now, before))| now != before)
            .map(|(index, _)| index)
            .collect();
        assert_eq!(changed, [1], "{}", info.name);
        // Paging does not make it two.
        let pages = [
            bench.list("?fraSekvensnummer=0&maksAntall=1").await.1,
            bench.list("?fraSekvensnummer=51&maksAntall=1").await.1,
        ];
        assert_eq!(pages[0][0], plain[0], "{}", info.name);
        assert_eq!(pages[1][0], plain[2], "{}", info.name);
    }
}

#[tokio::test]
async fn a_script_decides_per_request_and_customer() {
    let script = |request: &Received| match (request.operation, request.organisation.as_deref()) {
        (Some(Operation::HentAlleGjeldende), Some("310000019")) => {
            Directive::Faults(vec!["code=KB-002".parse().unwrap()])
        }
        _ => Directive::Normal,
    };
    let builder = Simulator::builder()
        .organisation(EMPLOYER)
        .organisation("310000019")
        .script(script);
    let bench = Bench::start(builder).await;
    for (organisation, expected) in [(EMPLOYER, 200), ("310000019", 500)] {
        let token = bench.token(TREKK, Some(organisation)).await;
        let answer = bench
            .http
            .get(bench.orders_url(""))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), expected);
    }
}

#[tokio::test]
async fn stopping_frees_the_port_and_breaks_connections() {
    let bench = Bench::plain().await;
    assert_eq!(bench.list("").await.0, 200);
    let (address, url) = (bench.simulator.address(), bench.orders_url(""));
    bench.simulator.stop().await;
    assert!(bench.http.get(url).send().await.is_err());
    let again = Simulator::builder().listen(address).start().await.unwrap();
    assert_eq!(again.address(), address);
}

/// Holds every answer back, and tells what has become of each exchange.
struct HoldsBack(tokio::sync::mpsc::UnboundedSender<Option<String>>);

impl Script for HoldsBack {
    fn direct(&self, _: &Received) -> Directive {
        Directive::Faults(vec!["slow".parse().unwrap()])
    }

    fn arrived(&self, _: &Received, _: &RawExchange) {
        self.0.send(None).unwrap();
    }

    fn exchanged(&self, _: &Received, exchange: &RawExchange) {
        self.0.send(exchange.fault.clone()).unwrap();
    }
}

#[tokio::test]
async fn a_script_hears_of_a_client_that_gave_up() {
    use tokio::io::AsyncWriteExt as _;
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let simulator = Simulator::builder().script(HoldsBack(sender)).start().await.unwrap();
    let mut client = tokio::net::TcpStream::connect(simulator.address()).await.unwrap();
    client
        .write_all(b"GET /api/trekkpaalegg/v1 HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(heard.recv().await, Some(None), "it has arrived");
    drop(client);
    assert_eq!(heard.recv().await, Some(Some("cancelled".to_owned())));
    simulator.stop().await;
}
