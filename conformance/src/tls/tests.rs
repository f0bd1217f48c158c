//! Tests of the test authority and of what its listeners show a client.

use std::error::Error as _;

use axum::{Router, routing::get};
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use tokio::net::TcpListener;

use super::*;
use crate::simulator::Server;

async fn listen(acceptor: &Acceptor) -> (Server, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let router = Router::new().route("/", get(|| async { "seen" }));
    (Server::start_with(listener, router, Some(acceptor.clone())), url)
}

/// A client that trusts this authority, with a connection of its own for each request.
fn client(pem: Option<&str>) -> reqwest::Client {
    let mut builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
    if let Some(pem) = pem {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    builder.build().unwrap()
}

/// The whole chain of causes: the outermost only says that sending failed.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("; {error}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_accepts_the_right_certificate_only() {
    let ca = TestCa::new().unwrap();
    let acceptor = Acceptor::new(&ca, &["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let (server, url) = listen(&acceptor).await;
    let client = client(Some(ca.pem()));

    let answer = client.get(&url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "seen");
    assert_eq!(acceptor.handshakes(Certificate::Right).completed, 1);
    let by_name = url.replace("127.0.0.1", "localhost");
    assert_eq!(client.get(by_name).send().await.unwrap().status(), 200);

    for (which, reason) in [
        (Certificate::WrongHost, "not valid for"),
        (Certificate::Expired, "expired"),
        (Certificate::Untrusted, "UnknownIssuer"),
    ] {
        acceptor.show(which);
        let error = client.get(&url).send().await.unwrap_err();
        let text = causes(&error);
        assert!(text.contains(reason), "{}: {text}", which.name());
        let seen = acceptor.wait_until(which, |seen| seen.broken_off >= 1).await;
        assert_eq!(seen.completed, 0, "{}", which.name());
    }
    acceptor.show(Certificate::Right);
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_checks_nothing_is_noticed() {
    let ca = TestCa::new().unwrap();
    let acceptor = Acceptor::new(&ca, &["127.0.0.1".to_owned()]).unwrap();
    let (server, url) = listen(&acceptor).await;
    let careless = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_danger_accept_invalid_certs(true)
        .build()
        .unwrap();
    for which in Certificate::ALL {
        acceptor.show(which);
        assert_eq!(careless.get(&url).send().await.unwrap().status(), 200);
        assert_eq!(acceptor.handshakes(which).completed, 1, "{}", which.name());
        assert_eq!(acceptor.handshakes(which).broken_off, 0, "{}", which.name());
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_trusts_nothing_refuses_all() {
    let ca = TestCa::new().unwrap();
    let other = TestCa::new().unwrap();
    let acceptor = Acceptor::new(&ca, &["127.0.0.1".to_owned()]).unwrap();
    let (server, url) = listen(&acceptor).await;
    client(Some(other.pem())).get(&url).send().await.unwrap_err();
    acceptor
        .wait_until(Certificate::Right, |seen| seen.broken_off == 1)
        .await;
    server.stop().await;
}

#[test]
fn the_trust_store_holds_the_certificate_and_no_key() {
    let ca = TestCa::new().unwrap();
    let store = KeyStore::from_pkcs12(&ca.pkcs12("changeit").unwrap(), "changeit", Pkcs12ImportPolicy::Strict).unwrap();
    let entries: Vec<_> = store.entries().collect();
    assert_eq!(entries.len(), 1);
    let KeyStoreEntry::Certificate(certificate) = entries[0].1 else {
        panic!("no trusted certificate")
    };
    let expected = pem::parse(ca.pem()).unwrap();
    assert_eq!(certificate.as_der(), expected.contents());
}

#[tokio::test]
async fn a_kept_authority_stays_the_same_one() {
    let dir = tempfile::tempdir().unwrap();
    let first = TestCa::open(dir.path()).unwrap();
    let second = TestCa::open(dir.path()).unwrap();
    assert_eq!(first.pem(), second.pem());
    assert!(dir.path().join(files::TRUST_STORE).is_file());
    // What the second one signs is trusted by whoever trusts the first.
    let acceptor = Acceptor::new(&second, &["127.0.0.1".to_owned()]).unwrap();
    let (server, url) = listen(&acceptor).await;
    assert_eq!(client(Some(first.pem())).get(&url).send().await.unwrap().status(), 200);
    server.stop().await;

    std::fs::remove_file(dir.path().join(files::CERTIFICATE)).unwrap();
    let error = TestCa::open(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains(files::CERTIFICATE) && error.contains("missing"),
        "{error}"
    );
    std::fs::write(dir.path().join(files::CERTIFICATE), "none").unwrap();
    assert!(TestCa::open(dir.path()).is_err());
}

#[cfg(unix)]
#[test]
fn the_authoritys_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    TestCa::open(dir.path()).unwrap();
    let mode = |name: &str| {
        let metadata = std::fs::metadata(dir.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(files::KEY), 0o600);
    assert_eq!(mode(files::CERTIFICATE), 0o644);
}

#[test]
fn what_is_no_host_is_refused() {
    let ca = TestCa::new().unwrap();
    let error = Acceptor::new(&ca, &["æ.example".to_owned()]).unwrap_err();
    assert!(matches!(error, TlsError::Host(_)), "{error}");
}
