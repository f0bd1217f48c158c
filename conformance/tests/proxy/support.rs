//! Plain sockets on both sides of a proxy, so that tests see every byte.

use std::sync::{Arc, Mutex};

use skatteetaten_conformance::{
    config::Config,
    proxy::{Passed, Proxy, Sink},
    simulator::Simulator,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Keeps what passed, and can be waited on.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    passed: Arc<Mutex<Vec<Passed>>>,
    count: Arc<watch::Sender<usize>>,
}

impl Sink for Kept {
    fn passed(&self, passed: Passed) {
        self.passed.lock().unwrap().push(passed);
        self.count.send_modify(|count| *count += 1);
    }
}

impl Kept {
    pub(crate) fn all(&self) -> Vec<Passed> {
        self.passed.lock().unwrap().clone()
    }

    /// Waits until this many exchanges are over.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Passed> {
        self.count.subscribe().wait_for(|seen| *seen >= count).await.unwrap();
        self.all()
    }

    /// The only exchange.
    pub(crate) fn only(&self) -> Passed {
        let mut all = self.all();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

/// A configuration whose APIs are all behind one address, as the simulator's are.
pub(crate) fn config(base: &str) -> Config {
    config_with(base, "")
}

pub(crate) fn config_with(base: &str, more: &str) -> Config {
    let text = format!(
        "environment = \"custom\"\n[hosts]\ntrekkpaalegg = \"{base}/\"\nfinansprodukter = \"{base}/finansprodukter/v1\"\n\
         dialogporten = \"{base}/dialogporten\"\n[maskinporten]\nissuer = \"{base}/\"\n{more}"
    );
    Config::parse(&text, None, &|_| None).unwrap()
}

/// The base address of a simulator, without the slash.
pub(crate) fn base_of(simulator: &Simulator) -> String {
    simulator.endpoints().issuer.as_str().trim_end_matches('/').to_owned()
}

pub(crate) async fn proxy_for(base: &str) -> (Proxy, Kept) {
    let kept = Kept::default();
    let proxy = Proxy::builder(&config(base))
        .unwrap()
        .start(Arc::new(kept.clone()))
        .await
        .unwrap();
    (proxy, kept)
}

/// The proxy's own base address, without the slash.
pub(crate) fn base(proxy: &Proxy) -> String {
    format!("http://{}", proxy.address())
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// One HTTP/1.1 message with `Content-Length`, or up to the end of its head; empty when the other
/// side has gone.
pub(crate) async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        match stream.read(&mut byte).await {
            Ok(1) => bytes.push(byte[0]),
            _ => return Vec::new(),
        }
        if bytes.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    bytes.extend(body);
    bytes
}

/// A server that answers each connection's one request with these bytes, and keeps what it got.
pub(crate) async fn server(answer: Vec<u8>) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = message(&mut stream).await;
            if request.is_empty() {
                continue;
            }
            keep.lock().unwrap().push(request);
            stream.write_all(&answer).await.unwrap();
            // What has been written arrives; then the connection is closed.
            let _ = stream.shutdown().await;
        }
    });
    (base, got)
}

/// Sends these bytes to the proxy and reads whatever comes until the answer is whole.
pub(crate) async fn send(proxy: &Proxy, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(request).await.unwrap();
    message(&mut stream).await
}

/// First line, sorted header lines, body.
pub(crate) fn parts(message: &[u8]) -> (String, Vec<String>, Vec<u8>) {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(message[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap();
    let mut headers: Vec<String> = lines.collect();
    headers.sort();
    (first, headers, message[end + 4..].to_vec())
}
