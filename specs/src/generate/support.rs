//! Helper modules that go into `types` where something there uses them.

use proc_macro2::TokenStream;
use quote::quote;

/// Tells branches apart.
pub(super) fn choice() -> TokenStream {
    quote! {
        /// Tells the branches of a choice apart by what is there.
        #[allow(dead_code, reason = "what is used depends on the document")]
        mod choice {
            use ::std::{cmp::Reverse, collections::BTreeMap};
            use ::serde::{Serialize, Serializer, de::IgnoredAny};

            /// What a branch looks like from outside.
            pub(super) enum Shape {
                /// An object: the fields it knows, and those it requires.
                Fields(&'static [&'static str], &'static [&'static str]),
                /// An object with any fields.
                Map,
                /// A list.
                List,
                /// A text, number or truth value; the smaller the rank, the stricter the type.
                Scalar(usize),
                /// Anything.
                Any,
            }

            /// The branches that can match, best first: fewest unknown fields, most required ones.
            pub(super) fn order(text: &str, shapes: &[Shape]) -> Vec<usize> {
                order_for(text, 0, shapes, &[])
            }

            /// The same; between equals the branch named for the status comes first.
            pub(super) fn order_for(text: &str, status: u16, shapes: &[Shape], statuses: &[&[(u16, u16)]]) -> Vec<usize> {
                let first = text.trim_start().chars().next();
                let keys: Vec<String> = ::serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text)
                    .map(|object| object.into_keys().collect())
                    .unwrap_or_default();
                let has = |name: &str| keys.iter().any(|key| key == name);
                let mut ranked: Vec<_> = shapes
                    .iter()
                    .enumerate()
                    .filter_map(|(index, shape)| {
                        let named = statuses.get(index).is_some_and(|ranges| {
                            ranges.iter().any(|(from, to)| (*from..=*to).contains(&status))
                        });
                        let (unknown, required, rank) = match (shape, first) {
                            (Shape::Fields(fields, required), Some('{')) => {
                                let known = keys.iter().filter(|key| fields.contains(&key.as_str())).count();
                                if !required.iter().all(|name| has(name)) || (known == 0 && !keys.is_empty()) {
                                    return None;
                                }
                                (keys.len() - known, required.len(), 0)
                            }
                            (Shape::Map, Some('{')) => (keys.len(), 0, 4),
                            (Shape::List, Some('[')) => (0, 0, 0),
                            (Shape::Scalar(rank), Some(first)) if first != '{' && first != '[' => (0, 0, *rank),
                            (Shape::Any, Some(_)) => (keys.len(), 0, 5),
                            _ => return None,
                        };
                        Some(((unknown, !named, Reverse(required), rank), index))
                    })
                    .collect();
                ranked.sort();
                ranked.into_iter().map(|(_, index)| index).collect()
            }

            /// The discriminator's value.
            pub(super) fn tag(text: &str, name: &str) -> Option<String> {
                let object: BTreeMap<String, &::serde_json::value::RawValue> = ::serde_json::from_str(text).ok()?;
                ::serde_json::from_str(object.get(name)?.get()).ok()
            }

            /// Writes a branch that has no field for the discriminator.
            pub(super) fn with_tag<T: Serialize, S: Serializer>(name: &'static str, tag: &str, value: &T, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(Serialize)]
                struct Tagged<'a, T> {
                    #[serde(flatten)]
                    tag: BTreeMap<&'a str, &'a str>,
                    #[serde(flatten)]
                    value: &'a T,
                }
                Tagged { tag: BTreeMap::from([(name, tag)]), value }.serialize(serializer)
            }
        }
    }
}

/// Reads answers whose schema depends on the status.
pub(super) fn answer() -> TokenStream {
    quote! {
        /// Answers whose schema depends on the status, and bodies that fit none.
        pub mod answer {
            /// A body as it came.
            #[derive(Clone, PartialEq, Eq)]
            pub struct RawBody {
                /// HTTP status.
                pub status: u16,
                /// `Content-Type`, when there was one of visible characters.
                pub content_type: Option<String>,
                /// Every byte.
                pub bytes: ::bytes::Bytes,
            }

            /// Says how large the body is, and not what it holds.
            impl ::std::fmt::Debug for RawBody {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.debug_struct("RawBody")
                        .field("status", &self.status)
                        .field("content_type", &self.content_type)
                        .field("length", &self.bytes.len())
                        .finish()
                }
            }

            /// An answer that is read from any body.
            pub trait Answer: Sized {
                /// The schema that matches, or the body itself.
                fn from_body(body: RawBody) -> Self;
            }

            /// Reads the whole body.
            pub(in super::super) async fn read<T: Answer, E>(
                response: ::reqwest::Response,
            ) -> Result<::progenitor_client::ResponseValue<T>, ::progenitor_client::Error<E>> {
                let status = response.status();
                let headers = response.headers().clone();
                let content_type = headers
                    .get(::reqwest::header::CONTENT_TYPE)
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned);
                let bytes = response.bytes().await.map_err(::progenitor_client::Error::ResponseBodyError)?;
                let answer = T::from_body(RawBody { status: status.as_u16(), content_type, bytes });
                Ok(::progenitor_client::ResponseValue::new(answer, status, headers))
            }
        }
    }
}

/// A list that is written as one value.
pub(super) fn list(name: &str) -> TokenStream {
    let (separator, doc) = match name {
        "SpaceList" => (" ", " A list written as one value, with spaces between."),
        "PipeList" => ("|", " A list written as one value, with `|` between."),
        _ => (",", " A list written as one value, with commas between."),
    };
    let ident = quote::format_ident!("{name}");
    let message = format!("an element holds {separator:?}, which stands between the elements");
    quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq)]
        pub struct #ident<T>(Vec<T>);

        impl<T: ::std::fmt::Display> ::std::convert::TryFrom<Vec<T>> for #ident<T> {
            type Error = self::error::ConversionError;

            fn try_from(list: Vec<T>) -> ::std::result::Result<Self, self::error::ConversionError> {
                if list.iter().any(|element| element.to_string().contains(#separator)) {
                    return Err(#message.into());
                }
                Ok(Self(list))
            }
        }

        impl<T: ::std::fmt::Display> ::std::fmt::Display for #ident<T> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                for (index, element) in self.0.iter().enumerate() {
                    if index > 0 {
                        f.write_str(#separator)?;
                    }
                    ::std::fmt::Display::fmt(element, f)?;
                }
                Ok(())
            }
        }

        impl<T: ::std::fmt::Display> ::serde::Serialize for #ident<T> {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    }
}

/// A decimal number in a parameter.
pub(super) fn decimal_text() -> TokenStream {
    quote! {
        /// A decimal number in a parameter or a form, written digit for digit.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct DecimalText(pub ::rust_decimal::Decimal);

        impl ::std::convert::From<::rust_decimal::Decimal> for DecimalText {
            fn from(value: ::rust_decimal::Decimal) -> Self {
                Self(value)
            }
        }

        impl ::std::fmt::Display for DecimalText {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::serde::Serialize for DecimalText {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    }
}

/// A time in a path or a header.
pub(super) fn rfc3339() -> TokenStream {
    quote! {
        /// A time in a path or a header, written as RFC 3339.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct Rfc3339(pub ::chrono::DateTime<::chrono::offset::Utc>);

        impl ::std::convert::From<::chrono::DateTime<::chrono::offset::Utc>> for Rfc3339 {
            fn from(time: ::chrono::DateTime<::chrono::offset::Utc>) -> Self {
                Self(time)
            }
        }

        impl ::std::fmt::Display for Rfc3339 {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0.to_rfc3339_opts(::chrono::SecondsFormat::AutoSi, true))
            }
        }

        impl ::serde::Serialize for Rfc3339 {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    }
}

/// Cookies of one request, in one header.
pub(super) fn cookies() -> TokenStream {
    quote! {
        /// Cookie parameters.
        pub(super) mod cookies {
            use ::reqwest::header::{COOKIE, HeaderMap, HeaderValue, InvalidHeaderValue};

            /// Adds one cookie to the `Cookie` header; what a cookie cannot hold is percent-encoded.
            pub(in super::super) fn append(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), InvalidHeaderValue> {
                let mut text = match headers.get(COOKIE).and_then(|value| value.to_str().ok()) {
                    Some(others) => format!("{others}; {name}="),
                    None => format!("{name}="),
                };
                for byte in value.bytes() {
                    let plain = byte.is_ascii_graphic() && !b"\",;\\%".contains(&byte);
                    if plain {
                        text.push(char::from(byte));
                    } else {
                        text.push_str(&format!("%{byte:02X}"));
                    }
                }
                headers.insert(COOKIE, HeaderValue::from_str(&text)?);
                Ok(())
            }
        }
    }
}

/// A number outside a struct: the whole body, or an element of it.
pub(super) fn number() -> TokenStream {
    quote! {
        /// A JSON number, digit for digit.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct ExactNumber(pub ::rust_decimal::Decimal);

        impl ::std::convert::From<::rust_decimal::Decimal> for ExactNumber {
            fn from(value: ::rust_decimal::Decimal) -> Self {
                Self(value)
            }
        }

        impl ::std::fmt::Debug for ExactNumber {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("ExactNumber(..)")
            }
        }

        impl ::std::fmt::Display for ExactNumber {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::serde::Serialize for ExactNumber {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                exact::serialize(&self.0, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for ExactNumber {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                exact::deserialize(deserializer).map(Self)
            }
        }
    }
}
