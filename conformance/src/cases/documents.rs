//! Documents and feedback.

use http::Method;
use serde_json::Value;
use skatteetaten_client::{Api, Error};
use uuid::Uuid;

use super::submissions::{body, prepare, submit};
use crate::{
    results::{Provenance, Text},
    run::{Context, Probe, Stop},
};

/// The document that a dialog announces: the ids at the end of an attachment's address. The address
/// itself is data and is never called.
fn announced(dialog: &Value) -> Option<(Uuid, Uuid)> {
    let urls = dialog
        .get("transmissions")?
        .as_array()?
        .iter()
        .filter(|transmission| transmission.get("type").and_then(Value::as_str) != Some("Submission"))
        .filter_map(|transmission| transmission.get("attachments")?.as_array())
        .flatten()
        .filter_map(|attachment| attachment.get("urls")?.as_array())
        .flatten()
        .filter_map(|url| url.get("url")?.as_str());
    for url in urls {
        let Ok(url) = url::Url::parse(url) else { continue };
        let segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
        if let [.., "forsendelser", dispatch, "dokumenter", document] = segments.as_slice()
            && let (Ok(dispatch), Ok(document)) = (Uuid::parse_str(dispatch), Uuid::parse_str(document))
        {
            return Some((dispatch, document));
        }
    }
    None
}

/// FP-15.
pub(super) async fn feedback(context: Context) -> Result<(), Stop> {
    let submission = prepare(&context, &body(&context)?)?;
    let receipt = submit(&context, &submission).await?;
    let path = format!("/api/v1/enduser/dialogs/{}", receipt.dialog_id);
    let dialog = Probe::new(Api::Dialogporten, "hentDialog", Method::GET, path)
        .send(&context)
        .await?;
    context.check(
        Text::new("Dialogen finnes", "The dialog exists"),
        Provenance::Published,
        Text::same("200"),
        Text::same(dialog.status.to_string()),
        dialog.status == 200,
    );
    if dialog.status != 200 {
        return Err(Stop::Done);
    }
    let Some((dispatch, document)) = announced(&dialog.json) else {
        context.needs_review(
            Text::new("Tilbakemeldingen", "The feedback"),
            Provenance::Inferred,
            Text::new("et dokument i dialogen", "a document in the dialog"),
            Text::new("ikke noe ennå", "nothing yet"),
        );
        return Ok(());
    };
    let api = context.client()?.finansprodukter();
    let mut digests = Vec::new();
    for _ in 0..2 {
        let result = api.document(receipt.inntektsaar, dispatch, document).await;
        let name = Text::new("Dokumentet hentes", "The document is fetched");
        let fetched = context.succeeds(name, Provenance::Reconstructed, result)?;
        digests.push((fetched.sha256, fetched.bytes.len(), fetched.media_type));
    }
    let size = digests.first().map_or(0, |(_, size, _)| *size);
    context.check(
        Text::new("Dokumentet har innhold", "The document has content"),
        Provenance::Published,
        Text::new("minst én byte", "at least one byte"),
        Text::same(format!("{size} bytes")),
        size > 0,
    );
    let same = digests.windows(2).all(|pair| pair[0] == pair[1]);
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
    if let Some((digest, _, media_type)) = digests.into_iter().next() {
        let media_type = media_type.unwrap_or_default();
        context.outcome(Text::same(format!("{media_type} sha256 {digest}")));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_document_address_of_the_right_shape_counts() {
        let dialog = |url: &str, kind: &str| json!({"transmissions": [{"type": kind, "attachments": [{"urls": [{"url": url}]}]}]});
        let good = "https://x.no/v1/2024/forsendelser/0193b5cd-cb85-7320-bd8c-6c78c88dc8af/dokumenter/0193b5cd-cbce-7dbd-b188-1437db673767";
        assert!(announced(&dialog(good, "Acceptance")).is_some());
        assert!(announced(&dialog(good, "Submission")).is_none());
        assert!(announced(&dialog("https://x.no/forsendelser/1/dokumenter/2", "Acceptance")).is_none());
        assert!(announced(&dialog(&format!("{good}/mer"), "Acceptance")).is_none());
        assert!(announced(&json!({})).is_none());
    }
}
