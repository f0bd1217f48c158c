//! Reads a submission in one pass: the long lists item by item, the rest as a tree.
//!
//! Two things make this worth its own reader. `serde_json` keeps the last of two members with
//! one name and says nothing; which of the two the authority would read is unknown, so a repeated
//! name is a finding. And a tree of 10 MB is slow to build and slower to free: an item that has
//! been looked at is dropped before the next one is read.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map};

use super::pointer::Path;

/// The member of the body that everything stands in.
pub(super) const DELIVERY: &str = "leveranse";

/// The lists of `leveranse` that are read item by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Reports.
    Oppgave,
    /// Deletions of earlier reports.
    Sletteoppgave,
}

impl List {
    pub(super) const ALL: [Self; 2] = [Self::Oppgave, Self::Sletteoppgave];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Oppgave => "oppgave",
            Self::Sletteoppgave => "sletteoppgave",
        }
    }
}

/// Looks at the items of the lists as they are read.
pub(super) trait Sink {
    /// A list begins. When its name, or that of `leveranse`, is repeated, it begins again: what
    /// was read before counts no more.
    fn begin(&mut self, list: List);

    /// One item.
    fn item(&mut self, list: List, index: usize, item: &Value, at: Path<'_>);
}

/// What remains when the items have been read.
pub(super) struct Remains {
    /// The body; its lists are empty unless they were to be kept. Of repeated members the last.
    pub(super) value: Value,
    /// Pointers to members whose name had occurred before in the same object.
    pub(super) repeated: Vec<String>,
}

/// Parses the whole of `bytes`. With `keep`, the items stay in the tree as well.
pub(super) fn read(bytes: &[u8], keep: bool, sink: &mut impl Sink) -> Result<Remains, serde_json::Error> {
    let mut reader = Reader {
        sink,
        keep,
        repeated: Vec::new(),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let node = Node {
        at: Path::Root,
        place: Place::Body,
        reader: &mut reader,
    };
    let value = node.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Remains {
        value,
        repeated: reader.repeated,
    })
}

struct Reader<'s, S> {
    sink: &'s mut S,
    keep: bool,
    repeated: Vec<String>,
}

/// Where a node stands, as far as it matters.
#[derive(Clone, Copy)]
enum Place {
    Body,
    Delivery,
    List(List),
    Elsewhere,
}

impl Place {
    fn member(self, name: &str) -> Self {
        match self {
            Self::Body if name == DELIVERY => Self::Delivery,
            Self::Delivery => List::ALL
                .into_iter()
                .find(|list| list.name() == name)
                .map_or(Self::Elsewhere, Self::List),
            _ => Self::Elsewhere,
        }
    }
}

struct Node<'a, 's, S> {
    at: Path<'a>,
    place: Place,
    reader: &'a mut Reader<'s, S>,
}

impl<'de, S: Sink> DeserializeSeed<'de> for Node<'_, '_, S> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for Node<'_, '_, S> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let Self { at, place, reader } = self;
        let list = if let Place::List(list) = place {
            Some(list)
        } else {
            None
        };
        if let Some(list) = list {
            reader.sink.begin(list);
        }
        let mut items = Vec::new();
        for index in 0.. {
            let at = Path::Index(&at, index);
            let node = Node {
                at,
                place: Place::Elsewhere,
                reader: &mut *reader,
            };
            let Some(item) = access.next_element_seed(node)? else {
                break;
            };
            if let Some(list) = list {
                reader.sink.item(list, index, &item, at);
            }
            if list.is_none() || reader.keep {
                items.push(item);
            }
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let Self { at, place, reader } = self;
        if let Place::Delivery = place {
            List::ALL.into_iter().for_each(|list| reader.sink.begin(list));
        }
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let place = place.member(&name);
            let entry = members.entry(name);
            let here = Path::Member(&at, entry.key());
            let value = access.next_value_seed(Node {
                at: here,
                place,
                reader: &mut *reader,
            })?;
            if let map::Entry::Occupied(_) = &entry {
                // A file can hold millions of them, and each pointer is a text of its own.
                if reader.repeated.len() > super::MAX_FINDINGS {
                    return Err(A::Error::custom("too many repeated names"));
                }
                reader.repeated.push(here.to_pointer());
            }
            match entry {
                map::Entry::Vacant(free) => {
                    free.insert(value);
                }
                map::Entry::Occupied(mut before) => {
                    before.insert(value);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<(&'static str, usize, String)>);

    impl Sink for Seen {
        fn begin(&mut self, list: List) {
            self.0.retain(|(name, ..)| *name != list.name());
        }

        fn item(&mut self, list: List, index: usize, item: &Value, at: Path<'_>) {
            assert_eq!(at.to_pointer(), format!("/leveranse/{}/{index}", list.name()));
            self.0.push((list.name(), index, item.to_string()));
        }
    }

    fn whole(text: &str) -> Remains {
        read(text.as_bytes(), true, &mut Seen::default()).unwrap()
    }

    #[test]
    fn the_tree_is_the_one_that_serde_json_builds() {
        let text = r#"{"a":[1,-2,2.5,1e3,18446744073709551615,null,true,"x\u00e5\n"],"b":{},"c":[[]],
            "leveranse":{"oppgave":[{"a":[1]},2],"sletteoppgave":{},"x":[{}]},"oppgave":[3]}"#;
        let tree = whole(text);
        assert_eq!(tree.value, serde_json::from_str::<Value>(text).unwrap());
        assert!(tree.repeated.is_empty());
    }

    #[test]
    fn items_are_handed_over_and_dropped() {
        let text = br#"{"oppgave":[0],"leveranse":{"sletteoppgave":["d"],"oppgave":[{"a":[1,2]},null]}}"#;
        let mut seen = Seen::default();
        let remains = read(text, false, &mut seen).unwrap();
        assert_eq!(
            remains.value.to_string(),
            r#"{"oppgave":[0],"leveranse":{"sletteoppgave":[],"oppgave":[]}}"#
        );
        assert_eq!(
            seen.0,
            [
                ("sletteoppgave", 0, r#""d""#.to_owned()),
                ("oppgave", 0, r#"{"a":[1,2]}"#.to_owned()),
                ("oppgave", 1, "null".to_owned()),
            ]
        );
    }

    #[test]
    fn of_repeated_lists_the_last_counts() {
        let text = br#"{"leveranse":{"oppgave":[1,2]},"leveranse":{"oppgave":[3],"oppgave":[4]}}"#;
        let mut seen = Seen::default();
        let remains = read(text, false, &mut seen).unwrap();
        assert_eq!(seen.0, [("oppgave", 0, "4".to_owned())]);
        assert_eq!(remains.repeated, ["/leveranse/oppgave", "/leveranse"]);
    }

    #[test]
    fn repeated_names_are_found_wherever_they_are() {
        let tree = whole(r#"{"a":1,"b":[{"c":1},{"c":1,"c/d":2,"c/d":3}],"a":2}"#);
        assert_eq!(tree.repeated, ["/b/1/c~1d", "/a"]);
        assert_eq!(tree.value["a"], 2);
    }

    #[test]
    fn broken_texts_are_errors() {
        let deep = "[".repeat(100_000);
        for text in ["", "{", "{}x", "[1,]", "{\"a\":1e999}", "\"\u{1}\"", &deep] {
            assert!(
                read(text.as_bytes(), false, &mut Seen::default()).is_err(),
                "{text:.20}"
            );
        }
        assert!(read(b"\"\xff\"", false, &mut Seen::default()).is_err());
    }
}
