//! Pinned documents to Rust bindings in `OUT_DIR`; everything else is in `skatteetaten-specs`.
//! A document whose digest is not the pinned one stops the build and names the command that mends it.

fn main() -> Result<(), skatteetaten_specs::generate::PinnedError> {
    // The documents are part of the specs crate: when they change, it is rebuilt, and this with it.
    println!("cargo::rerun-if-changed=build.rs");
    skatteetaten_specs::generate::pinned_to_out_dir()
}
