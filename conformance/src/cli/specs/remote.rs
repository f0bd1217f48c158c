//! What the commands share that look at a checkout or at the registry.

use std::path::PathBuf;

use skatteetaten_specs::{
    manifest::Entry,
    registry::{Options, Registry, SWAGGERHUB},
};

use super::super::Failure;

/// Which registry to ask.
#[derive(Debug, Clone, clap::Args)]
pub struct RegistryArgs {
    /// Address of the registry.
    #[arg(long, value_name = "URL", env = "SKATT_REGISTRY", default_value = SWAGGERHUB)]
    registry: String,
}

impl RegistryArgs {
    pub(super) fn connect(&self) -> Result<Registry, Failure> {
        let options = Options::new(&self.registry).map_err(Failure::usage)?;
        Registry::new(options).map_err(Failure::usage)
    }
}

/// Whether the document is one that the registry publishes.
pub(super) fn is_in_registry(entry: &Entry) -> bool {
    entry.source.contains("/apis/skatteetaten/")
}

/// The folder `specs/` of the checkout that holds the working directory.
pub(super) fn specs_folder() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join("specs"))
        .find(|folder| folder.join("specs.toml").is_file())
}

/// The same, or the message for a command that cannot do without.
pub(super) fn checkout() -> Result<PathBuf, Failure> {
    specs_folder().ok_or_else(|| {
        Failure::usage(
            "this command writes into a checkout's specs/ folder, and the working directory is in none; change into the checkout first",
        )
    })
}
