//! The few file operations that the journal is made of.
//!
//! They are behind a trait for one reason: a test runs the journal on a disk that dies after each
//! of them in turn, with and without what had not been flushed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A directory of files that are written once and never changed.
pub(super) trait Disk: Send + Sync + 'static {
    /// The bytes of a file; `None` when there is none of this name.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Names of all files.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Makes a file with these bytes, flushed, under a name of its own that nobody looks for.
    fn write_draft(&self, draft: &str, bytes: &[u8]) -> io::Result<()>;

    /// Gives the draft its name, in one step. `false`, and the draft is gone, when the name is
    /// taken: of several processes, one wins.
    fn publish(&self, draft: &str, name: &str) -> io::Result<bool>;

    /// Makes sure that names given so far survive a crash of the machine.
    fn flush_names(&self) -> io::Result<()>;
}

/// The ending of drafts. A crash can leave one behind; it means nothing.
pub(super) const DRAFT: &str = ".draft";

/// A real directory, made on first use.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Opens a directory, and makes it if needed, for the owner only: what is kept in it is
    /// personal data.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(path)?;
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                flush_directory(parent)?;
            }
        }
        // Nobody wants this in version control.
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path.join(".gitignore"))
        {
            Ok(mut file) => file.write_all(b"*\n")?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(Self { path: path.to_owned() })
    }
}

impl Disk for Directory {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        match File::open(self.path.join(name)) {
            Ok(mut file) => {
                file.read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn write_draft(&self, draft: &str, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(self.path.join(draft))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn publish(&self, draft: &str, name: &str) -> io::Result<bool> {
        let draft = tempfile::TempPath::try_from_path(self.path.join(draft))?;
        match draft.persist_noclobber(self.path.join(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    }

    fn flush_names(&self) -> io::Result<()> {
        flush_directory(&self.path)
    }
}

#[cfg(unix)]
fn flush_directory(path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    File::open(path)?.sync_all()
}

/// Windows and others have no such operation for directories; the file system keeps its own
/// journal of names.
#[cfg(not(unix))]
fn flush_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
