//! Takes the ids of a document from the address that a dialog gives for it.

use url::Url;
use uuid::Uuid;

/// The ids in an address of this API: `BASE/YEAR/forsendelser/ID/dokumenter/ID`, nothing else.
///
/// The address comes from outside. It is compared with the base URL that we know and then
/// forgotten; what is called is built from the ids.
pub(super) fn ids(address: &str, base: &Url, income_year: u16) -> Option<(Uuid, Uuid)> {
    let address = Url::parse(address).ok()?;
    let is_ours = address.origin() == base.origin()
        && address.username().is_empty()
        && address.password().is_none()
        && address.query().is_none()
        && address.fragment().is_none();
    if !is_ours {
        return None;
    }
    let base = base.path().trim_end_matches('/');
    let rest = address.path().strip_prefix(base)?.strip_prefix('/')?;
    let parts: Vec<&str> = rest.split('/').collect();
    let [year, "forsendelser", dispatch, "dokumenter", document] = parts.as_slice() else {
        return None;
    };
    if *year != income_year.to_string() {
        return None;
    }
    Some((id(dispatch)?, id(document)?))
}

/// Only the usual form with hyphens, which is the only one that the API's addresses have.
fn id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::parse_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0193b5cd-cbce-7dbd-b188-1437db673767";
    const B: &str = "0193b5cd-cb85-7320-bd8c-6c78c88dc8af";

    #[test]
    fn only_addresses_of_this_api_year_and_shape_give_ids() {
        let base = Url::parse("https://api.example.invalid/v1").unwrap();
        let good = format!("https://api.example.invalid/v1/2024/forsendelser/{A}/dokumenter/{B}");
        let expected = (Uuid::parse_str(A).unwrap(), Uuid::parse_str(B).unwrap());
        assert_eq!(ids(&good, &base, 2024), Some(expected));
        let with_slash = Url::parse("https://api.example.invalid/v1/").unwrap();
        assert_eq!(ids(&good, &with_slash, 2024), Some(expected));
        for bad in [
            good.replace("https", "http"),
            good.replace("api.example.invalid", "api.example.invalid:8443"),
            good.replace("api.example.invalid", "api.example.invalid.attacker.invalid"),
            good.replace("https://", "https://api.example.invalid@attacker.invalid/"),
            good.replace("https://", "https://user@"),
            good.replace("/v1/", "/v2/"),
            good.replace("/v1/", "/v1/../v1/x/"),
            good.replace("2024", "2023"),
            good.replace("forsendelser", "sendelser"),
            good.replace(B, "1"),
            good.replace(B, &B.replace('-', "")),
            format!("{good}/"),
            format!("{good}?token=1"),
            format!("{good}#x"),
            String::new(),
            format!("/v1/2024/forsendelser/{A}/dokumenter/{B}"),
        ] {
            assert_eq!(ids(&bad, &base, 2024), None, "{bad}");
        }
    }
}
