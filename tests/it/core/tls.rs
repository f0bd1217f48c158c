//! Connections that are not secure are no connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use skatteetaten_client::error::TransportErrorKind;
use skatteetaten_client::{Api, Error, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::server::{Reply, Server, builder, list};

/// An issuer of certificates, and its own as PEM.
fn root() -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Test root");
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

fn acceptor(issuer: &Issuer<'_, KeyPair>, host: &str, change: fn(&mut CertificateParams)) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// An API over TLS that answers with an empty list; counts the requests it could read.
async fn serve(acceptor: TlsAcceptor) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                // A client that does not trust this server hangs up: nothing to do then.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut buffer = [0; 4096];
                if stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
                    count.fetch_add(1, Ordering::SeqCst);
                    let answer = b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
                    let _ = stream.write_all(answer).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    (format!("https://127.0.0.1:{port}"), requests)
}

async fn call(base: &str, trusted: Option<&str>) -> Result<(), Error> {
    let maskinporten = Server::api(|_| Reply::json(200, "[]")).await;
    let environment = maskinporten.environment().with_base_url(Api::Trekkpaalegg, base)?;
    let mut settings = Settings::default();
    if let Some(pem) = trusted {
        settings = settings.root_certificate(pem);
    }
    let client = builder(environment).settings(settings).build()?;
    list(&client).await.map(|_| ())
}

#[tokio::test]
async fn a_trusted_certificate_for_the_host_is_accepted() {
    let (issuer, pem) = root();
    let (base, requests) = serve(acceptor(&issuer, "127.0.0.1", |_| {})).await;
    call(&base, Some(&pem)).await.unwrap();
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn any_other_certificate_is_refused_before_the_token_is_sent() {
    let (issuer, pem) = root();
    let expired: fn(&mut CertificateParams) = |params| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    };
    let early: fn(&mut CertificateParams) = |params| {
        params.not_before = date_time_ymd(2124, 1, 1);
        params.not_after = date_time_ymd(2125, 1, 1);
    };
    for (name, host, change, trusted) in [
        (
            "wrong host",
            "other.example",
            (|_| {}) as fn(&mut CertificateParams),
            true,
        ),
        ("expired", "127.0.0.1", expired, true),
        ("not yet valid", "127.0.0.1", early, true),
        ("untrusted", "127.0.0.1", |_| {}, false),
    ] {
        let (base, requests) = serve(acceptor(&issuer, host, change)).await;
        let error = call(&base, trusted.then_some(pem.as_str())).await.unwrap_err();
        let Error::Transport(error) = error else {
            panic!("{name}: {error}")
        };
        assert_eq!(error.kind(), TransportErrorKind::Tls, "{name}");
        assert_eq!(error.attempts(), 1, "{name}: trying again would not help");
        assert!(!error.is_retryable());
        assert_eq!(requests.load(Ordering::SeqCst), 0, "{name}: no token was sent");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gets_no_token() {
    let plain = Server::raw(|_, _| Reply::json(200, "[]")).await;
    let error = call(&plain.base.replace("http:", "https:"), None).await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert!(plain.seen().is_empty());
}
