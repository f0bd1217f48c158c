//! JSON pointers that cost nothing to extend.
//!
//! A comparison visits a million places and names a few hundred of them, so a pointer is a chain
//! of borrowed keys that becomes text only when a finding needs it.

use std::rc::Rc;

/// One place in a document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pointer<'a>(Option<Rc<Link<'a>>>);

#[derive(Debug)]
struct Link<'a> {
    parent: Pointer<'a>,
    key: Key<'a>,
}

#[derive(Debug)]
enum Key<'a> {
    Name(&'a str),
    Index(usize),
    /// A whole pointer, already encoded: the target of a reference.
    Encoded(Rc<str>),
}

impl<'a> Pointer<'a> {
    /// The whole document.
    pub(crate) fn root() -> Self {
        Self(None)
    }

    /// An encoded pointer such as `/components/schemas/A~1B`.
    pub(crate) fn encoded(text: &str) -> Self {
        if text.is_empty() {
            return Self::root();
        }
        Self::root().push(Key::Encoded(Rc::from(text)))
    }

    /// A member of an object.
    #[must_use]
    pub(crate) fn name(&self, name: &'a str) -> Self {
        self.push(Key::Name(name))
    }

    /// An element of a list.
    #[must_use]
    pub(crate) fn index(&self, index: usize) -> Self {
        self.push(Key::Index(index))
    }

    fn push(&self, key: Key<'a>) -> Self {
        Self(Some(Rc::new(Link {
            parent: self.clone(),
            key,
        })))
    }

    /// The pointer as text (RFC 6901).
    pub(crate) fn text(&self) -> String {
        let mut links = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            links.push(link);
            at = &link.parent;
        }
        let mut text = String::new();
        for link in links.into_iter().rev() {
            match &link.key {
                Key::Name(name) => {
                    text.push('/');
                    text.push_str(&escape(name));
                }
                Key::Index(index) => {
                    text.push('/');
                    text.push_str(&index.to_string());
                }
                Key::Encoded(encoded) => text.push_str(encoded),
            }
        }
        text
    }
}

/// Escapes one key (RFC 6901, section 3).
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Undoes [`escape`], and percent-encoding as it appears in URI fragments.
pub(crate) fn unescape(token: &str) -> String {
    let decoded = if token.contains('%') {
        percent_decoded(token)
    } else {
        token.to_owned()
    };
    decoded.replace("~1", "/").replace("~0", "~")
}

fn percent_decoded(token: &str) -> String {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    let bytes = token.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes.get(at + 1), bytes.get(at + 2));
        if let (b'%', (Some(high), Some(low))) = (bytes[at], pair)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
            && let Ok(byte) = u8::try_from(high * 16 + low)
        {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped_both_ways() {
        let at = Pointer::root().name("paths").name("/a/~b").index(3);
        assert_eq!(at.text(), "/paths/~1a~1~0b/3");
        assert_eq!(unescape("~1a~1~0b"), "/a/~b");
        assert_eq!(unescape("A%20B%zz"), "A B%zz");
        assert_eq!(Pointer::encoded("").text(), "");
    }
}
