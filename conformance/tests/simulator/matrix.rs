//! Every fault against every operation: each changes what the operations it is about answer, and
//! no other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use regex::Regex;
use reqwest::RequestBuilder;
use serde_json::Value;
use skatteetaten_conformance::simulator::{Fault, Operation, faults};
use uuid::Uuid;

use crate::support::{Bench, DIALOG, EMPLOYER, FINANS, TREKK, body, report};

/// Faults that hold an answer back: they have a test of their own, which lets it go.
const HELD_BACK: [&str; 2] = ["slow", "slow-body"];

#[tokio::test]
async fn no_fault_is_without_effect_and_none_reaches_further() {
    let matrix = Matrix::new().await;
    let mut plain = Vec::new();
    for operation in Operation::ALL {
        plain.push(matrix.seen(operation, None).await);
    }
    for info in faults().iter().filter(|info| !HELD_BACK.contains(&info.name)) {
        let fault: Fault = info.name.parse().unwrap();
        for (operation, before) in Operation::ALL.into_iter().zip(&plain) {
            let now = matrix.seen(operation, Some(&fault)).await;
            let concerned = info.operations.contains(&operation);
            assert_eq!(
                now != *before,
                concerned,
                "{} at {operation}:\n{before}\n{now}",
                info.name
            );
        }
    }
}

struct Matrix {
    bench: Bench,
    dialog: String,
    document: String,
    volatile: Regex,
}

impl Matrix {
    async fn new() -> Self {
        let bench = Bench::plain().await;
        let key = Uuid::new_v4().to_string();
        let request = bench.submission(2024, &key, report().to_string()).await;
        let receipt = body(request.send().await.unwrap()).await.1;
        let dialog = format!(
            "{}/api/v1/enduser/dialogs/{}",
            bench.simulator.endpoints().dialogporten,
            receipt["dialogId"].as_str().unwrap()
        );
        let token = bench.token(DIALOG, Some(EMPLOYER)).await;
        let found = body(bench.http.get(&dialog).bearer_auth(token).send().await.unwrap())
            .await
            .1;
        let document = found["transmissions"][1]["attachments"][0]["urls"][0]["url"]
            .as_str()
            .unwrap();
        Self {
            dialog,
            document: document.to_owned(),
            // UUIDs, times, and numbers of seconds.
            volatile: Regex::new(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[0-9:.]+Z|\b1\d{9}\b|opaque-[0-9a-f]+")
                .unwrap(),
            bench,
        }
    }

    /// What a client sees of an operation, without what differs each time.
    async fn seen(&self, operation: Operation, fault: Option<&Fault>) -> String {
        let bench = &self.bench;
        // Tokens are fetched without the fault, which is about the operation alone.
        bench.simulator.set_faults(Vec::new());
        let scope = match operation {
            Operation::HentAlleGjeldende | Operation::HentVersjon => TREKK,
            Operation::HentDialog => DIALOG,
            _ => FINANS,
        };
        let token = bench.token(scope, Some(EMPLOYER)).await;
        let key = Uuid::new_v4().to_string();
        let issuer = bench.simulator.endpoints().issuer.clone();
        let get = |url: &str| bench.http.get(url).bearer_auth(&token);
        let requests: Vec<RequestBuilder> = match operation {
            Operation::Metadata => vec![get(&format!("{issuer}.well-known/oauth-authorization-server"))],
            Operation::Jwks => vec![get(&format!("{issuer}jwk"))],
            Operation::Token => {
                let assertion = bench.sign(&bench.header(), &bench.claims(FINANS, Some(EMPLOYER)));
                vec![bench.token_request(&assertion)]
            }
            // Twice each with one token, for the fault that is about the second use; two pages,
            // for those that are about pages.
            Operation::HentAlleGjeldende => ["?fraSekvensnummer=0&maksAntall=3", "?fraSekvensnummer=51&maksAntall=3"]
                .map(|query| get(&bench.orders_url(query)))
                .into(),
            Operation::HentVersjon => vec![get(&bench.orders_url("/10002/1")), get(&bench.orders_url("/10002/1"))],
            Operation::Innsending => {
                // Another year than the dialog's, so that it stays as it is.
                let mut report = report();
                report["leveranse"]["inntektsaar"] = 2023.into();
                let send = || {
                    bench
                        .http
                        .post(bench.finans_url("/2023"))
                        .bearer_auth(&token)
                        .header("idempotencyKey", &key)
                        .json(&report)
                };
                vec![send(), send()]
            }
            Operation::UthentingDokument => vec![get(&self.document), get(&self.document)],
            Operation::HentDialog => {
                vec![get(&self.dialog), get(&self.dialog)]
            }
        };
        bench.simulator.set_faults(fault.cloned().into_iter().collect());
        let mut seen = String::new();
        for request in requests {
            seen.push_str(&self.answer(operation, request).await);
            seen.push('\n');
        }
        seen
    }

    async fn answer(&self, operation: Operation, request: RequestBuilder) -> String {
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return format!("no answer: {}", error.is_timeout()),
        };
        let header = |name: &str| {
            let value = answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned());
            value.unwrap_or_default()
        };
        let head = format!(
            "{} {} {}",
            answer.status(),
            header("content-type"),
            header("retry-after")
        );
        let mut bytes = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => return format!("{head} broken off"),
            }
            if bytes.len() > 200_000 {
                return format!("{head} without end");
            }
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) {
            let token = value.get("access_token").and_then(Value::as_str).map(str::to_owned);
            if operation == Operation::Token
                && let Some(token) = token
            {
                let claims = token
                    .split('.')
                    .nth(1)
                    .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
                value["access_token"] =
                    claims.map_or("opaque".into(), |claims| serde_json::from_slice(&claims).unwrap());
            }
            if let Some(Value::Array(all)) = value.get_mut("transmissions")
                && let [first, second, ..] = all.as_mut_slice()
            {
                second["related"] = (second["relatedTransmissionId"] == first["id"]).into();
            }
            text = value.to_string();
        }
        format!("{head} {}", self.volatile.replace_all(&text, "*"))
    }
}
