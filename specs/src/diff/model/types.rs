//! JSON types as sets, and which format is part of which.

use std::fmt;

/// The types a schema allows, `null` aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

const NAMES: [(&str, u8); 6] = [
    ("boolean", 1),
    ("integer", 2),
    // An integer is a number: its bit is part of this one.
    ("number", 2 | 4),
    ("string", 8),
    ("array", 16),
    ("object", 32),
];

/// How one set relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Narrower,
    Wider,
    Other,
}

impl Types {
    /// Every type.
    pub(crate) const ANY: Self = Self(63);

    /// The type of this name; `None` for `null` and for names that do not exist.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, bits)| Self(*bits))
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What `new` is to `self`.
    pub(crate) fn relation(self, new: Self) -> Relation {
        match (self.0 & new.0 == self.0, self.0 & new.0 == new.0) {
            (true, true) => Relation::Equal,
            (true, false) => Relation::Wider,
            (false, true) => Relation::Narrower,
            (false, false) => Relation::Other,
        }
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Self::ANY.0 {
            return f.write_str("any type");
        }
        let mut first = true;
        for (name, bits) in NAMES {
            let shown = match name {
                "integer" => self.0 & 6 == 2,
                _ => self.0 & bits == bits,
            };
            if shown {
                if !first {
                    f.write_str(" or ")?;
                }
                f.write_str(name)?;
                first = false;
            }
        }
        Ok(())
    }
}

/// Formats of which every value of the first is a value of the second (OpenAPI 3.0.3, section 4.4,
/// and the registry of formats). What is not listed is not known to be contained.
const CONTAINED: [(&str, &str); 8] = [
    ("int32", "int64"),
    ("float", "double"),
    ("uri", "uri-reference"),
    ("uri", "iri"),
    ("email", "idn-email"),
    ("hostname", "idn-hostname"),
    ("int8", "int32"),
    ("int16", "int32"),
];

/// What the format `new` is to the format `old`.
pub(crate) fn format_relation(old: &str, new: &str) -> Relation {
    if old == new {
        Relation::Equal
    } else if CONTAINED.contains(&(old, new)) {
        Relation::Wider
    } else if CONTAINED.contains(&(new, old)) {
        Relation::Narrower
    } else {
        Relation::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_a_number() {
        let (integer, number) = (Types::named("integer").unwrap(), Types::named("number").unwrap());
        assert_eq!(integer.relation(number), Relation::Wider);
        assert_eq!(number.relation(integer), Relation::Narrower);
        assert_eq!(integer.relation(Types::named("string").unwrap()), Relation::Other);
        assert_eq!(number.to_string(), "number");
        assert_eq!(
            integer.union(Types::named("string").unwrap()).to_string(),
            "integer or string"
        );
        assert_eq!(Types::named("null"), None);
    }

    #[test]
    fn formats() {
        assert_eq!(format_relation("int32", "int64"), Relation::Wider);
        assert_eq!(format_relation("int64", "int32"), Relation::Narrower);
        assert_eq!(format_relation("date", "date-time"), Relation::Other);
    }
}
