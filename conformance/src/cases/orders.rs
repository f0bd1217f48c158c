//! Receiving withholding orders.

use std::collections::BTreeSet;

use futures::{StreamExt as _, pin_mut};
use serde_json::Value;
use skatteetaten_client::{
    Error,
    trekkpaalegg::{Fetched, Order, Page, Trekkstatus, Watermark},
};

use crate::{
    results::{Provenance, Text},
    run::{Context, Stop},
};

fn listing() -> Text {
    Text::new("Listen hentes", "The list is fetched")
}

async fn list(context: &Context) -> Result<Page, Stop> {
    let result = context.client()?.trekkpaalegg().list().await;
    context.succeeds(listing(), Provenance::Published, result)
}

/// The list, or the end of a case that needs an order to work with.
async fn list_with_orders(context: &Context) -> Result<Page, Stop> {
    let page = list(context).await?;
    if page.orders.is_empty() {
        return Err(Stop::NotRun(Text::new(
            "Arbeidsgiveren har ingen trekkpålegg å prøve med; be om testdata.",
            "The employer has no withholding orders to try with; ask for test data.",
        )));
    }
    Ok(page)
}

/// TP-01.
pub(super) async fn first_contact(context: Context) -> Result<(), Stop> {
    let page = list(&context).await?;
    let api = context.client()?.trekkpaalegg();
    let result = api.list_page(page.watermark, 1).await;
    let after = context.succeeds(
        Text::new("Kall uten nye pålegg", "Call without new orders"),
        Provenance::Published,
        result,
    )?;
    let received = after.orders.len() + after.rejected.len();
    context.check(
        Text::new("Ingenting nytt er et vellykket svar", "Nothing new is a success"),
        Provenance::Published,
        Text::new("200 med tom liste", "200 with an empty list"),
        Text::new(
            format!("200 med {received} pålegg"),
            format!("200 with {received} orders"),
        ),
        received == 0,
    );
    Ok(())
}

/// TP-02.
pub(super) async fn full_fetch(context: Context) -> Result<(), Stop> {
    let page = list(&context).await?;
    let rules: BTreeSet<&str> = page
        .rejected
        .iter()
        .flat_map(|order| order.violations.iter().map(|violation| violation.rule.id()))
        .collect();
    context.check(
        Text::new("Hvert pålegg holder kontrakten", "Every order keeps the contract"),
        Provenance::Reconstructed,
        Text::new("ingen pålegg med brudd", "no order that breaks it"),
        if page.rejected.is_empty() {
            Text::new(
                format!("{} pålegg uten brudd", page.orders.len()),
                format!("{} orders, none broken", page.orders.len()),
            )
        } else {
            let rules = rules.into_iter().collect::<Vec<_>>().join(", ");
            Text::new(
                format!("{} pålegg med brudd: {rules}", page.rejected.len()),
                format!("{} orders break it: {rules}", page.rejected.len()),
            )
        },
        page.rejected.is_empty(),
    );
    context.fits_document("hentAlleGjeldende");
    let ids: BTreeSet<&str> = page.orders.iter().map(|order| order.trekkid.as_str()).collect();
    context.check(
        Text::new("Hvert trekkid én gang", "Each trekkid once"),
        Provenance::Published,
        Text::new("bare siste versjon av hvert", "only the latest version of each"),
        Text::new(
            format!("{} pålegg, {} ulike trekkid", page.received, ids.len()),
            format!("{} orders, {} different trekkid", page.received, ids.len()),
        ),
        ids.len() + page.rejected.len() == page.received,
    );
    ended_too_early(&context, &page);
    let listed = page.orders.iter().map(key).collect();
    paged(&context, &listed, page.orders.len() + page.rejected.len()).await
}

/// Orders that were ended while a period was still to come: the documents contradict themselves.
fn ended_too_early(context: &Context, page: &Page) {
    let early = page.orders.iter().filter(|order| {
        let issued = order.opprettet.date_naive();
        let mut periods = order.trekkstoerrelse_for_periode.iter();
        order.trekkstatus == Trekkstatus::Avsluttet
            && periods.any(|period| period.sluttdato.is_none_or(|end| end > issued))
    });
    let ids: Vec<&str> = early.map(|order| order.trekkid.as_str()).collect();
    if ids.is_empty() {
        return;
    }
    context.remark(
        Text::new(
            "Avsluttet med en periode som ikke var over",
            "Ended with a period that was not over",
        ),
        Provenance::Published,
        Text::new(
            "ikke avklart (Q2): periodene følges",
            "not settled (Q2): the periods are followed",
        ),
        Text::new(format!("{} pålegg", ids.len()), format!("{} orders", ids.len())),
    );
}

/// Fetches the same orders page by page.
async fn paged(context: &Context, listed: &BTreeSet<(String, i64)>, expected: usize) -> Result<(), Stop> {
    let api = context
        .client()?
        .trekkpaalegg()
        .page_size(3)
        .map_err(|error| Stop::blocked(&error.into()))?;
    let changes = api.changes(Watermark::START);
    pin_mut!(changes);
    let mut seen = BTreeSet::new();
    let (mut delivered, mut pages) = (0_usize, 0_usize);
    // One page more than needed for a last page that is exactly full, and one for a change meanwhile.
    let most = expected / 3 + 3;
    while let Some(result) = changes.next().await {
        let page = context.succeeds(
            Text::new("Siden hentes", "The page is fetched"),
            Provenance::Published,
            result,
        )?;
        pages += 1;
        delivered += page.orders.len();
        seen.extend(page.orders.iter().map(key));
        if pages > most {
            break;
        }
    }
    context.check(
        Text::new("De samme påleggene side for side", "The same orders page by page"),
        Provenance::Published,
        Text::new(
            format!("{} pålegg, hvert én gang", listed.len()),
            format!("{} orders, each once", listed.len()),
        ),
        Text::new(
            format!("{delivered} levert, {} ulike, {pages} sider", seen.len()),
            format!("{delivered} delivered, {} different, {pages} pages", seen.len()),
        ),
        seen == *listed && delivered == seen.len(),
    );
    Ok(())
}

fn key(order: &Order) -> (String, i64) {
    (order.trekkid.clone(), order.trekkversjon)
}

/// TP-11.
pub(super) async fn version_lookup(context: Context) -> Result<(), Stop> {
    let page = list_with_orders(&context).await?;
    let Some(listed) = page.orders.iter().max_by_key(|order| order.trekkversjon) else {
        return Err(Stop::tool("a list with orders has none"));
    };
    let found = look_up(&context, &listed.trekkid, listed.trekkversjon).await?;
    let same = json(listed) == json(&found);
    context.check(
        Text::new("Samme pålegg som i listen", "The same order as in the list"),
        Provenance::Published,
        Text::new("likt innhold", "equal content"),
        if same {
            Text::new("likt", "equal")
        } else {
            Text::new("ulikt", "different")
        },
        same,
    );
    context.fits_document("hentVersjon");
    if listed.trekkversjon > 1 {
        let first = look_up(&context, &listed.trekkid, 1).await?;
        context.check(
            Text::new("Eldre versjon", "Older version"),
            Provenance::Published,
            Text::new("versjon 1 av samme trekkid", "version 1 of the same trekkid"),
            Text::new(
                format!("versjon {}", first.trekkversjon),
                format!("version {}", first.trekkversjon),
            ),
            first.trekkversjon == 1 && first.trekkid == listed.trekkid,
        );
    }
    Ok(())
}

fn json(order: &Order) -> Option<Value> {
    serde_json::from_str(order.raw_json()).ok()
}

async fn look_up(context: &Context, trekkid: &str, trekkversjon: i64) -> Result<Order, Stop> {
    let version = u32::try_from(trekkversjon).map_err(|_| Stop::tool("a trekkversjon that no request can carry"))?;
    let result = context.client()?.trekkpaalegg().get(trekkid, version).await;
    let name = || Text::new("Versjonen slås opp", "The version is looked up");
    match context.succeeds(name(), Provenance::Published, result)? {
        Fetched::Order(order) => Ok(order),
        Fetched::Rejected(order) => {
            let rules: BTreeSet<&str> = order.violations.iter().map(|violation| violation.rule.id()).collect();
            context.check(
                name(),
                Provenance::Reconstructed,
                Text::new("et pålegg som holder kontrakten", "an order that keeps the contract"),
                Text::same(rules.into_iter().collect::<Vec<_>>().join(", ")),
                false,
            );
            Err(Stop::Done)
        }
    }
}

/// TP-12.
pub(super) async fn unknown_version(context: Context) -> Result<(), Stop> {
    let page = list(&context).await?;
    // Opaque text of the same kind as the published examples, and not one of them.
    not_found(&context, "99999999", 1, Text::new("Ukjent trekkid", "Unknown trekkid")).await?;
    if let Some(order) = page.orders.first() {
        let name = Text::new("Ukjent trekkversjon", "Unknown trekkversjon");
        not_found(&context, &order.trekkid, 99_999, name).await?;
    }
    Ok(())
}

async fn not_found(context: &Context, trekkid: &str, version: u32, name: Text) -> Result<(), Stop> {
    let before = context.recorder().len();
    let expected = Text::new("404 etter ett kall", "404 after one call");
    let (found, holds) = match context.client()?.trekkpaalegg().get(trekkid, version).await {
        Ok(_) => (Text::new("et pålegg", "an order"), false),
        Err(Error::Api(error)) => {
            let calls = context
                .recorder()
                .all()
                .iter()
                .skip(before)
                .filter(|exchange| exchange.operation == "hentVersjon")
                .count();
            let holds = error.status() == 404 && calls == 1;
            (
                Text::new(
                    format!("{} etter {calls} kall", error.status()),
                    format!("{} after {calls} calls", error.status()),
                ),
                holds,
            )
        }
        Err(error) => return Err(Stop::blocked(&error)),
    };
    context.check(name, Provenance::Published, expected, found, holds);
    Ok(())
}
