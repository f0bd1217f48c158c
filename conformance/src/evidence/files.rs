//! Files of a pack on disk: written whole or not at all.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::EvidenceError;

/// Start of the name of a file that is being written. One that is left over says nothing and is
/// removed when the pack is taken up again.
pub(super) const PARTIAL: &str = ".uferdig-";

/// Writes a file so that it either has the new content or does not change.
pub(super) fn write_atomically(path: &Path, bytes: &[u8], sync: bool) -> Result<(), EvidenceError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(EvidenceError::io("creating the folder", folder))?;
    let mut file = tempfile::Builder::new()
        .prefix(PARTIAL)
        .tempfile_in(folder)
        .map_err(EvidenceError::io("creating a file in", folder))?;
    file.write_all(bytes).map_err(EvidenceError::io("writing", path))?;
    if sync {
        file.as_file().sync_all().map_err(EvidenceError::io("writing", path))?;
    }
    readable(file.as_file()).map_err(EvidenceError::io("writing", path))?;
    file.persist(path)
        .map_err(|error| EvidenceError::io("writing", path)(error.error))?;
    Ok(())
}

/// A pack is handed to others; a temporary file is for its owner only.
#[cfg(unix)]
fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Paths of files, and paths of what is no file with the reason.
pub(super) type Listing = (Vec<String>, Vec<(String, &'static str)>);

/// Every regular file under a folder, by its path in the pack with `/`, sorted; and everything
/// that has no place in a pack (links, devices, names that are not UTF-8), with the reason.
pub(super) fn list(root: &Path) -> Result<Listing, EvidenceError> {
    let mut files = Vec::new();
    let mut strange = Vec::new();
    let mut folders: Vec<(PathBuf, String)> = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let mut entries = 0_usize;
        for entry in fs::read_dir(&folder).map_err(EvidenceError::io("reading", &folder))? {
            let entry = entry.map_err(EvidenceError::io("reading", &folder))?;
            entries += 1;
            let kind = entry.file_type().map_err(EvidenceError::io("reading", entry.path()))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                strange.push((format!("{prefix}{}", name.to_string_lossy()), "its name is not UTF-8"));
                continue;
            };
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            } else if kind.is_file() {
                files.push(path);
            } else {
                strange.push((path, "it is neither a file nor a folder"));
            }
        }
        if entries == 0 && !prefix.is_empty() {
            strange.push((prefix, "it is an empty folder"));
        }
    }
    files.sort_unstable();
    strange.sort_unstable();
    Ok((files, strange))
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Whether a name can be a path segment of a pack on every system: letters, digits, `-`, `_`, `.`,
/// not starting with a dot, not one of the device names of Windows, at most 100 characters.
pub(super) fn check_name(name: &str, what: &'static str) -> Result<(), EvidenceError> {
    let refuse = |why| {
        Err(EvidenceError::Name {
            name: name.chars().take(120).collect(),
            what,
            why,
        })
    };
    if name.is_empty() || name.len() > 100 {
        return refuse("use 1 to 100 characters");
    }
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return refuse("use the letters a-z and A-Z, digits, '-', '_' and '.' only");
    }
    if name.starts_with('.') || name.ends_with('.') {
        return refuse("do not start or end with a dot");
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.as_bytes().last().is_some_and(u8::is_ascii_digit));
    if device {
        return refuse("Windows reserves this name for a device");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_pack_or_break_on_a_system_are_refused() {
        for good in ["TP-01", "acme.own-1", "a_b"] {
            assert!(check_name(good, "case id").is_ok(), "{good}");
        }
        for bad in ["", "..", ".x", "a/b", "a\\b", "æ", "con", "LPT1.x", "x.", "a:b"] {
            assert!(check_name(bad, "case id").is_err(), "{bad}");
        }
    }

    #[test]
    fn hexadecimal_digest() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
