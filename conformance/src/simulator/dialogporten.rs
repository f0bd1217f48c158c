//! The simulated part of Dialogporten: one dialog per reporter and year, with a transmission per
//! submission and one per feedback.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answer::{Answer, problem},
    faults::effect::{Effect, Feedback},
    finansprodukter::Submission,
    identity::SCOPE_DIALOGPORTEN,
    maskinporten::{AccessClaims, Refused},
    operation::base,
    request::Request,
    state::{Effects, State, lock},
};

/// Scope that a token needs here.
pub(crate) const SCOPE: &str = SCOPE_DIALOGPORTEN;

/// Answers one request.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    claims: Result<AccessClaims, Refused>,
    effects: &Effects,
) -> Answer {
    let unknown = || problem(StatusCode::NOT_FOUND, "Dialog not found.", &request.correlation_id);
    if request.route.operation.is_none() {
        return unknown();
    }
    if !request.route.right_method {
        return Answer::empty(StatusCode::METHOD_NOT_ALLOWED).with("allow", "GET");
    }
    let claims = match claims {
        Ok(claims) => claims,
        Err(Refused::Missing | Refused::Invalid) => return Answer::empty(StatusCode::UNAUTHORIZED),
        Err(Refused::Scope) => return Answer::empty(StatusCode::FORBIDDEN),
    };
    let Some(organisation) = claims.system_user_organisation() else {
        return Answer::empty(StatusCode::FORBIDDEN);
    };
    let feedback = effects.pick(|effect| match effect {
        Effect::Feedback(feedback) => Some(*feedback),
        _ => None,
    });
    if feedback.contains(&Feedback::Missing) {
        return unknown();
    }
    if feedback.contains(&Feedback::Gone) {
        return problem(StatusCode::GONE, "The dialog is deleted.", &request.correlation_id);
    }
    let id = request.parameter(0).to_ascii_lowercase();
    let submissions: Vec<_> = lock(&state.submissions)
        .dialog(&id)
        .into_iter()
        .filter(|submission| submission.organisation == organisation)
        .collect();
    match submissions.as_slice() {
        [] => unknown(),
        [first, ..] => Answer::json(StatusCode::OK, &dialog(state, first, &submissions, &feedback)),
    }
}

fn dialog(state: &State, first: &Submission, all: &[Submission], feedback: &[Feedback]) -> Value {
    let mut transmissions = Vec::new();
    if !feedback.contains(&Feedback::NoTransmissions) {
        for submission in all {
            transmissions.push(transmission(
                state,
                submission,
                &submission.dispatch_id,
                "Submission",
                None,
            ));
            transmissions.extend(feedback_transmissions(state, submission, feedback));
        }
    }
    json!({
        "id": first.dialog_id,
        "party": format!("urn:altinn:organization:identifier-no:{}", first.reporter),
        "serviceResource": "urn:altinn:resource:ske-innrapportering-finansprodukter",
        "status": if transmissions.len() > all.len() { "Completed" } else { "Sent" },
        "createdAt": time(first.received),
        "updatedAt": time(all.iter().map(|s| s.received).max().unwrap_or(first.received)),
        "transmissions": transmissions,
    })
}

fn feedback_transmissions(state: &State, submission: &Submission, how: &[Feedback]) -> Vec<Value> {
    if how.contains(&Feedback::Waiting) {
        return Vec::new();
    }
    let mut kinds = vec!["Acceptance"];
    for change in how {
        match change {
            Feedback::Type(kind) => kinds = vec![kind],
            Feedback::Double => kinds = vec!["Acceptance", "Rejection"],
            _ => {}
        }
    }
    let make = |(index, kind): (usize, &&str)| {
        let related = Some(submission.dispatch_id.as_str());
        let mut value = transmission(state, submission, &submission.feedback_id, kind, related);
        if index > 0 {
            value["id"] = Uuid::new_v4().to_string().into();
        }
        for change in how {
            apply(&mut value, *change);
        }
        value
    };
    kinds.iter().enumerate().map(make).collect()
}

fn apply(transmission: &mut Value, change: Feedback) {
    let address = |value: &mut Value, change: &dyn Fn(&str) -> String| {
        for pointer in ["/attachments/0/urls/0/url", "/attachments/0/urls/1/url"] {
            if let Some(Value::String(url)) = value.pointer_mut(pointer) {
                *url = change(url);
            }
        }
    };
    match change {
        Feedback::Unrelated => {
            transmission["relatedTransmissionId"] = Uuid::new_v4().to_string().into();
        }
        Feedback::NoDocument => transmission["attachments"] = json!([]),
        Feedback::NotAuthorized => transmission["isAuthorized"] = false.into(),
        Feedback::ForeignHost => address(transmission, &|url| {
            let path = url.splitn(4, '/').nth(3).unwrap_or_default();
            format!("https://elsewhere.example/{path}")
        }),
        Feedback::OddPath => address(transmission, &|url| url.replace("/dokumenter/", "/../dokumenter/")),
        _ => {}
    }
}

fn transmission(state: &State, submission: &Submission, id: &str, kind: &str, related: Option<&str>) -> Value {
    // A rejection carries its own document.
    let rejected = kind == "Rejection";
    let attachments: Vec<_> = submission
        .documents
        .iter()
        .filter(|document| document.dispatch_id == id)
        .filter(|document| related.is_none() || (document.name == "Avvisning") == rejected)
        .map(|document| {
            let path = format!(
                "{}/{}/forsendelser/{id}/dokumenter/{}",
                base::FINANSPRODUKTER,
                submission.year,
                document.id
            );
            json!({
                "id": Uuid::new_v4().to_string(),
                "displayName": [{ "value": document.name, "languageCode": "nb" }],
                "urls": [{
                    "url": state.url(&path),
                    "mediaType": document.media_type,
                    "consumerType": "Api",
                }],
            })
        })
        .collect();
    let later = Duration::seconds(i64::from(related.is_some()));
    json!({
        "id": id,
        "type": kind,
        "createdAt": time(submission.received + later),
        "relatedTransmissionId": related,
        "isAuthorized": true,
        "attachments": attachments,
    })
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
