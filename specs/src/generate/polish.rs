//! What is changed in the generated code itself, because no document can ask for it.

use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, Block, Field, Item, ItemMod, ItemStruct, Meta, Path, Token, parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use super::{PLACEHOLDER, decimals};

/// Puts `items` into `types` and polishes the whole file.
pub(super) fn polish(file: &mut syn::File, items: Vec<Item>) {
    let mut polisher = Polisher::default();
    if let Some(types) = types_of(file) {
        types.extend(items);
    }
    polisher.visit_file_mut(file);
    if let Some(types) = types_of(file) {
        types.extend(polisher.debug_impls);
        if polisher.decimals
            && let Ok(module) = syn::parse2(decimals::module())
        {
            types.push(Item::Mod(module));
        }
    }
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

#[derive(Default)]
struct Polisher {
    modules: Vec<String>,
    debug_impls: Vec<Item>,
    decimals: bool,
}

impl VisitMut for Polisher {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        self.modules.push(module.ident.to_string());
        visit_mut::visit_item_mod_mut(self, module);
        self.modules.pop();
    }

    /// Types written here are found from wherever they are used.
    fn visit_path_mut(&mut self, path: &mut Path) {
        let is_ours =
            path.leading_colon.is_some() && path.segments.first().is_some_and(|first| first.ident == PLACEHOLDER);
        if is_ours {
            let mut segments = Punctuated::<syn::PathSegment, Token![::]>::new();
            if self.modules == ["types"] {
                segments.push(format_ident!("self").into());
            } else {
                for _ in &self.modules {
                    segments.push(format_ident!("super").into());
                }
                segments.push(format_ident!("types").into());
            }
            segments.extend(path.segments.iter().skip(1).cloned());
            *path = Path {
                leading_colon: None,
                segments,
            };
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
        let text = block.to_token_stream().to_string();
        if block.stmts.len() < before && !text.contains("header_map . append") {
            for statement in &mut block.stmts {
                if let syn::Stmt::Local(local) = statement
                    && let syn::Pat::Ident(pattern) = &mut local.pat
                    && pattern.ident == "header_map"
                {
                    pattern.mutability = None;
                }
            }
        }
        visit_mut::visit_block_mut(self, block);
    }

    /// `Debug` of a struct names its type and nothing else: what it holds may be personal.
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        if self.modules == ["types"] && remove_debug(&mut item.attrs) {
            let ident = &item.ident;
            let name = ident.to_string();
            self.debug_impls.push(parse_quote! {
                /// Names the type only: what it holds may be personal.
                impl ::std::fmt::Debug for #ident {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.debug_struct(#name).finish_non_exhaustive()
                    }
                }
            });
        }
        if self.modules.first().is_some_and(|first| first == "types") && self.modules.len() == 1 {
            for field in &mut item.fields {
                self.exact(field);
            }
        }
        visit_mut::visit_item_struct_mut(self, item);
    }
}

impl Polisher {
    fn exact(&mut self, field: &mut Field) {
        let text = field.ty.to_token_stream().to_string();
        if text.contains(":: rust_decimal :: Decimal") {
            self.decimals = true;
            field.attrs.push(parse_quote! { #[serde(with = "self::exact")] });
        }
    }
}

/// Removes `Debug` from the derives; whether it was there.
fn remove_debug(attributes: &mut Vec<Attribute>) -> bool {
    let mut found = false;
    for attribute in attributes {
        if !attribute.path().is_ident("derive") {
            continue;
        }
        let Ok(derives) = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) else {
            continue;
        };
        let kept: Vec<_> = derives
            .iter()
            .filter(|path| {
                let is_debug = path.segments.last().is_some_and(|last| last.ident == "Debug");
                found |= is_debug;
                !is_debug
            })
            .collect();
        if let Meta::List(list) = &mut attribute.meta {
            list.tokens = quote! { #(#kept),* };
        }
    }
    found
}
