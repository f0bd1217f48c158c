//! Names as typify makes them, so that both sides agree.

use heck::{ToPascalCase, ToSnakeCase};

/// The Rust type name of a component.
pub(crate) fn pascal(name: &str) -> String {
    identifier(name, |text| text.to_pascal_case())
}

/// The Rust method or field name.
#[allow(dead_code, reason = "used by the rewrite of operation ids")]
pub(crate) fn snake(name: &str) -> String {
    identifier(name, |text| text.to_snake_case())
}

fn identifier(name: &str, case: fn(&str) -> String) -> String {
    let spaced: String = name
        .replace('\'', "")
        .chars()
        .map(|c| if unicode_ident::is_xid_continue(c) { c } else { '-' })
        .collect();
    let mut out = case(&spaced);
    match out.chars().next() {
        None => out = case("x"),
        Some(first) if unicode_ident::is_xid_start(first) => {}
        Some(_) => out.insert(0, '_'),
    }
    if syn::parse_str::<syn::Ident>(&out).is_err() {
        out.push('_');
    }
    out
}
