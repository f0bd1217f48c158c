//! What a pack says about the run itself.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use skatteetaten_specs::manifest::sha256_hex;

use super::{HostGuard, Options, Suite, Target, is_loopback, schema};
use crate::{
    recording::RawExchange,
    results::{
        ApiName, Capability, EnvironmentInfo, HostInfo, RunInfo, SimulatorInfo, Target as TargetInfo, TargetKind, Text,
        TlsFact, Tool,
    },
};

pub(crate) fn run_info(suite: &Suite, target: &Target, options: &Options, start: DateTime<Utc>) -> RunInfo {
    RunInfo {
        id: uuid::Uuid::new_v4().to_string(),
        start,
        end: None,
        apis: target.apis.iter().copied().collect(),
        tool: Tool {
            name: "skatt-conformance".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            binary_sha256: binary_sha256().clone(),
        },
        catalogue_version: suite.catalogue.version().to_owned(),
        register_version: suite.catalogue.register_version().to_owned(),
        target: TargetInfo {
            kind: target.kind,
            description: target.describe(),
        },
        preset: target.preset.name().to_owned(),
        operator: options.operator.clone(),
        system: options.system.clone(),
        documents: schema::documents(),
        resumed: Vec::new(),
    }
}

/// The program does not change while it runs.
fn binary_sha256() -> &'static Option<String> {
    static DIGEST: OnceLock<Option<String>> = OnceLock::new();
    DIGEST.get_or_init(|| {
        let bytes = std::env::current_exe().and_then(std::fs::read).ok()?;
        Some(sha256_hex(&bytes))
    })
}

pub(crate) fn environment(target: &Target, exchanges: &[&RawExchange]) -> EnvironmentInfo {
    let (mut hosts, mut tls) = (Vec::new(), Vec::new());
    for (purpose, url) in target.addresses() {
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        if !hosts.iter().any(|known: &HostInfo| known.host == host) {
            tls.push(TlsFact {
                host: host.clone(),
                fact: if url.scheme() == "https" {
                    Text::new(
                        "TLS; sertifikatet kontrolleres mot operativsystemets tillitslager",
                        "TLS; the certificate is checked against the operating system's trust store",
                    )
                } else {
                    Text::new("uten TLS, bare på egen maskin", "without TLS, on this computer only")
                },
            });
        }
        hosts.push(HostInfo {
            host,
            purpose: Text::same(purpose),
            reason: target.hosts.reason(&url).map(str::to_owned),
        });
    }
    let simulated = target.addresses().values().all(is_loopback) && target.kind == TargetKind::Simulator;
    EnvironmentInfo {
        hosts,
        documents: schema::documents(),
        clock_offset_ms: exchanges.iter().find_map(|exchange| clock_offset(exchange)),
        simulator: simulated.then(|| SimulatorInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: None,
        }),
        tls,
        access_model: target.preset.name().to_owned(),
        capabilities: [
            ("trekkpaalegg", target.tests(ApiName::Trekkpaalegg)),
            ("finansprodukter", target.tests(ApiName::Finansprodukter)),
            ("system-user", target.preset.has_system_user()),
            (
                "authority-environment",
                target.addresses().values().all(HostGuard::is_authority),
            ),
        ]
        .into_iter()
        .map(|(name, declared)| Capability {
            name: name.to_owned(),
            declared,
        })
        .collect(),
    }
}

/// The server's clock minus ours, from the `Date` header, which counts whole seconds.
fn clock_offset(exchange: &RawExchange) -> Option<i64> {
    let date = exchange.response_headers.get(http::header::DATE)?.to_str().ok()?;
    let theirs = DateTime::parse_from_rfc2822(date).ok()?;
    let ours = exchange.started.timestamp_millis() + i64::try_from(exchange.ms).ok()?;
    // A difference below a second cannot be told from the rounding of the header.
    let offset = theirs.timestamp_millis() - ours;
    Some(if offset.abs() <= 1_000 { 0 } else { offset })
}
