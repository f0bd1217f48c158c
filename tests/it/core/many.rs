//! Ten thousand customers in one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use skatteetaten_client::transport::CallOptions;
use skatteetaten_client::{Access, Api, Client, Environment, generated};

use super::server::builder;

const CUSTOMERS: usize = 10_000;

/// What Maskinporten and the API have seen: per customer, token requests and calls.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<HashMap<String, [usize; 2]>>>);

impl Counts {
    fn add(&self, customer: &str, what: usize) {
        self.0.lock().unwrap().entry(customer.to_owned()).or_default()[what] += 1;
    }
}

async fn issue(State(counts): State<Counts>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    let payload = form["assertion"].split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let customer = claims["authorization_details"][0]["systemuser_org"]["ID"]
        .as_str()
        .and_then(|id| id.strip_prefix("0192:"))
        .unwrap();
    counts.add(customer, 0);
    // Others who ask for the same token now have to wait for this one.
    tokio::task::yield_now().await;
    Json(json!({ "access_token": format!("for-{customer}"), "token_type": "Bearer", "expires_in": 86_400 }))
}

/// The customer that the call is about travels in a parameter, the one that it is made for in the
/// token: they must be the same.
async fn orders(
    State(counts): State<Counts>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let customer = &query["fraSekvensnummer"];
    if headers["authorization"] != format!("Bearer for-{customer}") {
        return Err(StatusCode::FORBIDDEN);
    }
    counts.add(customer, 1);
    Ok(Json(json!([])))
}

async fn serve(counts: Counts) -> Environment {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/token", post(issue))
        .route("/api/trekkpaalegg/v1", get(orders))
        .with_state(counts);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Environment::custom("many")
        .with_base_url(Api::Trekkpaalegg, &base)
        .unwrap()
        .with_issuer(&base)
        .unwrap()
        .with_token_endpoint(&format!("{base}/token"))
        .unwrap()
}

async fn call(client: &Client, customer: usize) -> bool {
    let number = number(customer);
    let client = client.with_access(Access::system_user(&number));
    let options = CallOptions::new(Api::Trekkpaalegg, "hentAlleGjeldende");
    let answer = client
        .transport()
        .send(options, |call| async move {
            let bindings = generated::trekkpaalegg::Client::new_with_client(call.base_url(), call.http(), call.clone());
            let query = bindings.hent_alle_gjeldende().fra_sekvensnummer(number);
            query.maks_antall("1").send().await
        })
        .await;
    answer.is_ok()
}

fn number(customer: usize) -> String {
    format!("3{customer:08}")
}

#[tokio::test]
async fn ten_thousand_customers_have_one_token_each_and_nobody_elses() {
    let counts = Counts::default();
    let client = builder(serve(counts.clone()).await).build().unwrap();
    // Two who need the token at the same moment for each customer, and a hundred customers at a
    // time.
    let results: Vec<_> = stream::iter(0..CUSTOMERS)
        .map(|customer| {
            let subject = client.with_access(Access::system_user(number(customer)));
            let client = &client;
            async move {
                let (called, token) = tokio::join!(call(client, customer), subject.token(Api::Trekkpaalegg));
                called && token.is_ok()
            }
        })
        .buffer_unordered(100)
        .collect()
        .await;
    assert_eq!(results.len(), CUSTOMERS);
    assert!(
        results.iter().all(|good| *good),
        "a call went out with another customer's token"
    );
    let counts = counts.0.lock().unwrap();
    assert_eq!(counts.len(), CUSTOMERS);
    assert!(
        counts.values().all(|seen| *seen == [1, 1]),
        "one token request for each"
    );
}

#[tokio::test]
async fn a_mixed_up_token_would_be_found() {
    let counts = Counts::default();
    let environment = serve(counts.clone()).await;
    let client = builder(environment).build().unwrap();
    assert!(call(&client, 1).await);
    // The same check with the wrong customer's client: the server of this test does notice.
    let wrong = client.with_access(Access::system_user(number(1)));
    let options = CallOptions::new(Api::Trekkpaalegg, "hentAlleGjeldende");
    let answer = wrong
        .transport()
        .send(options, |call| async move {
            let bindings = generated::trekkpaalegg::Client::new_with_client(call.base_url(), call.http(), call.clone());
            let query = bindings.hent_alle_gjeldende().fra_sekvensnummer(number(2));
            query.maks_antall("1").send().await
        })
        .await;
    assert_eq!(answer.unwrap_err().status(), Some(403));
}
