//! What token requests look like.

use std::collections::{BTreeMap, BTreeSet};

use super::{NO_RESULT, Rule, Sheet, at, t};
use crate::{
    counterparty::tape::{Act, Assertion, Seen},
    results::{ApiName, Text},
    simulator::{SCOPE_DIALOGPORTEN, SCOPE_FINANSPRODUKTER, SCOPE_TREKKPAALEGG},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "AUTH-01",
        hint: [
            "Send grant_type og assertion som skjema; bruk utsteder fra metadataene som aud, og bare dokumenterte felt.",
            "Send grant_type and assertion as a form; use the issuer of the metadata as aud, and documented claims only.",
        ],
        judge: shape,
    },
    Rule {
        case: "AUTH-02",
        hint: [
            "Sett exp høyst 120 s etter iat, hent tiden når påstanden lages, og si fra når serveren avviser klokka.",
            "Set exp at most 120 s after iat, take the time when the assertion is made, and say so when the server refuses the clock.",
        ],
        judge: times,
    },
    Rule {
        case: "AUTH-03",
        hint: [
            "Lag en ny påstand med ny jti til hvert forsøk.",
            "Make a new assertion with a new jti for every attempt.",
        ],
        judge: one_use,
    },
    Rule {
        case: "AUTH-04",
        hint: [
            "Be om API-ets eget scope, og ikke om andre enn du trenger.",
            "Ask for the API's own scope, and for no others than you need.",
        ],
        judge: scope,
    },
    Rule {
        case: "AUTH-05",
        hint: ["Ta bort resource fra påstanden.", "Take resource out of the assertion."],
        judge: no_resource,
    },
    Rule {
        case: "AUTH-06",
        hint: [
            "Send authorization_details for kundens systembruker: type urn:altinn:systemuser, systemuser_org med 0192: og organisasjonsnummeret.",
            "Send authorization_details for the customer's system user: type urn:altinn:systemuser, systemuser_org with 0192: and the organisation number.",
        ],
        judge: system_user,
    },
    Rule {
        case: "AUTH-13",
        hint: [
            "Be om token uten authorization_details, og vis hvilken organisasjon det gjelder.",
            "Ask for the token without authorization_details, and show which organisation it is for.",
        ],
        judge: own_organisation,
    },
    Rule {
        case: "AUTH-14",
        hint: [
            "Send externalRef når systembrukeren er opprettet med en, og ta den med i nøkkelen som token mellomlagres under.",
            "Send externalRef when the system user was requested with one, and make it part of the key under which tokens are cached.",
        ],
        judge: external_ref,
    },
];

/// The claims that Maskinporten documents.
const CLAIMS: [&str; 9] = [
    "aud",
    "iss",
    "iat",
    "exp",
    "jti",
    "scope",
    "resource",
    "consumer_org",
    "authorization_details",
];

fn requests<'a>(sheet: &mut Sheet<'a>) -> Vec<(&'a Seen, Assertion)> {
    let all: Vec<_> = sheet
        .tape
        .seen()
        .filter_map(|seen| Some((seen, seen.assertion()?)))
        .collect();
    for (seen, _) in &all {
        sheet.cite(seen);
    }
    all
}

/// Where a property does not hold.
fn broken(all: &[(&Seen, Assertion)], holds: impl Fn(&Seen, &Assertion) -> bool) -> Vec<String> {
    all.iter()
        .filter(|(seen, assertion)| !holds(seen, assertion))
        .map(|(seen, _)| at(seen))
        .collect()
}

/// Whether Maskinporten did not accept who asks: unknown client or key, wrong signature (MP-100), or
/// a certificate that cannot be used (MP-120, MP-121).
fn is_refused_identity(seen: &Seen) -> bool {
    let answer = seen.exchange.response_json().unwrap_or_default();
    let said = answer
        .get("error_description")
        .and_then(|text| text.as_str())
        .unwrap_or_default();
    seen.status().is_some_and(|status| (400..500).contains(&status))
        && ["MP-100", "MP-120", "MP-121"].iter().any(|code| said.contains(code))
}

fn shape(sheet: &mut Sheet<'_>) {
    let all = requests(sheet);
    let count = all.len();
    let form = broken(&all, |seen, assertion| {
        let kind = seen.header("content-type").unwrap_or_default();
        seen.exchange.method == http::Method::POST
            && kind.starts_with("application/x-www-form-urlencoded")
            && assertion.grant_type == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    });
    sheet.rule(
        t("Skjema", "Form"),
        t("POST med grant_type jwt-bearer", "POST with grant_type jwt-bearer"),
        count,
        &form,
    );
    let algorithm = broken(&all, |_, assertion| {
        let name = assertion.header.get("alg").and_then(|value| value.as_str());
        matches!(name, Some("RS256" | "RS384" | "RS512"))
    });
    sheet.rule(
        t("Algoritme", "Algorithm"),
        Text::same("RS256, RS384, RS512"),
        count,
        &algorithm,
    );
    let key = broken(&all, |_, assertion| {
        assertion.header.contains_key("kid") != assertion.header.contains_key("x5c")
    });
    sheet.rule(t("Nøkkel", "Key"), t("kid eller x5c", "kid or x5c"), count, &key);
    let issuer = sheet.subject.issuer.clone();
    let audience = broken(&all, |_, assertion| assertion.claim("aud") == Some(&issuer));
    sheet.rule(
        t("aud", "aud"),
        t("utstederen, én verdi", "the issuer, a single value"),
        count,
        &audience,
    );
    let client_id = sheet.subject.client_id.clone();
    let client = broken(&all, |_, assertion| match &client_id {
        Some(known) => assertion.claim("iss") == Some(known),
        None => assertion.claim("iss").is_some_and(|iss| !iss.is_empty()),
    });
    sheet.rule(t("iss", "iss"), t("klient-id", "the client id"), count, &client);
    let refused: Vec<String> = all
        .iter()
        .filter(|(seen, _)| seen.faults.is_empty() && is_refused_identity(seen))
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("Klient, nøkkel og signatur", "Client, key and signature"),
        t("godtatt av Maskinporten", "accepted by Maskinporten"),
        count,
        &refused,
    );
    if !sheet.subject.registered && count > 0 {
        sheet.remark(
            t("Signatur", "Signature"),
            t(
                "kontrollert mot klientens registrerte nøkkel",
                "verified with the client's registered key",
            ),
            t(
                "ikke kontrollert: klienten var ikke registrert",
                "not verified: the client was not registered",
            ),
        );
    }
    let unknown: Vec<String> = all
        .iter()
        .filter(|(_, assertion)| assertion.claims.keys().any(|name| !CLAIMS.contains(&name.as_str())))
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("Felt i påstanden", "Claims"),
        t("bare dokumenterte", "documented ones only"),
        count,
        &unknown,
    );
}

fn times(sheet: &mut Sheet<'_>) {
    let all = requests(sheet);
    let life = broken(&all, |_, assertion| {
        let (Some(iat), Some(exp)) = (assertion.time("iat"), assertion.time("exp")) else {
            return false;
        };
        exp > iat && exp - iat <= 120
    });
    sheet.rule(
        t("Levetid", "Lifetime"),
        t("høyst 120 s fra iat til exp", "at most 120 s from iat to exp"),
        all.len(),
        &life,
    );
    let clock = broken(&all, |seen, assertion| {
        let arrived = seen.exchange.started.timestamp();
        assertion.time("iat").is_some_and(|iat| (iat - arrived).abs() <= 10)
    });
    sheet.rule(
        t("iat mot serverens klokke", "iat against the server's clock"),
        t("innen 10 s", "within 10 s"),
        all.len(),
        &clock,
    );
    let skewed = sheet.acts_with(|seen| seen.faults.iter().any(|fault| fault == "token-clock"));
    let told: Vec<_> = skewed.iter().filter_map(|act| act.said()).collect();
    sheet.needs(
        !told.is_empty(),
        "hva systemet sier når klokka avvises",
        "what the system says when its clock is refused",
    );
    let silent = told.iter().filter(|told| !told.says(&["klokk", "clock"])).count();
    sheet.rule(
        t("Melding om klokka", "Message about the clock"),
        t("klokka er nevnt", "the clock is named"),
        told.len(),
        &vec![t("ikke nevnt", "not named").en; silent],
    );
}

fn one_use(sheet: &mut Sheet<'_>) {
    let all = requests(sheet);
    let mut first: BTreeMap<&str, &Seen> = BTreeMap::new();
    let mut again = Vec::new();
    for (seen, assertion) in &all {
        match first.get(assertion.text.as_str()) {
            Some(before) => again.push(format!("{} = {}", at(seen), at(before))),
            None => {
                first.insert(&assertion.text, seen);
            }
        }
    }
    sheet.rule(
        t("Samme påstand", "The same assertion"),
        t("aldri to ganger", "never twice"),
        all.len(),
        &again,
    );
    let without = all
        .iter()
        .filter(|(_, assertion)| assertion.claim("jti").is_none())
        .count();
    if without > 0 {
        sheet.remark(
            t("jti", "jti"),
            t("anbefalt", "recommended"),
            t(
                &format!("mangler i {without} forespørsler"),
                &format!("absent in {without} requests"),
            ),
        );
    }
    let retried = sheet.tape.acts().any(|act| {
        let tokens: Vec<_> = act.of("token").collect();
        tokens
            .windows(2)
            .any(|pair| pair[0].status().is_none_or(|status| status >= 500))
    });
    sheet.needs(
        retried,
        "et nytt forsøk etter en serverfeil i tokenendepunktet",
        "another attempt after a server error of the token endpoint",
    );
}

fn scope(sheet: &mut Sheet<'_>) {
    let all = requests(sheet);
    let known = [SCOPE_TREKKPAALEGG, SCOPE_FINANSPRODUKTER, SCOPE_DIALOGPORTEN];
    let scopes = |assertion: &Assertion| -> Vec<String> {
        let text = assertion.claim("scope").unwrap_or_default();
        text.split(' ').map(str::to_owned).collect()
    };
    let wrong = broken(&all, |_, assertion| {
        scopes(assertion).iter().any(|scope| known.contains(&scope.as_str()))
    });
    sheet.rule(
        t("scope", "scope"),
        t("API-ets eget", "the API's own"),
        all.len(),
        &wrong,
    );
    for (api, scope) in [
        (ApiName::Trekkpaalegg, SCOPE_TREKKPAALEGG),
        (ApiName::Finansprodukter, SCOPE_FINANSPRODUKTER),
    ] {
        if sheet.subject.apis.contains(&api) {
            let asked = all
                .iter()
                .any(|(_, assertion)| scopes(assertion).iter().any(|asked| asked == scope));
            sheet.needs(
                asked,
                &format!("et token med {scope}"),
                &format!("a token with {scope}"),
            );
        }
    }
    let extra: BTreeSet<String> = all
        .iter()
        .flat_map(|(_, assertion)| scopes(assertion))
        .filter(|scope| !known.contains(&scope.as_str()) && !scope.is_empty())
        .collect();
    if !extra.is_empty() {
        sheet.remark(
            t("Andre scope", "Other scopes"),
            t("ingen", "none"),
            Text::same(extra.len().to_string()),
        );
    }
}

fn no_resource(sheet: &mut Sheet<'_>) {
    let all = requests(sheet);
    let with = broken(&all, |_, assertion| !assertion.claims.contains_key("resource"));
    sheet.rule(t("resource", "resource"), t("finnes ikke", "absent"), all.len(), &with);
}

fn system_user(sheet: &mut Sheet<'_>) {
    if !sheet.subject.system_user {
        return sheet.missing(t("tilgang med systembruker", "access with a system user"));
    }
    let all = requests(sheet);
    let wrong = broken(&all, |_, assertion| {
        let details = assertion.claims.get("authorization_details");
        let Some([detail]) = details.and_then(|details| details.as_array()).map(Vec::as_slice) else {
            return false;
        };
        let text = |pointer: &str| detail.pointer(pointer).and_then(|value| value.as_str());
        text("/type") == Some("urn:altinn:systemuser")
            && text("/systemuser_org/authority") == Some("iso6523-actorid-upis")
            && text("/systemuser_org/ID").is_some_and(|id| {
                id.strip_prefix("0192:")
                    .is_some_and(|number| number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit()))
            })
    });
    sheet.rule(
        t("authorization_details", "authorization_details"),
        t(
            "systembrukeren i den dokumenterte formen",
            "the system user in the documented form",
        ),
        all.len(),
        &wrong,
    );
    let users: BTreeSet<&str> = sheet
        .subject
        .system_users
        .iter()
        .map(|user| user.organisation.as_str())
        .collect();
    if !users.is_empty() {
        let others = broken(&all, |_, assertion| {
            let organisation = assertion.customer().organisation;
            organisation.is_empty() || users.contains(organisation.as_str())
        });
        sheet.rule(
            t("systemuser_org", "systemuser_org"),
            t("en av kundene", "one of the customers"),
            all.len(),
            &others,
        );
    }
    sheet.needs(
        all.iter().any(|(seen, _)| seen.succeeded()),
        "et token som ble gitt",
        "a token that was given",
    );
}

fn own_organisation(sheet: &mut Sheet<'_>) {
    if sheet.subject.system_user {
        return sheet.missing(t("tilgang uten systembruker", "access without a system user"));
    }
    let all = requests(sheet);
    let with = broken(&all, |_, assertion| {
        !assertion.claims.contains_key("authorization_details")
    });
    sheet.rule(
        t("authorization_details", "authorization_details"),
        t("finnes ikke", "absent"),
        all.len(),
        &with,
    );
    let told: Vec<_> = sheet.tape.acts().filter_map(|act| act.said()).collect();
    sheet.needs(!told.is_empty(), NO_RESULT[0], NO_RESULT[1]);
    let owners: Vec<&str> = sheet
        .subject
        .system_users
        .iter()
        .map(|user| user.organisation.as_str())
        .collect();
    if !told.is_empty() {
        let shown = told.iter().any(|told| told.says(&owners));
        let bad = if shown { vec![] } else { vec!["–".to_owned()] };
        sheet.rule(
            t("Organisasjonen vises", "The organisation is shown"),
            t("i en melding", "in a message"),
            1,
            &bad,
        );
    }
}

fn external_ref(sheet: &mut Sheet<'_>) {
    if !sheet.subject.system_user {
        return sheet.missing(t("tilgang med systembruker", "access with a system user"));
    }
    let all = requests(sheet);
    let users = sheet.subject.system_users.clone();
    let asked: Vec<_> = all
        .iter()
        .filter(|(_, assertion)| {
            let organisation = assertion.customer().organisation;
            users.iter().any(|user| user.organisation == organisation)
        })
        .collect();
    let wrong: Vec<String> = asked
        .iter()
        .filter(|(_, assertion)| !users.contains(&assertion.customer()))
        .map(|(seen, _)| at(seen))
        .collect();
    sheet.rule(
        t("externalRef", "externalRef"),
        t(
            "den systembrukeren ble opprettet med",
            "the one the system user was requested with",
        ),
        asked.len(),
        &wrong,
    );
    let with_ref = asked
        .iter()
        .any(|(seen, assertion)| seen.succeeded() && assertion.customer().external_ref.is_some());
    sheet.needs(
        with_ref,
        "et token for en systembruker med externalRef",
        "a token for a system user with externalRef",
    );
    // Two system users of one organisation in one task: each is called with its own token.
    let mut tried = 0;
    let mut shared = Vec::new();
    let granted = |act: &&Act| act.of("token").any(Seen::succeeded);
    for act in sheet.tape.acts().filter(granted) {
        let mut by_organisation: BTreeMap<&str, BTreeSet<&Option<String>>> = BTreeMap::new();
        for customer in &act.given.customers {
            by_organisation
                .entry(&customer.organisation)
                .or_default()
                .insert(&customer.external_ref);
        }
        for (organisation, references) in by_organisation.iter().filter(|(_, references)| references.len() > 1) {
            tried += 1;
            let used: BTreeSet<_> = act
                .calls()
                .filter_map(|seen| sheet.customer(seen))
                .filter(|customer| customer.organisation == *organisation)
                .map(|customer| &customer.external_ref)
                .collect();
            if used.len() < references.len() {
                shared.push(format!("{}/{}", used.len(), references.len()));
            }
        }
    }
    sheet.needs(
        tried > 0,
        "to systembrukere for samme organisasjon",
        "two system users of one organisation",
    );
    sheet.rule(
        t("To systembrukere, to token", "Two system users, two tokens"),
        t(
            "hvert kall har sin systembrukers token",
            "each call has its own system user's token",
        ),
        tried,
        &shared,
    );
}
