//! JSON pointers (RFC 6901) that are only written out when there is something to say.

use std::fmt::Write as _;

/// A place in a tree, linked to the place it stands in.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    /// The whole.
    Root,
    /// A member of an object.
    Member(&'a Self, &'a str),
    /// An item of a list, counted from 0.
    Index(&'a Self, usize),
}

impl Path<'_> {
    /// The pointer, safe to show; see [`masked`].
    pub(super) fn to_pointer(self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(self, text: &mut String) {
        match self {
            Self::Root => {}
            Self::Member(parent, name) => {
                parent.write(text);
                text.push('/');
                text.push_str(&masked(&name.replace('~', "~0").replace('/', "~1")));
            }
            Self::Index(parent, index) => {
                parent.write(text);
                // Writing to a string cannot fail.
                let _ = write!(text, "/{index}");
            }
        }
    }
}

/// A pointer from elsewhere, safe to show.
pub(super) fn safe(pointer: &str) -> String {
    pointer.split('/').map(masked).collect::<Vec<_>>().join("/")
}

/// Nothing stops a sender from using an identity number as the *name* of a member. A run of more
/// than seven digits, which no index of a list of 10 MB can have, is therefore replaced.
fn masked(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(if digits.len() > 7 { "********" } else { digits });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_escaped_and_masked() {
        let list = Path::Member(&Path::Root, "a/b~c");
        let item = Path::Index(&list, 1_234_567);
        assert_eq!(item.to_pointer(), "/a~1b~0c/1234567");
        assert_eq!(
            Path::Member(&item, "x01899912345").to_pointer(),
            "/a~1b~0c/1234567/x********"
        );
        assert_eq!(safe("/a/01899912345/0"), "/a/********/0");
        assert_eq!(safe(""), "");
    }
}
