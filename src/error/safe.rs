//! What text from a server may be shown.

/// The longest identifier that is shown.
const LONGEST: usize = 64;

/// The text, when it has the form of a technical identifier (a code, a correlation id, a trace id)
/// and cannot be or contain an identity number, an account number or a token.
///
/// Allowed are letters, digits and `-_.:` up to 64 characters, with no run of nine or more digits
/// unless the text is a UUID, whose groups are hexadecimal and at fixed places.
pub(crate) fn safe_identifier(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if is_uuid(text) {
        return Some(text);
    }
    let mut digits = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                if digits >= 9 {
                    return None;
                }
            }
            // A separator does not end a run: identity numbers are written with spaces and dots.
            b'-' | b'_' | b'.' | b':' => {}
            b'a'..=b'z' | b'A'..=b'Z' => digits = 0,
            _ => return None,
        }
    }
    Some(text)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_pass_and_anything_personal_does_not() {
        for good in [
            "KB-001",
            "GLD_1007",
            "DUPLIKAT_INNSENDING",
            "MP-303",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "00000000-0000-0000-0000-000000000000",
            "a1b2c3d4e5f60718",
        ] {
            assert_eq!(safe_identifier(good), Some(good));
        }
        for bad in [
            "",
            "01899912345",
            "018999 12345",
            "018999-12345",
            "01.89.99.12345",
            "KB-01899912345",
            "Ola Nordmann",
            "<html>",
            "a\nb",
            &"x".repeat(65),
        ] {
            assert_eq!(safe_identifier(bad), None, "{bad}");
        }
    }
}
