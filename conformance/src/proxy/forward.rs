//! One request, from its arrival until its answer is on the way.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use chrono::Utc;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use http_body_util::Full;
use serde_json::json;
use tokio::sync::watch;
use url::Url;

use super::{
    OWN_ANSWER, Passed, Sink,
    body::{Read, Tee, read},
    discovery, guard,
    open::{Fault, Open},
    routes::Routes,
    upstream::Upstream,
};
use crate::{
    recording::{Kind, RawExchange},
    simulator::Connection,
    synthetic::Guard,
};

/// How much the proxy takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Largest request in bytes.
    pub(super) request: usize,
    /// Largest answer that is recorded whole, in bytes.
    pub(super) recorded_answer: usize,
    /// All bodies together, in bytes.
    pub(super) recorded: usize,
}

/// What all requests share.
pub(super) struct Shared {
    pub(super) own: Url,
    pub(super) routes: Routes,
    pub(super) upstream: Upstream,
    pub(super) guard: Arc<Guard>,
    pub(super) limits: Limits,
    sink: Arc<dyn Sink>,
    next: AtomicU64,
    recorded: AtomicUsize,
    refusing: Mutex<Option<String>>,
    open: watch::Sender<usize>,
}

impl Shared {
    pub(super) fn new(
        own: Url,
        routes: Routes,
        upstream: Upstream,
        guard: Arc<Guard>,
        limits: Limits,
        sink: Arc<dyn Sink>,
    ) -> Self {
        Self {
            own,
            routes,
            upstream,
            guard,
            limits,
            sink,
            next: AtomicU64::new(0),
            recorded: AtomicUsize::new(0),
            refusing: Mutex::default(),
            open: watch::Sender::new(0),
        }
    }

    fn begin(self: &Arc<Self>, exchange: RawExchange) -> Open {
        self.open.send_modify(|open| *open += 1);
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        Open::new(Arc::clone(self), number, exchange)
    }

    /// Called once by each [`Open`].
    pub(super) fn record(&self, passed: Passed) {
        let size = passed.exchange.request_body.len() + passed.exchange.response_body.len();
        let before = self.recorded.fetch_add(size, Ordering::SeqCst);
        if before + size > self.limits.recorded {
            self.refuse(format!(
                "the recording has reached {} MB; stop the proxy to get its evidence, and start it again",
                self.limits.recorded / 1_000_000
            ));
        }
        self.sink.passed(passed);
        self.open.send_modify(|open| *open -= 1);
    }

    pub(super) fn refuse(&self, reason: String) {
        let mut refusing = self.refusing.lock().unwrap_or_else(PoisonError::into_inner);
        refusing.get_or_insert(reason);
    }

    fn refusing(&self) -> Option<String> {
        self.refusing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn all_recorded(&self) {
        let mut open = self.open.subscribe();
        // The sender lives in `self`.
        let _ = open.wait_for(|open| *open == 0).await;
    }
}

/// Headers that belong to one connection (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

/// An answer of the proxy's own.
fn own(status: StatusCode, fault: Fault, detail: &str) -> Response {
    let body = json!({
        "type": format!("urn:skatt-conformance:proxy:{}", fault.name()),
        "title": "answered by skatt-conformance's proxy, not by the other side",
        "status": status.as_u16(),
        "detail": detail,
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(OWN_ANSWER, HeaderValue::from_static(fault.name()));
    response
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let connection = parts.extensions.remove::<Arc<Connection>>();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned();
    let path = parts.uri.path().to_owned();
    let route = shared.routes.of(&parts.method, &path);
    let at = route.as_ref().map_or(&shared.own, |route| &route.origin);
    let url = at.join(&target).unwrap_or_else(|_| at.clone());
    let mut open = shared.begin(RawExchange {
        kind: route
            .as_ref()
            .map_or(Kind::Api(skatteetaten_client::Api::Trekkpaalegg), |route| route.kind),
        operation: route
            .as_ref()
            .map_or(super::operations::UNKNOWN, |route| route.operation)
            .to_owned(),
        attempt: 1,
        method: parts.method.clone(),
        url,
        request_headers: parts.headers.clone(),
        request_body: bytes::Bytes::new(),
        started: Utc::now(),
        ms: 0,
        status: None,
        response_headers: HeaderMap::new(),
        response_body: bytes::Bytes::new(),
        fault: None,
    });
    let refused = |open: &mut Open, status: StatusCode, fault: Fault, detail: &str| {
        open.detail(detail);
        open.broken(fault);
        own(status, fault, detail)
    };
    if let Some(reason) = shared.refusing() {
        return refused(&mut open, StatusCode::SERVICE_UNAVAILABLE, Fault::Refused, &reason);
    }
    let Some(route) = route else {
        let detail = "no upstream has this path; the proxy keeps paths, so call the one that the API documents";
        return refused(&mut open, StatusCode::NOT_FOUND, Fault::NoRoute, detail);
    };
    let body = match read(body, shared.limits.request).await {
        Read::Whole(body) => body,
        Read::TooLarge => {
            let detail = format!(
                "the request is larger than {} bytes; nothing was sent",
                shared.limits.request
            );
            return refused(&mut open, StatusCode::PAYLOAD_TOO_LARGE, Fault::TooLarge, &detail);
        }
        // Nobody is there to answer.
        Read::Broken => return Response::new(Body::empty()),
    };
    open.request_body(body.clone());
    let suspects = guard::check(&shared.guard, &parts, &route, &body);
    if !suspects.is_empty() {
        let detail = crate::synthetic::NotSent {
            suspects: suspects.clone(),
        }
        .to_string();
        open.suspects(suspects);
        return refused(&mut open, StatusCode::FORBIDDEN, Fault::Stopped, &detail);
    }

    let authority = match route.origin.port() {
        Some(port) => format!("{}:{port}", route.origin.host_str().unwrap_or_default()),
        None => route.origin.host_str().unwrap_or_default().to_owned(),
    };
    let uri = Uri::builder()
        .scheme(route.origin.scheme())
        .authority(authority.as_str())
        .path_and_query(target)
        .build();
    let (Ok(uri), Ok(host)) = (uri, HeaderValue::from_str(&authority)) else {
        let detail = "the address cannot be called";
        return refused(&mut open, StatusCode::BAD_REQUEST, Fault::NoRoute, detail);
    };
    parts.uri = uri;
    parts.version = http::Version::HTTP_11;
    end_to_end(&mut parts.headers);
    parts.headers.insert(header::HOST, host);
    let outgoing = http::Request::from_parts(parts, Full::new(body));
    let (mut head, body) = match shared.upstream.send(&route.origin, outgoing).await {
        Ok(answer) => answer.into_parts(),
        Err(failed) if failed.unreachable => {
            let detail = format!(
                "{} cannot be reached at {authority}: {}; nothing was sent",
                route.party.name(),
                failed.cause
            );
            return refused(&mut open, StatusCode::BAD_GATEWAY, Fault::Unreachable, &detail);
        }
        Err(failed) => {
            open.detail(&failed.cause);
            open.broken(Fault::Connection);
            // The other side broke off without an answer, and so do we.
            if let Some(connection) = connection {
                connection.reset();
            }
            return own(StatusCode::BAD_GATEWAY, Fault::Connection, "the connection broke");
        }
    };
    open.head(head.status, &head.headers);
    end_to_end(&mut head.headers);
    if route.kind == Kind::Discovery && route.operation == "discovery" && head.status.is_success() {
        return metadata(&shared, open, head, body, connection).await;
    }
    Response::from_parts(head, Body::new(Tee::new(body, open)))
}

/// Largest metadata that is read.
const METADATA: usize = 1 << 20;

async fn metadata(
    shared: &Shared,
    mut open: Open,
    mut head: http::response::Parts,
    body: hyper::body::Incoming,
    connection: Option<Arc<Connection>>,
) -> Response {
    let body = match read(body, METADATA).await {
        Read::Whole(body) => body,
        Read::TooLarge | Read::Broken => {
            open.broken(Fault::Truncated);
            if let Some(connection) = connection {
                connection.reset();
            }
            return own(StatusCode::BAD_GATEWAY, Fault::Truncated, "the metadata broke off");
        }
    };
    open.answer(&body);
    match discovery::rewrite(&body, &shared.own, &shared.routes) {
        Ok((body, rewritten)) => {
            open.rewritten(rewritten);
            open.whole();
            if head.headers.contains_key(header::CONTENT_LENGTH) {
                head.headers.insert(header::CONTENT_LENGTH, body.len().into());
            }
            Response::from_parts(head, Body::from(body))
        }
        Err(detail) => {
            open.detail(&detail);
            open.whole();
            own(StatusCode::BAD_GATEWAY, Fault::Refused, &detail)
        }
    }
}
