//! A plain client: signs assertions and sends requests, as any vendor's system would.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use skatteetaten_conformance::simulator::{Builder, Simulator};

/// A started simulator and a plain client for it.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) http: Client,
}

pub(crate) const EMPLOYER: &str = "123456789";
pub(crate) const TREKK: &str = "skatteetaten:trekkpaalegg";
pub(crate) const FINANS: &str = "skatteetaten:innrapporteringfinansprodukter";
pub(crate) const DIALOG: &str = "digdir:dialogporten";

impl Bench {
    pub(crate) async fn start(builder: Builder) -> Self {
        Self {
            simulator: builder.start().await.unwrap(),
            http: Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    pub(crate) async fn plain() -> Self {
        Self::start(Simulator::builder()).await
    }

    pub(crate) async fn with_fault(fault: &str) -> Self {
        Self::start(Simulator::builder().fault(fault.parse().unwrap())).await
    }

    /// Claims of a good assertion.
    pub(crate) fn claims(&self, scope: &str, organisation: Option<&str>) -> Value {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let now = Utc::now().timestamp();
        let mut claims = json!({
            "aud": self.simulator.endpoints().issuer,
            "iss": self.simulator.client_id(),
            "iat": now,
            "exp": now + 100,
            "jti": format!("{}-{}", now, NEXT.fetch_add(1, Ordering::Relaxed)),
            "scope": scope,
        });
        if let Some(organisation) = organisation {
            claims["authorization_details"] = json!([{
                "type": "urn:altinn:systemuser",
                "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{organisation}") },
            }]);
        }
        claims
    }

    /// Signs with the simulator's registered key.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let der = pem::parse(self.simulator.private_key_pem()).unwrap();
        let key = KeyPair::from_pkcs8(der.contents()).unwrap();
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "RS256", "kid": self.simulator.kid() })
    }

    pub(crate) fn token_request(&self, assertion: &str) -> RequestBuilder {
        self.http
            .post(self.simulator.endpoints().token_endpoint.clone())
            .form(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", assertion),
            ])
    }

    /// What the token endpoint says to these claims.
    pub(crate) async fn ask(&self, claims: &Value) -> (u16, Value) {
        let assertion = self.sign(&self.header(), claims);
        body(self.token_request(&assertion).send().await.unwrap()).await
    }

    pub(crate) async fn token(&self, scope: &str, organisation: Option<&str>) -> String {
        let (status, body) = self.ask(&self.claims(scope, organisation)).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn orders_url(&self, rest: &str) -> String {
        format!("{}api/trekkpaalegg/v1{rest}", self.simulator.endpoints().trekkpaalegg)
    }

    /// A list request of the default employer.
    pub(crate) async fn list(&self, query: &str) -> (u16, Value) {
        let token = self.token(TREKK, Some(EMPLOYER)).await;
        let request = self.http.get(self.orders_url(query)).bearer_auth(token);
        body(request.send().await.unwrap()).await
    }

    pub(crate) fn finans_url(&self, rest: &str) -> String {
        format!("{}{rest}", self.simulator.endpoints().finansprodukter)
    }

    /// A submission request of the default system user.
    pub(crate) async fn submission(&self, year: u32, key: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let token = self.token(FINANS, Some(EMPLOYER)).await;
        self.http
            .post(self.finans_url(&format!("/{year}")))
            .bearer_auth(token)
            .header("idempotencyKey", key)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(body)
    }
}

/// Status and JSON body; null where there is no JSON.
pub(crate) async fn body(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// The main code and the first specification code of a refusal.
pub(crate) fn codes(body: &Value) -> (&str, &str) {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    (text("/kode"), text("/spesifisering/0/kode"))
}

/// A small submission that is right.
pub(crate) fn report() -> Value {
    json!({ "leveranse": {
        "kildesystem": "Testsystem 1",
        "oppgavegiver": { "organisasjonsnummer": "310000000" },
        "inntektsaar": 2024,
        "oppgavegiversLeveranseReferanse": "ref-1",
        "leveransetype": "ordinaer",
        "oppgave": [{
            "oppgaveeier": { "organisasjon": { "organisasjonsnummer": "210000011" } },
            "konto": { "kontonummer": "1", "finansprodukt": [{ "finansprodukttype": "aksjer", "renteinntekt": "10.50" }] },
        }],
        "oppgaveoppsummering": { "antallOppgaver": 1, "sumRenteinntekt": "10.5" },
    } })
}

pub(crate) const KEY: &str = "7f9c24e8-3b12-4fef-91d0-0a4e3c1b2d55";
