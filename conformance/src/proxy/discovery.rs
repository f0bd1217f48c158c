//! The one rewrite: endpoint addresses in Maskinporten's metadata.

use serde_json::Value;
use url::Url;

use super::routes::{Routes, origin};
use crate::config::{HostClass, classify};

/// A field of the metadata that was rewritten.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Rewritten {
    /// The field.
    pub field: String,
    /// What it said.
    pub from: String,
    /// What it says now.
    pub to: String,
}

/// Replaces the addresses of Maskinporten's own endpoints by the proxy's. Everything else keeps
/// its bytes, `issuer` first of all. What is no metadata stays as it is.
///
/// # Errors
/// An endpoint on a host that may not be called.
pub(super) fn rewrite(body: &[u8], own: &Url, routes: &Routes) -> Result<(Vec<u8>, Vec<Rewritten>), String> {
    let unchanged = || Ok((body.to_vec(), Vec::new()));
    let (Ok(text), Ok(Value::Object(metadata))) = (std::str::from_utf8(body), serde_json::from_slice(body)) else {
        return unchanged();
    };
    let mut text = text.to_owned();
    let mut rewritten = Vec::new();
    let issuer_origin = origin(routes.well_known());
    for (field, value) in &metadata {
        if field == "issuer" || !(field.ends_with("_endpoint") || field.ends_with("_uri")) {
            continue;
        }
        let Some((from, url)) = value
            .as_str()
            .and_then(|from| Some((from, Url::parse(from).ok()?)))
            .filter(|(_, url)| matches!(url.scheme(), "http" | "https"))
        else {
            continue;
        };
        if origin(&url) != issuer_origin {
            if field != "token_endpoint" {
                // Documentation and the like lies elsewhere; nothing secret is sent there.
                continue;
            }
            let known = routes.origins().iter().any(|(_, known)| known.host() == url.host());
            if !known && !matches!(classify(&url), HostClass::Test | HostClass::Loopback) {
                return Err(format!(
                    "Maskinporten's metadata names the token endpoint {}, which is none of the test hosts",
                    url.host_str().unwrap_or_default()
                ));
            }
        }
        let mut to = own.clone();
        to.set_path(url.path());
        to.set_query(url.query());
        let (old, new) = (format!("\"{from}\""), format!("\"{to}\""));
        // Written with escapes, or the same text as the issuer, which has to stay.
        if !text.contains(&old) || metadata.get("issuer").and_then(Value::as_str) == Some(from) {
            return Err(format!(
                "the field {field} of Maskinporten's metadata is written in an unknown way"
            ));
        }
        routes.learn(&url);
        text = text.replace(&old, &new);
        rewritten.push(Rewritten {
            field: field.clone(),
            from: from.to_owned(),
            to: to.into(),
        });
    }
    Ok((text.into_bytes(), rewritten))
}

#[cfg(test)]
mod tests {
    use skatteetaten_client::Environment;

    use super::*;

    fn rewritten(body: &str) -> Result<(String, Vec<Rewritten>), String> {
        let own = Url::parse("http://127.0.0.1:9/").unwrap();
        let routes = Routes::new(&Environment::test()).unwrap();
        rewrite(body.as_bytes(), &own, &routes).map(|(bytes, fields)| (String::from_utf8(bytes).unwrap(), fields))
    }

    #[test]
    fn endpoints_change_and_nothing_else() {
        let (text, fields) = rewritten(
            "{ \"issuer\": \"https://test.maskinporten.no/\",\n \"token_endpoint\" : \"https://test.maskinporten.no/token\", \
             \"jwks_uri\":\"https://test.maskinporten.no/jwk\", \"service_documentation\": \"https://docs.example/x\", \
             \"grant_types_supported\":[\"x\"] }",
        )
        .unwrap();
        assert_eq!(
            text,
            "{ \"issuer\": \"https://test.maskinporten.no/\",\n \"token_endpoint\" : \"http://127.0.0.1:9/token\", \
             \"jwks_uri\":\"http://127.0.0.1:9/jwk\", \"service_documentation\": \"https://docs.example/x\", \
             \"grant_types_supported\":[\"x\"] }"
        );
        let names: Vec<_> = fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(names, ["token_endpoint", "jwks_uri"]);
    }

    #[test]
    fn what_is_no_metadata_stays() {
        for body in ["", "[]", "<html>", "{\"token_endpoint\": 1}"] {
            assert_eq!(rewritten(body).unwrap().0, body);
        }
    }

    #[test]
    fn a_token_endpoint_somewhere_else_is_refused() {
        for host in ["https://example.com/token", "https://maskinporten.no/token"] {
            assert!(
                rewritten(&format!("{{\"token_endpoint\":\"{host}\"}}")).is_err(),
                "{host}"
            );
        }
        assert!(rewritten("{\"token_endpoint\":\"https:\\/\\/test.maskinporten.no\\/token\"}").is_err());
    }
}
