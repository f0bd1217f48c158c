//! `cargo xtask …`: the commands of `skatt-conformance`, and `ci`.

use std::process::ExitCode;

fn main() -> ExitCode {
    skatteetaten_conformance::cli::run(std::env::args_os())
}
