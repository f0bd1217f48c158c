//! Where in the text a JSON pointer stands.
//!
//! Positions are looked up after the comparison and for the places of findings only: one pass
//! over the text that descends where a wanted place lies and skips everything else, so that a
//! document of many megabytes needs no second tree.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, Span};
use serde::Serialize;

use super::model::pointer::{escape, unescape};

/// A place in a text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// The wanted pointers as a tree.
#[derive(Debug, Default)]
struct Wanted {
    here: Option<String>,
    below: BTreeMap<String, Wanted>,
}

impl Wanted {
    fn new(pointers: &BTreeSet<String>) -> Self {
        let mut root = Self::default();
        for pointer in pointers {
            let mut at = &mut root;
            for token in pointer.split('/').skip(1) {
                at = at.below.entry(unescape(token)).or_default();
            }
            at.here = Some(pointer.clone());
        }
        root
    }
}

/// Line and column of each pointer that exists in the text. The place of an object's member is
/// its key, since that is where a reader looks.
pub(crate) fn find(text: &[u8], pointers: &BTreeSet<String>) -> BTreeMap<String, Position> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let wanted = Wanted::new(pointers);
    let json = text
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| matches!(byte, b'{' | b'['));
    if json {
        let mut scanner = Json::new(text);
        // The text has been parsed before, so an end too early cannot happen; what was found
        // until then is still right.
        let _ = scanner.value(Some(&wanted));
        scanner.found
    } else {
        std::str::from_utf8(text)
            .map(|text| yaml(text, &wanted))
            .unwrap_or_default()
    }
}

/// A scanner over well-formed JSON.
struct Json<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
    line_start: usize,
    found: BTreeMap<String, Position>,
}

impl<'t> Json<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            line_start: 0,
            found: BTreeMap::new(),
        }
    }

    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.line_start = self.at + 1;
                }
                b' ' | b'\t' | b'\r' => {}
                other => return Some(*other),
            }
            self.at += 1;
        }
        None
    }

    fn position(&self) -> Position {
        let before = self.text.get(self.line_start..self.at).unwrap_or_default();
        // Continuation bytes of UTF-8 start no character.
        let column = before.iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1;
        Position {
            line: self.line,
            column,
        }
    }

    fn record(&mut self, wanted: &Wanted, position: Position) {
        if let Some(pointer) = &wanted.here {
            self.found.entry(pointer.clone()).or_insert(position);
        }
    }

    /// Reads one value. With `wanted`, its place and the places below are recorded.
    fn value(&mut self, wanted: Option<&Wanted>) -> Option<()> {
        let first = self.peek()?;
        if let Some(wanted) = wanted {
            let position = self.position();
            self.record(wanted, position);
        }
        match first {
            b'{' => self.object(wanted),
            b'[' => self.array(wanted),
            b'"' => self.string().map(|_| ()),
            _ => {
                while self
                    .text
                    .get(self.at)
                    .is_some_and(|byte| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace())
                {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    fn object(&mut self, wanted: Option<&Wanted>) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    let position = self.position();
                    let raw = self.string()?;
                    let below = wanted.filter(|wanted| !wanted.below.is_empty()).and_then(|wanted| {
                        let key: String = serde_json::from_slice(raw).ok()?;
                        wanted.below.get(&key)
                    });
                    if let Some(below) = below {
                        self.record(below, position);
                    }
                    self.peek()?;
                    self.at += 1; // the colon
                    self.value(below)?;
                }
            }
        }
    }

    fn array(&mut self, wanted: Option<&Wanted>) -> Option<()> {
        self.at += 1;
        let mut index = 0_usize;
        loop {
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => {
                    index += 1;
                    self.at += 1;
                }
                _ => {
                    let below = wanted
                        .filter(|wanted| !wanted.below.is_empty())
                        .and_then(|wanted| wanted.below.get(&index.to_string()));
                    self.value(below)?;
                }
            }
        }
    }

    /// The raw text of a string, quotes included.
    fn string(&mut self) -> Option<&'t [u8]> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }
}

/// One open collection while walking YAML events.
struct Level {
    pointer: String,
    /// In a mapping: the key that waits for its value, and where it stands.
    key: Option<(String, Position)>,
    index: Option<usize>,
}

fn yaml(text: &str, wanted: &Wanted) -> BTreeMap<String, Position> {
    let mut all = BTreeSet::new();
    gather(wanted, &mut all);
    let mut found = BTreeMap::new();
    let mut open: Vec<Level> = Vec::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        let at = position(&span);
        match event {
            Event::Scalar(value, ..) => {
                if let Some(level) = open.last_mut()
                    && level.index.is_none()
                    && level.key.is_none()
                {
                    level.key = Some((value.into_owned(), at));
                } else {
                    place(&mut open, at, &all, &mut found);
                }
            }
            Event::Alias(_) => {
                place(&mut open, at, &all, &mut found);
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let sequence = matches!(event, Event::SequenceStart(..));
                let pointer = place(&mut open, at, &all, &mut found);
                open.push(Level {
                    pointer,
                    key: None,
                    index: sequence.then_some(0),
                });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            _ => {}
        }
    }
    found
}

/// The pointer of the value that starts here; records it when it is wanted.
fn place(open: &mut [Level], at: Position, all: &BTreeSet<String>, found: &mut BTreeMap<String, Position>) -> String {
    let (pointer, at) = match open.last_mut() {
        None => (String::new(), at),
        Some(level) => match (&mut level.index, level.key.take()) {
            (Some(index), _) => {
                let pointer = format!("{}/{index}", level.pointer);
                *index += 1;
                (pointer, at)
            }
            (None, Some((key, at))) => (format!("{}/{}", level.pointer, escape(&key)), at),
            // A collection as a key: the document reader has refused it before.
            (None, None) => (level.pointer.clone(), at),
        },
    };
    if all.contains(&pointer) {
        found.entry(pointer.clone()).or_insert(at);
    }
    pointer
}

fn gather(wanted: &Wanted, all: &mut BTreeSet<String>) {
    all.extend(wanted.here.clone());
    for below in wanted.below.values() {
        gather(below, all);
    }
}

fn position(span: &Span) -> Position {
    Position {
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(pointers: &[&str]) -> BTreeSet<String> {
        pointers.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn json_keys_and_elements_are_found() {
        let text = "{\n  \"a\": {\"æ\": 1, \"b/c\": [10,\n   20]},\n  \"z\": \"}\\\"\"\n}";
        let found = find(
            text.as_bytes(),
            &wanted(&["/a/b~1c", "/a/b~1c/1", "/z", "/missing", ""]),
        );
        let at = |pointer: &str| found.get(pointer).map(|at| (at.line, at.column));
        assert_eq!(at(""), Some((1, 1)));
        assert_eq!(at("/a/b~1c"), Some((2, 17)), "counted in characters");
        assert_eq!(at("/a/b~1c/1"), Some((3, 4)));
        assert_eq!(at("/z"), Some((4, 3)));
        assert_eq!(at("/missing"), None);
    }

    #[test]
    fn yaml_keys_and_elements_are_found() {
        let text =
            "openapi: 3.0.3\npaths:\n  /a:\n    get:\n      tags: [x, y]\n      parameters:\n        - name: q\n";
        let found = find(
            text.as_bytes(),
            &wanted(&[
                "/paths/~1a/get",
                "/paths/~1a/get/parameters/0/name",
                "/paths/~1a/get/tags/1",
            ]),
        );
        let at = |pointer: &str| found.get(pointer).map(|at| (at.line, at.column));
        assert_eq!(at("/paths/~1a/get"), Some((4, 5)));
        assert_eq!(at("/paths/~1a/get/parameters/0/name"), Some((7, 11)));
        assert_eq!(at("/paths/~1a/get/tags/1"), Some((5, 17)));
    }
}
