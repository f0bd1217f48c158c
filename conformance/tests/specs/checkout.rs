//! A folder with the parts of a checkout that the commands work on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

pub(crate) struct Checkout {
    folder: tempfile::TempDir,
    outputs: tempfile::NamedTempFile,
}

impl Checkout {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("specs");
        let files = [
            "specs.toml",
            "trekkpaalegg-app/1.4.json",
            "trekkpaalegg-app/2024-10.json",
            "innrapportering-finansprodukter-api/0.0.1.json",
            "dialogporten-enduser/1.json",
            "surface/trekkpaalegg.txt",
            "surface/finansprodukter.txt",
            "surface/dialogporten.txt",
        ];
        for file in files {
            let target = folder.path().join("specs").join(file);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(specs.join(file), target).unwrap();
        }
        Self {
            folder,
            outputs: tempfile::NamedTempFile::new().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a workflow would read as the step's outputs.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(self.outputs.path()).unwrap()
    }

    /// Name and bytes of every file.
    pub(crate) fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs::read(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GITHUB_OUTPUT", self.outputs.path())
            .env_remove("SKATT_REGISTRY")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let text = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .join("\n");
        Ran {
            code: output.status.code(),
            text,
        }
    }
}

/// What a command did.
pub(crate) struct Ran {
    code: Option<i32>,
    text: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.text.contains(text), "{text:?} is not in: {}", self.text);
    }
}
