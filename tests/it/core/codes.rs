//! Documented codes on the wire, and bodies that are none of the API's.

use std::collections::HashSet;

use skatteetaten_client::Error;
use skatteetaten_client::error::{ApiError, CodeTable, codes};

use super::server::{Reply, Server, list};

async fn refusal(status: u16, body: impl Into<Vec<u8>>) -> Box<ApiError> {
    let body = body.into();
    let server = Server::api(move |_| Reply::json(status, &body)).await;
    let (client, _) = server.client();
    match list(&client).await {
        Err(Error::Api(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_documented_code_has_a_meaning_and_a_remedy() {
    let mut seen = HashSet::new();
    for info in codes() {
        assert!(seen.insert(info.code), "{} twice", info.code);
        assert!(!info.meaning.is_empty() && !info.remedy.is_empty(), "{}", info.code);
    }
    let count = |table| codes().iter().filter(|info| info.table == table).count();
    assert_eq!(
        count(CodeTable::Trekkpaalegg),
        10,
        "KB-001 to KB-009, and the duplicate"
    );
    assert_eq!(count(CodeTable::Common), 8, "DAS-001 to DAS-008");
    assert_eq!(count(CodeTable::Finansprodukter), 12);
    assert_eq!(count(CodeTable::FinansprodukterSpecification), 18);
    assert_eq!(count(CodeTable::Maskinporten), 5);
}

#[tokio::test]
async fn every_code_comes_through_with_its_meaning() {
    for info in codes() {
        let status = info.status.unwrap_or(400);
        let body = match info.table {
            CodeTable::FinansprodukterSpecification => {
                format!(r#"{{"kode":"GLD_006","spesifisering":[{{"kode":"{}"}}]}}"#, info.code)
            }
            _ => format!(r#"{{"kode":"{}","melding":"secret words"}}"#, info.code),
        };
        let error = ApiErrorView::of(status, body).await;
        assert!(
            error.shown.contains(info.code) && error.shown.contains(info.meaning),
            "{}",
            error.shown
        );
        assert!(error.shown.contains(info.remedy), "{}", error.shown);
        assert!(!error.shown.contains("secret words"));
        assert!(error.inner.has_code(info.code));
    }
}

struct ApiErrorView {
    shown: String,
    inner: Box<ApiError>,
}

impl ApiErrorView {
    async fn of(status: u16, body: String) -> Self {
        let inner = refusal(status, body).await;
        Self {
            shown: format!("{inner} {inner:?}"),
            inner,
        }
    }
}

#[tokio::test]
async fn a_full_error_body_is_read() {
    let error = refusal(
        400,
        r#"{"kode":"GLD_010","melding":"m","korrelasjonsid":"3f2504e0-4f89-11d3-9a0c-0305e82c3301","nytt":1,
            "spesifisering":[{"kode":"GLD_1052","melding":"s","sti":"leveranse/inntektsaar","angittVerdi":2024},
                             {"kode":1007}, "odd", {}]}"#,
    )
    .await;
    assert_eq!(error.code().unwrap().as_str(), "GLD_010");
    assert_eq!(error.melding(), Some("m"));
    assert_eq!(error.korrelasjonsid(), Some("3f2504e0-4f89-11d3-9a0c-0305e82c3301"));
    let entries = error.spesifisering();
    assert_eq!(entries.len(), 4, "nothing is dropped");
    assert_eq!(entries[0].sti(), Some("leveranse/inntektsaar"));
    assert_eq!(entries[0].angitt_verdi(), Some(&serde_json::json!(2024)));
    assert_eq!(entries[1].code().unwrap(), "1007");
    assert_eq!(entries[3].code(), None);
    assert!(
        error.remedy().contains("inntektsaar"),
        "the specific remedy comes first"
    );
}

#[tokio::test]
async fn unknown_codes_are_kept_and_shown_only_if_they_look_like_codes() {
    let error = refusal(400, r#"{"kode":"KB-777"}"#).await;
    assert!(error.code().unwrap().info().is_none());
    assert!(error.to_string().contains("KB-777"));
    let error = refusal(400, r#"{"kode":"person 01899912345"}"#).await;
    assert_eq!(error.code().unwrap().as_str(), "person 01899912345");
    assert!(!format!("{error} {error:?}").contains("01899912345"));
}

#[tokio::test]
async fn a_foreign_body_is_kept_and_not_shown() {
    let page = "<html><p>Unknown instance. ID=a1b2-77f0 person 01899912345</p></html>";
    let error = refusal(502, page).await;
    assert_eq!(error.instance_id(), Some("a1b2-77f0"));
    assert_eq!(error.body(), page);
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("a1b2-77f0") && shown.contains("not the API's own"),
        "{shown}"
    );
    assert!(!shown.contains("01899912345") && !shown.contains("html"));
    assert!(
        error.korrelasjonsid().is_some(),
        "the one that was sent, when none came back"
    );
    let error = refusal(404, "Unknown instance. ID=01899912345").await;
    assert_eq!(error.instance_id(), None, "it could be anybody's");
    for odd in ["", "null", "[]", "\"text\"", "{\"kode\":{}}", "\u{feff}{}"] {
        assert_eq!(refusal(400, odd).await.code(), None, "{odd}");
    }
}
