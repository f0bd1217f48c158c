//! Writes an enum that keeps an unknown code, or a closed one where only requests use it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::lower::{EnumSpec, names};

/// The code of one enum called `name`.
pub(super) fn write(name: &str, description: Option<&str>, spec: &EnumSpec) -> TokenStream {
    let variants = variants(&spec.values);
    let ident = format_ident!("{name}");
    let idents: Vec<_> = variants.iter().map(|name| format_ident!("{name}")).collect();
    let values = &spec.values;
    let docs: Vec<_> = values.iter().map(|value| format!("`{value}`.")).collect();
    let doc = description.unwrap_or(name);
    let open = spec.responses;
    let unknown = format_ident!("{}", unknown_name(&variants));
    let unknown_variant = open.then(|| {
        quote! {
            /// A code that this version of the document does not know, as it was read.
            #unknown(String),
        }
    });
    let unknown_as_str = open.then(|| quote! { Self::#unknown(code) => code, });
    let from_unknown = if open {
        quote! { other => Ok(Self::#unknown(other.to_owned())), }
    } else {
        let allowed = format!("not one of the codes of {name}: {}", values.join(", "));
        quote! { _ => Err(self::error::ConversionError::from(#allowed)), }
    };
    let serialize_unknown = (open && spec.requests).then(|| {
        let message = format!("{name}: a code that the document does not know is not sent");
        quote! {
            if let Self::#unknown(_) = self {
                return Err(<S::Error as ::serde::ser::Error>::custom(#message));
            }
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #( #[doc = #docs] #idents, )*
            #unknown_variant
        }

        impl #ident {
            /// Every code of the document, in its order.
            pub const ALL: &'static [Self] = &[#(Self::#idents),*];

            /// The code as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    #( Self::#idents => #values, )*
                    #unknown_as_str
                }
            }
        }

        impl ::std::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for #ident {
            type Err = self::error::ConversionError;

            fn from_str(value: &str) -> ::std::result::Result<Self, self::error::ConversionError> {
                match value {
                    #( #values => Ok(Self::#idents), )*
                    #from_unknown
                }
            }
        }

        impl ::std::convert::TryFrom<&str> for #ident {
            type Error = self::error::ConversionError;

            fn try_from(value: &str) -> ::std::result::Result<Self, self::error::ConversionError> {
                value.parse()
            }
        }

        impl ::std::convert::TryFrom<String> for #ident {
            type Error = self::error::ConversionError;

            fn try_from(value: String) -> ::std::result::Result<Self, self::error::ConversionError> {
                value.parse()
            }
        }

        impl ::serde::Serialize for #ident {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                #serialize_unknown
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let code = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                code.parse().map_err(<D::Error as ::serde::de::Error>::custom)
            }
        }
    }
}

/// One name for each value, all different: as usual in Rust, else as it is written, else numbered.
fn variants(values: &[String]) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for value in values {
        let usual = variant(value);
        let written: String = value.chars().filter(|c| unicode_ident::is_xid_continue(*c)).collect();
        let numbered = (2..).map(|number| format!("{usual}{number}"));
        let name = [usual.clone(), written]
            .into_iter()
            .filter(|name| {
                syn::parse_str::<syn::Ident>(name).is_ok()
                    && name.starts_with(char::is_uppercase)
                    && !name.contains('_')
            })
            .chain(numbered)
            .find(|name| !taken.contains(name) && syn::parse_str::<syn::Ident>(name).is_ok())
            .unwrap_or(usual);
        taken.push(name);
    }
    taken
}

fn variant(value: &str) -> String {
    if value.is_empty() {
        return "Empty".to_owned();
    }
    let spoken: String = value
        .chars()
        .map(|c| symbol(c).map_or_else(|| c.to_string(), |word| format!("-{word}-")))
        .collect();
    // Separators inside a code are not spoken: `in-progress`, `a/b`, `1.2`.
    let wordy = value.chars().any(char::is_alphanumeric);
    let signed = value.starts_with(['+', '-']) && value.chars().skip(1).all(|c| c.is_ascii_digit()) && value.len() > 1;
    let name = names::pascal(if wordy && !signed { value } else { &spoken });
    match name.strip_prefix('_') {
        Some(rest) => format!("N{rest}"),
        None => name,
    }
}

fn symbol(c: char) -> Option<&'static str> {
    Some(match c {
        '+' => "Plus",
        '-' => "Minus",
        '=' => "Equal",
        '<' => "Less",
        '>' => "Greater",
        '!' => "Not",
        '*' => "Star",
        '/' => "Slash",
        '%' => "Percent",
        '#' => "Hash",
        '@' => "At",
        '&' => "And",
        '|' => "Or",
        '.' => "Dot",
        ',' => "Comma",
        ':' => "Colon",
        ';' => "Semicolon",
        '?' => "Question",
        '$' => "Dollar",
        '€' => "Euro",
        '^' => "Caret",
        '~' => "Tilde",
        '_' => "Underscore",
        ' ' => "Space",
        _ => return None,
    })
}

fn unknown_name(variants: &[String]) -> &'static str {
    ["Unknown", "UnknownCode", "UnrecognisedCode"]
        .into_iter()
        .find(|name| !variants.iter().any(|variant| variant == name))
        .unwrap_or("NotInTheDocument")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_name_of_its_own() {
        let values = [
            "aktiv",
            "Aktiv",
            "AKTIV",
            "",
            "+1",
            "-1",
            "<",
            "<=",
            "in-progress",
            "200",
            "blåbær",
            "self",
            "aktiv ",
            "A-b",
            "A_b",
            "€",
            "\u{200d}",
        ];
        let names = variants(&values.map(str::to_owned));
        assert_eq!(
            names[..10],
            [
                "Aktiv",
                "Aktiv2",
                "AKTIV",
                "Empty",
                "Plus1",
                "Minus1",
                "Less",
                "LessEqual",
                "InProgress",
                "N200"
            ]
        );
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), values.len(), "{names:?}");
    }
}
