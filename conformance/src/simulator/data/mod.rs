//! The orders that the simulator serves: loading them, and finding the ones a request asks for.
//!
//! Files hold the API's own JSON. What a file may look like, and what happens when two files
//! disagree, is described at [`Data::load`].

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::value::RawValue;

use crate::{
    results::Class,
    synthetic::{Declared, Guard},
};

pub use listing::Listing;
pub use order::Order;

mod listing;
mod order;

/// The published scenarios, as their page tells them.
const PUBLISHED: &str = include_str!("../../../data/published-scenarios.json");

/// A set of orders, in the order in which they were loaded.
#[derive(Debug, Clone, Default)]
pub struct Data {
    versions: Vec<Loaded>,
    warnings: Vec<String>,
    /// Place in `versions` by order and version.
    by_version: HashMap<(String, u64), usize>,
    /// Place in `versions` by sequence number.
    by_number: BTreeMap<u64, usize>,
}

#[derive(Debug, Clone)]
struct Loaded {
    order: Order,
    source: String,
}

impl Data {
    /// No orders at all: every employer gets an empty list.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The scenarios from the examples of the public Trekkpålegg page: nineteen versions of ten
    /// orders for the employer 123456789.
    #[must_use]
    pub fn published() -> Self {
        let mut data = Self::empty();
        // The file is part of this build; a test loads it.
        let _ = data.add_text("published scenarios", PUBLISHED);
        data
    }

    /// Adds a file, or every `*.json` file directly in a folder, by name.
    ///
    /// A file holds one order, an array of orders, or an object with an array `versions` (alone or
    /// in an array). Versions that share a `sekvensnummer` are renumbered in load order, with a
    /// warning. The same `trekkid` and `trekkversjon` with the same content counts once; with
    /// other content it is refused. Values that break the contract are loaded and served as they are.
    ///
    /// # Errors
    /// [`DataError`] when something cannot be read, is not JSON of that shape, or contradicts what
    /// is loaded already; nothing of the file is added then.
    pub fn load(&mut self, path: &Path) -> Result<(), DataError> {
        let fail = |path: &Path, error: io::Error| DataError::Read {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let metadata = fs::metadata(path).map_err(|error| fail(path, error))?;
        let files = if metadata.is_dir() {
            let mut files = Vec::new();
            for entry in fs::read_dir(path).map_err(|error| fail(path, error))? {
                let file = entry.map_err(|error| fail(path, error))?.path();
                if file.is_file() && file.extension().is_some_and(|ext| ext == "json") {
                    files.push(file);
                }
            }
            if files.is_empty() {
                return Err(DataError::EmptyFolder(path.to_owned()));
            }
            files.sort();
            files
        } else {
            vec![path.to_owned()]
        };
        for file in files {
            let text = fs::read_to_string(&file).map_err(|error| fail(&file, error))?;
            self.add_text(&file.display().to_string(), &text)?;
        }
        Ok(())
    }

    /// Adds orders from JSON text; `source` is what messages call it.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn add_text(&mut self, source: &str, text: &str) -> Result<(), DataError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut found = Vec::new();
        collect(text, &mut found, 0).map_err(|detail| DataError::Shape {
            source_name: source.to_owned(),
            detail,
        })?;
        let mut grown = self.clone();
        for order in found {
            grown.add(source, order)?;
        }
        *self = grown;
        Ok(())
    }

    fn add(&mut self, source: &str, mut order: Order) -> Result<(), DataError> {
        let key = order
            .trekkid()
            .zip(order.trekkversjon())
            .map(|(id, version)| (id.to_owned(), version));
        if let Some(same) = key.as_ref().and_then(|key| self.by_version.get(key)) {
            let same = &self.versions[*same];
            if same_content(&same.order, &order) {
                return Ok(());
            }
            let (trekkid, trekkversjon) = key.unwrap_or_default();
            return Err(DataError::Contradiction {
                trekkid,
                trekkversjon,
                first: same.source.clone(),
                second: source.to_owned(),
            });
        }
        if let Some(number) = order.sekvensnummer()
            && let Some(first) = self.by_number.get(&number)
        {
            let fail = || DataError::Shape {
                source_name: source.to_owned(),
                detail: format!("sekvensnummer {number} is taken, and no higher number is left"),
            };
            let (highest, _) = self.by_number.last_key_value().ok_or_else(fail)?;
            let moved = highest.checked_add(1).ok_or_else(fail)?;
            let id = order.trekkid().unwrap_or("(without trekkid)");
            self.warnings.push(format!(
                "{source}: order {id} has sekvensnummer {number}, as has one from {}; it is served as {moved}",
                self.versions[*first].source
            ));
            order = order.renumbered(moved).map_err(|_| fail())?;
        }
        let place = self.versions.len();
        if let Some(key) = key {
            self.by_version.insert(key, place);
        }
        if let Some(number) = order.sekvensnummer() {
            self.by_number.insert(number, place);
        }
        self.versions.push(Loaded {
            order,
            source: source.to_owned(),
        });
        Ok(())
    }

    /// What was changed while loading, for the person who started the simulator.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Every version, in load order.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.versions.iter().map(|loaded| &loaded.order)
    }

    /// The employers of the orders, sorted.
    #[must_use]
    pub fn employers(&self) -> Vec<String> {
        let employers: BTreeSet<_> = self.orders().filter_map(Order::trekkpliktig).collect();
        employers.into_iter().map(str::to_owned).collect()
    }

    /// How many different identity and organisation numbers in the orders could belong to real
    /// people or organisations, by the synthetic-data guard.
    #[must_use]
    pub fn doubtful_identifiers(&self) -> usize {
        let guard = Guard::new(Declared::default(), &[0; 32]);
        let mut doubtful = BTreeSet::new();
        for order in self.orders() {
            let value = order.value();
            for field in ["skyldner", "trekkpliktig"] {
                if let Some(text) = value.get(field).and_then(serde_json::Value::as_str)
                    && guard.classify(field, text) == Some(Class::CouldBeReal)
                {
                    doubtful.insert(text.to_owned());
                }
            }
        }
        doubtful.len()
    }

    /// Arranges the orders for serving.
    #[must_use]
    pub fn listing(&self) -> Listing {
        Listing::new(self.orders().cloned())
    }
}

/// Whether two texts say the same, apart from the sequence number, which may have been moved.
fn same_content(one: &Order, other: &Order) -> bool {
    let plain = |order: &Order| -> Option<BTreeMap<String, serde_json::Value>> {
        let mut fields: HashMap<String, Box<RawValue>> = serde_json::from_str(order.text()).ok()?;
        fields.remove("sekvensnummer");
        let read = |(name, raw): (String, Box<RawValue>)| Some((name, serde_json::from_str(raw.get()).ok()?));
        fields.into_iter().map(read).collect()
    };
    one.text() == other.text() || (plain(one).is_some() && plain(one) == plain(other))
}

/// Takes orders out of a JSON text of one of the shapes that files may have.
fn collect(text: &str, into: &mut Vec<Order>, depth: usize) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    struct Versions {
        versions: Vec<Box<RawValue>>,
    }
    let first = text.trim_start().chars().next();
    match first {
        Some('[') if depth == 0 => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
            for item in items {
                collect(item.get(), into, 1)?;
            }
            Ok(())
        }
        Some('{') => {
            // An order has no field of this name, so the field decides.
            let shape: HashMap<&str, &RawValue> = serde_json::from_str(text).map_err(|error| error.to_string())?;
            if shape.contains_key("versions") {
                let file: Versions = serde_json::from_str(text).map_err(|e| e.to_string())?;
                for item in file.versions {
                    into.push(Order::parse(item.get()).map_err(|e| e.to_string())?);
                }
            } else {
                into.push(Order::parse(text).map_err(|error| error.to_string())?);
            }
            Ok(())
        }
        _ => Err("expected an order, an array of orders, or an object with an array \"versions\"".to_owned()),
    }
}

/// Why orders cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file system said no.
    #[error("{path} cannot be read: {detail}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        detail: String,
    },
    /// A folder without data.
    #[error("{path} holds no *.json file; give a folder with orders, or one file", path = .0.display())]
    EmptyFolder(PathBuf),
    /// Not JSON, or JSON of another shape.
    #[error("{source_name}: {detail}")]
    Shape {
        /// The file.
        source_name: String,
        /// What is wrong, with line and column where known.
        detail: String,
    },
    /// One version, two contents.
    #[error(
        "{second}: trekkid {trekkid} version {trekkversjon} is also in {first}, with other content; \
         a version never changes once issued, so give one of them another trekkversjon or remove it"
    )]
    Contradiction {
        /// The order.
        trekkid: String,
        /// Its version.
        trekkversjon: u64,
        /// Where it was loaded first.
        first: String,
        /// Where it came again.
        second: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: &str, version: u64, number: u64) -> String {
        format!(r#"{{"trekkid":"{id}","trekkversjon":{version},"sekvensnummer":{number},"trekkpliktig":"310000000"}}"#)
    }

    #[test]
    fn the_published_scenarios_load() {
        let data = Data::published();
        assert_eq!(data.orders().count(), 19);
        assert_eq!(data.warnings(), [] as [String; 0]);
        assert_eq!(data.employers(), ["123456789"]);
        assert_eq!(data.listing().latest("123456789", None, None).len(), 10);
    }

    #[test]
    fn every_documented_shape_is_read() {
        for text in [
            order("a", 1, 1),
            format!("[{}]", order("a", 1, 1)),
            format!("{{\"versions\":[{}]}}", order("a", 1, 1)),
            format!("\u{feff}[{{\"versions\":[{}]}}]", order("a", 1, 1)),
        ] {
            let mut data = Data::empty();
            data.add_text("t", &text).unwrap();
            assert_eq!(data.orders().count(), 1, "{text}");
        }
        for text in ["", "7", "[7]", "[[{}]]", "{\"versions\":{}}", "{"] {
            assert!(Data::empty().add_text("t", text).is_err(), "{text}");
        }
    }

    #[test]
    fn shared_numbers_are_moved_and_said_so() {
        let mut data = Data::empty();
        data.add_text("one.json", &format!("[{},{}]", order("a", 1, 5), order("b", 1, 9)))
            .unwrap();
        data.add_text("two.json", &order("c", 1, 5)).unwrap();
        let numbers: Vec<_> = data.orders().filter_map(Order::sekvensnummer).collect();
        assert_eq!(numbers, [5, 9, 10]);
        assert!(data.warnings()[0].contains("one.json") && data.warnings()[0].contains("two.json"));
    }

    #[test]
    fn a_version_with_two_contents_is_refused_whole() {
        let mut data = Data::empty();
        data.add_text("one.json", &order("a", 1, 5)).unwrap();
        // The same again, spaced otherwise, is no contradiction.
        data.add_text("again.json", &order("a", 1, 5).replace(',', ", "))
            .unwrap();
        assert_eq!(data.orders().count(), 1);
        let changed = order("a", 1, 5).replace("310000000", "310000019");
        let error = data
            .add_text("two.json", &format!("[{},{changed}]", order("z", 1, 6)))
            .unwrap_err()
            .to_string();
        assert!(error.contains("one.json") && error.contains("two.json"), "{error}");
        assert_eq!(data.orders().count(), 1, "nothing of the refused file is kept");
    }
}
