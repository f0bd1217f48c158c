//! One version of one order, kept as the text it came in.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Value, value::RawValue};

/// One version of one order. The text is served as it was loaded, so values that break the
/// contract, unusual number spellings and repeated fields all survive; only the few fields that
/// decide *which* orders are served are read.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    text: Box<str>,
    pub(super) trekkid: Option<String>,
    pub(super) trekkversjon: Option<u64>,
    pub(super) sekvensnummer: Option<u64>,
    pub(super) trekkpliktig: Option<String>,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is about a person.
        f.debug_struct("Order")
            .field("trekkid", &self.trekkid)
            .field("trekkversjon", &self.trekkversjon)
            .field("sekvensnummer", &self.sekvensnummer)
            .finish_non_exhaustive()
    }
}

impl Order {
    /// Reads the deciding fields of one JSON object.
    ///
    /// # Errors
    /// When the text is no JSON object.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let fields: Fields = serde_json::from_str(text)?;
        Ok(Self {
            trekkid: fields.text("trekkid"),
            trekkversjon: fields.number("trekkversjon"),
            sekvensnummer: fields.number("sekvensnummer"),
            trekkpliktig: fields
                .string("trekkpliktig")
                .filter(|number| number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit())),
            text: text.trim().into(),
        })
    }

    /// The JSON text as loaded.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `trekkid`, also when it was written as a number.
    #[must_use]
    pub fn trekkid(&self) -> Option<&str> {
        self.trekkid.as_deref()
    }

    /// `trekkversjon`, where it is a whole number.
    #[must_use]
    pub fn trekkversjon(&self) -> Option<u64> {
        self.trekkversjon
    }

    /// `sekvensnummer`, where it is a whole number or a string of digits.
    #[must_use]
    pub fn sekvensnummer(&self) -> Option<u64> {
        self.sekvensnummer
    }

    /// `trekkpliktig`, where it is nine digits. An order without is served to every employer.
    #[must_use]
    pub fn trekkpliktig(&self) -> Option<&str> {
        self.trekkpliktig.as_deref()
    }

    /// The same order under another sequence number; every other byte of a value is kept.
    pub(super) fn renumbered(&self, number: u64) -> Result<Self, serde_json::Error> {
        let mut fields: Fields = serde_json::from_str(&self.text)?;
        let value = serde_json::value::to_raw_value(&number)?;
        for (name, old) in &mut fields.0 {
            if name == "sekvensnummer" {
                old.clone_from(&value);
            }
        }
        Self::parse(&serde_json::to_string(&fields)?)
    }

    /// The order as a tree, for a fault that changes it.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// The fields of an object in their order, values untouched.
struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// The last field of this name, as parsers commonly take a repeated one.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.get())
    }

    fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    fn text(&self, name: &str) -> Option<String> {
        match serde_json::from_str(self.get(name)?).ok()? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        match serde_json::from_str(self.get(name)?).ok()? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an order: a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_survives_and_the_fields_are_read() {
        let text =
            r#"{"trekkid": 7, "trekkversjon":1,"x":1.50,"x":2.0,"sekvensnummer":"12","trekkpliktig":"310000000"}"#;
        let order = Order::parse(text).unwrap();
        assert_eq!(order.text(), text);
        assert_eq!(order.trekkid(), Some("7"));
        assert_eq!(order.sekvensnummer(), Some(12));
        let moved = order.renumbered(99).unwrap();
        assert_eq!(moved.sekvensnummer(), Some(99));
        assert!(moved.text().contains(r#""x":1.50,"x":2.0"#), "{}", moved.text());
    }

    #[test]
    fn values_that_break_the_contract_are_kept() {
        let order = Order::parse(r#"{"sekvensnummer":-3,"trekkpliktig":7,"trekkversjon":1.5}"#).unwrap();
        assert_eq!(order.sekvensnummer(), None);
        assert_eq!(order.trekkpliktig(), None);
        assert_eq!(order.trekkversjon(), None);
        assert!(Order::parse("[]").is_err());
    }

    #[test]
    fn debug_says_nothing_of_the_person() {
        let order = Order::parse(r#"{"trekkid":"1","skyldner":"10108412345"}"#).unwrap();
        assert!(!format!("{order:?}").contains("10108412345"));
    }
}
