//! Showing a pack in a browser, from this machine only.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use tokio::net::TcpListener;

use super::{EvidenceError, Pack, name};
use crate::results::Lang;

/// A pack being served. It is read once, so what is shown is what was checked.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Served {
    /// Starts serving on a free port of the loopback interface.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(pack: Pack, lang: Lang) -> Result<Self, EvidenceError> {
        let failed = EvidenceError::io("opening a port on", "127.0.0.1");
        let listener = match TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await {
            Ok(listener) => listener,
            Err(error) => return Err(failed(error)),
        };
        let address = listener.local_addr().map_err(failed)?;
        let start = summary(lang);
        let router = Router::new()
            .route(
                "/",
                get(move || async move { Redirect::temporary(&format!("/{start}")) }),
            )
            .route("/{*path}", get(file))
            .with_state(Arc::new(pack));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, task })
    }

    /// Where to look.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The summary in one language.
#[must_use]
pub const fn summary(lang: Lang) -> &'static str {
    match lang {
        Lang::Nb => name::SUMMARY_HTML_NB,
        Lang::En => name::SUMMARY_HTML_EN,
    }
}

async fn file(State(pack): State<Arc<Pack>>, Path(path): Path<String>) -> Response {
    // Only names that are in the pack are answered; no path reaches the file system.
    let Some(bytes) = pack.file(&path) else {
        return (StatusCode::NOT_FOUND, "the pack has no such file\n").into_response();
    };
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        _ => "text/plain; charset=utf-8",
    };
    let mut response = bytes.to_vec().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}
