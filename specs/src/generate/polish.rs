//! What is changed in the generated code itself, because no document can ask for it.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;
use syn::{
    Attribute, Block, Expr, ExprCall, ExprMethodCall, Field, ImplItemFn, Item, ItemMod, ItemStruct, Meta, Path, Stmt,
    Token, parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use super::{PLACEHOLDER, decimals, docs, redact, support};
use crate::lower::{COOKIE, names};

/// What polishing needs to know of the document.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Types whose values are read by [`support::answer`].
    pub(super) answers: BTreeSet<String>,
    /// What operations say beside what progenitor reads, by method name.
    pub(super) operations: BTreeMap<String, Value>,
    /// Descriptions of fields that progenitor drops, by type and name on the wire.
    pub(super) descriptions: BTreeMap<(String, String), String>,
}

/// Puts `items` into `types` and polishes the whole file.
pub(super) fn polish(file: &mut syn::File, items: Vec<Item>, facts: &Facts) {
    let mut polisher = Polisher {
        facts,
        modules: Vec::new(),
        used: BTreeSet::new(),
        call: None,
    };
    if let Some(types) = types_of(file) {
        types.extend(items);
    }
    polisher.visit_file_mut(file);
    let mut used = std::mem::take(&mut polisher.used);
    if used.contains("ExactNumber") {
        used.insert("exact".to_owned());
    }
    if let Some(types) = types_of(file) {
        let text = types
            .iter()
            .map(ToTokens::to_token_stream)
            .collect::<TokenStream>()
            .to_string();
        if text.contains("exact ::") {
            used.insert("exact".to_owned());
        }
        if text.contains("choice ::") {
            types.extend(items_of(support::choice()));
        }
        for name in &used {
            types.extend(items_of(match name.as_str() {
                "exact" => decimals::module(),
                "decimal_text" => decimals::text_module(),
                "ExactNumber" => support::number(),
                "DecimalText" => support::decimal_text(),
                "CommaList" | "SpaceList" | "PipeList" => support::list(name),
                "Rfc3339" => support::rfc3339(),
                "cookies" => support::cookies(),
                _ => TokenStream::new(),
            }));
        }
        if !facts.answers.is_empty() {
            types.extend(items_of(support::answer()));
        }
    }
    redact::redact(&mut file.items);
}

fn items_of(tokens: TokenStream) -> Vec<Item> {
    syn::parse2::<syn::File>(tokens)
        .map(|file| file.items)
        .unwrap_or_default()
}

fn types_of(file: &mut syn::File) -> Option<&mut Vec<Item>> {
    file.items.iter_mut().find_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == "types" => Some(items),
        _ => None,
    })
}

/// What is known of the call whose code is being polished.
struct Call {
    success: bool,
    error: bool,
    in_error: bool,
    content_type: Option<Value>,
}

struct Polisher<'a> {
    facts: &'a Facts,
    modules: Vec<String>,
    used: BTreeSet<String>,
    call: Option<Call>,
}

impl VisitMut for Polisher<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        self.modules.push(module.ident.to_string());
        visit_mut::visit_item_mod_mut(self, module);
        self.modules.pop();
    }

    /// Types written here are found from wherever they are used.
    fn visit_path_mut(&mut self, path: &mut Path) {
        let is_ours =
            path.leading_colon.is_some() && path.segments.first().is_some_and(|first| first.ident == PLACEHOLDER);
        if is_ours && let Some(last) = path.segments.last().cloned() {
            let name = last.ident.to_string();
            let in_types = self.modules.first().is_some_and(|first| first == "types");
            match name.as_str() {
                "NumberDecimal" | "TextDecimal" if in_types => {
                    *path = parse_quote! { ::rust_decimal::Decimal };
                    return;
                }
                "TextDecimal" => {
                    *path = parse_quote! { ::rust_decimal::Decimal };
                    return;
                }
                "NumberDecimal" => {
                    self.used.insert("ExactNumber".to_owned());
                    *path = self.path_in_types(&format_ident!("ExactNumber").into());
                }
                _ => {
                    self.used.insert(name);
                    *path = self.path_in_types(&last);
                }
            }
        }
        visit_mut::visit_path_mut(self, path);
    }

    /// progenitor sends `api-version`, which no document declares.
    fn visit_block_mut(&mut self, block: &mut Block) {
        let before = block.stmts.len();
        block.stmts.retain(|statement| {
            let text = statement.to_token_stream().to_string();
            !(text.starts_with("header_map . append") && text.contains("\"api-version\""))
        });
        visit_mut::visit_block_mut(self, block);
        let text = block.to_token_stream().to_string();
        if block.stmts.len() < before
            && !text.contains("header_map . append")
            && !text.contains("mut header_map ,")
            && !text.contains("header_map . insert")
        {
            for statement in &mut block.stmts {
                if let Some(pattern) = header_map(statement) {
                    pattern.mutability = None;
                }
            }
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        if function.sig.ident == "send" {
            let returns = function.sig.output.to_token_stream().to_string();
            let is = |outer: &str| {
                self.facts
                    .answers
                    .iter()
                    .any(|name| returns.contains(&format!("{outer} < :: {PLACEHOLDER} :: {name} >")))
            };
            let body = function.block.to_token_stream().to_string();
            let facts = body
                .split("operation_id : \"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .and_then(|name| self.facts.operations.get(name));
            let content_type = facts.and_then(|facts| facts.get("contentType")).cloned();
            let accept = facts
                .and_then(|facts| facts.get("accept"))
                .and_then(Value::as_str)
                .map(str::to_owned);
            let is_bytes = body.contains("\"application/octet-stream\"");
            let mut inserts: Vec<Stmt> = Vec::new();
            if let Some(accept) = accept {
                inserts.push(parse_quote! {
                    header_map.insert(::reqwest::header::ACCEPT, ::reqwest::header::HeaderValue::from_static(#accept));
                });
            }
            if let Some(Value::String(kind)) = &content_type
                && !is_bytes
            {
                inserts.push(parse_quote! {
                    header_map.insert(::reqwest::header::CONTENT_TYPE, ::reqwest::header::HeaderValue::from_static(#kind));
                });
            }
            if let Some(place) = function
                .block
                .stmts
                .iter_mut()
                .position(|statement| header_map(statement).is_some())
            {
                function.block.stmts.splice(place + 1..place + 1, inserts);
            }
            self.call = Some(Call {
                success: is("ResponseValue"),
                error: is("Error"),
                in_error: false,
                content_type,
            });
        }
        visit_mut::visit_impl_item_fn_mut(self, function);
        self.call = None;
    }

    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        let function = call.func.to_token_stream().to_string();
        let entering = function == "Error :: ErrorResponse";
        if entering && let Some(call) = &mut self.call {
            call.in_error = true;
        }
        visit_mut::visit_expr_call_mut(self, call);
        if entering && let Some(call) = &mut self.call {
            call.in_error = false;
        }
        if function == "ResponseValue :: from_response"
            && self
                .call
                .as_ref()
                .is_some_and(|call| if call.in_error { call.error } else { call.success })
        {
            *call.func = parse_quote! { super::types::answer::read };
        }
        if let Some(Call {
            content_type: Some(Value::String(kind)),
            ..
        }) = &self.call
            && function.ends_with("HeaderValue :: from_static")
            && call.args.to_token_stream().to_string() == "\"application/octet-stream\""
        {
            call.args = parse_quote! { #kind };
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let Expr::MethodCall(call) = expression else {
            return;
        };
        if let Some(new) = self.method_call(call) {
            *expression = new;
        }
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        docs::polish(&mut item.attrs);
        if self.modules == ["types"] {
            let name = item.ident.to_string();
            for field in &mut item.fields {
                self.decimals(field);
                docs::polish(&mut field.attrs);
                self.describe(&name, field);
            }
        }
        visit_mut::visit_item_struct_mut(self, item);
    }

    /// Messages that name a type written here.
    fn visit_lit_str_mut(&mut self, text: &mut syn::LitStr) {
        let value = text.value();
        if value.contains(PLACEHOLDER) {
            let plain = value
                .replace(&format!(":: {PLACEHOLDER} :: "), "")
                .replace(":: std :: string :: ", "")
                .replace(" , >", ">")
                .replace(" < ", "<")
                .replace(" >", ">");
            *text = syn::LitStr::new(&plain, text.span());
        }
    }

    /// No operation needs it when none has a typed parameter or answer.
    fn visit_item_use_mut(&mut self, item: &mut syn::ItemUse) {
        if item.tree.to_token_stream().to_string() == "super :: types" {
            item.attrs.push(parse_quote! { #[allow(unused_imports)] });
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut syn::ItemEnum) {
        docs::polish(&mut item.attrs);
        for variant in &mut item.variants {
            docs::polish(&mut variant.attrs);
        }
        visit_mut::visit_item_enum_mut(self, item);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        for item in &mut item.items {
            if let syn::ImplItem::Fn(function) = item {
                docs::polish(&mut function.attrs);
            }
        }
        visit_mut::visit_item_impl_mut(self, item);
    }
}

fn header_map(statement: &mut Stmt) -> Option<&mut syn::PatIdent> {
    match statement {
        Stmt::Local(local) => match &mut local.pat {
            syn::Pat::Ident(pattern) if pattern.ident == "header_map" => Some(pattern),
            _ => None,
        },
        _ => None,
    }
}

impl Polisher<'_> {
    fn path_in_types(&self, last: &syn::PathSegment) -> Path {
        let mut segments = Punctuated::<syn::PathSegment, Token![::]>::new();
        if self.modules == ["types"] {
            segments.push(format_ident!("self").into());
        } else {
            for _ in &self.modules {
                segments.push(format_ident!("super").into());
            }
            segments.push(format_ident!("types").into());
        }
        segments.push(last.clone());
        Path {
            leading_colon: None,
            segments,
        }
    }

    fn method_call(&mut self, call: &mut ExprMethodCall) -> Option<Expr> {
        let receiver = call.receiver.to_token_stream().to_string();
        // reqwest has no methods of its own for these.
        if (call.method == "options" || call.method == "trace") && receiver.ends_with(". client") {
            let (receiver, arguments) = (&call.receiver, &call.args);
            let method = format_ident!("{}", call.method.to_string().to_uppercase());
            return Some(parse_quote! { #receiver.request(::reqwest::Method::#method, #arguments) });
        }
        // The caller says the media type.
        if let Some(Call {
            content_type: Some(Value::Null),
            ..
        }) = &self.call
            && call.method == "header"
            && call.args.to_token_stream().to_string().contains("CONTENT_TYPE")
        {
            return Some((*call.receiver).clone());
        }
        if call.method == "append" && receiver == "header_map" {
            let name: Option<syn::LitStr> = call
                .args
                .first()
                .and_then(|name| syn::parse2(name.to_token_stream()).ok());
            let name = name.map(|name| name.value())?;
            let (cookie, rest) = name.split_once(names::MARK)?;
            if !rest.starts_with(COOKIE) {
                return None;
            }
            // `value.to_string().try_into()?`
            let Expr::Try(value) = call.args.iter().nth(1)? else {
                return None;
            };
            let Expr::MethodCall(value) = &*value.expr else {
                return None;
            };
            let text = &value.receiver;
            self.used.insert("cookies".to_owned());
            return Some(parse_quote! { super::types::cookies::append(&mut header_map, #cookie, &#text)? });
        }
        None
    }

    fn decimals(&mut self, field: &mut Field) {
        let text = field.ty.to_token_stream().to_string();
        for (marker, module) in [("NumberDecimal", "exact"), ("TextDecimal", "decimal_text")] {
            if text.contains(&format!(":: {PLACEHOLDER} :: {marker}")) {
                self.used.insert(module.to_owned());
                let path = format!("self::{module}");
                // With a module of its own, serde no longer takes an absent `Option` for `None`.
                let optional = text.trim_start_matches(":: std :: option :: ").starts_with("Option <")
                    && !remove_reader(&mut field.attrs);
                field.attrs.push(if optional {
                    parse_quote! { #[serde(default, with = #path)] }
                } else {
                    parse_quote! { #[serde(with = #path)] }
                });
            }
        }
    }

    /// The description of a field that progenitor dropped because it stood beside a reference.
    fn describe(&self, name: &str, field: &mut Field) {
        let documented = field.attrs.iter().any(|attribute| attribute.path().is_ident("doc"));
        let Some(ident) = field.ident.as_ref().filter(|_| !documented) else {
            return;
        };
        let wire = renamed(field).unwrap_or_else(|| ident.to_string());
        if let Some(text) = self.facts.descriptions.get(&(name.to_owned(), wire)) {
            let text = docs::plain(text);
            field.attrs.insert(0, parse_quote! { #[doc = #text] });
        }
    }
}

/// typify's own way of requiring a nullable field, which two readers cannot share; whether it was
/// there.
fn remove_reader(attributes: &mut Vec<Attribute>) -> bool {
    let mut found = false;
    for attribute in attributes
        .iter_mut()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let Ok(parts) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            continue;
        };
        let kept: Vec<&Meta> = parts
            .iter()
            .filter(|part| !part.path().is_ident("deserialize_with"))
            .collect();
        if kept.len() < parts.len() {
            found = true;
            if let Meta::List(list) = &mut attribute.meta {
                list.tokens = quote! { #(#kept),* };
            }
        }
    }
    attributes.retain(|attribute| match &attribute.meta {
        Meta::List(list) => !(list.path.is_ident("serde") && list.tokens.is_empty()),
        _ => true,
    });
    found
}

fn renamed(field: &Field) -> Option<String> {
    let mut found = None;
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                found = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    found
}
