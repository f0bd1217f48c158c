//! The Rust type of a schema in a place that typify does not see.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Value, json};

use super::PLACEHOLDER;
use crate::lower::names;

/// The type, as it is written within the module `types`.
pub(super) fn rust_type(schema: &Value) -> TokenStream {
    let inner = plain(schema);
    if schema.get("nullable") == Some(&json!(true)) {
        quote! { ::std::option::Option<#inner> }
    } else {
        inner
    }
}

fn plain(schema: &Value) -> TokenStream {
    if let Some(name) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|text| text.rsplit('/').next())
    {
        let ident = format_ident!("{}", names::pascal(name));
        return quote! { #ident };
    }
    let placeholder = |name: &str| {
        let (module, ident) = (format_ident!("{PLACEHOLDER}"), format_ident!("{name}"));
        quote! { ::#module::#ident }
    };
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), text("format")) {
        ("string", "date") => quote! { ::chrono::naive::NaiveDate },
        ("string", "date-time") => quote! { ::chrono::DateTime<::chrono::offset::Utc> },
        ("string", "uuid") => quote! { ::uuid::Uuid },
        ("string", "decimal") => placeholder("TextDecimal"),
        ("string", _) => quote! { ::std::string::String },
        ("integer", "int32") => quote! { i32 },
        ("integer", _) => quote! { i64 },
        ("number", _) => placeholder("NumberDecimal"),
        ("boolean", _) => quote! { bool },
        ("array", _) => {
            let items = schema
                .get("items")
                .map_or_else(|| quote! { ::serde_json::Value }, rust_type);
            quote! { ::std::vec::Vec<#items> }
        }
        ("object", _) => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => {
                let values = rust_type(values);
                quote! { ::std::collections::HashMap<::std::string::String, #values> }
            }
            _ => quote! { ::serde_json::Map<::std::string::String, ::serde_json::Value> },
        },
        _ => quote! { ::serde_json::Value },
    }
}
