//! What is recognised wherever it stands: tokens, keys, and digits that look like an identity number.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Rule;

/// One expression with a named group per rule. The first group that matches tells the rule.
static PATTERNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?P<placeholder> \[ (?: jwt | secret | cookie | person | account | foreign-id | personal | header ) - [0-9]+ \] )
      | (?P<pem> -----BEGIN\ [A-Z0-9\ ]+----- (?s:.*?) (?: -----END\ [A-Z0-9\ ]+----- | \z ) )
      | (?P<jwt> eyJ[A-Za-z0-9_-]{5,} (?: \. [A-Za-z0-9_-]* ){1,4} )
      | (?P<bearer> (?i:bearer) (?: \ + | %20 ) [A-Za-z0-9._~+/=-]{8,} )
      | (?P<uuid> [0-9A-Fa-f]{8} (?: -[0-9A-Fa-f]{4} ){3} -[0-9A-Fa-f]{12} )
      | (?P<digest> \b [0-9a-f]{64} \b )
      | (?P<digits> [0-9]{11,} )
      | (?P<spaced> [0-9]{6} [\ -] [0-9]{5} )
      | (?P<private> ([dpq]|dp|dq|qi)\x22 \s* : \s* \x22 [A-Za-z0-9_-]{20,} \x22 )
        ",
    )
    .ok()
});

/// Whether the whole text is a placeholder of an earlier pass.
pub(super) fn is_placeholder(text: &str) -> bool {
    PATTERNS
        .as_ref()
        .and_then(|patterns| patterns.captures(text))
        .is_some_and(|found| {
            found
                .name("placeholder")
                .is_some_and(|part| part.start() == 0 && part.end() == text.len())
        })
}

/// Every placeholder in a text: its rule and number.
pub(super) fn placeholders(text: &str) -> Vec<(Rule, usize)> {
    let Some(patterns) = PATTERNS.as_ref() else {
        return Vec::new();
    };
    patterns
        .captures_iter(text)
        .filter_map(|found| {
            let (name, number) = found
                .name("placeholder")?
                .as_str()
                .strip_prefix('[')?
                .rsplit_once('-')?;
            let rule = Rule::ALL.into_iter().find(|rule| rule.name() == name)?;
            Some((rule, number.strip_suffix(']')?.parse().ok()?))
        })
        .collect()
}

/// Replaces what the patterns find by what `placeholder` says.
pub(super) fn replace(text: &str, mut placeholder: impl FnMut(Rule, &str) -> String) -> String {
    let Some(patterns) = PATTERNS.as_ref() else {
        // Without the patterns nothing may pass.
        return placeholder(Rule::Secret, text);
    };
    patterns
        .replace_all(text, |found: &Captures<'_>| {
            let whole = &found[0];
            // By chance a UUID or a SHA-256 holds eleven digits in a row; neither is ever a person.
            if ["placeholder", "uuid", "digest"]
                .iter()
                .any(|name| found.name(name).is_some())
            {
                whole.to_owned()
            } else if found.name("pem").is_some() || found.name("private").is_some() {
                placeholder(Rule::Secret, whole)
            } else if found.name("jwt").is_some() {
                placeholder(Rule::Jwt, whole)
            } else if found.name("bearer").is_some() {
                let token = whole.rsplit([' ', '+']).next().unwrap_or(whole);
                let token = token.rsplit("%20").next().unwrap_or(token);
                if token.starts_with("eyJ") {
                    format!("Bearer {}", placeholder(Rule::Jwt, token))
                } else {
                    format!("Bearer {}", placeholder(Rule::Secret, token))
                }
            } else {
                let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
                if digits.len() == 11 && looks_like_a_birth_date(&digits) {
                    placeholder(Rule::Person, &digits)
                } else {
                    whole.to_owned()
                }
            }
        })
        .into_owned()
}

/// Whether the first four digits are a day and a month in any of the series, D numbers included.
/// Check digits are not asked for: a mistyped number is somebody's too.
fn looks_like_a_birth_date(digits: &str) -> bool {
    let pair = |at: usize| {
        digits
            .get(at..at + 2)
            .and_then(|text| text.parse::<u8>().ok())
            .unwrap_or(99)
    };
    let day = match pair(0) {
        day @ 41..=71 => day - 40,
        day => day,
    };
    (1..=31).contains(&day) && matches!(pair(2), 1..=12 | 41..=52 | 81..=92)
}
