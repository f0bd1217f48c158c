//! The versions of one order, compared with each other.

use super::{
    order::Order,
    rule::{Remark, RemarkRule},
};

/// Compares versions of one order, in any order: the KID stays the same, and a later version
/// has a higher `sekvensnummer`. Pointers point into `versions` as given. Versions of other
/// orders than the first one's are left out of the comparison.
#[must_use]
pub fn compare_versions(versions: &[Order]) -> Vec<Remark> {
    let Some(first) = versions.first() else {
        return Vec::new();
    };
    let mut by_version: Vec<(usize, &Order)> = versions
        .iter()
        .enumerate()
        .filter(|(_, order)| order.trekkid == first.trekkid)
        .collect();
    by_version.sort_by_key(|(_, order)| order.trekkversjon);
    let mut remarks = Vec::new();
    for pair in by_version.windows(2) {
        let [(_, earlier), (index, later)] = pair else {
            continue;
        };
        if earlier.betalingsinformasjon.kidnummer != later.betalingsinformasjon.kidnummer {
            remarks.push(Remark::new(
                format!("/{index}/betalingsinformasjon/kidnummer"),
                RemarkRule::KidChanged,
            ));
        }
        if earlier.trekkversjon == later.trekkversjon {
            remarks.push(Remark::new(format!("/{index}"), RemarkRule::Duplicate));
        } else if earlier.sekvensnummer >= later.sekvensnummer {
            remarks.push(Remark::new(
                format!("/{index}/sekvensnummer"),
                RemarkRule::VersionGoesBack,
            ));
        }
    }
    remarks
}
