//! What the target does with requests that it should refuse.

use http::{HeaderName, Method, header};
use skatteetaten_client::Api;
use uuid::Uuid;

use super::submissions;
use crate::{
    results::{ApiName, Provenance, Text},
    run::{Bearer, Context, Probe, Stop},
};

const LIST: &str = "/api/trekkpaalegg/v1";

fn list() -> Probe {
    Probe::new(Api::Trekkpaalegg, "hentAlleGjeldende", Method::GET, LIST)
}

fn named(api: ApiName, nb: &str, en: &str) -> Text {
    Text::new(format!("{}: {nb}", api.label()), format!("{}: {en}", api.label()))
}

/// AUTH-10.
pub(super) async fn without_token(context: Context) -> Result<(), Stop> {
    let ways = [
        (Bearer::Missing, "uten token", "without a token", "GLD_1007"),
        (Bearer::Garbage, "ødelagt token", "garbage token", "GLD_1008"),
    ];
    for (bearer, nb, en, specification) in ways {
        if context.target().tests(ApiName::Trekkpaalegg) {
            let probed = list().bearer(bearer).send(&context).await?;
            let name = named(ApiName::Trekkpaalegg, nb, en);
            context.refused(name, Provenance::Published, &probed, &[401], None);
        }
        if context.target().tests(ApiName::Finansprodukter) {
            let probed = submissions::probe(&context)?.bearer(bearer).send(&context).await?;
            for code in ["GLD_004", specification] {
                let name = named(ApiName::Finansprodukter, nb, en);
                context.refused(name, Provenance::Published, &probed, &[401], Some(code));
            }
        }
    }
    Ok(())
}

/// AUTH-11.
pub(super) async fn wrong_scope(context: Context) -> Result<(), Stop> {
    let other = Bearer::Of(Api::Dialogporten);
    if context.target().tests(ApiName::Trekkpaalegg) {
        let probed = list().bearer(other).send(&context).await?;
        let name = named(ApiName::Trekkpaalegg, "token uten scopet", "token without the scope");
        context.refused(name, Provenance::Published, &probed, &[403], None);
    }
    if context.target().tests(ApiName::Finansprodukter) {
        let probed = submissions::probe(&context)?.bearer(other).send(&context).await?;
        let name = named(ApiName::Finansprodukter, "token uten scopet", "token without the scope");
        context.refused(name, Provenance::Published, &probed, &[403], Some("GLD_005"));
    }
    Ok(())
}

/// TP-13.
pub(super) async fn malformed_parameters(context: Context) -> Result<(), Stop> {
    for query in [
        "fraSekvensnummer=-1&maksAntall=10",
        "fraSekvensnummer=abc&maksAntall=10",
        "fraSekvensnummer=0&maksAntall=0",
        "fraSekvensnummer=0&maksAntall=-1",
        "fraSekvensnummer=99999999999999999999999&maksAntall=10",
    ] {
        let path = format!("{LIST}?{query}");
        let probed = Probe::new(Api::Trekkpaalegg, "hentAlleGjeldende", Method::GET, path)
            .send(&context)
            .await?;
        context.refused(Text::same(query), Provenance::Inferred, &probed, &[400], None);
    }
    // What one of the two gives alone is an open question (Q8), so it is only told.
    let mut alone = Vec::new();
    for query in ["fraSekvensnummer=0", "maksAntall=1"] {
        let path = format!("{LIST}?{query}");
        let probed = Probe::new(Api::Trekkpaalegg, "hentAlleGjeldende", Method::GET, path)
            .send(&context)
            .await?;
        alone.push(format!("{query}: {}", probed.summary()));
    }
    let alone = alone.join(", ");
    context.outcome(Text::new(
        format!("Alene (Q8): {alone}."),
        format!("Alone (Q8): {alone}."),
    ));
    Ok(())
}

/// TP-14.
pub(super) async fn unsupported_media_type(context: Context) -> Result<(), Stop> {
    let probed = list().header(header::ACCEPT, "image/png").send(&context).await?;
    let name = Text::same("Accept: image/png");
    // Which of the documented statuses comes is one of the open questions.
    context.refused(name, Provenance::Published, &probed, &[406, 400, 415], None);
    Ok(())
}

/// SEC-07.
pub(super) async fn correlation(context: Context) -> Result<(), Stop> {
    let mut probes = Vec::new();
    if context.target().tests(ApiName::Trekkpaalegg) {
        let path = format!("{LIST}/99999999/1");
        probes.push((
            ApiName::Trekkpaalegg,
            Probe::new(Api::Trekkpaalegg, "hentVersjon", Method::GET, path),
        ));
    }
    if context.target().tests(ApiName::Finansprodukter) {
        let year = context.target().income_year;
        let path = format!("/{year}/forsendelser/{}/dokumenter/{}", Uuid::new_v4(), Uuid::new_v4());
        probes.push((
            ApiName::Finansprodukter,
            Probe::new(Api::Finansprodukter, "uthentingDokument", Method::GET, path),
        ));
    }
    for (api, probe) in probes {
        let sent = Uuid::new_v4().to_string();
        let probed = probe
            .header(HeaderName::from_static("korrelasjonsid"), &sent)
            .send(&context)
            .await?;
        let returned = probed.json.get("korrelasjonsid").and_then(serde_json::Value::as_str);
        let name = named(
            api,
            "feilsvaret har korrelasjonsid",
            "the error answer has korrelasjonsid",
        );
        context.check(
            name,
            Provenance::Published,
            Text::new("finnes", "present"),
            if returned.is_some() {
                Text::new("finnes", "present")
            } else {
                Text::new("mangler", "absent")
            },
            returned.is_some(),
        );
        if returned.is_some_and(|returned| returned != sent) {
            context.remark(
                named(api, "den sendte korrelasjonsid-en", "the korrelasjonsid that was sent"),
                Provenance::Inferred,
                Text::new("kommer tilbake", "comes back"),
                Text::new("en annen kom tilbake", "another came back"),
            );
        }
    }
    Ok(())
}
