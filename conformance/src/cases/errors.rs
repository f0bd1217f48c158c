//! Submissions that should be refused.

use http::{HeaderName, Method, header};
use serde_json::Value;
use skatteetaten_client::Api;
use uuid::Uuid;

use super::submissions::{IDEMPOTENCY_KEY, body, probe, probe_to, reference};
use crate::{
    results::{Provenance, Text},
    run::{Context, Probe, Probed, Stop},
};

fn submitted(path: &str) -> Probe {
    Probe::new(Api::Finansprodukter, "innsending", Method::POST, path)
}

/// FP-04.
pub(super) async fn key_with_other_body(context: Context) -> Result<(), Stop> {
    let key = Uuid::new_v4();
    let first = probe_to(&context, &body(&context)?, key).send(&context).await?;
    if !(200..300).contains(&first.status) {
        return Err(blocked_by(&first));
    }
    let mut other = body(&context)?;
    other["leveranse"]["oppgavegiversLeveranseReferanse"] = reference().into();
    let second = probe_to(&context, &other, key).send(&context).await?;
    let name = Text::new("Brukt nøkkel, annet innhold", "Used key, other body");
    context.refused(name, Provenance::Inferred, &second, &[409], Some("GLD_019"));
    Ok(())
}

fn blocked_by(first: &Probed) -> Stop {
    Stop::Blocked(Text::new(
        format!("Den første innsendingen ble ikke tatt imot: {}", first.summary()),
        format!("The first submission was not received: {}", first.summary()),
    ))
}

/// FP-05.
pub(super) async fn missing_key(context: Context) -> Result<(), Stop> {
    let year = context.target().income_year;
    let probed = submitted(&format!("/{year}"))
        .body(body(&context)?.to_string())
        .send(&context)
        .await?;
    let name = Text::new("Uten idempotencyKey", "Without idempotencyKey");
    context.refused(name, Provenance::Published, &probed, &[400], Some("GLD_1028"));
    Ok(())
}

/// FP-06.
pub(super) async fn other_year(context: Context) -> Result<(), Stop> {
    let year = context.target().income_year;
    let probed = submitted(&format!("/{}", year - 1))
        .header(IDEMPOTENCY_KEY, &Uuid::new_v4().to_string())
        .body(body(&context)?.to_string())
        .send(&context)
        .await?;
    let name = Text::new("Ulikt år i adresse og innhold", "Different years in address and body");
    context.refused(name, Provenance::Published, &probed, &[400], Some("GLD_1052"));
    Ok(())
}

/// FP-07.
pub(super) async fn closed_year(context: Context) -> Result<(), Stop> {
    let mut closed = body(&context)?;
    closed["leveranse"]["inntektsaar"] = 1950.into();
    let probed = submitted("/1950")
        .header(IDEMPOTENCY_KEY, &Uuid::new_v4().to_string())
        .body(closed.to_string())
        .send(&context)
        .await?;
    let name = Text::new("Inntektsår som ikke er åpent", "Income year that is not open");
    context.refused(name, Provenance::Published, &probed, &[400], Some("GLD_1027"));
    Ok(())
}

/// FP-08.
pub(super) async fn broken_schema(context: Context) -> Result<(), Stop> {
    let mut broken = body(&context)?;
    if let Some(delivery) = broken["leveranse"].as_object_mut() {
        delivery.remove("oppgavegiver");
    }
    let probed = probe_to(&context, &broken, Uuid::new_v4()).send(&context).await?;
    let name = Text::new("Uten oppgavegiver", "Without oppgavegiver");
    context.refused(name, Provenance::Published, &probed, &[400], Some("GLD_010"));
    let located = probed
        .json
        .get("spesifisering")
        .and_then(Value::as_array)
        .is_some_and(|entries| {
            entries
                .iter()
                .any(|entry| entry.get("sti").is_some_and(Value::is_string))
        });
    context.check(
        Text::new("Feilen er stedfestet", "The error is located"),
        Provenance::Reconstructed,
        Text::new("en spesifisering med sti", "a specification with sti"),
        if located {
            Text::new("finnes", "present")
        } else {
            Text::new("mangler", "absent")
        },
        located,
    );
    Ok(())
}

/// FP-09.
pub(super) async fn broken_json(context: Context) -> Result<(), Stop> {
    let year = context.target().income_year;
    let whole = body(&context)?.to_string();
    let half = whole.get(..whole.len() / 2).unwrap_or("{").to_owned();
    let probed = submitted(&format!("/{year}"))
        .header(IDEMPOTENCY_KEY, &Uuid::new_v4().to_string())
        .body(half)
        .send(&context)
        .await?;
    let name = Text::new("Kuttet JSON", "JSON that is cut");
    context.refused(name, Provenance::Published, &probed, &[400], Some("GLD_008"));
    let probed = submitted(&format!("/{year}"))
        .header(IDEMPOTENCY_KEY, "ikke-en-uuid")
        .body(whole)
        .send(&context)
        .await?;
    for code in ["GLD_006", "GLD_1022"] {
        let name = Text::new("Nøkkel som ikke er en UUID", "Key that is no UUID");
        context.refused(name, Provenance::Published, &probed, &[400], Some(code));
    }
    Ok(())
}

/// FP-10.
pub(super) async fn media_types(context: Context) -> Result<(), Stop> {
    let probed = probe(&context)?
        .header(header::ACCEPT, "application/pdf")
        .send(&context)
        .await?;
    let name = Text::same("Accept: application/pdf");
    context.refused(name, Provenance::Published, &probed, &[400, 406], Some("GLD_1030"));
    let probed = probe(&context)?
        .header(header::CONTENT_TYPE, "text/plain")
        .send(&context)
        .await?;
    let name = Text::same("Content-Type: text/plain");
    // The status is an open question; that it is refused is not.
    context.refused(name, Provenance::Inferred, &probed, &[400, 415], None);
    Ok(())
}

/// FP-17.
pub(super) async fn wrong_method(context: Context) -> Result<(), Stop> {
    let year = context.target().income_year;
    let probed = Probe::new(Api::Finansprodukter, "innsending", Method::DELETE, format!("/{year}"))
        .header(HeaderName::from_static("idempotencykey"), &Uuid::new_v4().to_string())
        .send(&context)
        .await?;
    let name = Text::new("DELETE på innsendingsadressen", "DELETE on the submission address");
    context.refused(name, Provenance::Published, &probed, &[405], Some("GLD_022"));
    Ok(())
}
