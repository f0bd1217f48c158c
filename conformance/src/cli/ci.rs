//! `ci`: exactly what continuous integration runs, step by step.
//!
//! The steps are data. A step that fails ends the run with exit 1, its name and what to do about
//! it; `--step` runs some of them. This command needs a checkout and a Rust toolchain.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use super::{Exit, Failure, Ui};

/// Options of `ci`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run only this step; may be repeated.
    #[arg(long = "step", value_name = "STEP", value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
}

struct Step {
    name: &'static str,
    /// Arguments of `cargo`.
    cargo: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    remedy: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        cargo: &["fmt", "--all", "--check"],
        environment: &[],
        remedy: "run `cargo fmt --all`",
    },
    Step {
        name: "clippy",
        cargo: &[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ],
        environment: &[],
        remedy: "mend what is listed above; an exception is an #[expect] with its reason",
    },
    Step {
        name: "lean",
        cargo: &[
            "clippy",
            "--locked",
            "--package",
            "skatteetaten-client",
            "--",
            "-D",
            "warnings",
        ],
        environment: &[],
        remedy: "the client alone, without any feature, has to build: something it uses stands behind a feature",
    },
    Step {
        name: "surface",
        cargo: &["xtask", "specs", "surface", "--check"],
        environment: &[],
        remedy: "run `cargo xtask specs surface`, and look at what changed in specs/surface/",
    },
    Step {
        name: "docs",
        cargo: &["doc", "--locked", "--workspace", "--all-features", "--no-deps"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        remedy: "mend the links and examples listed above",
    },
    Step {
        name: "tests",
        cargo: &["test", "--locked", "--workspace", "--all-features"],
        environment: &[],
        remedy: "the failing tests are listed above",
    },
];

/// Runs the steps.
///
/// # Errors
/// When the working directory is outside a checkout, `cargo` cannot be started, or a step fails.
pub async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let root = checkout()?;
    let chosen = STEPS
        .iter()
        .filter(|step| args.steps.is_empty() || args.steps.iter().any(|name| name == step.name));
    for step in chosen {
        writeln!(ui.err, "== {}: cargo {}", step.name, step.cargo.join(" "))?;
        let began = Instant::now();
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(step.cargo)
            .envs(step.environment.iter().copied())
            .current_dir(&root)
            .status()
            .map_err(|error| Failure::internal(format!("cargo cannot be started: {error}; is Rust installed?")))?;
        if !status.success() {
            return Err(Failure::internal(format!(
                "{} does not pass: `cargo {}`\n  what to do: {}",
                step.name,
                step.cargo.join(" "),
                step.remedy
            )));
        }
        writeln!(
            ui.err,
            "== {}: passed in {:.0} s",
            step.name,
            began.elapsed().as_secs_f64()
        )?;
    }
    Ok(Exit::Ok)
}

/// The checkout that holds the working directory.
fn checkout() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()?;
    here.ancestors()
        .find(|folder| folder.join("specs/specs.toml").is_file() && folder.join("xtask").is_dir())
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            Failure::usage(format!(
                "{} is not inside a checkout of this project, and `ci` builds and tests one; change into the checkout first",
                here.display()
            ))
        })
}
