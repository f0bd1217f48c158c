//! The simulated API for reports on financial products.

use http::StatusCode;

use super::{
    answer::{Answer, Detail, refusal},
    identity::SCOPE_FINANSPRODUKTER,
    maskinporten::{AccessClaims, Refused},
    operation::{Operation, Service},
    request::{Request, is_uuid},
    state::{State, lock},
};
pub(crate) use submissions::{Submission, Submissions};

mod documents;
mod submissions;
mod submit;
mod totals;

/// Scope that a token needs here.
pub(crate) const SCOPE: &str = SCOPE_FINANSPRODUKTER;

/// A refusal: a documented code and what it is about.
type Refusal = (&'static str, Vec<Detail>);

fn because(code: &'static str, detail: Detail) -> Refusal {
    (code, vec![detail])
}

/// Answers one request.
pub(crate) fn answer(state: &State, request: &Request, claims: Result<AccessClaims, Refused>) -> Answer {
    let refuse = |(code, details): Refusal| refusal(Service::Finansprodukter, code, &request.correlation_id, details);
    let Some(operation) = request.route.operation else {
        return refuse(("GLD_1023", Vec::new()));
    };
    if !request.route.right_method {
        return refuse(("GLD_022", Vec::new())).with("allow", operation.method().as_str());
    }
    let checked = system_user(claims).and_then(|claims| {
        check_common(request)?;
        if operation == Operation::Innsending {
            submit::submit(state, request, &claims)
        } else {
            document(state, request, &claims)
        }
    });
    checked.unwrap_or_else(refuse)
}

/// Only a system user is let in.
fn system_user(claims: Result<AccessClaims, Refused>) -> Result<AccessClaims, Refusal> {
    let claims = claims.map_err(|refused| match refused {
        Refused::Missing => ("GLD_1007", Vec::new()),
        Refused::Invalid => ("GLD_1008", Vec::new()),
        Refused::Scope => ("GLD_005", Vec::new()),
    })?;
    if claims.system_user_organisation().is_none() {
        return Err(("GLD_1063", Vec::new()));
    }
    Ok(claims)
}

fn check_common(request: &Request) -> Result<(), Refusal> {
    if !request.correlation_id_is_valid() {
        let detail = Detail::code("GLD_1022").about("Korrelasjonsid").saying("Ikke en UUID");
        return Err(because("GLD_1022", detail));
    }
    let year = request.parameter(0);
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        let detail = Detail::code("GLD_1022")
            .about("inntektsaar")
            .saying("Inntektsår skrives med fire sifre");
        return Err(because("GLD_1022", detail));
    }
    Ok(())
}

fn document(state: &State, request: &Request, claims: &AccessClaims) -> Result<Answer, Refusal> {
    let (dispatch, document) = (request.parameter(1), request.parameter(2));
    for (name, id) in [("forsendelseId", dispatch), ("dokumentId", document)] {
        if !is_uuid(id) {
            let detail = Detail::code("GLD_1022").about(name).saying("Ikke en UUID");
            return Err(because("GLD_1022", detail));
        }
    }
    let submissions = lock(&state.submissions);
    let found = submissions
        .dispatch(&dispatch.to_ascii_lowercase())
        .filter(|found| found.organisation == claims.employer())
        .filter(|found| found.year.to_string() == request.parameter(0));
    let Some(submission) = found else {
        return Err(("GLD_1061", Vec::new()));
    };
    let document = submission
        .documents
        .iter()
        .find(|known| known.id == document.to_ascii_lowercase())
        .ok_or(("GLD_1050", Vec::new()))?;
    Ok(Answer::new(StatusCode::OK, document.media_type, document.body.clone())
        .with("korrelasjonsid", request.correlation_id.clone()))
}

pub(crate) use documents::example as example_document;
