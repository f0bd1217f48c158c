//! What the system does when a token or a call is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{NO_RESULT, Rule, Sheet, at, t};
use crate::counterparty::tape::{Act, Seen};

pub(super) const RULES: &[Rule] = &[
    Rule {
        case: "AUTH-07",
        hint: [
            "Behandle MP-303 som et oppsettsproblem: stopp, og vis kunden og externalRef.",
            "Treat MP-303 as a set-up problem: stop, and show the customer and the externalRef.",
        ],
        judge: missing_delegation,
    },
    Rule {
        case: "AUTH-08",
        hint: [
            "Behold tokenet til det snart utløper; ved 401 midt i en henting: hent nytt token og gjenta samme side. Ikke les tokenet.",
            "Keep the token until it is about to expire; at a 401 in the middle of paging: fetch a new one and ask for the same page again. Do not read the token.",
        ],
        judge: reuse_and_renewal,
    },
    Rule {
        case: "AUTH-09",
        hint: [
            "Hold token og vannmerke per kunde; del ingenting mellom dem.",
            "Keep tokens and watermark per customer; share nothing between them.",
        ],
        judge: isolation,
    },
    Rule {
        case: "AUTH-10",
        hint: [
            "Forny tokenet én gang etter 401; kommer 401 igjen, stopp.",
            "Renew the token once after a 401; stop when the 401 comes again.",
        ],
        judge: unauthorised,
    },
    Rule {
        case: "AUTH-11",
        hint: [
            "Ikke prøv på nytt etter 403; si at tilgang eller scope mangler.",
            "Do not try again after a 403; say that access or scope is missing.",
        ],
        judge: forbidden,
    },
    Rule {
        case: "AUTH-12",
        hint: [
            "Logg error og error_description, aldri påstanden; vent mellom forsøk ved 5xx, og gi opp etter noen få.",
            "Log error and error_description, never the assertion; wait between attempts at 5xx, and give up after a few.",
        ],
        judge: token_errors,
    },
];

/// Most attempts at one thing that are not a storm.
pub(super) const MOST_ATTEMPTS: usize = 8;

fn refused_with<'a>(sheet: &Sheet<'a>, code: &str) -> Vec<&'a Act> {
    sheet.acts_with(|seen| {
        seen.exchange.operation == "token"
            && seen.status().is_some_and(|status| status >= 400)
            && seen
                .exchange
                .response_json()
                .and_then(|body| {
                    body.get("error_description")?
                        .as_str()
                        .map(|text| text.starts_with(code))
                })
                .unwrap_or_default()
    })
}

fn missing_delegation(sheet: &mut Sheet<'_>) {
    let acts = refused_with(sheet, "MP-303");
    sheet.needs(!acts.is_empty(), "en avvisning med MP-303", "a refusal with MP-303");
    let mut loops = Vec::new();
    let mut told = 0;
    let mut silent = Vec::new();
    for act in &acts {
        let mut count: BTreeMap<_, usize> = BTreeMap::new();
        for seen in act.of("token") {
            sheet.cite(seen);
            if let Some(assertion) = seen.assertion() {
                *count.entry(assertion.customer()).or_default() += 1;
            }
        }
        loops.extend(
            count
                .values()
                .filter(|count| **count > 1)
                .map(|count| format!("{count} ×")),
        );
        if let Some(conclusion) = act.said() {
            told += 1;
            let named = count.keys().all(|customer| {
                conclusion.says(&[&customer.organisation])
                    && customer
                        .external_ref
                        .as_ref()
                        .is_none_or(|reference| conclusion.says(&[reference]))
            });
            if !named || !conclusion.failed() {
                silent.push("–".to_owned());
            }
        }
    }
    sheet.rule(
        t("Forsøk etter MP-303", "Attempts after MP-303"),
        t("ett per kunde", "one per customer"),
        acts.len(),
        &loops,
    );
    sheet.rule(
        t("Melding", "Message"),
        t("navngir kunde og externalRef", "names customer and externalRef"),
        told,
        &silent,
    );
    if !acts.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
}

fn reuse_and_renewal(sheet: &mut Sheet<'_>) {
    let (mut reused, mut wasted) = (0, Vec::new());
    let (mut renewed, mut lost) = (0, Vec::new());
    let (mut opaque, mut unread) = (0, Vec::new());
    for act in sheet.tape.acts() {
        // The same grant again although its token was neither refused nor about to expire.
        let mut latest: BTreeMap<(String, String, Option<String>), &Seen> = BTreeMap::new();
        let refused = first_refusals(act);
        for seen in act.of("token").filter(|seen| seen.succeeded()) {
            let Some(assertion) = seen.assertion() else { continue };
            let customer = assertion.customer();
            let scope = assertion.claim("scope").unwrap_or_default().to_owned();
            let key = (scope, customer.organisation, customer.external_ref);
            // With several customers it cannot be told which of them a request was meant for.
            if let Some(before) = latest.insert(key, seen)
                && act.given.customers.len() < 2
                && !was_used_up(&refused, before, seen)
            {
                wasted.push(format!("{} {}", at(before), at(seen)));
                sheet.cite(before);
                sheet.cite(seen);
            }
        }
        let calls: Vec<_> = act.calls().collect();
        reused += calls
            .windows(2)
            .filter(|pair| pair[0].bearer().is_some() && pair[0].bearer() == pair[1].bearer())
            .count();
        // A 401 in the middle of paging.
        let lists: Vec<_> = act.of("hentAlleGjeldende").collect();
        for (index, seen) in lists.iter().enumerate().skip(1) {
            let same_customer = sheet.customer(seen) == sheet.customer(lists[index - 1]);
            if seen.status() == Some(401) && lists[index - 1].succeeded() && same_customer {
                renewed += 1;
                sheet.cite(seen);
                let again = lists.get(index + 1).is_some_and(|next| {
                    next.exchange.url.query() == seen.exchange.url.query() && next.bearer() != seen.bearer()
                });
                if !again {
                    lost.push(at(seen));
                }
            }
        }
        if act
            .seen
            .iter()
            .any(|seen| seen.faults.iter().any(|fault| fault == "token-opaque"))
        {
            opaque += 1;
            if !act.calls().any(Seen::succeeded) {
                unread.push("–".to_owned());
            }
        }
    }
    sheet.rule(
        t("Gjenbruk", "Reuse"),
        t(
            "samme token til det er avvist eller snart utløper",
            "the same token until it is refused or about to expire",
        ),
        reused,
        &wasted,
    );
    sheet.needs(reused > 0, "flere kall i én oppgave", "several calls in one task");
    sheet.rule(
        t("401 midt i en sidehenting", "401 in the middle of paging"),
        t(
            "nytt token og samme side på nytt",
            "a new token and the same page again",
        ),
        renewed,
        &lost,
    );
    sheet.needs(
        renewed > 0,
        "401 midt i en sidehenting",
        "a 401 in the middle of paging",
    );
    sheet.rule(
        t("Et token som ikke er en JWT", "A token that is no JWT"),
        t("brukes som det er", "is used as it is"),
        opaque,
        &unread,
    );
    sheet.needs(opaque > 0, "et token som ikke er en JWT", "a token that is no JWT");
}

/// By its token, or none: the first call of an act that was refused.
fn first_refusals(act: &Act) -> HashMap<Option<&str>, usize> {
    let mut first = HashMap::new();
    for call in act.calls().filter(|call| matches!(call.status(), Some(401 | 403))) {
        first.entry(call.bearer()).or_insert(call.number);
    }
    first
}

/// Whether a token had been refused, or had less than half a minute left, when the next was asked for.
fn was_used_up(refused: &HashMap<Option<&str>, usize>, granted: &Seen, next: &Seen) -> bool {
    let body = granted.exchange.response_json().unwrap_or_default();
    let token = body.get("access_token").and_then(|token| token.as_str());
    let refused = refused.get(&token).is_some_and(|number| *number < next.number);
    let lifetime = body
        .get("expires_in")
        .and_then(serde_json::Value::as_i64)
        .unwrap_or_default();
    refused || granted.until(next) / 1000 > lifetime - 30
}

fn isolation(sheet: &mut Sheet<'_>) {
    let (mut looked, mut crossed) = (0, Vec::new());
    let (mut tried, mut left_out) = (0, Vec::new());
    for act in sheet.tape.acts() {
        let given: BTreeSet<_> = act.given.customers.iter().map(|c| c.organisation.as_str()).collect();
        let granted: BTreeSet<_> = act
            .of("token")
            .filter(|seen| seen.succeeded())
            .filter_map(Seen::assertion)
            .map(|assertion| assertion.customer().organisation)
            .collect();
        let mut called = BTreeSet::new();
        let mut delivered: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for seen in act.of("hentAlleGjeldende") {
            let Some(customer) = sheet.customer(seen) else { continue };
            let organisation = customer.organisation.as_str();
            called.insert(organisation);
            let known = delivered.entry(organisation).or_default();
            if let Some(from) = seen.number("fraSekvensnummer").filter(|from| *from > 0)
                && !known.is_empty()
                && !known.contains(&from)
                && !known.contains(&(from.saturating_sub(1)))
            {
                crossed.push(at(seen));
            }
            for order in seen.orders().into_iter().flatten() {
                known.extend(order.get("sekvensnummer").and_then(serde_json::Value::as_u64));
            }
            sheet.cite(seen);
        }
        if called.len() > 1 {
            looked += called.len();
        }
        if given.len() > 1 && (granted.len() == 1 || granted.len() >= given.len()) {
            tried += 1;
            if called.len() < given.len() {
                left_out.push(format!("{}/{}", called.len(), given.len()));
            }
        }
    }
    sheet.rule(
        t("Hver kunde har sitt token", "Each customer has its own token"),
        t(
            "kall for alle kundene, hvert med sin kundes token",
            "calls for all customers, each with its own customer's token",
        ),
        tried,
        &left_out,
    );
    sheet.rule(
        t("Vannmerket hører til kunden", "The watermark belongs to the customer"),
        t(
            "bare nummer som er levert til samme kunde",
            "only numbers delivered to the same customer",
        ),
        looked,
        &crossed,
    );
    sheet.needs(
        looked > 0 || !left_out.is_empty(),
        "kall for to kunder i samme oppgave",
        "calls for two customers in one task",
    );
}

fn unauthorised(sheet: &mut Sheet<'_>) {
    let mut runs = 0;
    let mut storms = Vec::new();
    let mut same_token = Vec::new();
    let mut persistent = false;
    for act in sheet.tape.acts() {
        let mut by_customer: BTreeMap<_, Vec<&Seen>> = BTreeMap::new();
        for seen in act.calls() {
            let in_a_row = by_customer.entry(sheet.customer(seen)).or_default();
            if seen.status() != Some(401) {
                in_a_row.clear();
                continue;
            }
            if in_a_row.last().is_some_and(|before| asked(before) != asked(seen)) {
                in_a_row.clear();
            }
            sheet.cite(seen);
            in_a_row.push(seen);
            match in_a_row.as_slice() {
                [_] => runs += 1,
                [first, second] => {
                    persistent = true;
                    if first.bearer() == second.bearer() {
                        same_token.push(at(second));
                    }
                }
                _ => storms.push(at(seen)),
            }
        }
    }
    sheet.rule(
        t("401 på 401", "401 upon 401"),
        t("høyst ett nytt forsøk", "at most one more attempt"),
        runs,
        &storms,
    );
    sheet.rule(
        t("Det nye forsøket", "The attempt after it"),
        t("med et nytt token", "with a new token"),
        runs,
        &same_token,
    );
    sheet.needs(persistent, "401 også med nytt token", "a 401 with a new token too");
}

fn forbidden(sheet: &mut Sheet<'_>) {
    final_refusal(
        sheet,
        |seen| seen.status() == Some(403),
        "403 fra API-et",
        "a 403 of the API",
        &Message {
            words: &["403", "tilgang", "access", "scope", "rettighet"],
            or_its_own: true,
        },
    );
}

/// What a message about a refusal has to name: one of these.
pub(super) struct Message<'a> {
    pub(super) words: &'a [&'a str],
    /// Or whatever the answer itself calls the error: its code or its message.
    pub(super) or_its_own: bool,
}

/// A refusal after which nothing is sent again, and which the system explains.
pub(super) fn final_refusal(
    sheet: &mut Sheet<'_>,
    is: impl Fn(&Seen) -> bool,
    nb: &str,
    en: &str,
    message: &Message<'_>,
) {
    let acts = sheet.acts_with(|seen| matches!(seen.exchange.kind, crate::recording::Kind::Api(_)) && is(seen));
    sheet.needs(!acts.is_empty(), nb, en);
    let (mut refused, mut again) = (0, Vec::new());
    let (mut told, mut silent) = (0, Vec::new());
    for act in &acts {
        let mut latest = HashMap::new();
        let mut words: Vec<String> = message.words.iter().map(|word| (*word).to_owned()).collect();
        for seen in act.calls().filter(|seen| is(seen)) {
            if message.or_its_own {
                words.extend(seen.names_of_error());
            }
            refused += 1;
            sheet.cite(seen);
            let before = latest.insert(asked(seen), seen);
            again.extend(before.map(|before| format!("{} {}", at(before), at(seen))));
        }
        if let Some(conclusion) = act.said() {
            told += 1;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if !conclusion.failed() || !conclusion.says(&words) {
                silent.push("–".to_owned());
            }
        }
    }
    sheet.rule(
        t("Samme kall på nytt", "The same call again"),
        t("aldri", "never"),
        refused,
        &again,
    );
    sheet.rule(
        t("Melding", "Message"),
        t(
            "årsaken er nevnt, og oppgaven er ikke fullført",
            "the cause is named, and the task is not done",
        ),
        told,
        &silent,
    );
    if refused > 0 {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
}

/// What a call asks for; equal for two that ask for the same.
pub(super) fn asked(seen: &Seen) -> (&http::Method, &url::Url, &bytes::Bytes) {
    let exchange = &seen.exchange;
    (&exchange.method, &exchange.url, &exchange.request_body)
}

fn token_errors(sheet: &mut Sheet<'_>) {
    let is_error = |seen: &Seen, from: u16, to: u16| {
        seen.exchange.operation == "token" && seen.status().is_some_and(|status| (from..to).contains(&status))
    };
    let refused = sheet.acts_with(|seen| is_error(seen, 400, 500));
    let broken = sheet.acts_with(|seen| is_error(seen, 500, 600));
    let (mut told, mut silent, mut leaks) = (0, Vec::new(), Vec::new());
    for act in refused.iter().chain(&broken) {
        let Some(conclusion) = act.said() else { continue };
        told += 1;
        if conclusion.says(&["eyJ"]) {
            leaks.push("–".to_owned());
        }
        let error = act
            .of("token")
            .filter(|seen| is_error(seen, 400, 500))
            .filter_map(|seen| seen.exchange.response_json()?.get("error")?.as_str().map(str::to_owned))
            .next();
        if let Some(error) = error
            && !conclusion.says(&[&error])
        {
            silent.push(error);
        }
    }
    sheet.needs(
        !refused.is_empty(),
        "en avvisning fra tokenendepunktet",
        "a refusal of the token endpoint",
    );
    sheet.needs(
        !broken.is_empty(),
        "en serverfeil i tokenendepunktet",
        "a server error of the token endpoint",
    );
    let mut storms = Vec::new();
    for act in &broken {
        let attempts = act.of("token").filter(|seen| is_error(seen, 500, 600)).count();
        for seen in act.of("token") {
            sheet.cite(seen);
        }
        if attempts > MOST_ATTEMPTS {
            storms.push(format!("{attempts} ×"));
        }
    }
    sheet.rule(
        t("Forsøk ved 5xx", "Attempts at 5xx"),
        t(&format!("høyst {MOST_ATTEMPTS}"), &format!("at most {MOST_ATTEMPTS}")),
        broken.len(),
        &storms,
    );
    sheet.rule(
        t("Melding", "Message"),
        t("error er nevnt", "error is named"),
        told,
        &silent,
    );
    sheet.rule(
        t("Påstand eller token i meldinger", "Assertion or token in messages"),
        t("aldri", "never"),
        told,
        &leaks,
    );
    if !refused.is_empty() {
        sheet.needs(told > 0, NO_RESULT[0], NO_RESULT[1]);
    }
}
