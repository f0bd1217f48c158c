//! Reads the surface off generated Rust code.

use std::collections::{BTreeMap, HashMap};

use syn::{Attribute, Field, Fields, ImplItem, Item, ReturnType, Type, Visibility};

use crate::manifest::sha256_hex;

/// Why no surface could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SurfaceError {
    /// The generated code is not Rust.
    #[error("the generated code cannot be parsed: {detail}")]
    Syntax {
        /// The parser's message.
        detail: String,
    },
    /// A committed listing has a line that is none.
    #[error(
        "line {line} of the listing is neither an item nor a member; write it anew with `cargo xtask specs surface`"
    )]
    Listing {
        /// Counted from 1.
        line: usize,
    },
}

type Items = BTreeMap<String, Vec<String>>;

pub(super) fn items(code: &str) -> Result<Items, SurfaceError> {
    let file = syn::parse_file(code).map_err(|error| SurfaceError::Syntax {
        detail: error.to_string(),
    })?;
    let mut items = Items::new();
    let builders = file.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "builder" => module.content.as_ref().map(|(_, items)| builders(items)),
        _ => None,
    });
    let builders = builders.unwrap_or_default();
    for item in &file.items {
        match item {
            Item::Impl(block) if block.trait_.is_none() && text(&block.self_ty) == "Client" => {
                for member in &block.items {
                    if let ImplItem::Fn(method) = member
                        && is_public(&method.vis)
                        && let ReturnType::Type(_, returned) = &method.sig.output
                        && let Some(builder) = last_segment(returned).and_then(|name| builders.get(&name))
                    {
                        let mut lines = vec![format!("{} {}", request_line(&method.attrs), docs(&method.attrs))];
                        lines.extend(builder.iter().cloned());
                        items.insert(format!("operation {}", method.sig.ident), lines);
                    }
                }
            }
            Item::Mod(module) if module.ident != "builder" && is_public(&module.vis) => {
                if let Some((_, content)) = &module.content {
                    let path = if module.ident == "types" {
                        String::new()
                    } else {
                        format!("{}::", module.ident)
                    };
                    types(content, &path, &mut items);
                }
            }
            _ => {}
        }
    }
    Ok(items)
}

/// Parameters, success and error body of every builder, by its name.
fn builders(content: &[Item]) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for item in content {
        match item {
            Item::Struct(builder) => {
                let lines = found.entry(builder.ident.to_string()).or_default();
                let mut parameters: Vec<_> = builder.fields.iter().filter_map(parameter).collect();
                parameters.sort();
                lines.splice(0..0, parameters);
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let send = block.items.iter().find_map(|member| match member {
                    ImplItem::Fn(method) if method.sig.ident == "send" => Some(&method.sig.output),
                    _ => None,
                });
                if let (Some(ReturnType::Type(_, returned)), Some(name)) = (send, last_segment(&block.self_ty)) {
                    let lines = found.entry(name).or_default();
                    let parts = arguments(returned);
                    let success = parts.first().and_then(|part| arguments(part).first().map(text));
                    let error = parts.get(1).and_then(|part| arguments(part).first().map(text));
                    lines.push(format!("returns {}", success.unwrap_or_else(|| "()".to_owned())));
                    lines.push(format!("error {}", error.unwrap_or_else(|| "()".to_owned())));
                }
            }
            _ => {}
        }
    }
    found
}

/// A builder keeps each parameter as `Result<T, String>`, an optional one as `Result<Option<T>, String>`.
fn parameter(field: &Field) -> Option<String> {
    let name = field.ident.as_ref()?;
    if name == "client" {
        return None;
    }
    let inner = arguments(&field.ty).into_iter().next()?;
    let optional = last_segment(&inner).as_deref() == Some("Option");
    let shown = if optional {
        arguments(&inner).into_iter().next().map(|ty| text(&ty))
    } else {
        Some(text(&inner))
    };
    Some(format!(
        "{} {name}: {}",
        if optional { "optional" } else { "required" },
        shown?
    ))
}

fn types(content: &[Item], path: &str, items: &mut Items) {
    for item in content {
        match item {
            Item::Struct(def) if is_public(&def.vis) => {
                let mut lines = vec![format!("struct {}", docs(&def.attrs))];
                let mut fields: Vec<_> = match &def.fields {
                    Fields::Named(named) => named.named.iter().map(field_line).collect(),
                    Fields::Unnamed(unnamed) => unnamed
                        .unnamed
                        .iter()
                        .map(|field| format!("0: {}", text(&field.ty)))
                        .collect(),
                    Fields::Unit => Vec::new(),
                };
                fields.sort();
                lines.extend(fields);
                items.insert(format!("type {path}{}", def.ident), lines);
            }
            Item::Enum(def) if is_public(&def.vis) => {
                let mut lines = vec![format!("enum {}", docs(&def.attrs))];
                let mut variants: Vec<_> = def
                    .variants
                    .iter()
                    .map(|variant| {
                        let wire = rename(&variant.attrs)
                            .map(|name| format!(" = {name:?}"))
                            .unwrap_or_default();
                        let fields = match &variant.fields {
                            Fields::Unit => String::new(),
                            fields => format!(
                                "({})",
                                fields
                                    .iter()
                                    .map(|field| text(&field.ty))
                                    .collect::<Vec<_>>()
                                    .join(", ")
                            ),
                        };
                        format!("{}{fields}{wire}", variant.ident)
                    })
                    .collect();
                variants.sort();
                lines.extend(variants);
                items.insert(format!("type {path}{}", def.ident), lines);
            }
            Item::Type(def) if is_public(&def.vis) => {
                items.insert(
                    format!("type {path}{}", def.ident),
                    vec![format!("= {} {}", text(&def.ty), docs(&def.attrs))],
                );
            }
            // `types::builder` mirrors the structs, `types::error` is the same for every document.
            Item::Mod(module) if is_public(&module.vis) && module.ident != "builder" && module.ident != "error" => {
                if let Some((_, inner)) = &module.content {
                    types(inner, &format!("{path}{}::", module.ident), items);
                }
            }
            _ => {}
        }
    }
}

fn field_line(field: &Field) -> String {
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let wire = rename(&field.attrs)
        .map(|wire| format!(" = {wire:?}"))
        .unwrap_or_default();
    format!("{name}: {}{wire} {}", text(&field.ty), docs(&field.attrs))
}

/// `GET /path` out of the first lines of a method's documentation.
fn request_line(attributes: &[Attribute]) -> String {
    let doc = doc_text(attributes);
    let mut quoted = doc
        .lines()
        .find(|line| line.contains("request to"))
        .map(|line| {
            line.split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .unwrap_or_default()
        .into_iter();
    format!(
        "{} {}",
        quoted.next().unwrap_or_default(),
        quoted.next().unwrap_or_default()
    )
}

fn doc_text(attributes: &[Attribute]) -> String {
    let lines: Vec<_> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) => match &pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    lines.join("\n")
}

/// A short hash of the documentation; typify repeats the schema as JSON in it, which is left out.
fn docs(attributes: &[Attribute]) -> String {
    let all = doc_text(attributes);
    let doc = all.split("<details>").next().unwrap_or_default().trim().to_owned();
    if doc.is_empty() {
        return "docs:none".to_owned();
    }
    let hash: String = sha256_hex(doc.as_bytes()).chars().take(8).collect();
    format!("docs:{hash}")
}

/// The name on the wire, where serde is told another than Rust's.
fn rename(attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other serde arguments are skipped; an unreadable one would not have compiled.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value: syn::Lit = meta.value()?.parse()?;
                if let (true, syn::Lit::Str(name)) = (meta.path.is_ident("rename"), value) {
                    found = Some(name.value());
                }
            } else if meta.input.peek(syn::token::Paren) {
                meta.parse_nested_meta(|_| Ok(()))?;
            }
            Ok(())
        });
    }
    found
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Type arguments of the last segment: `A` and `B` of `Result<A, B>`.
fn arguments(ty: &Type) -> Vec<Type> {
    let Type::Path(path) = ty else { return Vec::new() };
    let Some(last) = path.path.segments.last() else {
        return Vec::new();
    };
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Vec::new();
    };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            syn::GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })
        .collect()
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// A type as one would write it: without the absolute paths that generated code uses.
fn text(ty: impl quote::ToTokens) -> String {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    [
        "::std::option::",
        "::std::vec::",
        "::std::string::",
        "::std::collections::",
        "::std::boxed::",
        "types::",
        "super::",
    ]
    .iter()
    .fold(text, |text, prefix| text.replace(prefix, ""))
    .replace("::std::primitive::", "")
    .replace(",>", ">")
    .replace(",", ", ")
    .trim_start_matches("::")
    .replace("<::", "<")
}
