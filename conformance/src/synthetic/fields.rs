//! Which fields hold identifiers, and of what kind: data, for the guard and for redaction alike.
//!
//! Field names are those of the pinned documents. A field that is not listed is still searched for
//! numbers with the form of an identity number.

use crate::results::Text;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A national identity number or D number.
    Person,
    /// An organisation number, also as `0192:<number>`.
    Organisation,
    /// An organisation number that may be a real one: the authority's own, or the vendor's.
    OrganisationAllowed,
    /// A bank account number.
    Account,
    /// Digits that are no identifier of a person or an organisation, whatever they look like.
    OtherDigits,
    /// A foreign or alternative identifier of a person.
    ForeignIdentifier,
    /// A name, address, telephone number or e-mail address.
    Personal,
    /// A token, an assertion, a key or a password.
    Secret,
}

/// Name of the field and what it holds, in alphabetical order.
pub const FIELDS: &[(&str, Kind)] = &[
    ("ID", Kind::OrganisationAllowed),
    ("access_token", Kind::Secret),
    ("adresseTekstForUtskrift", Kind::Personal),
    ("adressenavn", Kind::Personal),
    ("alternativIdentifikator", Kind::ForeignIdentifier),
    ("angittVerdi", Kind::Personal),
    ("assertion", Kind::Secret),
    ("betalingsmottaker", Kind::OrganisationAllowed),
    ("client_assertion", Kind::Secret),
    ("client_secret", Kind::Secret),
    ("consumer", Kind::OrganisationAllowed),
    ("consumer_org", Kind::Organisation),
    ("etternavn", Kind::Personal),
    ("foedselsdato", Kind::Personal),
    ("foedselsnummer", Kind::Person),
    ("fornavn", Kind::Personal),
    ("id_token", Kind::Secret),
    ("identifikator", Kind::ForeignIdentifier),
    ("kidnummer", Kind::OtherDigits),
    ("kontonummer", Kind::Account),
    ("melding", Kind::Personal),
    ("mellomnavn", Kind::Personal),
    ("navn", Kind::Personal),
    ("oppgaveeierAlternativIdentifikator", Kind::ForeignIdentifier),
    ("oppgaveeierFoedselsnummer", Kind::Person),
    ("oppgaveeierOrganisasjonsnummer", Kind::Organisation),
    ("organisasjonsnummer", Kind::Organisation),
    ("party", Kind::OrganisationAllowed),
    ("password", Kind::Secret),
    ("postboks", Kind::Personal),
    ("private_key", Kind::Secret),
    ("refresh_token", Kind::Secret),
    ("sekvensnummer", Kind::OtherDigits),
    ("skyldner", Kind::Person),
    ("supplier", Kind::OrganisationAllowed),
    ("systemuser_org", Kind::Organisation),
    ("telefonnummer", Kind::Personal),
    ("token", Kind::Secret),
    ("trekkid", Kind::OtherDigits),
    ("trekkpliktig", Kind::Organisation),
    ("varselEpostadresse", Kind::Personal),
    ("varselSmsMobilnummer", Kind::Personal),
];

/// What a field of this name holds; `None` for one that is not listed.
#[must_use]
pub fn kind(name: &str) -> Option<Kind> {
    FIELDS
        .binary_search_by(|(field, _)| (*field).cmp(name))
        .ok()
        .map(|index| FIELDS[index].1)
}

/// Fields in which real numbers are expected, and why.
#[must_use]
pub fn allowed() -> Vec<(&'static str, Text)> {
    vec![
        (
            "betalingsmottaker",
            Text::new("myndighetens egen betalingsmottaker", "the authority's own payee"),
        ),
        (
            "consumer, supplier, ID",
            Text::new(
                "organisasjonen i tokenet: klienten er registrert på et ekte nummer, også i test",
                "the organisation in the token: the client is registered on a real number, in test too",
            ),
        ),
        (
            "party",
            Text::new("parten som dialogen tilhører", "the party that the dialog belongs to"),
        ),
    ]
}

/// Numbers that Skatteetaten's own examples use and nobody can have: they fail their check digits
/// or are no date. Persons and organisations.
pub const PUBLISHED_EXAMPLES: &[&str] = &["00000000000", "10108412345", "123456789", "971648199", "987546231"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched() {
        assert!(
            FIELDS.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "not in alphabetical order"
        );
        assert_eq!(kind("skyldner"), Some(Kind::Person));
        assert_eq!(kind("nothing"), None);
    }

    #[test]
    fn the_examples_are_impossible() {
        use skatteetaten_client::identifiers::{Class, Organisation, Person, classify};
        for number in PUBLISHED_EXAMPLES {
            let class = if number.len() == 11 {
                classify::<Person>(number)
            } else {
                classify::<Organisation>(number)
            };
            assert!(matches!(class, Some(Class::Impossible(_))), "{number}");
        }
    }
}
