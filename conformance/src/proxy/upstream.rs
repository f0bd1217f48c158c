//! Connections to the other side: as little as possible between what came in and what goes out.

use std::{error::Error as _, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::{
        legacy::{
            Client,
            connect::{HttpConnector, proxy::Tunnel},
        },
        proxy::matcher::Matcher,
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, pki_types::CertificateDer};
use rustls_platform_verifier::Verifier;
use skatteetaten_client::environment::is_loopback;
use url::Url;

use super::StartError;

/// Only connecting has a limit: how long an answer may take is for the vendor's system to say.
const CONNECT: Duration = Duration::from_secs(30);

type Over<Connector> = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// Connections to every upstream. An organisation's own proxy for outgoing traffic is used where
/// the environment names one, for addresses that are not on this computer.
#[derive(Debug)]
pub(super) struct Upstream {
    direct: Over<HttpConnector>,
    tunnelled: Option<(Matcher, Over<Tunnel<HttpConnector>>)>,
}

impl Upstream {
    /// `roots` are trusted beside the operating system's.
    pub(super) fn new(origins: &[Url], roots: &[CertificateDer<'static>]) -> Result<Self, StartError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = |error: rustls::Error| StartError::Trust(error.to_string());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(tls)?;
        let config = if origins.iter().any(|origin| origin.scheme() == "https") {
            let verifier = Verifier::new_with_extra_roots(roots.iter().cloned(), provider).map_err(tls)?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth()
        } else {
            // Nothing is called over TLS; nothing is trusted either.
            builder
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth()
        };
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT));
        let https = || {
            HttpsConnectorBuilder::new()
                .with_tls_config(config.clone())
                .https_or_http()
                .enable_http1()
        };
        let mut client = Client::builder(TokioExecutor::new());
        client
            .http1_preserve_header_case(true)
            .set_host(false)
            .pool_timer(TokioTimer::new());
        let matcher = Matcher::from_system();
        let tunnel = origins
            .iter()
            .filter(|origin| !is_loopback(origin))
            .find_map(|origin| matcher.intercept(&origin.as_str().parse().ok()?));
        let tunnelled = tunnel.map(|proxy| {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), http.clone());
            if let Some(authorization) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(authorization.clone());
            }
            (Matcher::from_system(), client.build(https().wrap_connector(tunnel)))
        });
        Ok(Self {
            direct: client.build(https().wrap_connector(http)),
            tunnelled,
        })
    }

    pub(super) async fn send(&self, origin: &Url, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failed> {
        let tunnelled = self
            .tunnelled
            .as_ref()
            .filter(|(matcher, _)| !is_loopback(origin) && matcher.intercept(request.uri()).is_some());
        let answer = match tunnelled {
            Some((_, client)) => client.request(request).await,
            None => self.direct.request(request).await,
        };
        answer.map_err(|error| {
            let mut causes = String::new();
            let mut cause = error.source();
            while let Some(error) = cause {
                causes = error.to_string();
                cause = error.source();
            }
            Failed {
                unreachable: error.is_connect(),
                cause: causes,
            }
        })
    }
}

/// No answer.
#[derive(Debug)]
pub(super) struct Failed {
    /// No connection was made, so nothing was sent.
    pub(super) unreachable: bool,
    /// The innermost reason: the operating system's, or what is wrong with a certificate.
    pub(super) cause: String,
}
