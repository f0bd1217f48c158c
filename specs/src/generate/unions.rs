//! Writes the enums of choices and of answers.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::types::rust_type;
use crate::lower::{AnswerSpec, Branch, UnionSpec};

/// What a branch looks like from outside, as the helper module wants it.
fn shape(branch: &Branch) -> TokenStream {
    let is_reference = branch.schema.get("$ref").is_some();
    let kind = branch.schema.get("type").and_then(Value::as_str).unwrap_or_default();
    match &branch.fields {
        Some(fields) => {
            let required = &branch.required;
            quote! { choice::Shape::Fields(&[#(#fields),*], &[#(#required),*]) }
        }
        None if branch.codes => quote! { choice::Shape::Scalar(2) },
        None if is_reference => quote! { choice::Shape::Any },
        None => match kind {
            "array" => quote! { choice::Shape::List },
            "object" => quote! { choice::Shape::Map },
            "boolean" => quote! { choice::Shape::Scalar(0) },
            "integer" => quote! { choice::Shape::Scalar(0) },
            "number" => quote! { choice::Shape::Scalar(1) },
            "string" if branch.schema.get("format").is_some() => quote! { choice::Shape::Scalar(1) },
            "string" => quote! { choice::Shape::Scalar(3) },
            _ => quote! { choice::Shape::Any },
        },
    }
}

/// An expression of `Result<T, ()>`-like shape that reads the branch from `text`.
fn read(branch: &Branch) -> TokenStream {
    let inner = rust_type(&branch.schema);
    let parsed = if is_number(&branch.schema) {
        quote! { exact::read::<#inner>(text).ok() }
    } else {
        quote! { ::serde_json::from_str::<#inner>(text).ok() }
    };
    if branch.codes {
        quote! { #parsed.filter(|code| <#inner>::ALL.contains(code)) }
    } else {
        parsed
    }
}

fn is_number(schema: &Value) -> bool {
    let text = rust_type(schema).to_string();
    text.contains("NumberDecimal")
}

fn variants(branches: &[Branch]) -> Vec<(Ident, TokenStream, TokenStream)> {
    branches
        .iter()
        .map(|branch| {
            let ident = format_ident!("{}", branch.variant);
            let inner = rust_type(&branch.schema);
            let (held, wrap) = if branch.boxed {
                (
                    quote! { ::std::boxed::Box<#inner> },
                    quote! { ::std::boxed::Box::new(value) },
                )
            } else {
                (inner, quote! { value })
            };
            (ident, held, wrap)
        })
        .collect()
}

/// `Debug` that names the variant and not what it holds.
fn debug(name: &Ident, variants: &[Ident]) -> TokenStream {
    let texts: Vec<String> = variants
        .iter()
        .map(|variant| format!("{name}::{variant}(..)"))
        .collect();
    quote! {
        /// Names the variant only: what it holds may be personal.
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self { #( Self::#variants(..) => #texts, )* })
            }
        }
    }
}

/// The conversion from each branch that is a type of its own.
fn conversions(name: &Ident, branches: &[Branch]) -> TokenStream {
    branches
        .iter()
        .zip(variants(branches))
        .filter(|(branch, _)| branch.schema.get("$ref").is_some() && branch.schema.get("nullable").is_none())
        .map(|(branch, (variant, _, wrap))| {
            let inner = rust_type(&branch.schema);
            quote! {
                impl ::std::convert::From<#inner> for #name {
                    fn from(value: #inner) -> Self {
                        Self::#variant(#wrap)
                    }
                }
            }
        })
        .collect()
}

/// The enum of a choice.
pub(super) fn choice(name: &str, description: Option<&str>, spec: &UnionSpec) -> TokenStream {
    let ident = format_ident!("{name}");
    let variants = variants(&spec.branches);
    let (names, held): (Vec<_>, Vec<_>) = variants.iter().map(|(name, held, _)| (name, held)).unzip();
    let docs: Vec<String> = spec.branches.iter().map(variant_doc).collect();
    let doc = description.unwrap_or(name);
    let other = spec.open.then(|| {
        quote! {
            /// None of the above, as it was read.
            Other(::serde_json::Value),
        }
    });
    let mut all_names: Vec<Ident> = names.iter().map(|name| (*name).clone()).collect();
    if spec.open {
        all_names.push(format_ident!("Other"));
    }
    let debug = debug(&ident, &all_names);
    let conversions = conversions(&ident, &spec.branches);
    let none = if spec.open {
        quote! { ::serde_json::from_str(text).map(Self::Other).map_err(|_| "no JSON value".to_owned()) }
    } else {
        let message = format!("none of the shapes of {name}");
        quote! { Err(#message.to_owned()) }
    };
    let by_tag = spec.tag.as_ref().map(|tag| by_tag(name, tag, spec, &variants, &none));
    let shapes: Vec<TokenStream> = spec.branches.iter().map(shape).collect();
    let tries: Vec<TokenStream> = spec
        .branches
        .iter()
        .zip(&variants)
        .enumerate()
        .map(|(index, (branch, (variant, _, wrap)))| {
            let read = read(branch);
            quote! { #index => if let Some(value) = #read { return Ok(Self::#variant(#wrap)); }, }
        })
        .collect();
    let writes: Vec<TokenStream> = spec
        .branches
        .iter()
        .zip(&names)
        .map(|(branch, variant)| write(spec, branch, variant))
        .collect();
    let write_other = spec
        .open
        .then(|| quote! { Self::Other(value) => ::serde::Serialize::serialize(value, serializer), });
    let display = display(&ident, spec, &names);
    quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq)]
        pub enum #ident {
            #( #[doc = #docs] #names(#held), )*
            #other
        }

        #debug
        #conversions
        #display

        impl #ident {
            fn read(text: &str) -> ::std::result::Result<Self, ::std::string::String> {
                #by_tag
                for index in choice::order(text, &[#(#shapes),*]) {
                    match index {
                        #(#tries)*
                        _ => {}
                    }
                }
                #none
            }
        }

        impl ::serde::Serialize for #ident {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    #(#writes)*
                    #write_other
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let raw = <::std::boxed::Box<::serde_json::value::RawValue> as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::read(raw.get()).map_err(<D::Error as ::serde::de::Error>::custom)
            }
        }
    }
}

fn variant_doc(branch: &Branch) -> String {
    let tags: Vec<String> = branch.tags.iter().map(|tag| format!("`{tag}`")).collect();
    match (
        tags.is_empty(),
        branch.schema.get("description").and_then(Value::as_str),
    ) {
        (true, None) => format!("{}.", branch.variant),
        (true, Some(text)) => text.to_owned(),
        (false, _) => format!("Marked as {}.", tags.join(", ")),
    }
}

fn by_tag(
    name: &str,
    tag: &str,
    spec: &UnionSpec,
    variants: &[(Ident, TokenStream, TokenStream)],
    none: &TokenStream,
) -> TokenStream {
    let arms: Vec<TokenStream> = spec
        .branches
        .iter()
        .zip(variants)
        .filter(|(branch, _)| !branch.tags.is_empty())
        .map(|(branch, (variant, _, wrap))| {
            let tags = &branch.tags;
            let inner = rust_type(&branch.schema);
            let message = format!("{name}: marked as {}, and does not fit", branch.variant);
            quote! {
                #(#tags)|* => return ::serde_json::from_str::<#inner>(text)
                    .map(|value| Self::#variant(#wrap))
                    .map_err(|error| format!("{} (line {}, column {})", #message, error.line(), error.column())),
            }
        })
        .collect();
    quote! {
        if let Some(tag) = choice::tag(text, #tag) {
            match tag.as_str() {
                #(#arms)*
                _ => return #none,
            }
        }
    }
}

fn write(spec: &UnionSpec, branch: &Branch, variant: &Ident) -> TokenStream {
    let lacks_tag = spec
        .tag
        .as_ref()
        .filter(|tag| branch.fields.as_ref().is_some_and(|fields| !fields.contains(tag)));
    match (lacks_tag, branch.tags.first()) {
        (Some(tag), Some(value)) => quote! {
            Self::#variant(value) => choice::with_tag(#tag, #value, value, serializer),
        },
        _ if is_number(&branch.schema) => quote! {
            Self::#variant(value) => exact::serialize(value, serializer),
        },
        _ => quote! {
            Self::#variant(value) => ::serde::Serialize::serialize(value, serializer),
        },
    }
}

/// Scalars can stand in a path or a header.
fn display(ident: &Ident, spec: &UnionSpec, names: &[&Ident]) -> Option<TokenStream> {
    let scalar = spec.branches.iter().all(|branch| {
        branch.codes
            || matches!(
                branch.schema.get("type").and_then(Value::as_str),
                Some("string" | "integer" | "number" | "boolean")
            )
    });
    let other = spec
        .open
        .then(|| quote! { Self::Other(value) => ::std::fmt::Display::fmt(value, f), });
    scalar.then(|| {
        quote! {
            impl ::std::fmt::Display for #ident {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    match self {
                        #( Self::#names(value) => ::std::fmt::Display::fmt(value, f), )*
                        #other
                    }
                }
            }
        }
    })
}

/// The enum of an answer.
pub(super) fn answer(name: &str, description: Option<&str>, spec: &AnswerSpec) -> TokenStream {
    let ident = format_ident!("{name}");
    let variants = variants(&spec.branches);
    let (names, held): (Vec<_>, Vec<_>) = variants.iter().map(|(name, held, _)| (name, held)).unzip();
    let docs: Vec<String> = spec
        .statuses
        .iter()
        .map(|statuses| {
            let texts: Vec<String> = statuses
                .iter()
                .map(|(from, to)| {
                    if from == to {
                        format!("{from}")
                    } else {
                        format!("{from}–{to}")
                    }
                })
                .collect();
            format!("What the document has for {}.", texts.join(", "))
        })
        .collect();
    let doc = description.unwrap_or(name);
    let mut all_names: Vec<Ident> = names.iter().map(|name| (*name).clone()).collect();
    all_names.push(format_ident!("Body"));
    let debug = debug(&ident, &all_names);
    let shapes: Vec<TokenStream> = spec.branches.iter().map(shape).collect();
    let statuses: Vec<TokenStream> = spec
        .statuses
        .iter()
        .map(|statuses| {
            let pairs: Vec<TokenStream> = statuses.iter().map(|(from, to)| quote! { (#from, #to) }).collect();
            quote! { &[#(#pairs),*] }
        })
        .collect();
    let tries: Vec<TokenStream> = spec
        .branches
        .iter()
        .zip(&variants)
        .enumerate()
        .map(|(index, (branch, (variant, _, wrap)))| {
            let read = read(branch);
            quote! { #index => if let Some(value) = #read { return Self::#variant(#wrap); }, }
        })
        .collect();
    quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq)]
        pub enum #ident {
            #( #[doc = #docs] #names(#held), )*
            /// A body that none of the schemas matches, or none at all.
            Body(answer::RawBody),
        }

        #debug

        impl answer::Answer for #ident {
            fn from_body(body: answer::RawBody) -> Self {
                if let Ok(text) = ::std::str::from_utf8(&body.bytes) {
                    for index in choice::order_for(text, body.status, &[#(#shapes),*], &[#(#statuses),*]) {
                        match index {
                            #(#tries)*
                            _ => {}
                        }
                    }
                }
                Self::Body(body)
            }
        }
    }
}
