//! The vendor's guides are true: their commands, in their order, in an empty folder.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::support::{python, reference_client};

fn guide(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guide").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The lines that a reader types.
fn commands(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("$ ")).collect()
}

struct Reader {
    folder: tempfile::TempDir,
}

impl Reader {
    /// Lets the system be one that is at hand here, as the reader fills in his own.
    fn fill_in(&self) {
        let path = self.folder.path().join("test/scenario.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let line = text.lines().find(|line| line.starts_with("# command = ")).unwrap();
        let own = format!("command = ['{}', '{}']", python(), reference_client().display());
        std::fs::write(&path, text.replace(line, &own)).unwrap();
        std::fs::create_dir(self.folder.path().join("logs")).unwrap();
        std::fs::write(self.folder.path().join("logs/system.log"), "polled\n").unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut words = line.split_whitespace();
        let program = match words.next().unwrap() {
            "skatt-conformance" => PathBuf::from(env!("CARGO_BIN_EXE_skatt-conformance")),
            other => PathBuf::from(other),
        };
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env("VENDOR_KEY", self.folder.path().join("test/key.pem"))
            .env("VENDOR_KID", "vendor-1")
            .env("MASKINPORTEN_CLIENT_ID", "vendor-client");
        command
    }

    fn zip(&self) -> String {
        let entries = std::fs::read_dir(self.folder.path().join("handover")).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .find(|name| Path::new(name).extension().is_some_and(|end| end == "zip"))
            .unwrap()
    }

    /// Follows one line to its end.
    fn follow(&self, line: &str) {
        if line.contains("conformance proxy") {
            // It serves until somebody ends it; nobody calls it here, so nothing leaves.
            let mut proxy = self
                .command(&format!("{line} --json"))
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut told = String::new();
            BufReader::new(proxy.stdout.take().unwrap())
                .read_line(&mut told)
                .unwrap();
            proxy.kill().unwrap();
            proxy.wait().unwrap();
            assert!(told.contains("\"token_endpoint\":\"http://127.0.0.1"), "{told}");
            return;
        }
        // One case stands for all: other tests play the whole script.
        let line = match line.contains("conformance client") {
            true => format!("{line} --case TP-04"),
            false => line.replace(
                "PACK.zip",
                &if line.contains("PACK") {
                    self.zip()
                } else {
                    String::new()
                },
            ),
        };
        let output: Output = self.command(&line).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{line}\n{}",
            String::from_utf8_lossy(&said)
        );
        if line.contains("--templates") {
            self.fill_in();
        }
    }
}

#[test]
fn both_lead_from_the_program_to_a_pack_that_verifies() {
    let (nb, en) = (guide("veiledning.nb.md"), guide("guide.en.md"));
    let lines = commands(&nb);
    assert_eq!(lines, commands(&en), "the same commands in both languages");
    assert!(lines.len() >= 7, "{lines:?}");
    let reader = Reader {
        folder: tempfile::tempdir().unwrap(),
    };
    for line in lines {
        reader.follow(line);
    }
    // What the guide is read from is what the program writes.
    let written = std::fs::read_to_string(reader.folder.path().join("test/veiledning.nb.md")).unwrap();
    assert_eq!(written, nb);
    let written = std::fs::read_to_string(reader.folder.path().join("test/guide.en.md")).unwrap();
    assert_eq!(written, en);
}

#[test]
fn both_name_only_options_and_codes_that_exist() {
    let program = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_skatt-conformance"))
            .args(arguments)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let help = program(&["conformance", "client", "--help"]) + &program(&["conformance", "proxy", "--help"]);
    let help = help + &program(&["conformance", "plan", "--help"]);
    let option = regex::Regex::new(r"`(--[a-z-]+)").unwrap();
    for text in [guide("veiledning.nb.md"), guide("guide.en.md")] {
        let named: Vec<_> = option.captures_iter(&text).map(|found| found[1].to_owned()).collect();
        assert!(named.len() >= 5);
        for name in named {
            assert!(help.contains(&name), "{name}");
        }
    }
    assert!(!help.contains("--no-such-option"));
}
