//! Where the private key comes from, and how it is read.

use std::path::{Path, PathBuf};

use skatteetaten_client::{
    maskinporten::{KeyId, SigningKey},
    secret::Secret,
};

use super::{ConfigError, file::Maskinporten};

/// Where the private key comes from.
#[derive(Debug, Clone)]
pub(super) enum KeySource {
    /// A file with PEM or a JWK.
    File { path: PathBuf, id: Option<Id> },
    /// A PKCS#12 file.
    Pkcs12 {
        path: PathBuf,
        password: Secret,
        id: Option<Id>,
    },
    /// A key that is given as text: from the environment, or by a simulator.
    Text {
        name: &'static str,
        text: Secret,
        id: Option<Id>,
    },
}

/// How the key is recognised, where the key itself does not say.
#[derive(Debug, Clone)]
pub(super) enum Id {
    Kid(String),
    Chain(PathBuf),
}

impl KeySource {
    /// The one source that is set. A JWK from the environment goes before a file.
    pub(super) fn choose(
        table: &Maskinporten,
        jwk: Option<String>,
        folder: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let contradiction = |problem: &str, remedy| {
            let problem = problem.to_owned();
            Err(ConfigError::Contradiction { problem, remedy })
        };
        let id = match (&table.kid, &table.certificate_chain) {
            (Some(_), Some(_)) => {
                return contradiction(
                    "maskinporten.kid and maskinporten.certificate_chain are both set",
                    "keep kid for a registered key, or certificate_chain for an enterprise certificate",
                );
            }
            (Some(kid), None) => Some(Id::Kid(kid.clone())),
            (None, Some(path)) => Some(Id::Chain(folder.join(path))),
            (None, None) => None,
        };
        if let Some(text) = jwk {
            // The JWK comes with its own kid; the one in the file belongs to the key in the file.
            return Ok(Some(Self::Text {
                name: "MASKINPORTEN_CLIENT_JWK",
                text: Secret::new(text),
                id: None,
            }));
        }
        match (&table.key, &table.pkcs12) {
            (Some(_), Some(_)) => contradiction(
                "maskinporten.key and maskinporten.pkcs12 are both set",
                "keep the one that is registered on the client",
            ),
            (Some(path), None) => Ok(Some(Self::File {
                path: folder.join(path),
                id,
            })),
            (None, Some(path)) => {
                let Some(variable) = &table.pkcs12_password_env else {
                    return contradiction(
                        "maskinporten.pkcs12 is set, but maskinporten.pkcs12_password_env is not",
                        "name the environment variable that holds the password; the password itself does not belong in a file",
                    );
                };
                // A file may also be locked with the empty password.
                let password = Secret::new(env(variable).unwrap_or_default());
                Ok(Some(Self::Pkcs12 {
                    path: folder.join(path),
                    password,
                    id,
                }))
            }
            (None, None) => Ok(None),
        }
    }

    /// Reads the key.
    pub(super) fn read(&self) -> Result<SigningKey, ConfigError> {
        match self {
            Self::File { path, id } => {
                let text = Secret::new(String::from_utf8(read_private(path)?).map_err(|_| ConfigError::Key {
                    source_name: path.display().to_string(),
                    detail: "it is neither PEM nor a JWK; for a PKCS#12 file set maskinporten.pkcs12".to_owned(),
                })?);
                SigningKey::from_text(text.expose(), key_id(id.as_ref())?)
                    .map_err(|error| unusable(&path.display().to_string(), &error))
            }
            Self::Pkcs12 { path, password, id } => {
                let bytes = read_private(path)?;
                SigningKey::from_pkcs12(&bytes, password.expose(), key_id(id.as_ref())?)
                    .map_err(|error| unusable(&path.display().to_string(), &error))
            }
            Self::Text { name, text, id } => {
                SigningKey::from_text(text.expose(), key_id(id.as_ref())?).map_err(|error| unusable(name, &error))
            }
        }
    }
}

fn unusable(source: &str, error: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Key {
        source_name: source.to_owned(),
        detail: error.to_string(),
    }
}

fn key_id(id: Option<&Id>) -> Result<Option<KeyId>, ConfigError> {
    match id {
        None => Ok(None),
        Some(Id::Kid(kid)) => Ok(Some(KeyId::Kid(kid.clone()))),
        Some(Id::Chain(path)) => {
            let text = std::fs::read_to_string(path).map_err(|error| read_error(path, &error))?;
            let chain = KeyId::chain_from_pem(&text).map_err(|error| unusable(&path.display().to_string(), &error))?;
            Ok(Some(chain))
        }
    }
}

fn read_error(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::Read {
        path: path.to_owned(),
        detail: error.to_string(),
    }
}

/// Reads a file that only its owner may read.
fn read_private(path: &Path) -> Result<Vec<u8>, ConfigError> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path).map_err(|error| read_error(path, &error))?;
    let metadata = file.metadata().map_err(|error| read_error(path, &error))?;
    if readable_by_others(&metadata) {
        return Err(ConfigError::KeyReadable { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| read_error(path, &error))?;
    Ok(bytes)
}

#[cfg(unix)]
fn readable_by_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.mode() & 0o077 != 0
}

/// Elsewhere, rights are inherited from the folder and not a property of the file alone.
#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::Metadata) -> bool {
    false
}
