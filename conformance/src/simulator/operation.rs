//! Which service and operation a request is for. The one place that knows the simulator's paths.

use std::fmt;

use http::Method;
use percent_encoding::percent_decode_str;

/// The four parties that the simulator plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// The token issuer.
    Maskinporten,
    /// Trekkpålegg.
    Trekkpaalegg,
    /// Innrapportering finansprodukter.
    Finansprodukter,
    /// Dialogporten.
    Dialogporten,
}

/// An operation of one of the services, named as its document names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Maskinporten's metadata document.
    Metadata,
    /// Maskinporten's public keys.
    Jwks,
    /// Maskinporten's token endpoint.
    Token,
    /// The list of orders.
    HentAlleGjeldende,
    /// One version of one order.
    HentVersjon,
    /// A submission.
    Innsending,
    /// A document of a dispatch.
    UthentingDokument,
    /// A dialog.
    HentDialog,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 8] = [
        Self::Metadata,
        Self::Jwks,
        Self::Token,
        Self::HentAlleGjeldende,
        Self::HentVersjon,
        Self::Innsending,
        Self::UthentingDokument,
        Self::HentDialog,
    ];

    /// The `operationId` in the pinned document; Maskinporten's are our own names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Jwks => "jwks",
            Self::Token => "token",
            Self::HentAlleGjeldende => "hentAlleGjeldende",
            Self::HentVersjon => "hentVersjon",
            Self::Innsending => "innsending",
            Self::UthentingDokument => "uthentingDokument",
            Self::HentDialog => "hentDialog",
        }
    }

    /// The operation of this name; `hent_versjon`, as the bindings spell it, is understood too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |text: &str| text.replace('_', "").to_lowercase();
        Self::ALL
            .into_iter()
            .find(|operation| plain(operation.name()) == plain(name))
    }

    /// The service that offers it.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::Metadata | Self::Jwks | Self::Token => Service::Maskinporten,
            Self::HentAlleGjeldende | Self::HentVersjon => Service::Trekkpaalegg,
            Self::Innsending | Self::UthentingDokument => Service::Finansprodukter,
            Self::HentDialog => Service::Dialogporten,
        }
    }

    /// The method it is called with.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::Token | Self::Innsending => Method::POST,
            _ => Method::GET,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where each service stands below the simulator's address.
pub(crate) mod base {
    /// Base path of finansprodukter.
    pub(crate) const FINANSPRODUKTER: &str = "/finansprodukter/v1";
    /// Base path of Dialogporten.
    pub(crate) const DIALOGPORTEN: &str = "/dialogporten";
    /// Path of the list of orders.
    pub(crate) const ORDERS: &str = "/api/trekkpaalegg/v1";
    /// Path of Maskinporten's token endpoint.
    pub(crate) const TOKEN: &str = "/token";
    /// Path of Maskinporten's public keys.
    pub(crate) const JWKS: &str = "/jwk";
    /// Path of Maskinporten's metadata document.
    pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";
}

/// What a request's method and path say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The service that the path belongs to.
    pub(crate) service: Service,
    /// The operation at this path, whatever the method.
    pub(crate) operation: Option<Operation>,
    /// Path parameters, decoded, in order.
    pub(crate) parameters: Vec<String>,
    /// Whether the method is the operation's.
    pub(crate) right_method: bool,
}

impl Route {
    /// Reads a method and a path (without query).
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let (service, operation, parameters) = place(path);
        Self {
            service,
            operation,
            right_method: operation.is_some_and(|operation| operation.method() == *method),
            parameters: parameters
                .into_iter()
                .map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned())
                .collect(),
        }
    }
}

fn place(path: &str) -> (Service, Option<Operation>, Vec<&str>) {
    let exact = [
        (base::METADATA, Operation::Metadata),
        (base::JWKS, Operation::Jwks),
        (base::TOKEN, Operation::Token),
        (base::ORDERS, Operation::HentAlleGjeldende),
    ];
    if let Some((_, operation)) = exact.iter().find(|(known, _)| *known == path) {
        return (operation.service(), Some(*operation), Vec::new());
    }
    if let Some(rest) = below(path, base::FINANSPRODUKTER) {
        let parts: Vec<&str> = rest.split('/').collect();
        let (operation, parameters) = match parts[..] {
            [year] if !year.is_empty() => (Some(Operation::Innsending), vec![year]),
            [year, "forsendelser", dispatch, "dokumenter", document] => {
                (Some(Operation::UthentingDokument), vec![year, dispatch, document])
            }
            _ => (None, Vec::new()),
        };
        return (Service::Finansprodukter, operation, parameters);
    }
    if let Some(rest) = below(path, base::DIALOGPORTEN) {
        let dialog = rest.strip_prefix("api/v1/enduser/dialogs/");
        return match dialog {
            Some(id) if !id.is_empty() && !id.contains('/') => {
                (Service::Dialogporten, Some(Operation::HentDialog), vec![id])
            }
            _ => (Service::Dialogporten, None, Vec::new()),
        };
    }
    if let Some(rest) = below(path, base::ORDERS) {
        let parts: Vec<&str> = rest.split('/').collect();
        if let [id, version] = parts[..]
            && !id.is_empty()
            && !version.is_empty()
        {
            let operation = Some(Operation::HentVersjon);
            return (Service::Trekkpaalegg, operation, vec![id, version]);
        }
    }
    (Service::Trekkpaalegg, None, Vec::new())
}

fn below<'path>(path: &'path str, base: &str) -> Option<&'path str> {
    if path == base {
        return Some("");
    }
    path.strip_prefix(base)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_operation() {
        for (method, path, operation, parameters) in [
            (
                "GET",
                "/api/trekkpaalegg/v1",
                Some(Operation::HentAlleGjeldende),
                vec![],
            ),
            (
                "GET",
                "/api/trekkpaalegg/v1/a%2Fb/2",
                Some(Operation::HentVersjon),
                vec!["a/b", "2"],
            ),
            (
                "POST",
                "/finansprodukter/v1/2024",
                Some(Operation::Innsending),
                vec!["2024"],
            ),
            (
                "GET",
                "/finansprodukter/v1/2024/forsendelser/x/dokumenter/y",
                Some(Operation::UthentingDokument),
                vec!["2024", "x", "y"],
            ),
            (
                "GET",
                "/dialogporten/api/v1/enduser/dialogs/z",
                Some(Operation::HentDialog),
                vec!["z"],
            ),
            ("POST", "/token", Some(Operation::Token), vec![]),
            ("GET", "/api/trekkpaalegg/v2", None, vec![]),
            ("GET", "/finansprodukter/v1/", None, vec![]),
        ] {
            let route = Route::of(&method.parse().unwrap(), path);
            assert_eq!(route.operation, operation, "{path}");
            assert_eq!(route.parameters, parameters, "{path}");
            assert_eq!(route.right_method, operation.is_some(), "{path}");
        }
        assert!(!Route::of(&Method::DELETE, "/token").right_method);
    }

    #[test]
    fn names_are_read_in_both_spellings() {
        for operation in Operation::ALL {
            assert_eq!(Operation::from_name(operation.name()), Some(operation));
        }
        assert_eq!(
            Operation::from_name("hent_alle_gjeldende"),
            Some(Operation::HentAlleGjeldende)
        );
        assert_eq!(Operation::from_name("hent"), None);
    }
}
