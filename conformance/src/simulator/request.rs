//! A request, read whole, with what services ask of it.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt as _;
use uuid::Uuid;

use super::operation::Route;

/// Most bytes of a request body that are kept: the limit of a submission, and one more to tell
/// that it was passed.
pub(crate) const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// A request whose body has been read.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    /// The body; empty when it was too large.
    pub(crate) body: Bytes,
    /// Bytes of the body, also when it was too large.
    pub(crate) body_bytes: usize,
    pub(crate) too_large: bool,
    pub(crate) route: Route,
    /// The id that answers carry: the client's own when it sent a UUID.
    pub(crate) correlation_id: String,
}

impl Request {
    /// Reads a request to its end. A body beyond the limit is drained, so that the client gets an
    /// answer instead of a broken connection, and not kept.
    ///
    /// # Errors
    /// When the client goes away before the end.
    pub(crate) async fn read(request: axum::extract::Request) -> Result<Self, axum::Error> {
        let (parts, mut body) = request.into_parts();
        let mut kept = BytesMut::new();
        let mut body_bytes = 0;
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                body_bytes += data.len();
                if body_bytes <= BODY_LIMIT {
                    kept.extend_from_slice(&data);
                } else {
                    kept.clear();
                }
            }
        }
        let correlation_id = parts
            .headers
            .get("korrelasjonsid")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| Uuid::parse_str(text).ok())
            .unwrap_or_else(Uuid::new_v4)
            .to_string();
        Ok(Self {
            route: Route::of(&parts.method, parts.uri.path()),
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            too_large: body_bytes > BODY_LIMIT,
            body: kept.freeze(),
            body_bytes,
            correlation_id,
        })
    }

    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body, without parameters.
    pub(crate) fn content_type(&self) -> Option<&str> {
        let value = self.header(header::CONTENT_TYPE.as_str())?;
        Some(value.split(';').next().unwrap_or_default().trim())
    }

    /// Whether the client takes JSON.
    pub(crate) fn accepts_json(&self) -> bool {
        let mut values = self.headers.get_all(header::ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return true;
        }
        values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|range| {
                let mut parts = range.split(';').map(str::trim);
                let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
                let refused = parts.any(|p| matches!(p.split_once('='), Some(("q", q)) if q.parse() == Ok(0.0_f32)));
                !refused && matches!(kind.as_str(), "application/json" | "application/*" | "*/*")
            })
    }

    /// Query parameters: each name once, unless it was given with several values.
    pub(crate) fn query(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let query = self.query.as_deref().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            found.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        found
    }

    /// A path parameter.
    pub(crate) fn parameter(&self, index: usize) -> &str {
        self.route.parameters.get(index).map_or("", String::as_str)
    }

    /// Whether `Korrelasjonsid` is absent or a UUID.
    pub(crate) fn correlation_id_is_valid(&self) -> bool {
        self.headers
            .get("korrelasjonsid")
            .is_none_or(|value| value.to_str().is_ok_and(is_uuid))
    }
}

/// A UUID in its usual form: hexadecimal digits in groups of 8-4-4-4-12.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::parse_str(text).is_ok()
}
