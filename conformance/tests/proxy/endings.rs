//! Exchanges that do not come to a good end: passed on as they are, and recorded once.

use std::sync::Arc;

use serde_json::Value;
use skatteetaten_conformance::proxy::{Fault, OWN_ANSWER, Proxy, stayed_here};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::support::*;

const LIST: &str = "/api/trekkpaalegg/v1";

#[tokio::test]
async fn an_upstream_that_is_down_gives_502_and_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (proxy, kept) = proxy_for(&upstream).await;
    let answer = http().get(format!("{}{LIST}", base(&proxy))).send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()[OWN_ANSWER], Fault::Unreachable.name());
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("trekkpaalegg cannot be reached"), "{detail}");
    let passed = kept.only();
    assert_eq!(passed.exchange.fault.as_deref(), Some("unreachable"));
    assert_eq!(passed.exchange.status, None, "nothing came from the other side");
    assert!(stayed_here(&passed.exchange));
}

/// An upstream that reads a request, writes this and breaks off.
async fn breaks_off(after: &'static [u8], reset: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            message(&mut stream).await;
            stream.write_all(after).await.unwrap();
            stream.flush().await.unwrap();
            if reset {
                stream.set_zero_linger().unwrap();
            }
        }
    });
    upstream
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_breaks_here_too() {
    for reset in [false, true] {
        let upstream = breaks_off(b"", reset).await;
        let (proxy, kept) = proxy_for(&upstream).await;
        let failed = http().get(format!("{}{LIST}", base(&proxy))).send().await;
        assert!(failed.is_err(), "no answer is made up");
        let passed = kept.wait_for(1).await.remove(0);
        assert_eq!(passed.exchange.fault.as_deref(), Some("connection"));
        assert_eq!(passed.exchange.status, None);
        assert!(!stayed_here(&passed.exchange), "the request was sent");
        assert_eq!(kept.all().len(), 1, "no retry");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_made_whole() {
    let upstream = breaks_off(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"half\":", false).await;
    let (proxy, kept) = proxy_for(&upstream).await;
    let body = async {
        let answer = http().get(format!("{}{LIST}", base(&proxy))).send().await?;
        answer.bytes().await
    };
    assert!(body.await.is_err());
    let passed = kept.wait_for(1).await.remove(0);
    assert_eq!(passed.exchange.fault.as_deref(), Some("truncated"));
    assert_eq!(passed.exchange.status, Some(200));
    assert_eq!(passed.exchange.response_body, "[{\"half\":");
}

#[tokio::test]
async fn a_system_that_gives_up_is_recorded_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let arrived = Arc::new(Notify::new());
    let tell = Arc::clone(&arrived);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            message(&mut stream).await;
            tell.notify_one();
            // Never answers, and never closes.
            open.push(stream);
        }
    });
    let (proxy, kept) = proxy_for(&upstream).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let request = format!("GET {LIST} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    arrived.notified().await;
    assert!(kept.all().is_empty());
    drop(stream);
    let passed = kept.wait_for(1).await.remove(0);
    assert_eq!(passed.exchange.fault.as_deref(), Some("cancelled"));

    // The same when the proxy stops in the middle.
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    arrived.notified().await;
    proxy.stop().await;
    assert_eq!(kept.all().len(), 2, "recorded before the proxy has stopped");
    assert_eq!(kept.all()[1].exchange.fault.as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn a_full_recording_takes_no_more_and_says_so() {
    let (upstream, got) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]".to_vec()).await;
    let kept = Kept::default();
    let proxy = Proxy::builder(&config(&upstream))
        .unwrap()
        .recorded_at_most(4)
        .start(Arc::new(kept.clone()))
        .await
        .unwrap();
    let get = || http().get(format!("{}{LIST}", base(&proxy))).send();
    assert_eq!(get().await.unwrap().status(), 200);
    let refused = get().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()[OWN_ANSWER], Fault::Refused.name());
    assert_eq!(got.lock().unwrap().len(), 1);
    assert_eq!(kept.all().len(), 2, "the refused one is recorded too");
}

#[tokio::test]
async fn what_is_too_large_to_be_looked_at_stays_here() {
    let (upstream, got) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let (proxy, kept) = proxy_for(&upstream).await;
    let answer = http()
        .post(format!("{}/finansprodukter/v1/2024", base(&proxy)))
        .body(vec![b' '; (64 << 20) + 1])
        .send()
        .await;
    // The connection may be closed while the rest is still being sent.
    if let Ok(answer) = answer {
        assert_eq!(answer.status(), 413);
    }
    let passed = kept.wait_for(1).await.remove(0);
    assert_eq!(passed.exchange.fault.as_deref(), Some("too-large-for-proxy"));
    assert!(got.lock().unwrap().is_empty());
}
