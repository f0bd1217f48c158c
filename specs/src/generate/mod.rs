//! Rust bindings of a lowered document: progenitor's client, and the types it cannot write.
//!
//! progenitor and typify write the client, the builders and the structs. What they cannot write
//! well is written here and put beside them in `types`: enums that keep an unknown code, and the
//! code that reads and writes decimals digit for digit. Afterwards the syntax tree is polished:
//! no undeclared header, no personal data in `Debug`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use quote::ToTokens;
use serde_json::Value;

use crate::lower::{Lowered, names, tree};

mod decimals;
mod docs;
mod enums;
mod marks;
mod pinned;
mod polish;
mod redact;
mod standalone;
mod support;
mod types;
mod unions;

pub use pinned::{PinnedError, pinned_to_out_dir};
pub use standalone::standalone;

/// How to write the bindings.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Path of the type of the client's inner value, for instance `crate::transport::Call`;
    /// none for a client without.
    pub inner_type: Option<String>,
}

/// Why no bindings could be generated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{document}: {problem}{}. {way_out}", .pointer.as_ref().map(|p| format!(" (at {p})")).unwrap_or_default())]
#[non_exhaustive]
pub struct GenerateError {
    /// What messages call the document.
    pub document: String,
    /// JSON pointer, where one is known.
    pub pointer: Option<String>,
    /// What went wrong.
    pub problem: String,
    /// What to do about it.
    pub way_out: String,
}

/// Path prefix of the types written here, until [`polish`] knows from which module they are used.
pub(crate) const PLACEHOLDER: &str = "bindings_types";

/// Generates formatted Rust code.
///
/// # Errors
/// [`GenerateError`] when progenitor refuses the lowered document, or gives up on it.
pub fn rust(lowered: &Lowered, options: &Options) -> Result<String, GenerateError> {
    let fail = |problem: String| GenerateError {
        document: lowered.name().to_owned(),
        pointer: None,
        problem,
        way_out: "Lowering should have caught this; `specs lower FILE --explain` shows what it did. \
                  Removing the construct from a copy of the document is the way around"
            .to_owned(),
    };
    let emitted = emitted(lowered);
    // The last net: progenitor and typify end in `panic!` on what they do not expect.
    let tokens = catch_unwind(AssertUnwindSafe(|| tokens(lowered, options, &emitted)))
        .unwrap_or_else(|panic| Err(format!("progenitor gave up: {}", panic_text(&*panic))))
        .map_err(&fail)?;
    let mut file: syn::File = syn::parse2(marks::unmarked(tokens, true))
        .map_err(|error| fail(format!("progenitor wrote no Rust: {error}")))?;
    let items = catch_unwind(AssertUnwindSafe(|| {
        emitted.iter().map(Emitted::write).collect::<TokenStream>()
    }))
    .map_err(|panic| fail(format!("writing the types failed: {}", panic_text(&*panic))))?;
    let items: syn::File = syn::parse2(items).map_err(|error| fail(format!("the types are no Rust: {error}")))?;
    polish::polish(&mut file, items.items, &facts(lowered, &emitted));
    let file = syn::parse2(marks::unmarked(file.to_token_stream(), false))
        .map_err(|error| fail(format!("the polished code is no Rust: {error}")))?;
    Ok(prettyplease::unparse(&file))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "without a message".to_owned())
}

/// A component that is written here.
struct Emitted {
    component: String,
    description: Option<String>,
    spec: Value,
}

impl Emitted {
    fn rust_name(&self) -> String {
        names::pascal(&self.component)
    }

    fn write(&self) -> TokenStream {
        let (name, description) = (self.rust_name(), self.description.as_deref());
        let spec = |key: &str| self.spec.get(key).cloned().unwrap_or_default();
        if let Ok(spec) = serde_json::from_value(spec("enum")) {
            return enums::write(&name, description, &spec);
        }
        if let Ok(spec) = serde_json::from_value(spec("union")) {
            return unions::choice(&name, description, &spec);
        }
        match serde_json::from_value(spec("answer")) {
            Ok(spec) => unions::answer(&name, description, &spec),
            Err(_) => TokenStream::new(),
        }
    }
}

fn emitted(lowered: &Lowered) -> Vec<Emitted> {
    tree::components(lowered.value())
        .filter_map(|(name, schema)| {
            Some(Emitted {
                component: name.clone(),
                description: schema.get("description").and_then(Value::as_str).map(str::to_owned),
                spec: schema.get("x-bindings")?.clone(),
            })
        })
        .collect()
}

/// What polishing needs to know.
fn facts(lowered: &Lowered, emitted: &[Emitted]) -> polish::Facts {
    let answers = emitted
        .iter()
        .filter(|component| component.spec.get("answer").is_some())
        .map(Emitted::rust_name)
        .collect();
    let paths = lowered.value().get("paths").and_then(Value::as_object);
    let operations = paths
        .into_iter()
        .flatten()
        .filter_map(|(_, item)| item.as_object())
        .flatten()
        .filter_map(|(_, operation)| {
            let id = operation.get("operationId")?.as_str()?;
            Some((names::snake(id), operation.get("x-bindings")?.clone()))
        })
        .collect();
    let mut descriptions = std::collections::BTreeMap::new();
    for (name, schema) in tree::components(lowered.value()) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (field, property) in properties.into_iter().flatten() {
            if let Some(text) = property.get("description").and_then(Value::as_str) {
                let wire = field.split(names::MARK).next().unwrap_or(field);
                descriptions.insert((names::pascal(name), wire.to_owned()), text.to_owned());
            }
        }
    }
    polish::Facts {
        answers,
        operations,
        descriptions,
    }
}

fn tokens(lowered: &Lowered, options: &Options, emitted: &[Emitted]) -> Result<TokenStream, String> {
    let document = serde_json::from_value(lowered.value().clone())
        .map_err(|error| format!("the lowered document is not OpenAPI 3.0: {error}"))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_derive("PartialEq")
        .with_crate(PLACEHOLDER, progenitor::CrateVers::Any, None);
    if let Some(inner) = &options.inner_type {
        let inner = inner
            .parse()
            .map_err(|error| format!("`{inner}` is no type: {error}"))?;
        settings.with_inner_type(inner);
    }
    for component in emitted {
        let name = component.rust_name();
        let text = component.spec.get("enum").is_some();
        let impls: &[TypeImpl] = if text {
            &[TypeImpl::Display, TypeImpl::FromStr]
        } else {
            &[]
        };
        settings.with_replacement(&name, format!("::{PLACEHOLDER}::{name}"), impls.iter().copied());
    }
    Generator::new(&settings)
        .generate_tokens(&document)
        .map_err(|error| error.to_string())
}
