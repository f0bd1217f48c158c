//! A server that answers whatever a test tells it to, down to the bytes.

use std::future::Future;
use std::sync::{Arc, Mutex};

use skatteetaten_client::clock::ManualClock;
use skatteetaten_client::maskinporten::{Algorithm, Config, KeyId, SignError, Signer, SigningKey};
use skatteetaten_client::transport::{Answer, CallOptions, Transport};
use skatteetaten_client::{Api, Client, Environment, Error, Settings, client, generated};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Counts all requests of this server, from 0.
    pub(crate) index: usize,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_api(&self) -> bool {
        !self.target.starts_with("/.well-known") && self.target != "/token"
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Writes these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Writes these bytes and then nothing more, with the connection open.
    Stall(Vec<u8>),
    /// Closes the connection in such a way that the client sees a reset.
    Reset,
}

impl Reply {
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut text = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        Self::Bytes([text.as_bytes(), body].concat())
    }

    pub(crate) fn json(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::new(status, &[("Content-Type", "application/json")], body)
    }
}

/// A running server. It stops when dropped.
pub(crate) struct Server {
    pub(crate) base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Serves with `script` alone.
    pub(crate) async fn raw(script: impl FnMut(&Seen, &str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Mutex::new(script));
        let (requests, origin) = (Arc::clone(&seen), base.clone());
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (requests, script, origin) = (Arc::clone(&requests), Arc::clone(&script), origin.clone());
                tokio::spawn(async move { serve(stream, &requests, &script, &origin).await });
            }
        });
        Self { base, seen, task }
    }

    /// Serves Maskinporten by itself and the API with `script`.
    pub(crate) async fn api(mut script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Self {
        let mut tokens = 0;
        Self::raw(move |seen, base| match seen.target.as_str() {
            "/.well-known/oauth-authorization-server" => metadata(base),
            "/token" => {
                tokens += 1;
                token(&format!("token-{tokens}"))
            }
            _ => script(seen),
        })
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests to the API alone.
    pub(crate) fn api_calls(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(Seen::is_api).collect()
    }

    pub(crate) fn count(&self, target: &str) -> usize {
        self.seen().iter().filter(|seen| seen.target == target).count()
    }

    pub(crate) fn environment(&self) -> Environment {
        Api::ALL
            .into_iter()
            .try_fold(Environment::custom("local"), |environment, api| {
                environment.with_base_url(api, &self.base)
            })
            .unwrap()
            .with_issuer(&format!("{}/", self.base))
            .unwrap()
    }

    pub(crate) fn builder(&self) -> client::Builder {
        builder(self.environment())
    }

    /// A client whose waits take no time, and the clock that counts them.
    pub(crate) fn client(&self) -> (Client, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (self.builder().clock(clock.clone()).build().unwrap(), clock)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn builder(environment: Environment) -> client::Builder {
    let key = SigningKey::from_signer(Arc::new(CheapSigner), KeyId::Kid("test-key".to_owned()));
    Client::builder(environment)
        .maskinporten(Config::new("test-client", key))
        .settings(Settings::default())
}

/// Signs with a text, for servers that do not look at signatures.
pub(crate) struct CheapSigner;

impl Signer for CheapSigner {
    fn sign(&self, _: Algorithm, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(b"signed".to_vec())
    }
}

pub(crate) fn metadata(base: &str) -> Reply {
    Reply::json(
        200,
        format!(r#"{{"issuer":"{base}/","token_endpoint":"{base}/token"}}"#),
    )
}

pub(crate) fn token(token: &str) -> Reply {
    Reply::json(
        200,
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":120,"scope":"test"}}"#),
    )
}

/// Lists orders through the generated bindings.
pub(crate) async fn list(client: &Client) -> Result<Answer<Vec<generated::trekkpaalegg::types::Trekkpaalegg>>, Error> {
    list_with(
        &client.transport(),
        CallOptions::new(Api::Trekkpaalegg, "hentAlleGjeldende"),
    )
    .await
}

pub(crate) fn list_with(
    transport: &Transport,
    options: CallOptions,
) -> impl Future<Output = Result<Answer<Vec<generated::trekkpaalegg::types::Trekkpaalegg>>, Error>> + '_ {
    transport.send(options, |call| async move {
        let bindings = generated::trekkpaalegg::Client::new_with_client(call.base_url(), call.http(), call.clone());
        bindings.hent_alle_gjeldende().send().await
    })
}

async fn serve<S>(mut stream: TcpStream, requests: &Mutex<Vec<Seen>>, script: &Mutex<S>, base: &str)
where
    S: FnMut(&Seen, &str) -> Reply,
{
    let Some(mut request) = read(&mut stream).await else {
        return;
    };
    let reply = {
        let mut requests = requests.lock().unwrap();
        request.index = requests.len();
        requests.push(request.clone());
        drop(requests);
        (script.lock().unwrap())(&request, base)
    };
    match reply {
        Reply::Bytes(bytes) => {
            // The client may have gone; that is its right.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            // Until the client hangs up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Reply::Reset => {
            stream.set_zero_linger().unwrap();
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let mut seen = Seen {
        index: 0,
        method: first.next()?.to_owned(),
        target: first.next()?.to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        body: bytes[head_end + 4..].to_vec(),
    };
    let length: usize = seen.header("content-length").map_or(0, |text| text.parse().unwrap());
    let missing = length.saturating_sub(seen.body.len());
    let mut rest = vec![0; missing];
    stream.read_exact(&mut rest).await.ok()?;
    seen.body.extend(rest);
    Some(seen)
}
