//! The spellings that the API has used or documents allow beside the pinned document's:
//! rewritten to that one, member by member, on the text itself so that no number changes.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::rule::{Remark, RemarkRule, Violation, ViolationRule};

/// A record in the pinned document's spelling.
#[derive(Debug, Default)]
pub(super) struct Normalised {
    /// The record's text.
    pub(super) text: String,
    /// Which other spellings were met.
    pub(super) remarks: Vec<Remark>,
    /// Members that stand twice, so that decoding would lose a value.
    pub(super) duplicates: Vec<Violation>,
}

/// The members of an object as they stand, repeated ones included.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl<'a> Members<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value.get())
    }
}

/// The `sekvensnummer` of a record that may be broken in any way: an integer, or a string of
/// digits. At most 18 digits, which is all that `fraSekvensnummer` can carry: a longer number
/// would move the watermark where no request can follow.
pub(super) fn sekvensnummer(record: &str) -> Option<i64> {
    let members = Members::parse(record)?;
    let text = members.get("sekvensnummer")?;
    let digits = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text),
        None => Some(text.strip_prefix('-').unwrap_or(text)),
    }?;
    let digits = integral(digits).unwrap_or(digits);
    if digits.is_empty() || digits.trim_start_matches('0').len() > 18 {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// `2.0` → `2`; `None` when there is nothing to rewrite.
fn integral(text: &str) -> Option<&str> {
    let (integer, fraction) = text.split_once('.')?;
    (!fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0')).then_some(integer)
}

/// `"20250810"` → `"2025-08-10"`, quotes included; `None` when it is not eight digits.
fn dashed(text: &str) -> Option<String> {
    let digits = text.strip_prefix('"')?.strip_suffix('"')?;
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = digits.split_at(4);
    let (month, day) = rest.split_at(2);
    Some(format!("\"{year}-{month}-{day}\""))
}

/// Writes an object, member by member.
struct Writer(String);

impl Writer {
    fn new() -> Self {
        Self("{".to_owned())
    }

    fn member(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        // A string always serialises.
        self.0.push_str(&serde_json::to_string(name).unwrap_or_default());
        self.0.push(':');
        self.0.push_str(value);
    }

    fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Rewrites one record; `None` when it is no object.
pub(super) fn normalise(record: &str) -> Option<Normalised> {
    let members = Members::parse(record)?;
    let mut result = Normalised::default();
    let mut writer = Writer::new();
    result.duplicates(
        &members,
        "",
        &[
            "trekkid",
            "trekkversjon",
            "sekvensnummer",
            "opprettet",
            "saksnummer",
            "trekkpliktig",
            "skyldner",
            "trekkstatus",
            "trekkstoerrelseForPeriode",
            "betalingsinformasjon",
        ],
    );
    for (name, value) in &members.0 {
        let value = value.get();
        match name.as_str() {
            "trekkid" if is_integer(value) => {
                result.remark("/trekkid", RemarkRule::NumericTrekkid);
                writer.member(name, &format!("\"{value}\""));
            }
            "trekkversjon" | "sekvensnummer" => match integral(value) {
                Some(integer) => {
                    result.remark(format!("/{name}"), RemarkRule::IntegralFraction);
                    writer.member(name, integer);
                }
                None => writer.member(name, value),
            },
            "saksnummer" if value == "null" => {}
            "trekkstoerrelseForPeriode" => {
                let periods = result.periods(value);
                writer.member(name, periods.as_deref().unwrap_or(value));
            }
            "betalingsinformasjon" => {
                if let Some(payment) = Members::parse(value) {
                    result.duplicates(
                        &payment,
                        "/betalingsinformasjon",
                        &["betalingsmottaker", "kidnummer", "kontonummer"],
                    );
                }
                writer.member(name, value);
            }
            _ => writer.member(name, value),
        }
    }
    result.text = writer.finish();
    Some(result)
}

fn is_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl Normalised {
    fn remark(&mut self, pointer: impl Into<std::borrow::Cow<'static, str>>, rule: RemarkRule) {
        self.remarks.push(Remark::new(pointer, rule));
    }

    /// Reports the known members that stand twice. Repeated unknown ones harm nobody.
    fn duplicates(&mut self, members: &Members<'_>, at: &str, known: &[&str]) {
        for name in known {
            if members.0.iter().filter(|(member, _)| member == name).count() > 1 {
                self.duplicates
                    .push(Violation::new(format!("{at}/{name}"), ViolationRule::DuplicateMember));
            }
        }
    }

    fn periods(&mut self, value: &str) -> Option<String> {
        let periods: Vec<&RawValue> = serde_json::from_str(value).ok()?;
        let written: Vec<String> = periods
            .iter()
            .enumerate()
            .map(|(index, period)| {
                self.period(index, period.get())
                    .unwrap_or_else(|| period.get().to_owned())
            })
            .collect();
        Some(format!("[{}]", written.join(",")))
    }

    fn period(&mut self, index: usize, value: &str) -> Option<String> {
        let members = Members::parse(value)?;
        let at = format!("/trekkstoerrelseForPeriode/{index}");
        self.duplicates(
            &members,
            &at,
            &["startdato", "sluttdato", "trekkbeloep", "trekkprosent"],
        );
        let mut writer = Writer::new();
        for (name, value) in &members.0 {
            let value = value.get();
            match name.as_str() {
                "sluttdato" | "trekkbeloep" | "trekkprosent" if value == "null" => continue,
                "startdato" | "sluttdato" => {
                    if let Some(date) = dashed(value) {
                        self.remark(format!("{at}/{name}"), RemarkRule::CompactDate);
                        writer.member(name, &date);
                        continue;
                    }
                }
                "trekkbeloep" | "trekkprosent" => {
                    if let Some(size) = Members::parse(value) {
                        self.duplicates(&size, &format!("{at}/{name}"), &[name]);
                    }
                }
                _ => {}
            }
            writer.member(name, value);
        }
        Some(writer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(record: &str) -> (String, Vec<String>) {
        let normalised = normalise(record).expect("an object");
        let mut rules: Vec<_> = normalised
            .remarks
            .iter()
            .map(|remark| format!("{} {}", remark.pointer, remark.rule.id()))
            .collect();
        rules.extend(
            normalised
                .duplicates
                .iter()
                .map(|violation| format!("{} {}", violation.pointer, violation.rule.id())),
        );
        (normalised.text, rules)
    }

    #[test]
    fn each_spelling_is_rewritten_and_remarked() {
        for (given, written, remarks) in [
            (
                r#"{"trekkid":10001}"#,
                r#"{"trekkid":"10001"}"#,
                vec!["/trekkid numeric-trekkid"],
            ),
            (
                r#"{"trekkid":123456789012345678901234567890}"#,
                r#"{"trekkid":"123456789012345678901234567890"}"#,
                vec!["/trekkid numeric-trekkid"],
            ),
            (r#"{"trekkid":1.5}"#, r#"{"trekkid":1.5}"#, vec![]),
            (
                r#"{"trekkversjon":2.0,"sekvensnummer":3.50}"#,
                r#"{"trekkversjon":2,"sekvensnummer":3.50}"#,
                vec!["/trekkversjon integral-fraction"],
            ),
            (r#"{"saksnummer":null,"x":null}"#, r#"{"x":null}"#, vec![]),
            (
                r#"{"trekkstoerrelseForPeriode":[{"startdato":"20250810","sluttdato":null,"trekkprosent":{"trekkprosent":17.10}}]}"#,
                r#"{"trekkstoerrelseForPeriode":[{"startdato":"2025-08-10","trekkprosent":{"trekkprosent":17.10}}]}"#,
                vec!["/trekkstoerrelseForPeriode/0/startdato compact-date"],
            ),
            (
                r#"{"trekkstoerrelseForPeriode":[3,{"startdato":"2025081"}],"a\"b":1}"#,
                r#"{"trekkstoerrelseForPeriode":[3,{"startdato":"2025081"}],"a\"b":1}"#,
                vec![],
            ),
        ] {
            assert_eq!(
                rules(given),
                (written.to_owned(), remarks.iter().map(ToString::to_string).collect())
            );
        }
    }

    #[test]
    fn repeated_members_are_reported_where_a_value_would_be_lost() {
        let (_, found) = rules(
            r#"{"x":1,"x":2,"trekkid":"a","trekkid":"b","betalingsinformasjon":{"kidnummer":"1","kidnummer":"2"},
            "trekkstoerrelseForPeriode":[{"trekkbeloep":{"trekkbeloep":1,"trekkbeloep":2},"startdato":"x","startdato":"y"}]}"#,
        );
        assert_eq!(
            found,
            [
                "/trekkid duplicate-member",
                "/betalingsinformasjon/kidnummer duplicate-member",
                "/trekkstoerrelseForPeriode/0/startdato duplicate-member",
                "/trekkstoerrelseForPeriode/0/trekkbeloep/trekkbeloep duplicate-member",
            ]
        );
    }

    #[test]
    fn the_sequence_number_of_a_broken_record_counts_when_it_is_one() {
        for (record, expected) in [
            (r#"{"sekvensnummer":38}"#, Some(38)),
            (r#"{"sekvensnummer":"38"}"#, Some(38)),
            (r#"{"sekvensnummer":"0038"}"#, Some(38)),
            (r#"{"sekvensnummer":38.0}"#, Some(38)),
            (r#"{"sekvensnummer":-3}"#, Some(-3)),
            (r#"{"sekvensnummer":999999999999999999}"#, Some(999_999_999_999_999_999)),
            (r#"{"sekvensnummer":1000000000000000000}"#, None),
            (r#"{"sekvensnummer":"9999999999999999999999"}"#, None),
            (r#"{"sekvensnummer":"-3"}"#, None),
            (r#"{"sekvensnummer":" 3"}"#, None),
            (r#"{"sekvensnummer":"3.0"}"#, None),
            (r#"{"sekvensnummer":""}"#, None),
            (r#"{"sekvensnummer":3.5}"#, None),
            (r#"{"sekvensnummer":3e2}"#, None),
            (r#"{"sekvensnummer":null}"#, None),
            (r#"{"sekvensnummer":[3]}"#, None),
            (r#"{"trekkid":"1"}"#, None),
            ("7", None),
            ("", None),
        ] {
            assert_eq!(sekvensnummer(record), expected, "{record}");
        }
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for text in ["7", "null", "[]", "\"x\"", ""] {
            assert!(normalise(text).is_none());
        }
    }
}
