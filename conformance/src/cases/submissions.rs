//! Submissions that should be received.

use http::{HeaderName, Method};
use serde_json::Value;
use skatteetaten_client::{
    Api,
    finansprodukter::{Receipt, Rule, Submission},
};
use uuid::Uuid;

use super::data;
use crate::{
    results::{Provenance, Text},
    run::{Context, Probe, Stop},
};

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotencykey");

/// A reference that no other submission has.
pub(super) fn reference() -> String {
    format!("samsvar-{}", Uuid::new_v4())
}

/// A valid body for the target's reporter and year, unlike any other.
pub(super) fn body(context: &Context) -> Result<Value, Stop> {
    let target = context.target();
    Ok(data::submission(&target.reporter()?, target.income_year, &reference()))
}

/// A valid submission, sent by hand.
pub(super) fn probe(context: &Context) -> Result<Probe, Stop> {
    Ok(probe_to(context, &body(context)?, Uuid::new_v4()))
}

pub(super) fn probe_to(context: &Context, body: &Value, key: Uuid) -> Probe {
    let path = format!("/{}", context.target().income_year);
    Probe::new(Api::Finansprodukter, "innsending", Method::POST, path)
        .header(IDEMPOTENCY_KEY, &key.to_string())
        .body(body.to_string())
}

/// Checks a body and makes a submission of it; what could name somebody real stops the case.
pub(super) fn prepare(context: &Context, body: &Value) -> Result<Submission, Stop> {
    prepare_bytes(context, body.to_string().into_bytes())
}

fn prepare_bytes(context: &Context, bytes: Vec<u8>) -> Result<Submission, Stop> {
    context.release(&bytes)?;
    Submission::from_json(bytes).map_err(|error| {
        Stop::tool(format!(
            "the tool's own submission does not pass the client's check: {error}"
        ))
    })
}

pub(super) async fn submit(context: &Context, submission: &Submission) -> Result<Receipt, Stop> {
    let result = context.client()?.finansprodukter().submit(submission).await;
    let name = Text::new("Innsendingen tas imot", "The submission is received");
    context.succeeds(name, Provenance::Published, result)
}

fn count(context: &Context, receipt: &Receipt, expected: i64) {
    context.check(
        Text::new("Antallet i kvitteringen", "The count in the receipt"),
        Provenance::Published,
        Text::same(expected.to_string()),
        Text::same(receipt.antall_oppgaver.to_string()),
        receipt.antall_oppgaver == expected,
    );
}

/// FP-01.
pub(super) async fn accepted(context: Context) -> Result<(), Stop> {
    let submission = prepare(&context, &body(&context)?)?;
    let receipt = submit(&context, &submission).await?;
    count(&context, &receipt, 2);
    context.fits_document("innsending");
    if receipt.oppgavegivers_leveranse_referanse.as_deref() != submission.reference() {
        // The published example differs here too, so it is no failure.
        context.remark(
            Text::new("Referansen i kvitteringen", "The reference in the receipt"),
            Provenance::Inferred,
            Text::new("den innsendte", "the one submitted"),
            Text::new("en annen", "another"),
        );
    }
    context.outcome(Text::new(
        format!(
            "Kvittering: dialogId {}, forsendelseId {}.",
            receipt.dialog_id, receipt.forsendelse_id
        ),
        format!(
            "Receipt: dialogId {}, forsendelseId {}.",
            receipt.dialog_id, receipt.forsendelse_id
        ),
    ));
    Ok(())
}

/// FP-03.
pub(super) async fn replayed(context: Context) -> Result<(), Stop> {
    let submission = prepare(&context, &body(&context)?)?;
    let first = submit(&context, &submission).await?;
    let second = submit(&context, &submission).await?;
    let same = first.dialog_id == second.dialog_id && first.forsendelse_id == second.forsendelse_id;
    context.check(
        Text::new("Samme nøkkel og innhold", "Same key and body"),
        Provenance::Published,
        Text::new("samme kvittering", "the same receipt"),
        if same {
            Text::new("samme", "the same")
        } else {
            Text::new("en annen", "another")
        },
        same,
    );
    let bodies: Vec<_> = context
        .recorder()
        .all()
        .into_iter()
        .filter(|exchange| exchange.operation == "innsending")
        .map(|exchange| exchange.request_body)
        .collect();
    let identical = bodies.len() >= 2 && bodies.windows(2).all(|pair| pair[0] == pair[1]);
    context.check(
        Text::new("Samme bytes på linjen", "Same bytes on the wire"),
        Provenance::Published,
        Text::new("like forsøk", "equal attempts"),
        Text::new(
            format!("{} forsøk, {}", bodies.len(), if identical { "like" } else { "ulike" }),
            format!(
                "{} attempts, {}",
                bodies.len(),
                if identical { "equal" } else { "different" }
            ),
        ),
        identical,
    );
    Ok(())
}

/// FP-11.
pub(super) async fn too_large(context: Context) -> Result<(), Stop> {
    // The page says 10 MB; one byte more than 10 MiB is over it by any reading, and one less than
    // ten million is under it by any.
    stopped_by_size(&context, 10 * 1024 * 1024 + 1)?;
    let target = context.target();
    let bytes = data::padded(&target.reporter()?, target.income_year, &reference(), 9_999_999);
    let submission = prepare_bytes(&context, bytes)?;
    let receipt = submit(&context, &submission).await?;
    count(&context, &receipt, 2);
    Ok(())
}

pub(super) fn stopped_by_size(context: &Context, size: usize) -> Result<(), Stop> {
    let target = context.target();
    let bytes = data::padded(&target.reporter()?, target.income_year, &reference(), size);
    context.release(&bytes)?;
    let (found, holds) = match Submission::from_json(bytes) {
        Ok(_) => (
            Text::new("klienten ville sendt den", "the client would have sent it"),
            false,
        ),
        Err(error) => {
            let holds = error.report().of(Rule::Size).next().is_some();
            (Text::same(error.to_string()), holds)
        }
    };
    context.check(
        Text::new("Over grensen", "Over the limit"),
        Provenance::Published,
        Text::new(
            "stanset før sending, grensen nevnt",
            "stopped before sending, the limit named",
        ),
        found,
        holds,
    );
    Ok(())
}

/// FP-20.
pub(super) async fn deletion(context: Context) -> Result<(), Stop> {
    let target = context.target();
    let body = data::deletion(&target.reporter()?, target.income_year, &reference());
    let submission = prepare(&context, &body)?;
    let receipt = submit(&context, &submission).await?;
    count(&context, &receipt, 0);
    Ok(())
}

/// FP-21.
pub(super) async fn nothing_to_report(context: Context) -> Result<(), Stop> {
    let target = context.target();
    let body = data::nothing(&target.reporter()?, target.income_year, &reference());
    let submission = prepare(&context, &body)?;
    let receipt = submit(&context, &submission).await?;
    count(&context, &receipt, 0);
    Ok(())
}
