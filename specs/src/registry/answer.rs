//! The registry's list of versions, in APIs.json form.

use serde::Deserialize;

/// The versions of one API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// Every version, in the order of the registry.
    pub all: Vec<String>,
    /// The version that the publisher marks as the default, if it marks one.
    pub default: Option<String>,
}

impl Versions {
    /// The version to look at when none is named: the default, else the last of the list.
    #[must_use]
    pub fn recommended(&self) -> Option<&str> {
        self.default.as_deref().or_else(|| self.all.last().map(String::as_str))
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    apis: Vec<Api>,
    #[serde(rename = "defaultVersion")]
    default_version: Option<String>,
}

#[derive(Deserialize)]
struct Api {
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    #[serde(rename = "type")]
    kind: String,
    value: Option<serde_json::Value>,
}

pub(super) fn versions(bytes: &[u8]) -> Result<Versions, String> {
    let answer: Answer = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    let mut default = answer.default_version;
    for property in answer.apis.iter().flat_map(|api| &api.properties) {
        let text = match &property.value {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        match property.kind.as_str() {
            "X-Version" if !all.contains(&text) => all.push(text),
            "X-Default-Version" if default.is_none() => default = Some(text),
            _ => {}
        }
    }
    if all.is_empty() {
        return Err("it lists no version (no property of type X-Version)".to_owned());
    }
    Ok(Versions { all, default })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_default_are_read() {
        let bytes = br#"{"name":"x","apis":[
            {"properties":[{"type":"Swagger","url":"https://a/1"},{"type":"X-Version","value":"1.3"}]},
            {"properties":[{"type":"Swagger","url":"https://a/2"},{"type":"X-Version","value":"1.4"}]}],
            "defaultVersion":"1.4"}"#;
        let found = versions(bytes).unwrap();
        assert_eq!(found.all, ["1.3", "1.4"]);
        assert_eq!(found.recommended(), Some("1.4"));
    }

    #[test]
    fn a_list_without_versions_is_no_list() {
        assert!(versions(b"{}").unwrap_err().contains("X-Version"));
        assert!(versions(b"<html>").is_err());
    }
}
