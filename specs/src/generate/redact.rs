//! `Debug` that shows no value.

use quote::quote;
use syn::{Attribute, Item, ItemMod, Meta, Path, Token, parse_quote, punctuated::Punctuated};

/// `Debug` of a struct names its type and nothing else: what it holds may be personal.
pub(super) fn redact(items: &mut Vec<Item>) {
    let mut new = Vec::new();
    for item in items.iter_mut() {
        match item {
            Item::Mod(ItemMod {
                content: Some((_, items)),
                ..
            }) => redact(items),
            Item::Struct(item) => {
                if !remove_debug(&mut item.attrs) {
                    continue;
                }
                let ident = &item.ident;
                let name = ident.to_string();
                let (generics, arguments, bounds) = item.generics.split_for_impl();
                new.push(parse_quote! {
                    /// Names the type only: what it holds may be personal.
                    impl #generics ::std::fmt::Debug for #ident #arguments #bounds {
                        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                            f.debug_struct(#name).finish_non_exhaustive()
                        }
                    }
                });
            }
            _ => {}
        }
    }
    items.extend(new);
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
