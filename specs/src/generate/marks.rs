//! What is cut off names on the wire again.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};

use crate::lower::{COOKIE, names};

/// Cuts off what was added to names on the wire so that their Rust names are different.
pub(super) fn unmarked(tokens: TokenStream, keep_cookies: bool) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut new = Group::new(group.delimiter(), unmarked(group.stream(), keep_cookies));
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            TokenTree::Literal(literal) => {
                let parsed = syn::parse2::<syn::LitStr>(TokenTree::from(literal.clone()).into());
                match parsed {
                    Ok(text) if text.value().contains(names::MARK) => {
                        let value = text.value();
                        let cookie = value
                            .split_once(names::MARK)
                            .is_some_and(|(_, rest)| rest.starts_with(COOKIE));
                        if cookie && keep_cookies && !value.contains(char::is_whitespace) {
                            return TokenTree::Literal(literal);
                        }
                        TokenTree::Literal(Literal::string(&cut(&value)))
                    }
                    _ => TokenTree::Literal(literal),
                }
            }
            other => other,
        })
        .collect()
}

fn cut(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        if c == names::MARK {
            inside = true;
        } else if !(inside && c.is_alphanumeric()) {
            inside = false;
            out.push(c);
        }
    }
    out
}
