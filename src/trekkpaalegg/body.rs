//! The text of an answer, kept so that each order's own JSON can be shown, and repaired where a
//! single bad byte would otherwise make a whole page unreadable.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use serde_json::value::RawValue;

/// What was wrong with a place in the text that could be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// An unescaped control character inside a string; it is escaped now.
    Control,
    /// Bytes that are no UTF-8; U+FFFD stands in their place now.
    NotUtf8,
}

/// The text of one answer, shared by the records that came in it.
pub(super) struct Body {
    text: Text,
    /// One record is the whole text, not an element of a list.
    single: bool,
    slices: OnceLock<Vec<Range<usize>>>,
}

enum Text {
    /// Known to be UTF-8.
    Received(Bytes),
    Repaired(String, Vec<(usize, Defect)>),
}

/// Why a text is no list of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAList {
    /// It is no JSON at all.
    NotJson,
    /// It is JSON, of this kind.
    Other(&'static str),
}

impl Body {
    /// A text that the bindings have decoded, and which therefore is JSON.
    pub(super) fn decoded(bytes: Bytes, single: bool) -> Option<Arc<Self>> {
        std::str::from_utf8(&bytes).ok()?;
        Some(Arc::new(Self {
            text: Text::Received(bytes),
            single,
            slices: OnceLock::new(),
        }))
    }

    /// A text that has to be taken apart record by record.
    pub(super) fn split(bytes: &Bytes, single: bool) -> Result<Arc<Self>, NotAList> {
        let received = std::str::from_utf8(bytes).ok();
        if let Some(slices) = received.and_then(|text| slices(text, single).ok()) {
            return Ok(Arc::new(Self {
                text: Text::Received(bytes.clone()),
                single,
                slices: OnceLock::from(slices),
            }));
        }
        let (repaired, defects) = repair(bytes);
        let slices = slices(&repaired, single)?;
        Ok(Arc::new(Self {
            text: Text::Repaired(repaired, defects),
            single,
            slices: OnceLock::from(slices),
        }))
    }

    fn text(&self) -> &str {
        match &self.text {
            // Checked when the value was made; validating again costs little beside decoding.
            Text::Received(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Text::Repaired(text, _) => text,
        }
    }

    fn slices(&self) -> &[Range<usize>] {
        self.slices
            .get_or_init(|| slices(self.text(), self.single).unwrap_or_default())
    }

    pub(super) fn len(&self) -> usize {
        self.slices().len()
    }

    /// The JSON text of one record.
    pub(super) fn record(&self, index: usize) -> &str {
        self.slices()
            .get(index)
            .and_then(|range| self.text().get(range.clone()))
            .unwrap_or_default()
    }

    /// The text of one record alone.
    pub(super) fn only(&self, index: usize) -> Arc<Self> {
        let text = self.record(index).to_owned();
        let whole = 0..text.len();
        Arc::new(Self {
            text: Text::Received(text.into()),
            single: true,
            slices: OnceLock::from(vec![whole]),
        })
    }

    /// The repaired places of one record, relative to its text.
    pub(super) fn defects(&self, index: usize) -> Vec<(usize, Defect)> {
        let (Text::Repaired(_, defects), Some(range)) = (&self.text, self.slices().get(index)) else {
            return Vec::new();
        };
        defects
            .iter()
            .filter(|(place, _)| range.contains(place))
            .map(|(place, defect)| (place - range.start, *defect))
            .collect()
    }
}

/// Where each record stands in `text`.
fn slices(text: &str, single: bool) -> Result<Vec<Range<usize>>, NotAList> {
    let range = |raw: &RawValue| {
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        start..start + raw.get().len()
    };
    if !single && let Ok(records) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return Ok(records.into_iter().map(range).collect());
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(|_| NotAList::NotJson)?;
    if single {
        Ok(vec![range(whole)])
    } else {
        Err(NotAList::Other(kind(whole.get())))
    }
}

/// Names the kind of a JSON text, for messages that must not show it.
pub(super) fn kind(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "text",
        Some(b't' | b'f') => "a truth value",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) => "something that is not JSON",
        None => "nothing",
    }
}

/// Escapes control characters inside strings and replaces bytes that are no UTF-8, so that the
/// records without such defects can still be read. Tells every place it touched.
fn repair(bytes: &[u8]) -> (String, Vec<(usize, Defect)>) {
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut defects = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if in_string && character < ' ' {
                defects.push((text.len(), Defect::Control));
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
                escaped = false;
                continue;
            }
            text.push(character);
            if escaped {
                escaped = false;
            } else {
                match character {
                    '"' => in_string = !in_string,
                    '\\' => escaped = in_string,
                    _ => {}
                }
            }
        }
        if !chunk.invalid().is_empty() {
            if escaped {
                // A backslash before it would be an escape that JSON does not have.
                text.push('\\');
            }
            defects.push((text.len(), Defect::NotUtf8));
            text.push(char::REPLACEMENT_CHARACTER);
            escaped = false;
        }
    }
    (text, defects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &'static [u8]) -> Result<Vec<String>, NotAList> {
        let body = Body::split(&Bytes::from_static(bytes), false)?;
        Ok((0..body.len()).map(|index| body.record(index).to_owned()).collect())
    }

    #[test]
    fn records_keep_their_text() {
        assert_eq!(
            split(b" [ {\"a\" : 1.10} , 7,\n\"x\\u0001\" ] ").unwrap(),
            ["{\"a\" : 1.10}", "7", "\"x\\u0001\""]
        );
        assert_eq!(split(b"[]").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_no_list_is_named() {
        assert_eq!(split(b"{}"), Err(NotAList::Other("an object")));
        assert_eq!(split(b"null"), Err(NotAList::Other("null")));
        assert_eq!(split(b"[1,"), Err(NotAList::NotJson));
        assert_eq!(split(b"<html>"), Err(NotAList::NotJson));
        assert_eq!(split(b""), Err(NotAList::NotJson));
    }

    #[test]
    fn one_bad_byte_does_not_spoil_the_neighbours() {
        let body = Body::split(
            &Bytes::from_static(b"[{\"a\":1},{\"b\":\"x\x07y\\\\\"},{\"c\":\"\xff\"},{\"d\":\"\\\"\n\"}]"),
            false,
        )
        .unwrap();
        assert_eq!(body.len(), 4);
        assert_eq!(body.record(0), "{\"a\":1}");
        assert!(body.defects(0).is_empty());
        assert_eq!(body.record(1), "{\"b\":\"x\\u0007y\\\\\"}");
        assert_eq!(body.defects(1), [(7, Defect::Control)]);
        assert_eq!(body.record(2), "{\"c\":\"\u{fffd}\"}");
        assert_eq!(body.defects(2), [(6, Defect::NotUtf8)]);
        assert_eq!(body.record(3), "{\"d\":\"\\\"\\u000a\"}");
        assert_eq!(body.defects(3), [(8, Defect::Control)]);
    }

    #[test]
    fn a_backslash_before_a_bad_byte_stays_json() {
        assert_eq!(split(b"[\"a\\\xff\",1]").unwrap(), ["\"a\\\\\u{fffd}\"", "1"]);
        assert_eq!(split(b"[\"a\\\x01\",1]").unwrap(), ["\"a\\\\u0001\"", "1"]);
    }

    #[test]
    fn control_characters_between_values_are_not_repaired() {
        assert_eq!(split(b"[1,\x07 2]"), Err(NotAList::NotJson));
        // Blank lines are no defect.
        assert_eq!(split(b"[1,\r\n\t2]").unwrap(), ["1", "2"]);
    }

    #[test]
    fn nesting_does_not_exhaust_the_stack() {
        let deep = format!("[{}{},1]", "[".repeat(200_000), "]".repeat(200_000));
        let body = Body::split(&Bytes::from(deep), false).unwrap();
        assert_eq!((body.len(), body.record(1)), (2, "1"));
    }
}
