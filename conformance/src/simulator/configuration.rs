//! A configuration that works with a running simulator.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{Simulator, StartError};
use crate::config::{Config, ConfigError};

/// Name of the key file beside the configuration.
const KEY_FILE: &str = "simulator-key.pem";
/// Name of the configuration file.
const CONFIG_FILE: &str = "simulator.toml";

/// The files of a simulator's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrittenConfig {
    /// The configuration.
    pub config: PathBuf,
    /// The private key it names.
    pub private_key: PathBuf,
}

impl Simulator {
    /// A configuration for this simulator, with nothing written anywhere.
    ///
    /// # Errors
    /// [`ConfigError`] when an organisation is not nine digits, or the simulator has been given a
    /// public address that is not allowed.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let config = Config::parse(&self.config_text(None), None, &|_| None)?;
        Ok(config.with_key("the simulator", self.private_key_pem(), self.kid()))
    }

    /// Writes that configuration and its key into a folder, the key readable by its owner only.
    /// Works with every command's `--config`.
    ///
    /// # Errors
    /// [`StartError::Write`] when a file cannot be written.
    pub fn write_config_files(&self, folder: &Path) -> Result<WrittenConfig, StartError> {
        let private_key = folder.join(KEY_FILE);
        write(folder, &private_key, self.private_key_pem())?;
        let config = folder.join(CONFIG_FILE);
        write(folder, &config, &self.config_text(Some(KEY_FILE)))?;
        Ok(WrittenConfig { config, private_key })
    }

    /// As [`Self::write_config_files`]; gives the configuration's path.
    ///
    /// # Errors
    /// As [`Self::write_config_files`].
    pub fn write_config(&self, folder: &Path) -> Result<PathBuf, StartError> {
        Ok(self.write_config_files(folder)?.config)
    }

    fn config_text(&self, key: Option<&str>) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let endpoints = self.endpoints();
        let mut text = format!(
            "# For the simulator at {address}, as long as it runs.\n\
             environment = \"custom\"\n\n\
             [hosts]\ntrekkpaalegg = {}\nfinansprodukter = {}\ndialogporten = {}\n\n\
             [maskinporten]\nissuer = {}\nclient_id = {}\n",
            quoted(endpoints.trekkpaalegg.as_str()),
            quoted(endpoints.finansprodukter.as_str()),
            quoted(endpoints.dialogporten.as_str()),
            quoted(endpoints.issuer.as_str()),
            quoted(self.client_id()),
            address = self.address(),
        );
        if let Some(key) = key {
            text.push_str(&format!("kid = {}\nkey = {}\n", quoted(self.kid()), quoted(key)));
        }
        let model = if self.organisations().is_empty() {
            "own-organisation"
        } else {
            "system-user"
        };
        text.push_str(&format!("\n[access]\nmodel = \"{model}\"\n"));
        for organisation in self.organisations() {
            let number = quoted(organisation);
            text.push_str(&format!("\n[[access.organisation]]\nnumber = {number}\n"));
        }
        text
    }
}

/// Writes a file whole or not at all. Temporary files are readable by their owner only, which
/// persists.
fn write(folder: &Path, path: &Path, text: &str) -> Result<(), StartError> {
    let fail = |error: &dyn std::fmt::Display| StartError::Write {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    file.write_all(text.as_bytes()).map_err(|error| fail(&error))?;
    file.persist(path).map_err(|error| fail(&error))?;
    Ok(())
}
