//! Embeds the pinned documents: one `include_bytes!` per entry of `specs.toml`.
//!
//! The list is made from the lock file and not by hand, so that `specs pull` needs no edit of Rust.
//! Digests are checked where the documents are used (see `manifest`), so that a wrong one is
//! reported with the command that mends it.

use std::{env, fmt::Write as _, fs, path::PathBuf};

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
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("embedded.rs"), out)?;
    Ok(())
}
