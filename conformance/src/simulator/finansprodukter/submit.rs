//! Takes in a submission: checks it in the order that lets each refusal name its own cause.

use chrono::Datelike as _;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Refusal, because, documents,
    submissions::{Document, Key, Submission},
    totals,
};
use crate::simulator::{
    answer::{Answer, Detail},
    maskinporten::AccessClaims,
    request::{BODY_LIMIT, Request, is_uuid},
    state::{State, lock},
};

/// Takes in one submission, or finds the one that was sent before under the same key.
pub(super) fn submit(state: &State, request: &Request, claims: &AccessClaims) -> Result<Answer, Refusal> {
    let key = check_head(request)?;
    let year = request.parameter(0).parse::<i64>().unwrap_or_default();
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| {
        let place = format!("linje {}, kolonne {}", error.line(), error.column());
        because("GLD_1032", Detail::code("GLD_1032").about(place))
    })?;
    check_body(state, &body)?;
    check_year(state, year, &body)?;
    let reporter = body
        .pointer("/leveranse/oppgavegiver/organisasjonsnummer")
        .and_then(Value::as_str)
        .unwrap_or_default();
    check_reporter(state, claims, reporter)?;
    if state.strict_totals {
        let wrong = totals::check(&body);
        if !wrong.is_empty() {
            return Err(("GLD_010", wrong));
        }
    }
    let digest: [u8; 32] = Sha256::digest(&request.body).into();
    let organisation = claims.employer();
    let mut submissions = lock(&state.submissions);
    let receipt = match submissions.key(organisation, key, &digest) {
        Key::Other => return Err(("GLD_019", Vec::new())),
        Key::Same(submission) => submission.receipt.clone(),
        Key::New => {
            let dialog_id = submissions.dialog_for(reporter, year);
            let mut submission = Submission {
                organisation: organisation.to_owned(),
                reporter: reporter.to_owned(),
                year,
                dialog_id,
                dispatch_id: Uuid::new_v4().to_string(),
                feedback_id: Uuid::new_v4().to_string(),
                received: state.now(),
                documents: Vec::new(),
                receipt: bytes::Bytes::new(),
            };
            submission.documents = make_documents(&submission, count(&body, "oppgave"));
            submission.receipt = receipt(&submission, &body).to_string().into();
            let receipt = submission.receipt.clone();
            submissions.add(key, digest, submission);
            receipt
        }
    };
    Ok(Answer::new(StatusCode::OK, "application/json", receipt).with("korrelasjonsid", request.correlation_id.clone()))
}

fn check_head(request: &Request) -> Result<Uuid, Refusal> {
    if !request.accepts_json() {
        return Err(("GLD_1030", Vec::new()));
    }
    let is_json = request
        .content_type()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(("GLD_1047", Vec::new()));
    }
    if !request.headers.contains_key("idempotencykey") {
        let detail = Detail::code("GLD_1028").about("idempotencyKey");
        return Err(because("GLD_1028", detail));
    }
    let key = request
        .header("idempotencykey")
        .filter(|text| is_uuid(text))
        .and_then(|text| Uuid::parse_str(text).ok());
    let Some(key) = key else {
        let detail = Detail::code("GLD_1022").about("idempotencyKey").saying("Ikke en UUID");
        return Err(because("GLD_1022", detail));
    };
    if request.too_large {
        let detail = Detail::default().saying(format!(
            "Innholdet er {} byte; høyst {BODY_LIMIT} er tillatt",
            request.body_bytes
        ));
        return Err(because("GLD_006", detail));
    }
    Ok(key)
}

fn check_body(state: &State, body: &Value) -> Result<(), Refusal> {
    let violations = state.innsending.validate(body);
    if violations.is_empty() {
        return Ok(());
    }
    let details = violations.into_iter().map(|violation| {
        let detail = Detail::default()
            .about(violation.pointer.as_str())
            .saying(violation.message);
        match body.pointer(&violation.pointer) {
            Some(Value::String(text)) => detail.given(text.as_str()),
            Some(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => detail.given(value.to_string()),
            _ => detail,
        }
    });
    Err(("GLD_010", details.collect()))
}

fn check_year(state: &State, year: i64, body: &Value) -> Result<(), Refusal> {
    let this_year = i64::from(state.now().year());
    if !(i64::from(state.first_income_year)..=this_year).contains(&year) {
        let detail = Detail::code("GLD_1027").about("inntektsaar").given(year.to_string());
        return Err(because("GLD_1027", detail));
    }
    let stated = body.pointer("/leveranse/inntektsaar").and_then(whole);
    if stated != Some(year) {
        let detail = Detail::code("GLD_1052")
            .about("/leveranse/inntektsaar")
            .given(stated.unwrap_or_default().to_string());
        return Err(because("GLD_1052", detail));
    }
    Ok(())
}

/// A whole number, also when it is written `2024.0`: JSON Schema calls both integers.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "the schema bounds it to 1900–2999")]
        (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
    })
}

fn check_reporter(state: &State, claims: &AccessClaims, reporter: &str) -> Result<(), Refusal> {
    let client = state.client(&claims.client_id);
    let user = client
        .as_ref()
        .and_then(|client| client.system_user(claims.employer(), claims.external_ref()));
    let allowed = user.is_some_and(|user| {
        user.reporters
            .as_ref()
            .is_none_or(|reporters| reporters.iter().any(|r| r == reporter))
    });
    if allowed {
        return Ok(());
    }
    let detail = Detail::code("GLD_1015")
        .about("/leveranse/oppgavegiver/organisasjonsnummer")
        .given(reporter);
    Err(because("GLD_1015", detail))
}

fn count(body: &Value, list: &str) -> usize {
    let found = body.pointer("/leveranse").and_then(|leveranse| leveranse.get(list));
    found.and_then(Value::as_array).map_or(0, Vec::len)
}

fn receipt(submission: &Submission, body: &Value) -> Value {
    let mut receipt = json!({
        "dialogId": submission.dialog_id,
        "forsendelseId": submission.dispatch_id,
    });
    if let Some(reference) = body.pointer("/leveranse/oppgavegiversLeveranseReferanse") {
        receipt["oppgavegiversLeveranseReferanse"] = reference.clone();
    }
    receipt["antallOppgaver"] = count(body, "oppgave").into();
    let deletions = count(body, "sletteoppgave");
    if deletions > 0 {
        receipt["antallSletteoppgaver"] = deletions.into();
    }
    receipt
}

/// The receipt in three media types, and the feedback as JSON.
fn make_documents(submission: &Submission, reports: usize) -> Vec<Document> {
    let id = || Uuid::new_v4().to_string();
    let mut all: Vec<_> = [
        ("Kvittering", "application/pdf"),
        ("Kvittering", "application/xml"),
        ("Kvittering", "text/csv"),
    ]
    .into_iter()
    .map(|(name, media_type)| Document {
        id: id(),
        dispatch_id: submission.dispatch_id.clone(),
        name,
        media_type,
        body: documents::example(media_type),
    })
    .collect();
    for accepted in [true, false] {
        all.push(Document {
            id: id(),
            dispatch_id: submission.feedback_id.clone(),
            name: if accepted { "Tilbakemelding" } else { "Avvisning" },
            media_type: "application/json",
            body: documents::feedback(&submission.dispatch_id, accepted, reports),
        });
    }
    all
}
