//! Reads an OpenAPI document.
//!
//! A [`Document`] is the parsed JSON tree and a name for messages; nothing is interpreted beyond
//! the version, so that lowering, comparing and validating all start from the same unchanged tree.

use serde_json::Value;

/// A parsed OpenAPI 3.0.x document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    name: String,
    value: Value,
}

impl Document {
    /// Reads a document from JSON, or YAML with the feature `yaml`, with or without a byte order
    /// mark. `name` is what messages call it: a file name, a URL or `api@version`.
    ///
    /// # Errors
    /// [`DocumentError`] when the text cannot be parsed or is not OpenAPI 3.0.x.
    pub fn parse(name: impl Into<String>, bytes: &[u8]) -> Result<Self, DocumentError> {
        let document = Self::parse_any_version(name, bytes)?;
        let name = || document.name.clone();
        let root = document
            .value
            .as_object()
            .ok_or_else(|| DocumentError::NotAnObject { name: name() })?;
        if let Some(version) = root.get("swagger") {
            return Err(DocumentError::Swagger2 {
                name: name(),
                version: text(version),
            });
        }
        match root.get("openapi") {
            None => Err(DocumentError::NoVersion { name: name() }),
            Some(Value::String(version)) if version == "3.0" || version.starts_with("3.0.") => Ok(document),
            Some(Value::String(version)) if version.starts_with("3.") => Err(DocumentError::Newer {
                name: name(),
                version: version.clone(),
            }),
            Some(other) => Err(DocumentError::OtherVersion {
                name: name(),
                version: text(other),
            }),
        }
    }

    /// Like [`Self::parse`], for tools that take any version: only the syntax is checked.
    ///
    /// # Errors
    /// [`DocumentError`] when the text cannot be parsed.
    pub fn parse_any_version(name: impl Into<String>, bytes: &[u8]) -> Result<Self, DocumentError> {
        let name = name.into();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let looks_like_json = bytes
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| *byte == b'{' || *byte == b'[');
        let value = if looks_like_json {
            serde_json::from_slice(bytes).map_err(|error| DocumentError::Syntax {
                name: name.clone(),
                detail: error.to_string(),
            })?
        } else {
            yaml(&name, bytes)?
        };
        Ok(Self { name, value })
    }

    /// Wraps a tree that is already parsed.
    pub fn from_value(name: impl Into<String>, value: Value) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }

    /// What messages call this document.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tree.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The tree, given away.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.value
    }

    /// `info.version`, or the empty text.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.value
            .pointer("/info/version")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Method, path and operation object of every operation, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.value
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(path, item)| item.as_object().map(|item| (path, item)))
            .flat_map(|(path, item)| {
                item.iter()
                    .filter(|(method, operation)| METHODS.contains(&method.as_str()) && operation.is_object())
                    .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
            })
    }
}

/// The keys of a path item that are operations (OpenAPI 3.0.3, section 4.7.9).
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(feature = "yaml")]
fn yaml(name: &str, bytes: &[u8]) -> Result<Value, DocumentError> {
    let syntax = |detail: String| DocumentError::Syntax {
        name: name.to_owned(),
        detail,
    };
    let mut tree: serde_yaml_ng::Value = serde_yaml_ng::from_slice(bytes).map_err(|error| syntax(error.to_string()))?;
    // `<<: *anchor` lends the entries of another mapping.
    tree.apply_merge().map_err(|error| syntax(error.to_string()))?;
    from_yaml(tree).map_err(syntax)
}

/// YAML allows keys that JSON does not have (`200:` under `responses`); numbers and booleans become
/// their text, anything else is refused.
#[cfg(feature = "yaml")]
fn from_yaml(tree: serde_yaml_ng::Value) -> Result<Value, String> {
    use serde_yaml_ng::Value as Yaml;
    Ok(match tree {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => serde_json::to_value(&number).map_err(|error| error.to_string())?,
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(from_yaml).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut object = serde_json::Map::with_capacity(entries.len());
            for (key, value) in entries {
                let key = match key {
                    Yaml::String(text) => text,
                    Yaml::Number(number) => number.to_string(),
                    Yaml::Bool(flag) => flag.to_string(),
                    _ => return Err("a key that is neither text, number nor boolean".to_owned()),
                };
                object.insert(key, from_yaml(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            return Err(format!("the YAML tag {} is not supported", tagged.tag));
        }
    })
}

#[cfg(not(feature = "yaml"))]
fn yaml(name: &str, _bytes: &[u8]) -> Result<Value, DocumentError> {
    Err(DocumentError::Syntax {
        name: name.to_owned(),
        detail: "it does not start with `{`, and this build reads JSON only (the feature `yaml` is off)".to_owned(),
    })
}

/// Why a text is not a document that this project can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Neither JSON nor YAML.
    #[error("{name}: cannot be parsed: {detail}")]
    Syntax {
        /// The document.
        name: String,
        /// The parser's message, with line and column.
        detail: String,
    },
    /// The outermost value is something else than an object.
    #[error("{name}: an OpenAPI document is an object; this is not")]
    NotAnObject {
        /// The document.
        name: String,
    },
    /// Neither `openapi` nor `swagger` at the top.
    #[error("{name}: no `openapi` field at the top, so this is not an OpenAPI document")]
    NoVersion {
        /// The document.
        name: String,
    },
    /// Swagger 2.0.
    #[error(
        "{name}: Swagger {version} is not supported, only OpenAPI 3.0.x; convert it first, for instance with the npm package `swagger2openapi`"
    )]
    Swagger2 {
        /// The document.
        name: String,
        /// The value of `swagger`.
        version: String,
    },
    /// OpenAPI 3.1 or later.
    #[error(
        "{name}: OpenAPI {version} is not supported, only 3.0.x; ask the publisher for a 3.0 document, or convert it first, for instance with the npm package `@apiture/openapi-down-convert`"
    )]
    Newer {
        /// The document.
        name: String,
        /// The value of `openapi`.
        version: String,
    },
    /// `openapi` holds something else.
    #[error("{name}: `openapi` is {version}, only 3.0.x is supported")]
    OtherVersion {
        /// The document.
        name: String,
        /// The value of `openapi`.
        version: String,
    },
}
