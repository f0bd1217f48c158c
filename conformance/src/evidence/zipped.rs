//! A pack as one file.
//!
//! There is one way to write it: entries in ascending order of path, stored as they are, without
//! time stamps. So the container can be checked like everything else, by writing it again.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::EvidenceError;

/// The container with these files.
pub(super) fn encode(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, EvidenceError> {
    let failed = |detail: String| EvidenceError::Render {
        file: "zip".to_owned(),
        detail,
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer
            .start_file(path.as_str(), options)
            .map_err(|error| failed(error.to_string()))?;
        writer.write_all(bytes).map_err(|error| failed(error.to_string()))?;
    }
    let cursor = writer.finish().map_err(|error| failed(error.to_string()))?;
    Ok(cursor.into_inner())
}

/// What a container holds.
pub(super) struct Content {
    /// The files by path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What is wrong with the container itself: the entry concerned, where known, and why.
    pub(super) faults: Vec<(String, String)>,
}

/// The files of a container.
pub(super) fn decode(bytes: &[u8]) -> Result<Content, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| format!("it is not a zip file that can be read ({error})"))?;
    let mut files = BTreeMap::new();
    let mut faults: Vec<(String, String)> = Vec::new();
    let mut starts = Vec::new();
    for index in 0..archive.len() {
        let mut entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                faults.push((
                    String::new(),
                    format!("entry {index} of the zip file cannot be read ({error})"),
                ));
                continue;
            }
        };
        let path = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(error) => {
                faults.push((
                    String::new(),
                    format!("entry {index} of the zip file has no readable name ({error})"),
                ));
                continue;
            }
        };
        if entry.compression() != CompressionMethod::Stored {
            faults.push((path, "it is compressed, which packs never are".to_owned()));
            continue;
        }
        let start = entry.header_start();
        // A stored entry cannot be longer than the container.
        let mut content = Vec::new();
        if let Err(error) = entry.by_ref().take(bytes.len() as u64).read_to_end(&mut content) {
            faults.push((path.clone(), format!("it cannot be read from the zip file ({error})")));
        }
        starts.push((start, path.clone()));
        if files.insert(path.clone(), content).is_some() {
            faults.push((path, "it occurs twice in the zip file".to_owned()));
        }
    }
    if faults.is_empty() {
        let again = encode(&files).map_err(|error| error.to_string())?;
        if again != bytes {
            let offset = again
                .iter()
                .zip(bytes)
                .position(|(a, b)| a != b)
                .unwrap_or_else(|| again.len().min(bytes.len()));
            starts.sort_unstable();
            let near = starts
                .iter()
                .rev()
                .find(|(start, _)| usize::try_from(*start).is_ok_and(|start| start <= offset))
                .map(|(_, path)| path.clone())
                .unwrap_or_default();
            faults.push((
                near,
                format!("the zip file differs from what its files give, at byte {offset}"),
            ));
        }
    }
    Ok(Content { files, faults })
}
