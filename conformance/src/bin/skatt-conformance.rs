//! The whole tool as one program, for vendors without Rust or a checkout.

use std::process::ExitCode;

fn main() -> ExitCode {
    skatteetaten_conformance::cli::run(std::env::args_os())
}
