//! `specs watch`: everything that the scheduled workflow does, as one command.
//!
//! For each pinned API that the registry publishes: look for the recommended version, pull it if
//! it is not pinned as published, write the surfaces anew, and collect the findings as Markdown.

use std::{fs, io::Write as _, path::PathBuf};

use skatteetaten_specs::manifest::Manifest;

use super::{
    super::{Exit, Failure, Ui},
    pull, remote, surface,
};

/// Options of `specs watch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the findings are written, as Markdown for a pull request.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    registry: remote::RegistryArgs,
    /// Look and report, but change nothing in the checkout.
    #[arg(long)]
    dry_run: bool,
}

/// Looks, pulls and reports. In a GitHub workflow the output `changed` is set to `true` or `false`.
///
/// # Errors
/// Exit 3 when the registry could not be asked about every API; what was pulled until then stays.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let registry = args.registry.connect()?;
    let folder = remote::checkout()?;
    let lock = folder.join("specs.toml");
    let text = fs::read_to_string(&lock)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", lock.display())))?;
    let manifest = Manifest::parse(&text).map_err(Failure::usage)?;
    let mut report = String::from("# Published OpenAPI documents\n");
    let mut changed = false;
    let mut failures = Vec::new();
    for entry in manifest
        .documents
        .iter()
        .filter(|entry| entry.module.is_some() && remote::is_in_registry(entry))
    {
        let versions = match registry.versions(&entry.api).await {
            Ok(versions) => versions,
            Err(error) => {
                failures.push(Failure::refused(error));
                continue;
            }
        };
        // The recommended version, and the pinned one: it may have been changed in place.
        let mut wanted = vec![entry.version.clone()];
        if let Some(recommended) = versions.recommended()
            && recommended != entry.version
        {
            wanted.push(recommended.to_owned());
        }
        for version in wanted.into_iter().filter(|version| versions.all.contains(version)) {
            match pull::pull(&registry, &entry.api, &version, args.dry_run).await {
                Ok(change) => {
                    writeln!(ui.out, "{}", change.headline)?;
                    if change.changed {
                        changed = true;
                        report.push_str(&format!("\n## {}\n\n{}\n", change.headline, change.markdown));
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
    }
    if changed && !args.dry_run {
        for (module, listing) in surface::listings(&folder)? {
            surface::write_atomically(
                &folder.join("surface").join(format!("{module}.txt")),
                listing.as_bytes(),
            )?;
        }
    }
    for failure in &failures {
        writeln!(ui.err, "error: {}", failure.message)?;
        report.push_str(&format!("\n> not finished: {}\n", failure.message));
    }
    if let Some(file) = &args.report {
        surface::write_atomically(file, report.as_bytes())?;
    }
    if let Some(outputs) = (ui.env)("GITHUB_OUTPUT") {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(outputs)?;
        writeln!(file, "changed={changed}")?;
    }
    match failures.into_iter().next() {
        // The messages are out already.
        Some(failure) => Ok(failure.exit),
        None => Ok(Exit::Ok),
    }
}
