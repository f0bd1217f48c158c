//! Embeds the pinned documents: one `include_bytes!` per entry of `specs.toml`.
//!
//! The list is made from the lock file and not by hand, so that `specs pull` needs no edit of Rust.
//! Digests are checked where the documents are used (see `manifest`), so that a wrong one is
//! reported with the command that mends it.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let lock = root.join("specs.toml");
    println!("cargo::rerun-if-changed={}", lock.display());
    let text = fs::read_to_string(&lock)?;
    let table: toml::Table = text.parse()?;
    let mut out = String::from("pub(crate) static FILES: &[(&str, &[u8])] = &[\n");
    let documents = table.get("document").and_then(|list| list.as_array());
    for entry in documents.into_iter().flatten() {
        let field = |name: &str| entry.get(name).and_then(|value| value.as_str());
        let (Some(api), Some(version)) = (field("api"), field("version")) else {
            return Err(format!("{}: an entry without api or version", lock.display()).into());
        };
        let file = root.join(api).join(format!("{version}.json"));
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            return Err(format!(
                "{} names {api}@{version}, but {} does not exist; run `cargo xtask specs pull {api}@{version}` or remove the entry",
                lock.display(),
                file.display()
            )
            .into());
        }
        writeln!(
            out,
            "    ({:?}, include_bytes!({:?})),",
            format!("{api}@{version}"),
            file
        )?;
    }
    out.push_str("];\n");
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("embedded.rs"), out)?;
    if env::var_os("CARGO_FEATURE_DIFF").is_some() {
        fs::write(out_dir.join("rules.rs"), rules(&root.join("rules"))?)?;
    }
    Ok(())
}

/// The rules of the comparison: every file of the folder, so that a new rule touches no list.
fn rules(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut out = String::from("pub(crate) static RULES: &[(&str, &str)] = &[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(out, "    ({id:?}, include_str!({file:?})),")?;
    }
    out.push_str("];\n");
    Ok(out)
}
