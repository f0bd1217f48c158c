//! `specs surface`: writes, or with `--check` compares, the listing of what the bindings expose.

use std::{fs, io::Write as _, path::Path};

use similar::TextDiff;
use skatteetaten_specs::{document::Document, generate, lower, manifest::Manifest, surface::Surface};

use super::{
    super::{Exit, Failure, Ui},
    remote,
};

/// Options of `specs surface`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; print what differs and exit 4 if anything does.
    #[arg(long)]
    check: bool,
}

/// Writes or checks `specs/surface/`.
///
/// # Errors
/// Exit 2 outside a checkout or for a document that cannot be lowered.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let folder = remote::checkout()?;
    let listings = listings(&folder)?;
    let mut stale = Vec::new();
    for (module, listing) in &listings {
        let file = folder.join("surface").join(format!("{module}.txt"));
        // A checkout on Windows may have turned the line ends.
        let committed = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
        if committed == *listing {
            continue;
        }
        let name = format!("specs/surface/{module}.txt");
        if args.check {
            let diff = TextDiff::from_lines(&committed, listing);
            write!(
                ui.out,
                "{}",
                diff.unified_diff()
                    .header(&name, &format!("{name} as it would be written"))
            )?;
        } else {
            write_atomically(&file, listing.as_bytes())?;
            writeln!(ui.out, "wrote {name}")?;
        }
        stale.push(name);
    }
    if args.check && !stale.is_empty() {
        writeln!(
            ui.err,
            "{} is stale: the bindings expose something else now. Run `cargo xtask specs surface`, and look at the difference before committing it.",
            stale.join(", ")
        )?;
        return Ok(Exit::Stale);
    }
    if stale.is_empty() {
        writeln!(ui.out, "{} surfaces, all as committed", listings.len())?;
    }
    Ok(Exit::Ok)
}

/// Module and listing of every document in the checkout that has bindings.
pub(super) fn listings(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let lock = folder.join("specs.toml");
    let text = fs::read_to_string(&lock)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", lock.display())))?;
    let manifest = Manifest::parse(&text).map_err(Failure::usage)?;
    let mut listings = Vec::new();
    for entry in &manifest.documents {
        let Some(module) = &entry.module else { continue };
        let file = folder.join(&entry.api).join(format!("{}.json", entry.version));
        let bytes =
            fs::read(&file).map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
        let surface = of_document(&format!("{}@{}", entry.api, entry.version), &bytes).map_err(Failure::usage)?;
        listings.push((module.clone(), surface.to_string()));
    }
    Ok(listings)
}

/// The surface of the bindings that a document gives.
pub(super) fn of_document(name: &str, bytes: &[u8]) -> Result<Surface, String> {
    let document = Document::parse(name, bytes).map_err(|error| error.to_string())?;
    let lowered = lower::lower(&document).map_err(|error| error.to_string())?;
    let code = generate::rust(&lowered, &generate::Options::default()).map_err(|error| error.to_string())?;
    Surface::of_rust(name, &code).map_err(|error| error.to_string())
}

pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)
        .map_err(|error| Failure::internal(format!("{}: {}", path.display(), error.error)))?;
    Ok(())
}
