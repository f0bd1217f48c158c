//! TLS on both sides.

use std::sync::{Arc, Mutex};

use rustls_pki_types::CertificateDer;
use skatteetaten_conformance::{
    proxy::Proxy,
    tls::{Acceptor, Certificate, TestCa},
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use crate::support::*;

/// An API over TLS; keeps the requests that it could read.
async fn server(acceptor: Acceptor) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let request = message(&mut stream).await;
            keep.lock().unwrap().push(request);
            let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (base, got)
}

#[tokio::test]
async fn an_upstream_whose_certificate_is_not_right_gets_nothing() {
    let ca = TestCa::new().unwrap();
    let root = CertificateDer::from(pem::parse(ca.pem()).unwrap().into_contents());
    let acceptor = Acceptor::new(&ca, &["127.0.0.1".to_owned()]).unwrap();
    let (upstream, got) = server(acceptor.clone()).await;
    let kept = Kept::default();
    let proxy = Proxy::builder(&config(&upstream))
        .unwrap()
        .trust(root)
        .start(Arc::new(kept.clone()))
        .await
        .unwrap();
    let list = || {
        http()
            .get(format!("{}/api/trekkpaalegg/v1", base(&proxy)))
            .bearer_auth("a-token")
            .send()
    };
    for which in [Certificate::WrongHost, Certificate::Expired, Certificate::Untrusted] {
        acceptor.show(which);
        let answer = list().await.unwrap();
        assert_eq!(answer.status(), 502, "{}", which.name());
        let text = answer.text().await.unwrap();
        assert!(text.contains("certificate"), "{}: {text}", which.name());
        assert!(got.lock().unwrap().is_empty(), "{}: no token was sent", which.name());
    }
    acceptor.show(Certificate::Right);
    assert_eq!(list().await.unwrap().text().await.unwrap(), "[]");
    assert_eq!(got.lock().unwrap().len(), 1);
    assert_eq!(kept.all().len(), 4);
}

#[tokio::test]
async fn the_proxy_listens_with_tls() {
    let (upstream, _) = crate::support::server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".to_vec()).await;
    let ca = TestCa::new().unwrap();
    let root = reqwest::Certificate::from_pem(ca.pem().as_bytes()).unwrap();
    let proxy = Proxy::builder(&config(&upstream))
        .unwrap()
        .tls(ca)
        .host_name("localhost")
        .start(Arc::new(Kept::default()))
        .await
        .unwrap();
    let trekk = proxy.endpoints().trekkpaalegg.clone().unwrap();
    assert!(trekk.as_str().starts_with("https://localhost:"), "{trekk}");
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([root])
        .build()
        .unwrap();
    let answer = client
        .get(trekk.join("/api/trekkpaalegg/v1").unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "[]");
}
