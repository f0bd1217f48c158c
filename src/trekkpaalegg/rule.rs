//! What is checked in an order, as data: the stable name of each rule, and what it says in both
//! languages. Nothing else in the crate repeats these texts.

use std::{borrow::Cow, fmt};

macro_rules! rules {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $id:literal, $nb:literal, $en:literal;)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name, as the command line prints it.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it says, in bokmål.
            #[must_use]
            pub const fn nb(self) -> &'static str {
                match self { $(Self::$variant => $nb,)* }
            }

            /// What it says, in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.en())
            }
        }
    };
}

rules! {
    /// A rule whose breach makes an order unusable as it is: it breaks the API's contract.
    ViolationRule {
        /// The record is no JSON object.
        NotAnObject = "not-an-object", "Posten er ikke et JSON-objekt", "the record is no JSON object";
        /// A member has another JSON type than the document says.
        WrongType = "wrong-type", "Feltet har feil JSON-type", "the member has the wrong JSON type";
        /// A required member is missing.
        Missing = "missing", "Et obligatorisk felt mangler", "a required member is missing";
        /// A date or a point in time that cannot be read.
        UnreadableDate = "unreadable-date", "Dato eller tidspunkt kan ikke leses", "the date or point in time cannot be read";
        /// A member stands twice in one object, so that one of the values would be lost.
        DuplicateMember = "duplicate-member", "Feltet står to ganger i samme objekt", "the member stands twice in one object";
        /// A value that nothing here can hold exactly, such as a number with too many digits.
        Unreadable = "unreadable", "Verdien kan ikke leses uten tap", "the value cannot be read without loss";
        /// Bytes that are no UTF-8; the raw text shows U+FFFD in their place.
        NotUtf8 = "not-utf8", "Teksten er ikke gyldig UTF-8", "the text is not UTF-8";
        /// A control character in text, escaped or not.
        ControlCharacter = "control-character", "Teksten har et kontrolltegn", "the text holds a control character";
        /// An organisation number that is not nine digits.
        OrganisationNumberShape = "organisation-number-shape", "Organisasjonsnummeret har ikke ni siffer", "the organisation number is not nine digits";
        /// An identity number or D number that is not eleven digits.
        IdentityNumberShape = "identity-number-shape", "Fødsels- eller d-nummeret har ikke elleve siffer", "the national identity number or D number is not eleven digits";
        /// An account number that is not eleven digits.
        AccountNumberShape = "account-number-shape", "Kontonummeret har ikke elleve siffer", "the account number is not eleven digits";
        /// A period with both or neither of an amount and a percentage.
        ExactlyOneSize = "exactly-one-size", "Perioden skal ha enten trekkbeløp eller trekkprosent", "the period must have either an amount or a percentage, not both and not neither";
        /// No period at all.
        NoPeriod = "no-period", "Pålegget har ingen perioder", "the order has no period";
        /// A period that starts after its end.
        StartAfterEnd = "start-after-end", "Perioden starter etter at den slutter", "the period starts after its end";
        /// Two periods that share a day.
        OverlappingPeriods = "overlapping-periods", "Perioden overlapper en annen", "the period overlaps another one";
        /// A negative amount.
        AmountBelowZero = "amount-below-0", "Trekkbeløpet er negativt", "the amount is below 0";
        /// A percentage below 0 or above 100.
        PercentageOutOfRange = "percentage-outside-0-100", "Trekkprosenten er ikke mellom 0 og 100", "the percentage is not between 0 and 100";
        /// A `sekvensnummer` of more than 18 digits, which no request could continue from.
        SequenceOutOfRange = "sekvensnummer-out-of-range", "Sekvensnummeret har mer enn 18 siffer", "the sekvensnummer has more than 18 digits";
        /// Another employer than the one the system user acts for.
        WrongEmployer = "wrong-employer", "Pålegget gjelder en annen trekkpliktig enn systembrukerens organisasjon", "the order is for another employer than the system user's organisation";
        /// A version that was delivered before, now with other content.
        OtherContent = "other-content", "Samme versjon er levert før med annet innhold", "the same version came before with other content";
        /// An answer to `get` that is another order or version.
        NotTheVersionAskedFor = "not-the-version-asked-for", "Svaret er et annet pålegg eller en annen versjon enn det ble spurt om", "the answer is another order or version than the one asked for";
    }
}

rules! {
    /// Something worth knowing about an order or a page that does not make it unusable.
    RemarkRule {
        /// The check digit differs from the computed one.
        CheckDigit = "check-digit", "Kontrollsifferet stemmer ikke", "the check digit is not the computed one";
        /// A KID that is not 2 to 25 digits with a check character.
        KidShape = "kid-shape", "KID-nummeret har ikke 2 til 25 siffer", "the KID is not 2 to 25 characters";
        /// A date without hyphens.
        CompactDate = "compact-date", "Datoen er skrevet uten bindestreker", "the date is written without hyphens";
        /// `trekkid` as a JSON number.
        NumericTrekkid = "numeric-trekkid", "trekkid er skrevet som tall", "trekkid is written as a number";
        /// An integer with a fraction of zero, such as `2.0`.
        IntegralFraction = "integral-fraction", "Heltallet er skrevet med desimaler", "the integer is written with decimals";
        /// A code that the document does not list.
        UnknownCode = "unknown-code", "Koden er ukjent", "the code is unknown";
        /// A listed code in upper or mixed case.
        CodeCase = "code-case", "Koden er skrevet med store bokstaver", "the code is written with capitals";
        /// A version number below 1.
        VersionBelowOne = "version-below-1", "trekkversjon er mindre enn 1", "trekkversjon is below 1";
        /// Another employer than the organisation asked for, where the token does not settle it.
        OtherEmployer = "other-employer", "Pålegget gjelder en annen trekkpliktig enn organisasjonen det ble spurt for", "the order is for another employer than the organisation asked for";
        /// An answer without any content in place of an empty list.
        EmptyBody = "empty-body", "Svaret er helt tomt i stedet for en tom liste", "the answer is empty instead of an empty list";
        /// A byte order mark before the JSON text.
        ByteOrderMark = "byte-order-mark", "Svaret begynner med et byte order mark", "the answer begins with a byte order mark";
        /// More orders than `maksAntall`.
        MoreThanAsked = "more-than-asked", "Siden har flere pålegg enn maksAntall", "the page holds more orders than maksAntall";
        /// Orders that are not in ascending `sekvensnummer`.
        Unsorted = "unsorted", "Siden er ikke sortert etter sekvensnummer", "the page is not sorted by sekvensnummer";
        /// A `sekvensnummer` that is not higher than `fraSekvensnummer`.
        NotAfterFrom = "not-after-from", "Sekvensnummeret er ikke høyere enn fraSekvensnummer", "the sekvensnummer is not higher than fraSekvensnummer";
        /// Two different versions with one `sekvensnummer`.
        SharedSequence = "shared-sekvensnummer", "To ulike versjoner har samme sekvensnummer", "two different versions share one sekvensnummer";
        /// The same version once more, with the same content: delivered once.
        Duplicate = "duplicate", "Samme versjon kom én gang til og er levert bare én gang", "the same version came once more and is delivered once";
        /// An older version after a newer one.
        VersionGoesBack = "version-goes-back", "En eldre versjon kom etter en nyere", "an older version came after a newer one";
        /// The KID differs from an earlier version's.
        KidChanged = "kid-changed", "KID-nummeret er et annet enn i en tidligere versjon", "the KID differs from that of an earlier version";
    }
}

/// One breach of the contract in one order. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Violation {
    /// JSON pointer into the order; empty for the whole of it.
    pub pointer: Cow<'static, str>,
    /// Which rule.
    pub rule: ViolationRule,
}

impl Violation {
    /// A breach of `rule` at `pointer`.
    pub fn new(pointer: impl Into<Cow<'static, str>>, rule: ViolationRule) -> Self {
        Self {
            pointer: pointer.into(),
            rule,
        }
    }
}

/// One thing worth knowing. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Remark {
    /// JSON pointer; empty for the whole. In an order's remarks it points into the order, in a
    /// page's remarks into the page.
    pub pointer: Cow<'static, str>,
    /// Which rule.
    pub rule: RemarkRule,
}

impl Remark {
    /// A remark by `rule` at `pointer`.
    pub fn new(pointer: impl Into<Cow<'static, str>>, rule: RemarkRule) -> Self {
        Self {
            pointer: pointer.into(),
            rule,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_text_exists() {
        let rules: Vec<_> = ViolationRule::ALL
            .iter()
            .map(|rule| (rule.id(), rule.nb(), rule.en()))
            .chain(RemarkRule::ALL.iter().map(|rule| (rule.id(), rule.nb(), rule.en())))
            .collect();
        for column in [
            rules.iter().map(|rule| rule.0).collect::<HashSet<_>>(),
            rules.iter().map(|rule| rule.1).collect(),
            rules.iter().map(|rule| rule.2).collect(),
        ] {
            assert_eq!(column.len(), rules.len());
            assert!(!column.contains(""));
        }
        assert!(rules.iter().all(|rule| {
            rule.0
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        }));
    }
}
