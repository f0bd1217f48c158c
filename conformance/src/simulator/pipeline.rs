//! The way of every request: read, noted, judged, directed, answered, delivered.

use std::sync::Arc;

use axum::{Extension, extract::State as Shared, response::Response};
use serde_json::Value;
use skatteetaten_client::Api;

use super::{
    answer::{Answer, problem, refusal, token_refusal},
    connection::Connection,
    deliver::{Delivery, deliver},
    dialogporten,
    faults::{
        Effect, Fault,
        effect::{AnswerChange, Foreign, Wire},
    },
    finansprodukter,
    maskinporten::{self, AccessClaims, Refused},
    operation::{Operation, Service},
    received::Received,
    request::Request,
    script::{Directive, Script},
    state::{Effects, State},
    trekkpaalegg,
};
use crate::recording::{Kind, RawExchange};

/// Handles one request.
pub(crate) async fn handle(
    Shared(state): Shared<Arc<State>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: axum::extract::Request,
) -> Response {
    let Ok(request) = Request::read(request).await else {
        // The client has gone; nobody reads this.
        return Response::default();
    };
    let mut note = Received::new(state.now(), &request);
    let claims = judge(&state, &request);
    if let Some(Ok(claims)) = &claims {
        note.organisation = Some(claims.employer().to_owned());
    }
    note = state.note(note);
    let under_way = state.script.as_ref().map(|script| {
        let exchange = on_the_wire(&state, &request, &note);
        script.arrived(&note, &exchange);
        UnderWay {
            script: Arc::clone(script),
            note: note.clone(),
            exchange: Some(exchange),
        }
    });
    let directive = state
        .script
        .as_ref()
        .map_or(Directive::Normal, |script| script.direct(&note));
    let (faults, fixed) = match directive {
        Directive::Normal => (own_faults(&state, &request), None),
        Directive::Faults(faults) => (faults, None),
        Directive::Answer(answer) => (Vec::new(), Some(answer)),
    };
    note.faults = faults.iter().map(Fault::name).collect();
    state.update(note.clone());
    let effects = Effects(faults.iter().map(Fault::effect).collect());

    let mut delivery = Delivery::Whole;
    let answer = if let Some(answer) = fixed {
        answer
    } else if let Some(wire) = first(&effects, |effect| match effect {
        Effect::Refuse(wire) => Some(*wire),
        _ => None,
    }) {
        delivery = Delivery::Broken(wire);
        Answer::empty(http::StatusCode::OK)
    } else {
        if let Some(wire) = first(&effects, |effect| match effect {
            Effect::Wire(wire) => Some(*wire),
            _ => None,
        }) {
            delivery = Delivery::Broken(wire);
        }
        let mut answer = instead(&request, &effects).unwrap_or_else(|| work(&state, &request, &note, claims, &effects));
        if answer.status.is_success() {
            change(&mut answer, &effects);
        }
        answer
    };
    let broken = matches!(
        delivery,
        Delivery::Broken(Wire::Reset | Wire::Close | Wire::Truncate | Wire::Endless)
    );
    if let Delivery::Broken(Wire::Stall) = delivery {
        wait_for_release(&state).await;
        delivery = Delivery::Whole;
    }
    note.status = (!broken).then_some(answer.status.as_u16());
    state.update(note.clone());
    if let Some(under_way) = under_way {
        under_way.end(note, |exchange| complete(exchange, &state, &answer, delivery));
    }
    deliver(&state, &connection, answer, delivery)
}

/// What a client that gives up before its answer leaves behind.
const CANCELLED: &str = "cancelled";

/// An exchange that a script has heard of, and hears of once more whatever happens: when the client
/// gives up, the handler is dropped where it stands.
struct UnderWay {
    script: Arc<dyn Script>,
    note: Received,
    exchange: Option<RawExchange>,
}

impl UnderWay {
    fn end(mut self, note: Received, complete: impl FnOnce(&mut RawExchange)) {
        if let Some(mut exchange) = self.exchange.take() {
            complete(&mut exchange);
            self.script.exchanged(&note, &exchange);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.fault = Some(CANCELLED.to_owned());
            self.script.exchanged(&self.note, &exchange);
        }
    }
}

/// A request as it was on the wire, without an answer yet.
fn on_the_wire(state: &State, request: &Request, note: &Received) -> RawExchange {
    let target = request
        .query
        .as_ref()
        .map_or_else(|| request.path.clone(), |query| format!("{}?{query}", request.path));
    let operation = match request.route.operation {
        Some(Operation::Metadata) => "discovery",
        Some(operation) => operation.name(),
        None => "unknown",
    };
    RawExchange {
        kind: match (request.route.service, request.route.operation) {
            (Service::Maskinporten, Some(Operation::Token)) => Kind::Token,
            (Service::Maskinporten, _) => Kind::Discovery,
            (Service::Trekkpaalegg, _) => Kind::Api(Api::Trekkpaalegg),
            (Service::Finansprodukter, _) => Kind::Api(Api::Finansprodukter),
            (Service::Dialogporten, _) => Kind::Api(Api::Dialogporten),
        },
        operation: operation.to_owned(),
        attempt: 1,
        method: request.method.clone(),
        url: url::Url::parse(&state.url(&target)).unwrap_or_else(|_| state.endpoints().issuer.clone()),
        request_headers: request.headers.clone(),
        request_body: request.body.clone(),
        started: note.at,
        ms: 0,
        status: None,
        response_headers: http::HeaderMap::new(),
        response_body: bytes::Bytes::new(),
        fault: None,
    }
}

/// Adds what is answered; a connection that is broken on purpose has no status.
fn complete(exchange: &mut RawExchange, state: &State, answer: &Answer, delivery: Delivery) {
    exchange.ms = u64::try_from((state.now() - exchange.started).num_milliseconds()).unwrap_or_default();
    exchange.fault = match delivery {
        Delivery::Whole | Delivery::Broken(Wire::Stall) => None,
        Delivery::Broken(Wire::Reset) => Some("reset".to_owned()),
        Delivery::Broken(Wire::Close) => Some("closed".to_owned()),
        Delivery::Broken(Wire::Truncate) => Some("truncated".to_owned()),
        Delivery::Broken(Wire::StallBody) => Some("stalled".to_owned()),
        Delivery::Broken(Wire::Endless) => Some("endless".to_owned()),
    };
    if exchange.fault.is_some() {
        return;
    }
    exchange.status = Some(answer.status.as_u16());
    for (name, value) in &answer.headers {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            exchange.response_headers.insert(*name, value);
        }
    }
    exchange.response_body = answer.body.clone();
}

/// What the request's token says, for a service that wants one.
fn judge(state: &State, request: &Request) -> Option<Result<AccessClaims, Refused>> {
    let scope = match request.route.service {
        Service::Maskinporten => return None,
        Service::Trekkpaalegg => trekkpaalegg::SCOPE,
        Service::Finansprodukter => finansprodukter::SCOPE,
        Service::Dialogporten => dialogporten::SCOPE,
    };
    Some(AccessClaims::verify(state, request.header("authorization"), scope))
}

fn own_faults(state: &State, request: &Request) -> Vec<Fault> {
    match request.route.operation {
        Some(operation) if request.route.right_method => state.faults_for(operation),
        _ => Vec::new(),
    }
}

fn first<T>(effects: &Effects, pick: impl Fn(&Effect) -> Option<T>) -> Option<T> {
    effects.pick(pick).into_iter().next()
}

/// The answer that a fault gives in place of the service's, if one does.
fn instead(request: &Request, effects: &Effects) -> Option<Answer> {
    let service = request.route.service;
    let id = &request.correlation_id;
    first(effects, |effect| match effect {
        Effect::Code(code) => Some(refusal(service, code, id, Vec::new())),
        Effect::InternalError => Some(match service {
            Service::Maskinporten => token_refusal("server_error", "", id),
            Service::Trekkpaalegg => refusal(service, "KB-001", id, Vec::new()),
            Service::Finansprodukter => refusal(service, "GLD_001", id, Vec::new()),
            Service::Dialogporten => problem(
                http::StatusCode::INTERNAL_SERVER_ERROR,
                "An unexpected error has occurred.",
                id,
            ),
        }),
        Effect::Foreign(foreign) => Some(other(foreign)),
        _ => None,
    })
}

fn other(foreign: &Foreign) -> Answer {
    let status = http::StatusCode::from_u16(foreign.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let answer = Answer::new(status, foreign.content_type, foreign.body);
    match foreign.header {
        Some((name, value)) => answer.with(name, value),
        None => answer,
    }
}

/// Lets the service work.
fn work(
    state: &State,
    request: &Request,
    note: &Received,
    claims: Option<Result<AccessClaims, Refused>>,
    effects: &Effects,
) -> Answer {
    let refused = effects.0.contains(&Effect::RefuseToken)
        || (effects.0.contains(&Effect::OneUsePerToken)
            && note
                .token_sha256
                .as_ref()
                .is_some_and(|token| state.use_token(token) > 0));
    let claims = match claims.unwrap_or(Err(Refused::Missing)) {
        Ok(_) if refused => Err(Refused::Invalid),
        claims => claims,
    };
    match request.route.service {
        Service::Trekkpaalegg => trekkpaalegg::answer(state, request, claims, effects),
        Service::Finansprodukter => finansprodukter::answer(state, request, claims),
        Service::Dialogporten => dialogporten::answer(state, request, claims, effects),
        Service::Maskinporten => {
            let allow = request.route.operation.map_or(http::Method::GET, Operation::method);
            if !request.route.right_method {
                return Answer::empty(http::StatusCode::METHOD_NOT_ALLOWED).with("allow", allow.as_str());
            }
            match request.route.operation {
                Some(Operation::Token) => {
                    let changes = effects.pick(|effect| match effect {
                        Effect::Token(change) => Some(*change),
                        _ => None,
                    });
                    maskinporten::token(state, request, &changes)
                }
                Some(Operation::Jwks) => maskinporten::jwks(state),
                _ => maskinporten::metadata(state),
            }
        }
    }
}

/// Changes an answer that went well.
fn change(answer: &mut Answer, effects: &Effects) {
    let changes = effects.pick(|effect| match effect {
        Effect::Answer(change) => Some(*change),
        _ => None,
    });
    for change in changes {
        match change {
            AnswerChange::Empty => answer.body = bytes::Bytes::new(),
            AnswerChange::CutJson => answer.body = answer.body.slice(..answer.body.len() / 2),
            AnswerChange::ContentType(kind) => answer.set_content_type(kind),
            AnswerChange::Body(text) => answer.body = text.into(),
            AnswerChange::UnknownField => edit(answer, add_fields),
            AnswerChange::Set(pointer, text) => edit(answer, |value| {
                let new = serde_json::from_str(text).unwrap_or(Value::Null);
                trekkpaalegg::set(value, pointer, new);
            }),
            AnswerChange::Remove(pointer) => {
                edit(answer, |value| trekkpaalegg::remove(value, pointer));
            }
            AnswerChange::Media(kind) => {
                answer.set_content_type(kind);
                answer.body = finansprodukter::example_document(kind);
            }
        }
    }
}

fn edit(answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if let Ok(mut value) = serde_json::from_slice(&answer.body) {
        change(&mut value);
        answer.body = value.to_string().into();
    }
}

/// Gives every object a field that no document knows.
fn add_fields(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_fields),
        Value::Object(fields) => {
            fields.values_mut().for_each(add_fields);
            fields.insert("nyttFelt".to_owned(), serde_json::json!({ "verdi": [1, "to", null] }));
        }
        _ => {}
    }
}

/// Waits until held-back answers are let go, from now on.
pub(super) async fn wait_for_release(state: &State) {
    let mut released = state.released.subscribe();
    released.mark_unchanged();
    // The sender lives as long as the state; an error would mean that all is over anyway.
    let _ = released.changed().await;
}
