//! The simulated Trekkpålegg API.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::{
    answer::{Answer, refusal},
    data::Order,
    faults::effect::{Effect, OrderChange, PageChange},
    identity::SCOPE_TREKKPAALEGG,
    maskinporten::{AccessClaims, Refused},
    operation::{Operation, Service},
    request::Request,
    state::{Effects, State},
};

mod mutate;
pub(crate) use mutate::{remove, set};

/// Answers one request.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    claims: Result<AccessClaims, Refused>,
    effects: &Effects,
) -> Answer {
    let refuse = |code: &str| refusal(Service::Trekkpaalegg, code, &request.correlation_id, Vec::new());
    let Some(operation) = request.route.operation else {
        return refuse("KB-003");
    };
    if !request.route.right_method {
        // No code is documented for it.
        return Answer::empty(StatusCode::METHOD_NOT_ALLOWED).with("allow", "GET");
    }
    let claims = match claims {
        Ok(claims) => claims,
        Err(Refused::Missing | Refused::Invalid) => return refuse("KB-004"),
        Err(Refused::Scope) => return refuse("KB-005"),
    };
    if !request.accepts_json() {
        return refuse("KB-008");
    }
    let client_id_fits = request
        .headers
        .get("klientid")
        .is_none_or(|value| String::from_utf8_lossy(value.as_bytes()).chars().count() <= 100);
    if !client_id_fits || !request.correlation_id_is_valid() {
        return refuse("KB-006");
    }
    let employer = claims.employer();
    let found = if operation == Operation::HentVersjon {
        version(state, request, employer, effects)
    } else {
        list(state, request, employer, effects)
    };
    found.unwrap_or_else(refuse)
}

/// Scope that a token needs here.
pub(crate) const SCOPE: &str = SCOPE_TREKKPAALEGG;

fn list(state: &State, request: &Request, employer: &str, effects: &Effects) -> Result<Answer, &'static str> {
    let query = request.query();
    let number = |name: &str, longest: usize| match query.get(name).map(Vec::as_slice) {
        None => Ok(None),
        Some([text]) if digits(text, longest) => text.parse::<u64>().map(Some).map_err(|_| "KB-006"),
        Some(_) => Err("KB-006"),
    };
    let after = number("fraSekvensnummer", 18)?;
    let max = number("maksAntall", 9)?;
    if query
        .get("maksAntall")
        .is_some_and(|texts| texts.iter().any(|text| text.starts_with('0')))
    {
        return Err("KB-006");
    }
    let max = max.map(|max| usize::try_from(max).unwrap_or(usize::MAX));
    let pages = effects.pick(|effect| match effect {
        Effect::Page(change) => Some(*change),
        _ => None,
    });
    let orders = page(state, employer, after, max, &pages);
    let changes = order_changes(effects);
    let listing = state.listing();
    let victim = listing.victim(employer).filter(|_| !changes.is_empty());
    let mut body = String::from("[");
    for order in &orders {
        if body.len() > 1 {
            body.push(',');
        }
        if victim.as_ref().is_some_and(|victim| Arc::ptr_eq(victim, order)) {
            body.push_str(&changed(order, &changes));
        } else {
            body.push_str(order.text());
        }
    }
    body.push(']');
    Ok(Answer::new(StatusCode::OK, "application/json", body))
}

/// The orders of one page, after the faults that are about pages.
fn page(
    state: &State,
    employer: &str,
    after: Option<u64>,
    max: Option<usize>,
    changes: &[PageChange],
) -> Vec<Arc<Order>> {
    let listing = state.listing();
    let (mut after, mut max) = (after, max);
    for change in changes {
        match change {
            PageChange::Overfull => max = max.map(|max| max.saturating_add(1)),
            PageChange::Stuck => after = after.map(|_| 0),
            PageChange::Nothing => return Vec::new(),
            // The order numbered exactly `after` comes once more.
            PageChange::Overlap => after = after.map(|after| after.saturating_sub(1)),
            PageChange::Reverse | PageChange::Repeat => {}
        }
    }
    let mut orders = listing.latest(employer, after, max);
    for change in changes {
        match change {
            PageChange::Reverse => orders.reverse(),
            PageChange::Repeat => {
                if let Some(first) = orders.first().cloned() {
                    orders.insert(0, first);
                }
            }
            _ => {}
        }
    }
    orders
}

fn version(state: &State, request: &Request, employer: &str, effects: &Effects) -> Result<Answer, &'static str> {
    let (id, text) = (request.parameter(0), request.parameter(1));
    if !digits(text, 9) || text.starts_with('0') {
        return Err("KB-006");
    }
    let version = text.parse().map_err(|_| "KB-006")?;
    let listing = state.listing();
    let Some(order) = listing.version(employer, id, version) else {
        return Err(if listing.knows(employer, id) {
            "KB-007"
        } else {
            "KB-009"
        });
    };
    let changes = order_changes(effects);
    let body = if changes.is_empty() {
        order.text().to_owned()
    } else {
        changed(&order, &changes)
    };
    Ok(Answer::new(StatusCode::OK, "application/json", body))
}

fn order_changes(effects: &Effects) -> Vec<OrderChange> {
    effects.pick(|effect| match effect {
        Effect::Order(change) => Some(*change),
        _ => None,
    })
}

fn changed(order: &Order, changes: &[OrderChange]) -> String {
    let mut value: Value = order.value();
    for change in changes {
        mutate::apply(&mut value, *change);
    }
    value.to_string()
}

/// Whether a text is digits only, and not too many.
fn digits(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit())
}
