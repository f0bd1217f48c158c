//! A local server in the format of the registry.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};

type Documents = Arc<Mutex<BTreeMap<(String, String), Vec<u8>>>>;

pub(crate) struct Registry {
    pub(crate) base: String,
    documents: Documents,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        let documents = Documents::default();
        let router = Router::new()
            .route("/apis/skatteetaten/{api}", get(versions))
            .route("/apis/skatteetaten/{api}/{version}/swagger.json", get(document))
            .with_state(Arc::clone(&documents));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/apis/skatteetaten/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, documents }
    }

    /// From now on the registry has this document; the newest version is the default.
    pub(crate) fn publish(&self, api: &str, version: &str, bytes: &[u8]) {
        self.documents
            .lock()
            .unwrap()
            .insert((api.to_owned(), version.to_owned()), bytes.to_vec());
    }
}

async fn versions(State(documents): State<Documents>, Path(api): Path<String>) -> Result<Json<Value>, StatusCode> {
    let documents = documents.lock().unwrap();
    let versions: Vec<_> = documents
        .keys()
        .filter(|(name, _)| *name == api)
        .map(|(_, version)| version)
        .collect();
    let default = versions.last().ok_or(StatusCode::NOT_FOUND)?;
    let apis: Vec<_> = versions
        .iter()
        .map(|version| {
            json!({ "properties": [
                { "type": "Swagger", "url": format!("https://registry.example/{api}/{version}") },
                { "type": "X-Version", "value": version },
            ] })
        })
        .collect();
    Ok(Json(json!({ "name": api, "apis": apis, "defaultVersion": default })))
}

async fn document(
    State(documents): State<Documents>,
    Path(key): Path<(String, String)>,
) -> Result<Vec<u8>, StatusCode> {
    documents
        .lock()
        .unwrap()
        .get(&key)
        .cloned()
        .ok_or(StatusCode::NOT_FOUND)
}
