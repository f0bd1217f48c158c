//! `specs status`: the pinned documents, and with `--remote` what the registry has.

use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use skatteetaten_specs::{
    document::Document,
    manifest::{PinnedDocument, Provenance, pinned},
    registry::{Registry, RegistryError},
};

use super::{
    super::{Exit, Failure, Ui},
    remote,
};

/// Options of `specs status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ask the registry which versions it has, and whether the pinned bytes are still those published.
    #[arg(long)]
    remote: bool,
    #[command(flatten)]
    registry: remote::RegistryArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the table.
///
/// # Errors
/// Exit 3 when the registry cannot be asked; exit 4 when a pinned document is not the one in the
/// lock file.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let documents = pinned().map_err(Failure::usage)?;
    let registry = if args.remote {
        Some(args.registry.connect()?)
    } else {
        None
    };
    let mut rows = Vec::new();
    let mut stale = false;
    let mut unreachable = None;
    for document in documents {
        let entry = document.entry();
        let digest_ok = document.verified().is_ok();
        stale |= !digest_ok;
        let operations = Document::parse(document.id(), document.bytes())
            .map(|parsed| parsed.operations().count())
            .unwrap_or(0);
        let upstream = match &registry {
            Some(registry) if remote::is_in_registry(entry) => Some(match upstream(registry, document).await {
                Ok(text) => text,
                Err(error) => {
                    let text = match error {
                        RegistryError::NotFound { .. } => "not published under this name",
                        _ => "could not be asked",
                    };
                    unreachable.get_or_insert(error);
                    text.to_owned()
                }
            }),
            Some(_) => Some("not in the registry".to_owned()),
            None => None,
        };
        rows.push(serde_json::json!({
            "api": entry.api,
            "version": entry.version,
            "bindings": entry.module,
            "provenance": entry.provenance,
            "retrieved": entry.retrieved,
            "sha256": entry.sha256,
            "digest_ok": digest_ok,
            "operations": operations,
            "registry": upstream,
        }));
    }
    if args.json {
        writeln!(
            ui.out,
            "{}",
            serde_json::to_string_pretty(&rows).map_err(Failure::internal)?
        )?;
    } else {
        print_table(&rows, args.remote, ui)?;
        if documents
            .iter()
            .any(|document| document.entry().provenance == Provenance::Reconstructed)
        {
            writeln!(
                ui.out,
                "reconstructed: put together from public pages, not yet confirmed by a published document.\n\
                 `cargo xtask specs pull API` replaces it as soon as the registry can be reached."
            )?;
        }
    }
    if let Some(error) = unreachable {
        return Err(Failure::refused(error));
    }
    Ok(if stale { Exit::Stale } else { Exit::Ok })
}

fn print_table(rows: &[serde_json::Value], remote: bool, ui: &mut Ui) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    let mut header = vec!["api", "version", "provenance", "digest", "operations", "bindings"];
    if remote {
        header.push("registry");
    }
    table.set_header(header);
    for row in rows {
        let text = |key: &str| {
            row.get(key)
                .and_then(serde_json::Value::as_str)
                .unwrap_or("–")
                .to_owned()
        };
        let digest: String = text("sha256").chars().take(12).collect();
        let mark = if row.get("digest_ok") == Some(&serde_json::Value::Bool(true)) {
            ""
        } else {
            " DIFFERS"
        };
        let mut cells = vec![
            text("api"),
            text("version"),
            text("provenance"),
            format!("{digest}{mark}"),
            row.get("operations").map(ToString::to_string).unwrap_or_default(),
            text("bindings"),
        ];
        if remote {
            cells.push(text("registry"));
        }
        table.add_row(cells);
    }
    writeln!(ui.out, "{table}")?;
    Ok(())
}

/// What the registry says of a pinned document, in a few words.
async fn upstream(registry: &Registry, document: &PinnedDocument) -> Result<String, RegistryError> {
    let entry = document.entry();
    let versions = registry.versions(&entry.api).await?;
    let newest = versions.recommended().unwrap_or_default().to_owned();
    if !versions.all.contains(&entry.version) {
        return Ok(format!("has no version {}; recommends {newest}", entry.version));
    }
    let fetched = registry.document(&entry.api, &entry.version).await?;
    let same = fetched.bytes == document.bytes();
    let bytes = match (entry.provenance, same) {
        (_, true) => "same bytes",
        (Provenance::Published, false) => "BYTES DIFFER: the publisher changed a published version",
        _ => "published; pull it to replace the reconstruction",
    };
    Ok(if newest == entry.version {
        bytes.to_owned()
    } else {
        format!("{bytes}; recommends {newest}")
    })
}
