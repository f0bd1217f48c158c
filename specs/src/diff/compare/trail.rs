//! Where a change is, in words: `GET /orders → header Klientid`, `Order.lines[].amount`.
//!
//! A trail stays the same when a document is only rearranged, so fingerprints rest on it and not
//! on JSON pointers.

use std::{fmt, rc::Rc};

use crate::diff::model::side::name_of;

/// A place, as a chain that is cheap to extend.
#[derive(Debug, Clone)]
pub(crate) struct Trail<'a>(Rc<Link<'a>>);

#[derive(Debug)]
struct Link<'a> {
    parent: Option<Trail<'a>>,
    segment: Segment<'a>,
}

#[derive(Debug)]
enum Segment<'a> {
    Text(String),
    Component(Rc<str>, Rc<str>),
    Step(String),
    Property(&'a str),
    Items,
    Values,
    Branch(&'static str, String),
}

impl<'a> Trail<'a> {
    /// The beginning: an operation, or a part of the document.
    pub(crate) fn text(text: String) -> Self {
        Self(Rc::new(Link {
            parent: None,
            segment: Segment::Text(text),
        }))
    }

    /// The beginning: a pair of components.
    pub(crate) fn component(old: &Rc<str>, new: &Rc<str>) -> Self {
        Self(Rc::new(Link {
            parent: None,
            segment: Segment::Component(old.clone(), new.clone()),
        }))
    }

    /// The place without the operation it was met in, for a definition that operations share.
    /// Empty when that is all there is.
    pub(crate) fn below_operation(&self) -> Option<String> {
        let mut root = self;
        while let Some(parent) = &root.0.parent {
            root = parent;
        }
        match &root.0.segment {
            Segment::Text(text) => {
                let whole = self.to_string();
                let rest = whole.strip_prefix(text.as_str())?;
                Some(rest.trim_start_matches(" → ").to_owned())
            }
            _ => None,
        }
    }

    fn push(&self, segment: Segment<'a>) -> Self {
        Self(Rc::new(Link {
            parent: Some(self.clone()),
            segment,
        }))
    }

    /// A part of an operation.
    pub(crate) fn step(&self, text: impl Into<String>) -> Self {
        self.push(Segment::Step(text.into()))
    }

    /// A property.
    pub(crate) fn property(&self, name: &'a str) -> Self {
        self.push(Segment::Property(name))
    }

    /// The elements of a list.
    pub(crate) fn items(&self) -> Self {
        self.push(Segment::Items)
    }

    /// The values of a map.
    pub(crate) fn values(&self) -> Self {
        self.push(Segment::Values)
    }

    /// One of several alternatives.
    pub(crate) fn branch(&self, keyword: &'static str, name: String) -> Self {
        self.push(Segment::Branch(keyword, name))
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = &self.0.parent {
            write!(f, "{parent}")?;
        }
        match &self.0.segment {
            Segment::Text(text) => f.write_str(text),
            Segment::Component(old, new) => {
                let (old, new) = (name_of(old), name_of(new));
                if old == new {
                    f.write_str(&new)
                } else {
                    write!(f, "{new} (was {old})")
                }
            }
            Segment::Step(text) => write!(f, " → {text}"),
            Segment::Property(name) => {
                let before = self.0.parent.as_ref().map(|parent| &parent.0.segment);
                match before {
                    Some(Segment::Step(_) | Segment::Text(_)) => write!(f, " → {name}"),
                    _ => write!(f, ".{name}"),
                }
            }
            Segment::Items => f.write_str("[]"),
            Segment::Values => f.write_str("{}"),
            Segment::Branch(keyword, name) => write!(f, " {keyword}({name})"),
        }
    }
}
