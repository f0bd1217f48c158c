//! A document of a dispatch.

use std::fmt;

use bytes::Bytes;
use skatteetaten_specs::manifest::sha256_hex;

/// A document as it came: not decoded, not interpreted.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// Media type in lower case without parameters, such as `application/pdf`; `None` when the
    /// answer has none that can be read.
    pub media_type: Option<String>,
    /// The bytes. They may hold personal data: keep them out of logs.
    pub bytes: Bytes,
    /// SHA-256 of the bytes, as 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Document {
    pub(crate) fn new(media_type: Option<String>, bytes: Bytes) -> Self {
        let sha256 = sha256_hex(&bytes);
        Self {
            media_type,
            bytes,
            sha256,
        }
    }

    /// The usual ending of a file with this media type, without the dot; `bin` if there is none.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        match self.media_type.as_deref() {
            Some("application/json") => "json",
            Some("application/xml" | "text/xml") => "xml",
            Some("application/pdf") => "pdf",
            Some("text/csv") => "csv",
            Some("text/plain") => "txt",
            _ => "bin",
        }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .field("sha256", &self.sha256)
            .finish()
    }
}

/// The media type in a `Content-Type`, without its parameters; `None` for what is none.
pub(super) fn media_type(text: &str) -> Option<String> {
    let essence = text.split(';').next()?.trim().to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty()
            && part.len() <= 64
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then_some(essence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_lose_their_parameters() {
        assert_eq!(media_type("Text/CSV; charset=utf-8").as_deref(), Some("text/csv"));
        assert_eq!(
            media_type("application/vnd.x+json").as_deref(),
            Some("application/vnd.x+json")
        );
        for text in ["", "pdf", "/", "a/b/c", "01899912345 /x", "a/b c"] {
            assert_eq!(media_type(text), None, "{text}");
        }
    }

    #[test]
    fn a_document_does_not_show_its_bytes() {
        let document = Document::new(Some("text/csv".to_owned()), Bytes::from_static(b"01899912345"));
        assert!(!format!("{document:?}").contains("01899912345"));
        assert_eq!(document.extension(), "csv");
    }
}
