//! How each documented error code is answered: data, one row per code.

use super::operation::Service;

/// One documented code and the answer it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeRow {
    /// The code.
    pub code: &'static str,
    /// The services that answer with it; none stands for both of Skatteetaten's APIs.
    pub service: Option<Service>,
    /// HTTP status. Where none is published, the one this simulator has settled on.
    pub status: u16,
    /// For a specification code: the main code it stands under.
    pub under: Option<&'static str>,
    /// The message, in bokmål as the services write it.
    pub melding: &'static str,
}

/// The row of this code.
#[must_use]
pub(super) fn find(code: &str) -> Option<&'static CodeRow> {
    CODES.iter().find(|row| row.code.eq_ignore_ascii_case(code))
}

const fn trekk(code: &'static str, status: u16, melding: &'static str) -> CodeRow {
    CodeRow {
        code,
        service: Some(Service::Trekkpaalegg),
        status,
        under: None,
        melding,
    }
}

const fn common(code: &'static str, status: u16, melding: &'static str) -> CodeRow {
    CodeRow {
        code,
        service: None,
        status,
        under: None,
        melding,
    }
}

const fn finans(code: &'static str, status: u16, melding: &'static str) -> CodeRow {
    CodeRow {
        code,
        service: Some(Service::Finansprodukter),
        status,
        under: None,
        melding,
    }
}

const fn detail(code: &'static str, under: &'static str, status: u16, melding: &'static str) -> CodeRow {
    CodeRow {
        code,
        service: Some(Service::Finansprodukter),
        status,
        under: Some(under),
        melding,
    }
}

/// `under` holds the OAuth error word here.
const fn token(code: &'static str, error: &'static str, status: u16, melding: &'static str) -> CodeRow {
    CodeRow {
        code,
        service: Some(Service::Maskinporten),
        status,
        under: Some(error),
        melding,
    }
}

/// Every documented code.
#[rustfmt::skip]
pub const CODES: &[CodeRow] = &[
    trekk("KB-001", 500, "Det har oppstått en uventet feil i tjenesten"),
    trekk("KB-002", 500, "Det har oppstått en uventet feil i et tilknyttet system"),
    trekk("KB-003", 404, "Ukjent URL"),
    trekk("KB-004", 401, "Autentisering feilet"),
    trekk("KB-005", 403, "Tilgangstoken eller samtykke gir ikke tilgang"),
    trekk("KB-006", 400, "Inndata er ikke gyldige"),
    trekk("KB-007", 404, "Fant ingenting for identifikator og periode"),
    trekk("KB-008", 406, "Dataformatet er ikke støttet, bare JSON eller XML"),
    trekk("KB-009", 404, "Ukjent identifikator"),
    trekk("DUPLIKAT_INNSENDING", 409, "Innsendingen er mottatt tidligere"),
    common("DAS-001", 500, "Uventet feil"),
    common("DAS-002", 404, "Adressen finnes ikke"),
    common("DAS-003", 500, "Midlertidig feil, prøv igjen senere"),
    common("DAS-004", 500, "Intern autentisering feilet"),
    common("DAS-005", 500, "Intern autentisering feilet"),
    common("DAS-006", 500, "Intern autentisering feilet"),
    common("DAS-007", 500, "Intern autentisering feilet"),
    common("DAS-008", 403, "Ingen tilgang"),
    finans("GLD_001", 500, "Uventet feil på tjenesten"),
    finans("GLD_004", 401, "Feil ved autentisering"),
    finans("GLD_005", 403, "Feil ved autorisering"),
    finans("GLD_006", 400, "Feil i forespørselen"),
    finans("GLD_008", 400, "Strukturell feil i dataformatet"),
    finans("GLD_010", 400, "Innholdet passerte ikke validering"),
    finans("GLD_011", 400, "Feil i metadata"),
    finans("GLD_017", 500, "Uspesifisert systemfeil"),
    finans("GLD_019", 409, "Idempotensnøkkelen er brukt tidligere med et annet innhold"),
    finans("GLD_021", 404, "Finner ikke ressursen"),
    finans("GLD_022", 405, "HTTP-metoden er ikke støttet"),
    finans("GLD_023", 500, "Uventet feil i et bakenforliggende system"),
    detail("GLD_1007", "GLD_004", 401, "Token mangler"),
    detail("GLD_1008", "GLD_004", 401, "Token er ugyldig"),
    detail("GLD_1015", "GLD_005", 403, "Ikke autorisert for denne oppgavegiveren"),
    detail("GLD_1022", "GLD_006", 400, "Feil i parametre"),
    detail("GLD_1023", "GLD_021", 404, "Ingen ressurs på denne URL-en"),
    detail("GLD_1027", "GLD_006", 400, "Inntektsåret er ikke støttet"),
    detail("GLD_1028", "GLD_006", 400, "En påkrevd header mangler"),
    detail("GLD_1030", "GLD_006", 400, "Accept må være application/json"),
    detail("GLD_1032", "GLD_008", 400, "Innholdet er ikke gyldig JSON"),
    detail("GLD_1047", "GLD_006", 400, "Content-Type må være application/json"),
    detail("GLD_1050", "GLD_021", 404, "Ingen dokument med denne id-en på forsendelsen"),
    detail("GLD_1052", "GLD_011", 400, "Inntektsår i adressen og i innsendingen er ulike"),
    detail("GLD_1053", "GLD_023", 500, "Feil i et bakenforliggende system, prøv igjen senere"),
    detail("GLD_1054", "GLD_021", 404, "Ingen dialog for inntektsår, organisasjon og ordning"),
    detail("GLD_1055", "GLD_011", 400, "Organisasjonen er ukjent"),
    detail("GLD_1061", "GLD_021", 404, "Forsendelsen finnes ikke"),
    detail("GLD_1062", "GLD_011", 400, "Oppgavegiveren er en underenhet"),
    detail("GLD_1063", "GLD_005", 403, "Tokenet er utstedt uten systembruker"),
    token("MP-100", "invalid_client", 401, "MP-100: Client authentication failed."),
    token("MP-110", "invalid_grant", 400, "MP-110: Invalid assertion: wrong audience."),
    token("MP-120", "invalid_grant", 400, "MP-120: Invalid assertion: the certificate is not valid."),
    token("MP-121", "invalid_client", 401, "MP-121: The key has expired."),
    token("MP-303", "invalid_altinn_customer_configuration", 400, "MP-303: No such delegation or system user."),
    token("invalid_scope", "invalid_scope", 400, "The scope is not granted to the consumer."),
    token("invalid_grant", "invalid_grant", 400, "Invalid assertion."),
    token("invalid_request", "invalid_request", 400, "The request is not understood."),
    token("unsupported_grant_type", "unsupported_grant_type", 400, "The grant type is not supported."),
    token("server_error", "server_error", 500, "An unexpected error has occurred."),
    token("temporarily_unavailable", "temporarily_unavailable", 503, "Try again later."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_under_a_known_one() {
        for (index, row) in CODES.iter().enumerate() {
            assert!(
                CODES[..index].iter().all(|other| other.code != row.code),
                "{} stands twice",
                row.code
            );
            if row.service == Some(Service::Finansprodukter)
                && let Some(main) = row.under
            {
                let main = find(main).unwrap();
                assert_eq!(main.status, row.status, "{}", row.code);
                assert_eq!(main.under, None, "{}", row.code);
            }
        }
    }
}
