//! `specs pull`: fetches a published document, pins it, and says what that means.

use std::fs;

use chrono::{SecondsFormat, Utc};
use skatteetaten_specs::{
    document::Document,
    manifest::Manifest,
    registry::{
        Registry,
        pin::{PinError, Pinned, pin},
    },
    surface::Surface,
};

use super::{
    super::{Exit, Failure, Ui},
    compared, remote, surface,
};

/// Options of `specs pull`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The API, for instance `trekkpaalegg-app`, or `API@VERSION`; without a version, the one that
    /// the publisher recommends.
    #[arg(value_name = "API[@VERSION]")]
    document: String,
    #[command(flatten)]
    registry: remote::RegistryArgs,
    /// Fetch and compare, but write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Fetches, pins, and reports.
///
/// # Errors
/// Exit 3 when the registry cannot be reached or has no such document; exit 2 for a document that
/// cannot be used, which changes nothing.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let registry = args.registry.connect()?;
    let (api, version) = match args.document.split_once('@') {
        Some((api, version)) => (api.to_owned(), version.to_owned()),
        None => {
            let versions = registry.versions(&args.document).await.map_err(Failure::refused)?;
            let recommended = versions.recommended().unwrap_or_default().to_owned();
            (args.document.clone(), recommended)
        }
    };
    let change = pull(&registry, &api, &version, args.dry_run).await?;
    writeln!(ui.out, "{}", change.headline)?;
    if args.dry_run {
        writeln!(ui.out, "Nothing was written (--dry-run).")?;
    }
    if !change.text.is_empty() {
        writeln!(ui.out, "\n{}", change.text)?;
    }
    if change.rewritten {
        writeln!(ui.err, "warning: {}", change.headline)?;
        return Ok(Exit::Findings);
    }
    Ok(Exit::Ok)
}

/// What a pull did.
#[derive(Debug)]
pub(super) struct Change {
    /// One line: which document, and what happened to it.
    pub(super) headline: String,
    /// What the diff says, as text for a terminal; empty when nothing changed.
    pub(super) text: String,
    /// The same as Markdown, with the changes to the surface.
    pub(super) markdown: String,
    /// Whether anything was, or would be, written.
    pub(super) changed: bool,
    /// Whether the publisher changed a published version in place.
    pub(super) rewritten: bool,
}

/// Fetches one document and pins it.
pub(super) async fn pull(registry: &Registry, api: &str, version: &str, dry_run: bool) -> Result<Change, Failure> {
    let folder = remote::checkout()?;
    let fetched = registry.document(api, version).await.map_err(Failure::refused)?;
    let lock = folder.join("specs.toml");
    let text = fs::read_to_string(&lock)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", lock.display())))?;
    let manifest = Manifest::parse(&text).map_err(Failure::usage)?;
    // What the new document is compared with: the same version, else the one that has the bindings.
    let of_api = || manifest.documents.iter().filter(|entry| entry.api == api);
    let earlier = of_api()
        .find(|entry| entry.version == version)
        .or_else(|| of_api().find(|entry| entry.module.is_some()));
    let earlier = match earlier {
        None => None,
        Some(entry) => {
            let file = folder.join(api).join(format!("{}.json", entry.version));
            let bytes = fs::read(&file)
                .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
            Some((format!("{api}@{} ({})", entry.version, entry.provenance), bytes))
        }
    };
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let usable = |document: &Document| {
        // The same steps as the build, so that what is pinned also compiles.
        let bytes = serde_json::to_vec(document.value()).map_err(|error| error.to_string())?;
        surface::of_document(document.name(), &bytes).map(drop)
    };
    let outcome = pin(&folder, api, version, &fetched, &now, dry_run, usable).map_err(|error| match error {
        PinError::Write { .. } => Failure::internal(error),
        error => Failure::usage(error),
    })?;
    let id = format!("{api}@{version}");
    let (headline, rewritten) = match &outcome {
        Pinned::Unchanged => {
            return Ok(Change {
                headline: format!("{id}: the published bytes are those already pinned"),
                text: String::new(),
                markdown: String::new(),
                changed: false,
                rewritten: false,
            });
        }
        Pinned::New {
            previous: Some(previous),
        } => (
            format!("{id}: new; the bindings are now made of it (until now of {previous}, which is kept)"),
            false,
        ),
        Pinned::Replaced { kept_as } => (
            format!("{id}: the published document replaces the reconstruction, which is kept as {kept_as}"),
            false,
        ),
        Pinned::Rewritten { kept_as } => (
            format!(
                "{id}: THE PUBLISHER HAS CHANGED A PUBLISHED VERSION without a new version number; the earlier bytes are kept as {kept_as}"
            ),
            true,
        ),
        _ => (format!("{id}: new, without bindings"), false),
    };
    let (text, markdown) = match &earlier {
        None => (String::new(), String::new()),
        Some((name, bytes)) => {
            let (text, diff) = compared::compare((name, bytes), (&id, &fetched.bytes))?;
            let surface = surface_changes((name, bytes), (&id, &fetched.bytes));
            (
                format!("{text}\n{surface}"),
                format!("{diff}\n### Bindings\n\n```text\n{surface}```\n"),
            )
        }
    };
    Ok(Change {
        headline,
        text,
        markdown,
        changed: true,
        rewritten,
    })
}

fn surface_changes(old: (&str, &[u8]), new: (&str, &[u8])) -> String {
    let surfaces = surface::of_document(old.0, old.1).and_then(|old| Ok((old, surface::of_document(new.0, new.1)?)));
    let (old, new): (Surface, Surface) = match surfaces {
        Ok(both) => both,
        Err(problem) => return format!("no surface: {problem}\n"),
    };
    let changes = old.changes(&new);
    if changes.is_empty() {
        return "the bindings expose what they exposed before\n".to_owned();
    }
    changes
        .iter()
        .map(|change| match (&change.old, &change.new) {
            (Some(old), Some(new)) => format!("~ {}: {old} -> {new}\n", change.owner),
            (Some(old), None) => format!("- {}: {old}\n", change.owner),
            (None, Some(new)) => format!("+ {}: {new}\n", change.owner),
            (None, None) => String::new(),
        })
        .collect()
}
