//! Documents and feedback.

use skatteetaten_client::{
    Error,
    finansprodukter::{FeedbackDocument, FeedbackState, Receipt, Why},
};
use uuid::Uuid;

use super::submissions::{body, prepare, submit};
use crate::{
    results::{Provenance, Text},
    run::{Context, Stop},
};

/// FP-15.
pub(super) async fn feedback(context: Context) -> Result<(), Stop> {
    let submission = prepare(&context, &body(&context)?)?;
    let receipt = submit(&context, &submission).await?;
    let result = context.client()?.finansprodukter().feedback(&receipt).await;
    let name = Text::new("Dialogen hentes", "The dialog is fetched");
    let feedback = context.succeeds(name, Provenance::Published, result)?;
    match &feedback.state {
        FeedbackState::StillWaiting => context.needs_review(
            Text::new("Tilbakemeldingen", "The feedback"),
            Provenance::Inferred,
            Text::new("et dokument i dialogen", "a document in the dialog"),
            Text::new("ikke noe ennå", "nothing yet"),
        ),
        FeedbackState::NeedsALook { why } => why.iter().for_each(|why| doubt(&context, *why)),
        _ => context.check(
            Text::new("Tilbakemeldingen er entydig", "The feedback is unambiguous"),
            Provenance::Inferred,
            Text::new("godtatt eller avvist", "accepted or rejected"),
            Text::same(feedback.state.to_string()),
            true,
        ),
    }
    if let Some(document) = feedback.documents.first() {
        fetched_again(&context, &receipt, document).await?;
    }
    Ok(())
}

/// What stands against taking the feedback for a verdict. What a service must be able to do fails;
/// what nobody has published needs a person.
fn doubt(context: &Context, why: Why) {
    let found = Text::same(why.to_string());
    let must = match why {
        Why::NoDialog | Why::DialogDeleted | Why::OtherDialog => Some((
            Text::new("Dialogen finnes", "The dialog exists"),
            Text::new("dialogen i kvitteringen", "the dialog of the receipt"),
        )),
        Why::DocumentRefused { .. } => Some((
            Text::new("Dokumentet hentes", "The document is fetched"),
            Text::new("dokumentet som er annonsert", "the document that was announced"),
        )),
        Why::EmptyDocument => Some((
            Text::new("Dokumentet har innhold", "The document has content"),
            Text::new("minst én byte", "at least one byte"),
        )),
        _ => None,
    };
    match must {
        Some((name, expected)) => context.check(name, Provenance::Published, expected, found, false),
        None => context.needs_review(
            Text::new("Hva tilbakemeldingen betyr", "What the feedback means"),
            Provenance::Inferred,
            Text::new("ikke avklart (Q14)", "not settled (Q14)"),
            found,
        ),
    }
}

async fn fetched_again(context: &Context, receipt: &Receipt, first: &FeedbackDocument) -> Result<(), Stop> {
    let api = context.client()?.finansprodukter();
    let result = api
        .document(receipt.inntektsaar, first.forsendelse_id, first.dokument_id)
        .await;
    let name = Text::new("Dokumentet hentes", "The document is fetched");
    let second = context.succeeds(name, Provenance::Reconstructed, result)?;
    let first = &first.document;
    let same = first.sha256 == second.sha256 && first.media_type == second.media_type;
    context.check(
        Text::new("Samme dokument to ganger", "The same document twice"),
        Provenance::Inferred,
        Text::new("samme digest", "the same digest"),
        if same {
            Text::new("samme", "the same")
        } else {
            Text::new("ulik", "different")
        },
        same,
    );
    let media_type = first.media_type.as_deref().unwrap_or("–");
    context.outcome(Text::same(format!("{media_type} sha256 {}", first.sha256)));
    Ok(())
}

/// FP-16.
pub(super) async fn unknown(context: Context) -> Result<(), Stop> {
    let year =
        u16::try_from(context.target().income_year).map_err(|_| Stop::tool("the income year is out of range"))?;
    let before = context.recorder().len();
    let result = context
        .client()?
        .finansprodukter()
        .document(year, Uuid::new_v4(), Uuid::new_v4())
        .await;
    let calls = context
        .recorder()
        .all()
        .iter()
        .skip(before)
        .filter(|exchange| exchange.operation == "uthentingDokument")
        .count();
    let (found, holds) = match result {
        Ok(_) => (Text::new("et dokument", "a document"), false),
        Err(Error::Api(error)) => {
            let known = ["GLD_1050", "GLD_1054", "GLD_1023", "GLD_1061"];
            let documented = error.has_code("GLD_021") || known.iter().any(|code| error.has_code(code));
            let codes: Vec<&str> = error
                .code()
                .into_iter()
                .chain(error.spesifisering().iter().filter_map(|entry| entry.code()))
                .map(|code| code.as_str())
                .collect();
            let codes = codes.join(" ");
            (
                Text::new(
                    format!("{} {codes} etter {calls} kall", error.status()),
                    format!("{} {codes} after {calls} calls", error.status()),
                ),
                error.status() == 404 && documented && calls == 1,
            )
        }
        Err(error) => return Err(Stop::blocked(&error)),
    };
    context.check(
        Text::new("Ukjent dokument", "Unknown document"),
        Provenance::Published,
        Text::new(
            "404 med dokumentert kode, ett kall",
            "404 with a documented code, one call",
        ),
        found,
        holds,
    );
    Ok(())
}
