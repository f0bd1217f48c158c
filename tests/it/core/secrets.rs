//! Planted secrets are searched for in everything the client shows.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey, Variables};
use skatteetaten_client::observer::{Exchange, Observer, Outcome};
use skatteetaten_client::{Access, Api, Error, RetryPolicy, Settings};

use super::rsa;
use super::server::{Reply, Server, list, metadata, token};

const TOKEN: &str = "PLANTED.TOKEN.aGVtbWVsaWc";
const PERSON: &str = "01899912345";
const MESSAGE: &str = "PLANTED-MESSAGE";

/// Where log lines go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Shows what is safe to show of each exchange, and collects the assertions.
#[derive(Default)]
struct Shown {
    text: Mutex<String>,
    assertions: Mutex<Vec<String>>,
    /// Everything that was on the wire, to prove that the secrets were there.
    wire: Mutex<Vec<u8>>,
}

impl Observer for Shown {
    fn exchange(&self, exchange: &Exchange) {
        write!(self.text.lock().unwrap(), "{exchange:?} {exchange:#?}").unwrap();
        let mut wire = self.wire.lock().unwrap();
        wire.extend_from_slice(&exchange.request_body);
        for value in exchange.request_headers.values() {
            wire.extend_from_slice(value.as_bytes());
        }
        if let Outcome::Response { body, .. } = &exchange.outcome {
            wire.extend_from_slice(body);
        }
        for (name, value) in url::form_urlencoded::parse(&exchange.request_body) {
            if name == "assertion" {
                self.assertions.lock().unwrap().push(value.into_owned());
            }
        }
    }
}

fn with_sources(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut next: Option<&dyn StdError> = error.source();
    while let Some(source) = next {
        write!(shown, " {source} {source:?}").unwrap();
        next = source.source();
    }
    shown
}

#[tokio::test]
async fn no_secret_is_in_any_error_debug_text_or_log_line() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let person_body = format!(
        r#"{{"kode":"KB-{PERSON}","melding":"{MESSAGE} {PERSON} {TOKEN}","korrelasjonsid":"{PERSON}","spesifisering":[{{"kode":"{PERSON}","sti":"{PERSON}","angittVerdi":"{PERSON}"}}]}}"#
    );
    let refusal = format!(
        r#"{{"error":"{MESSAGE}","error_description":"MP-303 {MESSAGE} trace_id: {PERSON}","access_token":"{TOKEN}"}}"#
    );
    let answers: Vec<Reply> = vec![
        Reply::json(400, &person_body),
        Reply::json(500, &person_body),
        Reply::new(
            404,
            &[("Content-Type", "text/html")],
            format!("<p>{MESSAGE} {PERSON}</p>"),
        ),
        Reply::json(200, format!(r#"[{{"trekkid":"{PERSON}"}}]"#)),
        Reply::new(
            302,
            &[("Location", &format!("https://x.example/?t={TOKEN}&p={PERSON}"))],
            "",
        ),
        Reply::Bytes(format!("{MESSAGE} {PERSON} is no http\r\n\r\n").into_bytes()),
        Reply::Bytes(format!("HTTP/1.1 200 X\r\nContent-Length: 9999\r\n\r\n{PERSON}").into_bytes()),
        Reply::json(401, &person_body),
    ];
    let shown_exchanges = Arc::new(Shown::default());
    let mut shown = String::new();
    let mut errors = 0;
    let key = SigningKey::from_pem(&rsa::pkcs8_pem(), KeyId::Kid("k".into())).unwrap();
    for answer in answers {
        let mut answer = Some(answer);
        let server = Server::raw(move |seen, base| match seen.target.as_str() {
            "/.well-known/oauth-authorization-server" => metadata(base),
            "/token" => token(TOKEN),
            _ => answer.take().unwrap_or_else(|| Reply::json(500, "")),
        })
        .await;
        let client = server
            .builder()
            .maskinporten(Config::new("c", key.clone()))
            .access(Access::system_user_with_ref("310000007", MESSAGE))
            .settings(Settings::default().retry(RetryPolicy::never()))
            .observer(shown_exchanges.clone())
            .build()
            .unwrap();
        match list(&client).await {
            Ok(answer) => write!(shown, "{answer:?}").unwrap(),
            Err(error) => {
                errors += 1;
                shown.push_str(&with_sources(&error));
            }
        }
        let info = client.token(Api::Trekkpaalegg).await.unwrap();
        write!(
            shown,
            "{client:?} {info:?} {:?} {:?}",
            client.transport(),
            client.access()
        )
        .unwrap();
    }
    assert_eq!(errors, 7);

    let server = Server::raw(move |seen, base| match seen.target.as_str() {
        "/token" => Reply::json(400, &refusal),
        _ => metadata(base),
    })
    .await;
    let config = Config::new("c", key.clone());
    write!(shown, "{config:?} {key:?}").unwrap();
    let builder = server.builder().maskinporten(config).observer(shown_exchanges.clone());
    write!(shown, "{builder:?}").unwrap();
    let client = builder.build().unwrap();
    shown.push_str(&with_sources(&client.token(Api::Trekkpaalegg).await.unwrap_err()));
    // An identity number in the wrong place.
    let wrong = client.with_access(Access::ConsumerOrg(PERSON.to_owned()));
    shown.push_str(&with_sources(&wrong.token(Api::Trekkpaalegg).await.unwrap_err()));
    write!(shown, "{wrong:?}").unwrap();
    let jwk = rsa::jwk();
    let variables = Variables::read(&|name| (name == "MASKINPORTEN_CLIENT_JWK").then(|| jwk.to_string()));
    write!(shown, "{variables:?}").unwrap();
    shown.push_str(&shown_exchanges.text.lock().unwrap());

    let logged = log.text();
    // Proof that there was something to search in.
    assert!(
        logged.contains("call failed") && logged.contains("hentAlleGjeldende"),
        "{logged}"
    );
    assert!(shown.contains("KB-") || shown.contains("undocumented code"));
    let pem = rsa::pkcs8_pem();
    let key_line = pem.lines().nth(3).unwrap();
    let mut planted = vec![
        TOKEN,
        PERSON,
        MESSAGE,
        key_line,
        jwk["d"].as_str().unwrap(),
        jwk["p"].as_str().unwrap(),
    ];
    let assertions = shown_exchanges.assertions.lock().unwrap().clone();
    assert_eq!(assertions.len(), 10, "one for each client, and one after the 401");
    planted.extend(assertions.iter().map(|jwt| jwt.rsplit('.').next().unwrap()));
    let wire = String::from_utf8_lossy(&shown_exchanges.wire.lock().unwrap()).into_owned();
    for secret in [TOKEN, PERSON, MESSAGE] {
        assert!(wire.contains(secret), "planted: {secret:.12}…");
    }
    for (place, text) in [("shown", &shown), ("logged", &logged)] {
        for secret in &planted {
            assert!(!text.contains(secret), "a secret is {place}: {secret:.12}…");
        }
    }
}
