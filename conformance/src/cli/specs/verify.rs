//! `specs verify`: the digests of the pinned documents.

use std::fs;

use skatteetaten_specs::manifest::{Manifest, pinned, sha256_hex};

use super::{
    super::{Exit, Failure, Ui},
    remote,
};

/// Options of `specs verify`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Checks the files of the checkout, or, outside one, the documents this program carries.
///
/// # Errors
/// Exit 2 when the lock file cannot be read.
pub async fn run(_args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut problems = Vec::new();
    let count;
    if let Some(folder) = remote::specs_folder() {
        let lock = folder.join("specs.toml");
        let text = fs::read_to_string(&lock)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", lock.display())))?;
        let manifest = Manifest::parse(&text).map_err(Failure::usage)?;
        count = manifest.documents.len();
        for entry in &manifest.documents {
            let file = folder.join(&entry.api).join(format!("{}.json", entry.version));
            match fs::read(&file) {
                Err(error) => problems.push(format!("{} cannot be read: {error}", file.display())),
                Ok(bytes) if sha256_hex(&bytes) != entry.sha256 => problems.push(format!(
                    "{}: SHA-256 is {}, but specs.toml pins {}; a pinned document is never edited: restore the file, or run `cargo xtask specs pull {}@{}`",
                    file.display(),
                    sha256_hex(&bytes),
                    entry.sha256,
                    entry.api,
                    entry.version
                )),
                Ok(_) => {}
            }
        }
    } else {
        let documents = pinned().map_err(Failure::usage)?;
        count = documents.len();
        problems.extend(
            documents
                .iter()
                .filter_map(|document| document.verified().err())
                .map(|error| error.to_string()),
        );
    }
    for problem in &problems {
        writeln!(ui.err, "{problem}")?;
    }
    if problems.is_empty() {
        writeln!(ui.out, "{count} pinned documents, every digest as in specs.toml")?;
        Ok(Exit::Ok)
    } else {
        Ok(Exit::Stale)
    }
}
