//! A file that compiles by itself, with the dependencies its first lines name.

use super::{GenerateError, Options, rust};
use crate::lower::Lowered;

/// What a file can need, as it stands in a `Cargo.toml`; the second part tells whether it does.
const DEPENDENCIES: [(&str, &str, &str); 9] = [
    ("bytes", "bytes = \"1.10\"", "::bytes::"),
    (
        "chrono",
        "chrono = { version = \"0.4\", default-features = false, features = [\"std\", \"serde\"] }",
        "::chrono::",
    ),
    ("futures", "futures = \"0.3\"", "::futures::"),
    ("progenitor-client", "progenitor-client = \"0.15.1\"", ""),
    ("regress", "regress = \"0.12\"", "::regress::"),
    (
        "reqwest",
        "reqwest = { version = \"0.13\", default-features = false, features = [\"json\", \"query\", \"stream\"] }",
        "",
    ),
    (
        "rust_decimal",
        "rust_decimal = { version = \"1.43\", default-features = false, features = [\"std\", \"serde\"] }",
        "::rust_decimal::",
    ),
    ("serde", "serde = { version = \"1.0\", features = [\"derive\"] }", ""),
    (
        "serde_json",
        "serde_json = { version = \"1.0\", features = [\"raw_value\"] }",
        "",
    ),
];

const UUID: &str = "uuid = { version = \"1.20\", features = [\"serde\"] }";

/// Generates formatted code that starts with a comment holding the exact `[dependencies]`.
///
/// # Errors
/// As [`rust`].
pub fn standalone(lowered: &Lowered, options: &Options) -> Result<String, GenerateError> {
    let code = rust(lowered, options)?;
    let mut head = format!(
        "// Rust client for {}, written by `specs lower --rust`.\n// It compiles with these dependencies; choose a TLS feature of reqwest, for instance `rustls`, for https:\n//\n// [dependencies]\n",
        lowered.name().chars().filter(|c| !c.is_control()).collect::<String>()
    );
    let uuid = code.contains("::uuid::").then_some(UUID);
    let needed = DEPENDENCIES
        .iter()
        .filter(|(_, _, sign)| code.contains(sign))
        .map(|(_, line, _)| *line);
    for line in needed.chain(uuid) {
        head.push_str(&format!("// {line}\n"));
    }
    head.push('\n');
    Ok(head + &code)
}
