//! The code that reads and writes decimals as JSON numbers, digit for digit.

use proc_macro2::TokenStream;
use quote::quote;

/// The module `decimal_text`, used through `#[serde(with = …)]`: decimals in JSON strings.
pub(super) fn text_module() -> TokenStream {
    quote! {
        /// Decimals as JSON strings, whatever features of `rust_decimal` the build has.
        #[allow(dead_code, reason = "what is used depends on the document")]
        pub mod decimal_text {
            use ::rust_decimal::Decimal;
            use ::serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

            /// A decimal, or a collection of them.
            pub trait DecimalText: Sized {
                /// The same with each decimal as text.
                type Text: Serialize + for<'de> Deserialize<'de>;
                /// Writes each decimal as text.
                fn to_text(&self) -> Self::Text;
                /// Reads each decimal from text.
                fn from_text(text: Self::Text) -> Result<Self, String>;
            }

            impl DecimalText for Decimal {
                type Text = String;

                fn to_text(&self) -> String {
                    self.to_string()
                }

                fn from_text(text: String) -> Result<Self, String> {
                    Decimal::from_str_exact(&text).map_err(|_| "expected the text of a decimal number".to_owned())
                }
            }

            impl<T: DecimalText> DecimalText for Option<T> {
                type Text = Option<T::Text>;

                fn to_text(&self) -> Self::Text {
                    self.as_ref().map(DecimalText::to_text)
                }

                fn from_text(text: Self::Text) -> Result<Self, String> {
                    text.map(T::from_text).transpose()
                }
            }

            impl<T: DecimalText> DecimalText for Vec<T> {
                type Text = Vec<T::Text>;

                fn to_text(&self) -> Self::Text {
                    self.iter().map(DecimalText::to_text).collect()
                }

                fn from_text(text: Self::Text) -> Result<Self, String> {
                    text.into_iter().map(T::from_text).collect()
                }
            }

            impl<T: DecimalText> DecimalText for ::std::collections::HashMap<String, T> {
                type Text = ::std::collections::HashMap<String, T::Text>;

                fn to_text(&self) -> Self::Text {
                    self.iter().map(|(name, value)| (name.clone(), value.to_text())).collect()
                }

                fn from_text(text: Self::Text) -> Result<Self, String> {
                    text.into_iter().map(|(name, value)| Ok((name, T::from_text(value)?))).collect()
                }
            }

            /// Writes for `#[serde(with)]`.
            pub fn serialize<T: DecimalText, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
                value.to_text().serialize(serializer)
            }

            /// Reads for `#[serde(with)]`.
            pub fn deserialize<'de, T: DecimalText, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
                T::from_text(<T::Text as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    }
}

/// The module `exact`, used through `#[serde(with = …)]`.
pub(super) fn module() -> TokenStream {
    quote! {
        /// Decimals as JSON numbers, digit for digit: never through a binary float.
        #[allow(dead_code, reason = "what is used depends on the document")]
        pub mod exact {
            use ::rust_decimal::Decimal;
            use ::serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
            use ::serde_json::value::RawValue;

            /// A decimal, or a collection of them.
            pub trait Exact: Sized {
                /// The same with each decimal as the text of its JSON number.
                type Raw: Serialize + for<'de> Deserialize<'de>;
                /// Writes each decimal as a JSON number.
                fn to_raw(&self) -> Result<Self::Raw, String>;
                /// Reads each decimal from a JSON number.
                fn from_raw(raw: Self::Raw) -> Result<Self, String>;
            }

            impl Exact for Decimal {
                type Raw = Box<RawValue>;

                fn to_raw(&self) -> Result<Self::Raw, String> {
                    RawValue::from_string(self.to_string()).map_err(|error| error.to_string())
                }

                fn from_raw(raw: Self::Raw) -> Result<Self, String> {
                    let text = raw.get();
                    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
                        return Err("expected a number".to_owned());
                    }
                    let parsed = if text.contains(['e', 'E']) {
                        Decimal::from_scientific(text)
                    } else {
                        Decimal::from_str_exact(text)
                    };
                    parsed.map_err(|_| "a number with more digits than can be kept exactly".to_owned())
                }
            }

            impl<T: Exact> Exact for Option<T> {
                type Raw = Option<T::Raw>;

                fn to_raw(&self) -> Result<Self::Raw, String> {
                    self.as_ref().map(Exact::to_raw).transpose()
                }

                fn from_raw(raw: Self::Raw) -> Result<Self, String> {
                    raw.map(T::from_raw).transpose()
                }
            }

            impl<T: Exact> Exact for Vec<T> {
                type Raw = Vec<T::Raw>;

                fn to_raw(&self) -> Result<Self::Raw, String> {
                    self.iter().map(Exact::to_raw).collect()
                }

                fn from_raw(raw: Self::Raw) -> Result<Self, String> {
                    raw.into_iter().map(T::from_raw).collect()
                }
            }

            impl<T: Exact> Exact for ::std::collections::HashMap<String, T> {
                type Raw = ::std::collections::HashMap<String, T::Raw>;

                fn to_raw(&self) -> Result<Self::Raw, String> {
                    self.iter().map(|(name, value)| Ok((name.clone(), value.to_raw()?))).collect()
                }

                fn from_raw(raw: Self::Raw) -> Result<Self, String> {
                    raw.into_iter().map(|(name, value)| Ok((name, T::from_raw(value)?))).collect()
                }
            }

            /// Reads from the text of a JSON value.
            pub fn read<T: Exact>(text: &str) -> Result<T, String> {
                T::from_raw(::serde_json::from_str(text).map_err(|_| "expected a number".to_owned())?)
            }

            /// Writes for `#[serde(with)]`.
            pub fn serialize<T: Exact, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
                value.to_raw().map_err(S::Error::custom)?.serialize(serializer)
            }

            /// Reads for `#[serde(with)]`.
            pub fn deserialize<'de, T: Exact, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
                T::from_raw(<T::Raw as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    }
}
