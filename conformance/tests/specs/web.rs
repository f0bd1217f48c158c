//! Documents from the web: a server on this machine stands in for it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body, http::StatusCode, routing::get};
use bytes::Bytes;

use super::{NUMBER, Run, TEXT, document, program, write};

/// Serves in the background until the test ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn run(arguments: Vec<String>) -> Run {
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Run::from(program(&arguments).output().unwrap())
    })
    .await
    .unwrap()
}

fn fixed(text: String) -> axum::routing::MethodRouter {
    get(move || std::future::ready(text.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_fetched() {
    let router = Router::new()
        .route("/old.json", fixed(document(NUMBER)))
        .route("/new.json", fixed(document(TEXT)));
    let base = format!("http://{}", serve(router).await);
    let found = run(vec![format!("{base}/old.json"), format!("{base}/new.json")]).await;
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.out.contains(&format!("{base}/new.json:6:")), "{}", found.out);
    let same = run(vec![format!("{base}/old.json"), format!("{base}/old.json")]).await;
    assert_eq!(same.code, Some(0), "{same:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_is_refused() {
    let router = Router::new()
        .route("/gone", get(|| std::future::ready(StatusCode::NOT_FOUND)))
        .route("/page", fixed("<html><body>Log in</body></html>".to_owned()));
    let base = format!("http://{}", serve(router).await);
    let run_with = |path: &str| run(vec![format!("{base}{path}"), "trekkpaalegg-app@1.4".to_owned()]);
    run_with("/gone").await.refused(3, &["404", "check the address"]);
    run_with("/page").await.refused(2, &["/page"]);
    // A port that was free a moment ago: nobody listens.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let unreachable = run(vec![format!("http://{nobody}/a"), "trekkpaalegg-app@1.4".to_owned()]).await;
    unreachable.refused(3, &["cannot be fetched"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_cut_off() {
    let router = Router::new().route(
        "/endless",
        get(|| async {
            static PIECE: [u8; 1 << 20] = [b' '; 1 << 20];
            let pieces = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&PIECE)));
            Body::from_stream(pieces)
        }),
    );
    let base = format!("http://{}", serve(router).await);
    let found = run(vec![format!("{base}/endless"), "trekkpaalegg-app@1.4".to_owned()]).await;
    found.refused(2, &["larger than 64 MB"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_followed_only_when_asked() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let router = Router::new()
        .route(
            "/shared.json",
            get(move || {
                counter.fetch_add(1, Ordering::SeqCst);
                std::future::ready(format!(r#"{{"Amount": {NUMBER}, "Other": {TEXT}}}"#))
            }),
        )
        .route("/local.json", fixed(document(r#"{"$ref": "file:///etc/hostname#/A"}"#)));
    let base = format!("http://{}", serve(router).await);
    let folder = tempfile::tempdir().unwrap();
    let referring = |name: &str, part: &str| {
        let schema = format!(r#"{{"$ref": "{base}/shared.json#/{part}"}}"#);
        write(folder.path(), name, &document(&schema))
    };
    let (old, new) = (referring("old.json", "Amount"), referring("new.json", "Other"));
    let found = run(vec![old.clone(), new.clone()]).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing is fetched unasked");
    assert_eq!(found.code, Some(100), "what was not seen is not called safe: {found:?}");
    assert!(found.flat().contains("was not followed"), "{}", found.out);
    assert!(found.out.contains("response-reference-unresolved"), "{}", found.out);

    let found = run(vec![old.clone(), new, "--follow-references".to_owned()]).await;
    assert!(asked.load(Ordering::SeqCst) > 0);
    assert_eq!(found.code, Some(100), "{found:?}");
    assert!(found.out.contains("response-type-changed"), "{}", found.out);
    assert!(!found.flat().contains("was not followed"), "{}", found.out);

    // A document from the web reads no file of this machine.
    let found = run(vec![
        format!("{base}/local.json"),
        old,
        "--follow-references".to_owned(),
    ])
    .await;
    found.refused(2, &["file:///etc/hostname", "may not name"]);
}
