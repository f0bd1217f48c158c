//! The registry client and pinning, against a local server that speaks the registry's format.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(feature = "registry")]

use std::{fs, path::Path, sync::Arc};

use axum::{
    Router,
    extract::{Path as UrlPath, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use skatteetaten_specs::{
    manifest::{Manifest, Provenance, sha256_hex},
    registry::{
        Fetched, Options, Registry, RegistryError,
        pin::{PinError, Pinned, pin},
    },
};

const NOW: &str = "2026-11-21T12:00:00Z";

/// What the server answers to a request for a document or a list.
#[derive(Clone)]
enum Behaviour {
    Published(Arc<[u8]>),
    Status(StatusCode),
    Html,
    Elsewhere(String),
    WithinHost(Arc<[u8]>),
    Endless,
    Large(usize),
}

async fn serve(behaviour: Behaviour) -> Registry {
    async fn list(State(behaviour): State<Behaviour>, UrlPath(api): UrlPath<String>) -> Response {
        match behaviour {
            Behaviour::Published(_) | Behaviour::WithinHost(_) => axum::Json(serde_json::json!({
                "name": api,
                "apis": [
                    {"properties": [{"type": "Swagger", "url": "https://x/1.3"}, {"type": "X-Version", "value": "1.3"}]},
                    {"properties": [{"type": "Swagger", "url": "https://x/1.4"}, {"type": "X-Version", "value": "1.4"}]},
                ],
                "defaultVersion": "1.4",
            }))
            .into_response(),
            other => answer(other),
        }
    }
    async fn document(
        State(behaviour): State<Behaviour>,
        UrlPath((api, version)): UrlPath<(String, String)>,
    ) -> Response {
        match behaviour {
            Behaviour::WithinHost(_) => Redirect::temporary(&format!("/moved/{api}/{version}")).into_response(),
            other => answer(other),
        }
    }
    async fn moved(State(behaviour): State<Behaviour>) -> Response {
        answer(behaviour)
    }
    fn answer(behaviour: Behaviour) -> Response {
        match behaviour {
            Behaviour::Published(bytes) | Behaviour::WithinHost(bytes) => {
                ([(header::CONTENT_TYPE, "application/json")], bytes.to_vec()).into_response()
            }
            Behaviour::Status(status) => status.into_response(),
            Behaviour::Html => ([(header::CONTENT_TYPE, "text/html")], "<html>maintenance</html>").into_response(),
            Behaviour::Elsewhere(url) => Redirect::temporary(&url).into_response(),
            Behaviour::Endless => Redirect::temporary("/a/b/swagger.json").into_response(),
            Behaviour::Large(size) => vec![b' '; size].into_response(),
        }
    }
    let router = Router::new()
        .route("/{api}", get(list))
        .route("/{api}/{version}/swagger.json", get(document))
        .route("/moved/{api}/{version}", get(moved))
        .with_state(behaviour);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut options = Options::new(&base).unwrap();
    options.max_bytes = 200_000;
    Registry::new(options).unwrap()
}

const PUBLISHED: &str = r##"{"openapi":"3.0.3","info":{"title":"T","version":"1.4"},
 "paths":{"/a":{"get":{"operationId":"a","responses":{"200":{"description":"ok"}}}}}}"##;

#[tokio::test]
async fn versions_and_document_arrive_as_published() {
    let registry = serve(Behaviour::Published(PUBLISHED.as_bytes().into())).await;
    let versions = registry.versions("trekkpaalegg-app").await.unwrap();
    assert_eq!(versions.all, ["1.3", "1.4"]);
    assert_eq!(versions.recommended(), Some("1.4"));
    let fetched = registry.document("trekkpaalegg-app", "1.4").await.unwrap();
    assert_eq!(fetched.bytes, PUBLISHED.as_bytes(), "byte for byte");
    assert!(fetched.url.ends_with("/trekkpaalegg-app/1.4/swagger.json"));
}

#[tokio::test]
async fn a_redirect_within_the_host_is_followed() {
    let registry = serve(Behaviour::WithinHost(PUBLISHED.as_bytes().into())).await;
    assert_eq!(registry.document("a", "1").await.unwrap().bytes, PUBLISHED.as_bytes());
}

#[tokio::test]
async fn a_redirect_to_another_host_or_without_end_is_not() {
    for behaviour in [
        Behaviour::Elsewhere("http://127.0.0.2:9/x".to_owned()),
        Behaviour::Endless,
    ] {
        let registry = serve(behaviour).await;
        let error = registry.document("a", "b").await.unwrap_err();
        assert!(matches!(error, RegistryError::Redirect { .. }), "{error}");
    }
}

#[tokio::test]
async fn every_failure_has_its_own_error() {
    let error = serve(Behaviour::Status(StatusCode::NOT_FOUND))
        .await
        .document("a", "1")
        .await
        .unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error}");
    let error = serve(Behaviour::Status(StatusCode::BAD_GATEWAY))
        .await
        .versions("a")
        .await
        .unwrap_err();
    assert!(matches!(error, RegistryError::Status { status: 502, .. }), "{error}");
    let error = serve(Behaviour::Html).await.versions("a").await.unwrap_err();
    assert!(matches!(error, RegistryError::Answer { .. }), "{error}");
    let error = serve(Behaviour::Large(200_001))
        .await
        .document("a", "1")
        .await
        .unwrap_err();
    assert!(
        matches!(error, RegistryError::TooLarge { limit: 200_000, .. }),
        "{error}"
    );
    let error = serve(Behaviour::Html).await.versions("../../etc").await.unwrap_err();
    assert!(matches!(error, RegistryError::Name { .. }), "{error}");
}

#[tokio::test]
async fn an_address_nobody_listens_on_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let registry = Registry::new(Options::new(&base).unwrap()).unwrap();
    let error = registry.versions("a").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&base), "{error}");
}

#[test]
fn plain_http_is_for_this_machine_only() {
    assert!(Options::new("http://registry.example.org/").is_err());
    assert!(Options::new("ftp://127.0.0.1/").is_err());
    assert!(Options::new("https://registry.example.org/apis").is_ok());
    assert!(Options::new("http://[::1]:80/").is_ok());
}

/// A folder like the checkout's `specs/`, with one reconstructed document.
fn checkout() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let reconstructed = PUBLISHED.replace("\"T\"", "\"reconstructed\"").into_bytes();
    fs::create_dir(folder.path().join("trekkpaalegg-app")).unwrap();
    fs::write(folder.path().join("trekkpaalegg-app/1.4.json"), &reconstructed).unwrap();
    let lock = format!(
        "# A comment that stays.\n[[document]]\napi = \"trekkpaalegg-app\"\nversion = \"1.4\"\nmodule = \"trekkpaalegg\"\n\
         source = \"https://x\"\nsha256 = \"{}\"\nprovenance = \"reconstructed\"\nretrieved = \"2026-11-20\"\n",
        sha256_hex(&reconstructed)
    );
    fs::write(folder.path().join("specs.toml"), lock).unwrap();
    (folder, reconstructed)
}

fn lock(folder: &Path) -> Manifest {
    Manifest::parse(&fs::read_to_string(folder.join("specs.toml")).unwrap()).unwrap()
}

fn fetched(text: &str) -> Fetched {
    Fetched {
        url: "https://registry.example/1".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

fn put(folder: &Path, version: &str, text: &str) -> Result<Pinned, PinError> {
    pin(folder, "trekkpaalegg-app", version, &fetched(text), NOW, false, |_| {
        Ok(())
    })
}

#[test]
fn a_reconstruction_is_replaced_and_kept() {
    let (folder, reconstructed) = checkout();
    let outcome = put(folder.path(), "1.4", PUBLISHED).unwrap();
    assert_eq!(
        outcome,
        Pinned::Replaced {
            kept_as: "1.4-reconstructed".to_owned()
        }
    );
    assert_eq!(
        fs::read(folder.path().join("trekkpaalegg-app/1.4.json")).unwrap(),
        PUBLISHED.as_bytes()
    );
    assert_eq!(
        fs::read(folder.path().join("trekkpaalegg-app/1.4-reconstructed.json")).unwrap(),
        reconstructed
    );
    let lock = lock(folder.path());
    assert_eq!(lock.documents.len(), 2);
    assert_eq!(
        (lock.documents[0].version.as_str(), &lock.documents[0].module),
        ("1.4-reconstructed", &None)
    );
    let new = &lock.documents[1];
    assert_eq!(new.provenance, Provenance::Published);
    assert_eq!(new.module.as_deref(), Some("trekkpaalegg"));
    assert_eq!(new.sha256, sha256_hex(PUBLISHED.as_bytes()));
    assert_eq!(new.retrieved, NOW);
    assert!(
        fs::read_to_string(folder.path().join("specs.toml"))
            .unwrap()
            .starts_with("# A comment that stays.")
    );
    assert_eq!(put(folder.path(), "1.4", PUBLISHED).unwrap(), Pinned::Unchanged);
}

#[test]
fn a_new_version_takes_over_the_bindings() {
    let (folder, _) = checkout();
    let outcome = put(folder.path(), "1.5", PUBLISHED).unwrap();
    assert_eq!(
        outcome,
        Pinned::New {
            previous: Some("1.4".to_owned())
        }
    );
    let lock = lock(folder.path());
    let with_bindings: Vec<_> = lock.documents.iter().filter(|entry| entry.module.is_some()).collect();
    assert_eq!(with_bindings.len(), 1);
    assert_eq!(with_bindings[0].version, "1.5");
}

#[test]
fn a_published_version_with_other_bytes_is_said_and_both_are_kept() {
    let (folder, _) = checkout();
    put(folder.path(), "1.4", PUBLISHED).unwrap();
    let other = PUBLISHED.replace("\"ok\"", "\"fine\"");
    let Pinned::Rewritten { kept_as } = put(folder.path(), "1.4", &other).unwrap() else {
        panic!()
    };
    assert_eq!(kept_as, format!("1.4-{}", &sha256_hex(PUBLISHED.as_bytes())[..8]));
    assert_eq!(
        fs::read(folder.path().join(format!("trekkpaalegg-app/{kept_as}.json"))).unwrap(),
        PUBLISHED.as_bytes()
    );
}

/// Name and bytes of every file below a folder.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn what_cannot_be_used_changes_nothing() {
    let (folder, _) = checkout();
    let before = snapshot(folder.path());
    let error = pin(
        folder.path(),
        "trekkpaalegg-app",
        "1.4",
        &fetched(PUBLISHED),
        NOW,
        false,
        |_| Err("a form body at /paths/~1a".to_owned()),
    )
    .unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert!(error.to_string().contains("a form body at /paths/~1a"), "{error}");
    for text in ["<html>", "{\"swagger\":\"2.0\"}", "{\"openapi\":\"3.1.0\"}", ""] {
        put(folder.path(), "1.4", text).unwrap_err();
    }
    let outcome = pin(
        folder.path(),
        "trekkpaalegg-app",
        "1.4",
        &fetched(PUBLISHED),
        NOW,
        true,
        |_| Ok(()),
    )
    .unwrap();
    assert!(
        matches!(outcome, Pinned::Replaced { .. }),
        "a dry run says what would happen"
    );
    assert_eq!(snapshot(folder.path()), before);
}
