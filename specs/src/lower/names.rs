//! Names: as typify and progenitor make them, and different from each other.

use std::collections::BTreeSet;

use heck::{ToPascalCase, ToSnakeCase};

/// Separates the name on the wire from what is added to it so that the Rust name is unique. The
/// generator cuts the wire name off again. A private-use character that no document uses.
pub(crate) const MARK: char = '\u{E0F1}';

/// The Rust type name of a component. A fixed point: the name of a name is itself.
pub(crate) fn pascal(name: &str) -> String {
    let mut now = identifier(name, |text| text.to_pascal_case());
    for _ in 0..4 {
        let next = identifier(&now, |text| text.to_pascal_case());
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// The Rust name of a method, parameter or field.
pub(crate) fn snake(name: &str) -> String {
    identifier(name, |text| text.to_snake_case())
}

/// Names that are taken, as Rust types.
#[derive(Debug, Default)]
pub(crate) struct Taken(BTreeSet<String>);

impl<S: AsRef<str>> FromIterator<S> for Taken {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(|name| pascal(name.as_ref())).collect())
    }
}

impl Taken {
    /// `wanted`, or with the first number that makes it a Rust type name of its own; taken from
    /// now on.
    pub(crate) fn unique(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(pascal(&name)) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        name
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_name_is_its_own_name() {
        for name in [
            "A_B",
            "BeloepINOK",
            "trekkBeløp",
            "foo-bar",
            "2fast",
            "type",
            "",
            "€",
            "A-B_c.D",
        ] {
            assert_eq!(pascal(&pascal(name)), pascal(name), "{name}");
            assert!(syn::parse_str::<syn::Ident>(&pascal(name)).is_ok(), "{name}");
            assert!(syn::parse_str::<syn::Ident>(&snake(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_fold_together_are_told_apart() {
        let mut taken: Taken = ["foo_bar"].into_iter().collect();
        assert_eq!(taken.unique("FooBar"), "FooBar2");
        assert_eq!(taken.unique("FooBar"), "FooBar3");
        assert_eq!(taken.unique("Foobar"), "Foobar");
    }
}
