//! Every fault by name: data, one row each.

use super::{
    FaultInfo,
    effect::{
        AnswerChange as Answer, Effect, Feedback, Foreign, OrderChange as Order, PageChange as Page,
        TokenChange as Token, Wire,
    },
};
use crate::simulator::operation::Operation::{
    self, HentAlleGjeldende, HentDialog, HentVersjon, Innsending, Jwks, Metadata, Token as TokenOperation,
    UthentingDokument,
};

/// Every fault that has a name. Documented error codes are reached with `code=X`.
#[must_use]
pub fn faults() -> &'static [FaultInfo] {
    FAULTS
}

const APIS: &[Operation] = &[
    HentAlleGjeldende,
    HentVersjon,
    Innsending,
    UthentingDokument,
    HentDialog,
];
const ANY: &[Operation] = &Operation::ALL;
const LIST: &[Operation] = &[HentAlleGjeldende];
const ORDERS: &[Operation] = &[HentAlleGjeldende, HentVersjon];
const JSON: &[Operation] = &[HentAlleGjeldende, HentVersjon, Innsending, HentDialog];
const SUBMIT: &[Operation] = &[Innsending];
const DOCUMENT: &[Operation] = &[UthentingDokument];
const DIALOG: &[Operation] = &[HentDialog];
const TOKEN: &[Operation] = &[TokenOperation];
const ISSUER: &[Operation] = &[Metadata, Jwks, TokenOperation];

const fn row(
    name: &'static str,
    operations: &'static [Operation],
    effect: Effect,
    what_nb: &'static str,
    what_en: &'static str,
) -> FaultInfo {
    FaultInfo {
        name,
        what_nb,
        what_en,
        operations,
        effect,
    }
}

const fn foreign(status: u16, content_type: &'static str, body: &'static str) -> Effect {
    Effect::Foreign(Foreign {
        status,
        content_type,
        body,
        header: None,
    })
}

const fn foreign_with(
    status: u16,
    header: (&'static str, &'static str),
    content_type: &'static str,
    body: &'static str,
) -> Effect {
    Effect::Foreign(Foreign {
        status,
        content_type,
        body,
        header: Some(header),
    })
}

const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const BAD_GATEWAY: &str =
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
const MAINTENANCE: &str = "<!DOCTYPE html><html><head><title>Vedlikehold</title></head><body><p>Tjenesten er nede for vedlikehold.</p></body></html>";

#[rustfmt::skip]
static FAULTS: &[FaultInfo] = &[
    // In front of the service.
    row("error-500", APIS, Effect::InternalError, "Tjenestens egen feil 500", "The service's own error 500"),
    row("html-error", APIS, foreign(502, HTML, BAD_GATEWAY), "502 med HTML", "502 with HTML"),
    row("text-error", APIS, foreign(404, PLAIN, "Unknown instance. ID=5c1f0b8e"), "404 med ren tekst", "404 with plain text"),
    row("maintenance", APIS, foreign(503, HTML, MAINTENANCE), "503 med HTML: vedlikehold", "503 with HTML: maintenance"),
    row("throttle", APIS, foreign_with(429, ("retry-after", "1"), PLAIN, "Too many requests"), "429 med Retry-After: 1", "429 with Retry-After: 1"),
    row("throttle-long", APIS, foreign_with(429, ("retry-after", "86400"), PLAIN, "Too many requests"), "429 med Retry-After på et døgn", "429 with a Retry-After of one day"),
    row("retry-after-503", APIS, foreign_with(503, ("retry-after", "0"), PLAIN, "Try again"), "503 med Retry-After: 0", "503 with Retry-After: 0"),
    row("redirect", APIS, foreign_with(302, ("location", "/moved"), PLAIN, ""), "302 til en annen adresse", "302 to another address"),
    row("odd-status", APIS, foreign(418, PLAIN, "?"), "En status ingen har beskrevet (418)", "A status nobody describes (418)"),
    // The connection.
    row("reset", ANY, Effect::Refuse(Wire::Reset), "Forbindelsen brytes (TCP reset) før arbeidet er gjort", "The connection is reset before any work is done"),
    row("close", ANY, Effect::Refuse(Wire::Close), "Forbindelsen lukkes uten svar, før arbeidet er gjort", "The connection is closed without an answer, before any work is done"),
    row("slow", ANY, Effect::Wire(Wire::Stall), "Arbeidet gjøres, men svaret holdes tilbake til klienten gir opp", "The work is done, but the answer is held back until the client gives up"),
    row("slow-body", ANY, Effect::Wire(Wire::StallBody), "Halve svaret kommer, resten holdes tilbake til klienten gir opp", "Half the answer comes, the rest is held back until the client gives up"),
    row("truncate", ANY, Effect::Wire(Wire::Truncate), "Halve svaret kommer, så lukkes forbindelsen", "Half the answer comes, then the connection is closed"),
    row("endless", ANY, Effect::Wire(Wire::Endless), "Svaret tar aldri slutt", "The answer never ends"),
    row("lost-answer", ANY, Effect::Wire(Wire::Reset), "Arbeidet gjøres, men svaret går tapt (TCP reset)", "The work is done, but the answer is lost (TCP reset)"),
    // Tokens as the API sees them.
    row("expired-token", APIS, Effect::RefuseToken, "Et gyldig token avvises som utløpt", "A valid token is refused as expired"),
    row("short-token", APIS, Effect::OneUsePerToken, "Et token avvises som utløpt fra andre gangs bruk", "A token is refused as expired from its second use"),
    // Answers in general.
    row("empty-body", JSON, Effect::Answer(Answer::Empty), "200 uten innhold", "200 without a body"),
    row("cut-json", JSON, Effect::Answer(Answer::CutJson), "200 med JSON som stopper midt i", "200 with JSON that stops half-way"),
    row("wrong-content-type", JSON, Effect::Answer(Answer::ContentType("text/plain")), "JSON med feil Content-Type", "JSON with the wrong Content-Type"),
    row("html-200", JSON, Effect::Answer(Answer::Body("<html><body>OK</body></html>")), "200 med HTML", "200 with HTML"),
    row("null-body", JSON, Effect::Answer(Answer::Body("null")), "200 med JSON null", "200 with JSON null"),
    row("unknown-field", JSON, Effect::Answer(Answer::UnknownField), "Nye felter i svaret", "New fields in the answer"),
    // One order.
    row("bad-record", ORDERS, Effect::Order(Order::Set("/trekkstoerrelseForPeriode/0/startdato", "\"2025-02-30\"")), "Én ordre har en dato som ikke finnes", "One order has a date that does not exist"),
    row("unknown-code", ORDERS, Effect::Order(Order::Set("/trekkstatus", "\"midlertidigStanset\"")), "Én ordre har en ny statuskode", "One order has a new status code"),
    row("upper-case-code", ORDERS, Effect::Order(Order::Set("/trekkstatus", "\"AKTIV\"")), "Én ordre har statuskoden med store bokstaver", "One order has its status code in upper case"),
    row("both-sizes", ORDERS, Effect::Order(Order::BothSizes), "Én periode har både beløp og prosent", "One period has both an amount and a percentage"),
    row("neither-size", ORDERS, Effect::Order(Order::Set("/trekkstoerrelseForPeriode/0", "{\"startdato\":\"2025-08-10\"}")), "Én periode har verken beløp eller prosent", "One period has neither an amount nor a percentage"),
    row("no-periods", ORDERS, Effect::Order(Order::Set("/trekkstoerrelseForPeriode", "[]")), "Én ordre har ingen perioder", "One order has no periods"),
    row("reversed-period", ORDERS, Effect::Order(Order::Reversed), "Én periode slutter før den starter", "One period ends before it starts"),
    row("overlapping-periods", ORDERS, Effect::Order(Order::Overlap), "To perioder overlapper", "Two periods overlap"),
    row("negative-amount", ORDERS, Effect::Order(Order::Set("/trekkstoerrelseForPeriode/0", "{\"startdato\":\"2025-08-10\",\"trekkbeloep\":{\"trekkbeloep\":-100}}")), "Et negativt beløp", "A negative amount"),
    row("excessive-percentage", ORDERS, Effect::Order(Order::Set("/trekkstoerrelseForPeriode/0", "{\"startdato\":\"2025-08-10\",\"trekkprosent\":{\"trekkprosent\":101}}")), "En prosent over 100", "A percentage above 100"),
    row("text-amount", ORDERS, Effect::Order(Order::Set("/trekkstoerrelseForPeriode/0", "{\"startdato\":\"2025-08-10\",\"trekkbeloep\":{\"trekkbeloep\":\"1000\"}}")), "Et beløp som tekst", "An amount as text"),
    row("short-identity", ORDERS, Effect::Order(Order::Set("/skyldner", "\"1010841234\"")), "Skyldner med ti sifre", "A debtor number of ten digits"),
    row("null-field", ORDERS, Effect::Order(Order::Set("/betalingsinformasjon/kontonummer", "null")), "Et påkrevd felt er null", "A required field is null"),
    row("missing-field", ORDERS, Effect::Order(Order::Remove("/skyldner")), "Et påkrevd felt mangler", "A required field is missing"),
    row("control-character", ORDERS, Effect::Order(Order::Set("/saksnummer", "\"TREKK\\u00002025\"")), "Et styretegn i tekst", "A control character in text"),
    row("wrong-employer", ORDERS, Effect::Order(Order::Set("/trekkpliktig", "\"310000019\"")), "Én ordre gjelder en annen arbeidsgiver", "One order is for another employer"),
    row("ended-but-open", ORDERS, Effect::Order(Order::EndedButOpen), "Avsluttet, men med en åpen periode", "Ended, but with an open period"),
    row("compact-dates", ORDERS, Effect::Order(Order::CompactDates), "Datoer uten bindestrek", "Dates without hyphens"),
    row("numeric-id", ORDERS, Effect::Order(Order::NumericId), "trekkid som tall", "trekkid as a number"),
    row("text-number", ORDERS, Effect::Order(Order::TextNumber), "sekvensnummer som tekst", "sekvensnummer as text"),
    row("no-number", ORDERS, Effect::Order(Order::Remove("/sekvensnummer")), "Én ordre mangler sekvensnummer", "One order has no sekvensnummer"),
    row("not-an-object", LIST, Effect::Order(Order::Set("", "\"?\"")), "Et element i listen er ikke en ordre", "An item of the list is no order"),
    // Pages.
    row("unsorted", LIST, Effect::Page(Page::Reverse), "Siden er sortert baklengs", "The page is sorted backwards"),
    row("duplicates", LIST, Effect::Page(Page::Repeat), "Én ordre kommer to ganger på siden", "One order comes twice on the page"),
    row("overlapping-pages", LIST, Effect::Page(Page::Overlap), "Siden begynner med den siste ordren fra forrige side", "The page starts with the last order of the page before"),
    row("overfull-page", LIST, Effect::Page(Page::Overfull), "Flere ordrer enn maksAntall", "More orders than maksAntall"),
    row("never-advances", LIST, Effect::Page(Page::Stuck), "Alltid den samme første siden", "Always the same first page"),
    row("no-orders", LIST, Effect::Page(Page::Nothing), "Tom liste", "An empty list"),
    // Receipts and documents.
    row("receipt-wrong-count", SUBMIT, Effect::Answer(Answer::Set("/antallOppgaver", "9999")), "Kvitteringen oppgir et annet antall oppgaver", "The receipt states another number of reports"),
    row("receipt-incomplete", SUBMIT, Effect::Answer(Answer::Remove("/forsendelseId")), "Kvitteringen mangler forsendelseId", "The receipt has no forsendelseId"),
    row("receipt-other-reference", SUBMIT, Effect::Answer(Answer::Set("/oppgavegiversLeveranseReferanse", "\"noe-annet\"")), "Kvitteringen har en annen referanse", "The receipt has another reference"),
    row("document-xml", DOCUMENT, Effect::Answer(Answer::Media("application/xml")), "Dokumentet er XML", "The document is XML"),
    row("document-pdf", DOCUMENT, Effect::Answer(Answer::Media("application/pdf")), "Dokumentet er PDF", "The document is PDF"),
    row("document-csv", DOCUMENT, Effect::Answer(Answer::Media("text/csv")), "Dokumentet er CSV", "The document is CSV"),
    row("document-untyped", DOCUMENT, Effect::Answer(Answer::ContentType("")), "Dokumentet har ingen Content-Type", "The document has no Content-Type"),
    row("document-empty", DOCUMENT, Effect::Answer(Answer::Empty), "Dokumentet er tomt", "The document is empty"),
    // Feedback.
    row("feedback-waiting", DIALOG, Effect::Feedback(Feedback::Waiting), "Ingen tilbakemelding ennå", "No feedback yet"),
    row("feedback-rejected", DIALOG, Effect::Feedback(Feedback::Type("Rejection")), "Tilbakemeldingen er en avvisning", "The feedback is a rejection"),
    row("feedback-information", DIALOG, Effect::Feedback(Feedback::Type("Information")), "Tilbakemeldingen er av typen Information", "The feedback is of the type Information"),
    row("feedback-unknown-type", DIALOG, Effect::Feedback(Feedback::Type("Verdict")), "Tilbakemeldingen er av en ukjent type", "The feedback is of an unknown type"),
    row("feedback-double", DIALOG, Effect::Feedback(Feedback::Double), "Både godkjenning og avvisning", "Both an acceptance and a rejection"),
    row("feedback-unrelated", DIALOG, Effect::Feedback(Feedback::Unrelated), "Tilbakemeldingen er knyttet til en annen forsendelse", "The feedback is related to another dispatch"),
    row("feedback-no-document", DIALOG, Effect::Feedback(Feedback::NoDocument), "Tilbakemeldingen har ingen vedlegg", "The feedback has no attachments"),
    row("feedback-foreign-host", DIALOG, Effect::Feedback(Feedback::ForeignHost), "Vedleggets adresse er på en annen vert", "The attachment's address is on another host"),
    row("feedback-odd-path", DIALOG, Effect::Feedback(Feedback::OddPath), "Vedleggets adresse har en annen form", "The attachment's address has another shape"),
    row("feedback-not-authorized", DIALOG, Effect::Feedback(Feedback::NotAuthorized), "Systembrukeren har ikke tilgang til tilbakemeldingen", "The system user may not see the feedback"),
    row("dialog-empty", DIALOG, Effect::Feedback(Feedback::NoTransmissions), "Dialogen har ingen forsendelser", "The dialog has no transmissions"),
    row("dialog-gone", DIALOG, Effect::Feedback(Feedback::Gone), "Dialogen er slettet (410)", "The dialog is deleted (410)"),
    row("dialog-missing", DIALOG, Effect::Feedback(Feedback::Missing), "Dialogen er ukjent (404)", "The dialog is unknown (404)"),
    // Maskinporten.
    row("token-error", TOKEN, Effect::Code("server_error"), "Tokenendepunktet svarer 500", "The token endpoint answers 500"),
    row("token-html", ISSUER, foreign(502, HTML, BAD_GATEWAY), "Maskinporten svarer med HTML", "Maskinporten answers with HTML"),
    row("token-clock", TOKEN, Effect::Token(Token::Clock(60)), "Maskinportens klokke går ett minutt foran", "Maskinporten's clock is one minute ahead"),
    row("token-short-lived", TOKEN, Effect::Token(Token::Set("expires_in", "1")), "expires_in er 1; tokenet virker likevel", "expires_in is 1; the token works none the less"),
    row("token-no-lifetime", TOKEN, Effect::Token(Token::Remove("expires_in")), "Svaret mangler expires_in", "The answer has no expires_in"),
    row("token-missing", TOKEN, Effect::Token(Token::Remove("access_token")), "Svaret mangler access_token", "The answer has no access_token"),
    row("token-wrong-type", TOKEN, Effect::Token(Token::Set("token_type", "\"MAC\"")), "token_type er ikke Bearer", "token_type is not Bearer"),
    row("token-opaque", TOKEN, Effect::Token(Token::Opaque), "Tokenet er ikke en JWT", "The token is no JWT"),
    row("token-other-organisation", TOKEN, Effect::Token(Token::OtherOrganisation), "Tokenet gjelder en annen organisasjon", "The token is for another organisation"),
    row("token-no-scope", TOKEN, Effect::Token(Token::NoScope), "Tokenet mangler scopet", "The token lacks the scope"),
    row("token-no-system-user", TOKEN, Effect::Token(Token::NoSystemUser), "Tokenet mangler systembruker", "The token has no system user"),
];
