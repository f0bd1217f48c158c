//! Many systems at once, each for its own customer, written without the client library; and what
//! each of them knows that it sent.

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use jsonwebtoken::jwk::Jwk;
use serde_json::{Value, json};
use skatteetaten_conformance::{
    cases::example_submission,
    counterparty::Vendor,
    simulator::{Data, Endpoints, SCOPE_FINANSPRODUKTER, SCOPE_TREKKPAALEGG},
};

/// The client id under which all of them are registered, as one vendor's installations are.
pub(crate) const CLIENT_ID: &str = "crowd-client";

/// Every request carries this header with an id of its own, so that it is found again on a tape.
pub(crate) const MARK: &str = "korrelasjonsid";

/// Orders of each customer. With pages of [`PAGE`] the last page is not full.
pub(crate) const ORDERS: u64 = 5;

/// `maksAntall`.
pub(crate) const PAGE: u64 = 2;

/// Synthetic organisations, each with the check digit that it needs.
pub(crate) fn organisations(count: usize) -> Vec<String> {
    let weights = [3, 2, 7, 6, 5, 4, 3, 2];
    (31_000_000_u32..)
        .map(|number| number.to_string())
        .filter_map(|digits| {
            let sum: u32 = digits.bytes().zip(weights).map(|(d, w)| u32::from(d - b'0') * w).sum();
            match (11 - sum % 11) % 11 {
                10 => None,
                check => Some(format!("{digits}{check}")),
            }
        })
        .take(count)
        .collect()
}

/// One customer's system: its own connections, token and place in the list of orders.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) organisation: String,
    pub(crate) external_ref: Option<String>,
    pub(crate) token: String,
    /// The highest number received.
    pub(crate) watermark: u64,
    http: reqwest::Client,
    endpoints: Endpoints,
    key: Arc<Key>,
}

struct Key {
    pair: KeyPair,
    kid: String,
}

/// A request as its sender knows it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) organisation: String,
    pub(crate) operation: &'static str,
    /// The access token that it carried.
    pub(crate) token: Option<String>,
    pub(crate) query: String,
    pub(crate) body: Bytes,
    pub(crate) status: u16,
    pub(crate) answer: Bytes,
}

/// What was sent, by [`MARK`].
pub(crate) type Ledger = HashMap<String, Sent>;

/// Where each customer's numbers begin; no two customers share one.
pub(crate) fn first_number(index: usize) -> u64 {
    1000 * (1 + index as u64)
}

/// Every customer's orders.
pub(crate) fn data(organisations: &[String]) -> Data {
    let mut all = Vec::new();
    for (index, organisation) in organisations.iter().enumerate() {
        for number in 1..=ORDERS {
            all.push(json!({
                "trekkid": format!("{organisation}-{number}"),
                "trekkversjon": 1,
                "sekvensnummer": first_number(index) + number * number,
                "opprettet": "2025-01-02T08:00:00Z",
                "saksnummer": format!("SAK-{index}-{number}"),
                "trekkpliktig": organisation,
                "skyldner": "15847530062",
                "trekkstatus": "aktiv",
                "trekkstoerrelseForPeriode":
                    [{ "startdato": "2025-01-10", "trekkprosent": { "trekkprosent": 10 + number } }],
                "betalingsinformasjon": {
                    "betalingsmottaker": "971648199", "kidnummer": "06487719756", "kontonummer": "70213997155",
                },
            }));
        }
    }
    let mut data = Data::empty();
    data.add_text("crowd", &Value::Array(all).to_string()).unwrap();
    data
}

/// Every other system user was requested with a reference.
pub(crate) fn external_ref(index: usize) -> Option<String> {
    (index % 2 == 1).then(|| format!("avdeling-{index}"))
}

/// The vendor with all of them as customers.
pub(crate) fn vendor(organisations: &[String], key: Jwk) -> Vendor {
    let mut vendor = Vendor::new(CLIENT_ID).key(key);
    for (index, organisation) in organisations.iter().enumerate() {
        vendor = vendor.customer(organisation, external_ref(index).as_deref());
    }
    "Crowd".clone_into(&mut vendor.system.name);
    vendor
}

/// One system for each customer.
pub(crate) fn members(organisations: &[String], endpoints: &Endpoints, pem: &str, kid: &str) -> Vec<Member> {
    let der = pem::parse(pem).unwrap();
    let key = Arc::new(Key {
        pair: KeyPair::from_pkcs8(der.contents()).unwrap(),
        kid: kid.to_owned(),
    });
    organisations
        .iter()
        .enumerate()
        .map(|(index, organisation)| Member {
            organisation: organisation.clone(),
            external_ref: external_ref(index),
            token: String::new(),
            watermark: 0,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            endpoints: endpoints.clone(),
            key: Arc::clone(&key),
        })
        .collect()
}

impl Member {
    fn assertion(&self, scope: &str) -> String {
        let now = chrono::Utc::now().timestamp();
        let mut detail = json!({
            "type": "urn:altinn:systemuser",
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{}", self.organisation) },
        });
        if let Some(reference) = &self.external_ref {
            detail["externalRef"] = reference.as_str().into();
        }
        let header = json!({ "alg": "RS256", "kid": self.key.kid });
        let claims = json!({
            "aud": self.endpoints.issuer.as_str(),
            "iss": CLIENT_ID,
            "iat": now,
            "exp": now + 100,
            "jti": uuid::Uuid::new_v4().to_string(),
            "scope": scope,
            "authorization_details": [detail],
        });
        let mut text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0; self.key.pair.public_modulus_len()];
        self.key
            .pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .unwrap();
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        text
    }

    /// Sends one request and writes it down.
    async fn send(&self, request: reqwest::RequestBuilder, operation: &'static str, ledger: &mut Ledger) -> Bytes {
        let mark = uuid::Uuid::new_v4().to_string();
        let request = request.header(MARK, &mark).build().unwrap();
        let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        let mut sent = Sent {
            organisation: self.organisation.clone(),
            operation,
            token: header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned()),
            query: request.url().query().unwrap_or_default().to_owned(),
            body: Bytes::copy_from_slice(request.body().and_then(|body| body.as_bytes()).unwrap_or_default()),
            status: 0,
            answer: Bytes::new(),
        };
        let answer = self.http.execute(request).await.unwrap();
        sent.status = answer.status().as_u16();
        sent.answer = answer.bytes().await.unwrap();
        let body = sent.answer.clone();
        assert!(ledger.insert(mark, sent).is_none());
        body
    }

    /// Fetches a token, and keeps it for what follows.
    pub(crate) async fn authorise(&mut self, scope: &str, ledger: &mut Ledger) {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", &self.assertion(scope))
            .finish();
        let request = self
            .http
            .post(self.endpoints.token_endpoint.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer: Value = serde_json::from_slice(&self.send(request, "token", ledger).await).unwrap();
        answer["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    /// Asks for one page after this number.
    pub(crate) async fn page(&self, from: u64, ledger: &mut Ledger) -> Vec<u64> {
        let path = format!("api/trekkpaalegg/v1?fraSekvensnummer={from}&maksAntall={PAGE}");
        let request = self
            .http
            .get(self.endpoints.trekkpaalegg.join(&path).unwrap())
            .header("accept", "application/json")
            .header("klientid", CLIENT_ID)
            .bearer_auth(&self.token);
        let answer: Value = serde_json::from_slice(&self.send(request, "hentAlleGjeldende", ledger).await).unwrap();
        let orders = answer.as_array().unwrap();
        orders
            .iter()
            .map(|order| order["sekvensnummer"].as_u64().unwrap())
            .collect()
    }

    /// Fetches what is new, to a page that is not full.
    pub(crate) async fn poll(&mut self, ledger: &mut Ledger) {
        loop {
            let numbers = self.page(self.watermark, ledger).await;
            self.watermark = numbers.iter().copied().fold(self.watermark, u64::max);
            if (numbers.len() as u64) < PAGE {
                return;
            }
        }
    }

    /// Submits one report.
    pub(crate) async fn submit(&self, reference: &str, ledger: &mut Ledger) {
        let body = example_submission(&self.organisation, 2024, reference).to_string();
        let url = format!("{}/2024", self.endpoints.finansprodukter.as_str().trim_end_matches('/'));
        let request = self
            .http
            .post(url)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("idempotencykey", uuid::Uuid::new_v4().to_string())
            .bearer_auth(&self.token)
            .body(body);
        self.send(request, "innsending", ledger).await;
    }

    /// A night's work: metadata, a token for each API, so many polls, and a report.
    pub(crate) async fn work(&mut self, polls: usize) -> Ledger {
        let mut ledger = Ledger::new();
        let metadata = self
            .endpoints
            .issuer
            .join(".well-known/oauth-authorization-server")
            .unwrap();
        self.send(self.http.get(metadata), "discovery", &mut ledger).await;
        self.authorise(SCOPE_TREKKPAALEGG, &mut ledger).await;
        let orders = self.token.clone();
        for _ in 0..polls {
            self.poll(&mut ledger).await;
        }
        self.authorise(SCOPE_FINANSPRODUKTER, &mut ledger).await;
        let reference = format!("REF-{}", self.organisation);
        self.submit(&reference, &mut ledger).await;
        self.token = orders;
        ledger
    }
}
