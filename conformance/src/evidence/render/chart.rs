//! The chart of the summary: for each grade, a bar per area divided by verdict. Self-checks have a
//! group of their own, so that no bar mixes them with anything.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::status;
use crate::{
    evidence::PackData,
    results::{Grade, Lang, Verdict},
};

/// Groups, bars and parts. Positions are percent of the width.
pub(super) fn groups(data: &PackData, lang: Lang) -> Vec<Value> {
    Grade::ALL
        .into_iter()
        .filter_map(|grade| {
            let rows = rows(data, grade, lang);
            (!rows.is_empty()).then(|| {
                json!({
                    "letter": grade.letter(),
                    "label": grade.label().get(lang),
                    "counted": grade.counts(),
                    "rows": rows,
                })
            })
        })
        .collect()
}

fn rows(data: &PackData, grade: Grade, lang: Lang) -> Vec<Value> {
    let mut by_area: BTreeMap<&str, BTreeMap<Verdict, usize>> = BTreeMap::new();
    for result in &data.results.results {
        if result.grade != grade || !status::was_tried(result) {
            continue;
        }
        let area = data
            .catalogue
            .case(&result.case_id)
            .map_or("–", |case| case.area.as_str());
        *by_area.entry(area).or_default().entry(result.verdict).or_default() += 1;
    }
    let known = data.catalogue.areas.iter().map(|area| area.id.as_str());
    let mut order: Vec<&str> = known.collect();
    order.push("–");
    // One scale for all bars of a group: the longest is as wide as the page.
    let longest = by_area
        .values()
        .map(|verdicts| verdicts.values().sum::<usize>())
        .max()
        .unwrap_or(1);
    order
        .into_iter()
        .filter_map(|area| {
            let verdicts = by_area.get(area)?;
            let title = data
                .catalogue
                .areas
                .iter()
                .find(|known| known.id == area)
                .map_or(area, |known| known.title.get(lang));
            let total: usize = verdicts.values().sum();
            let mut x = 0.0;
            let mut parts = Vec::new();
            let mut words = Vec::new();
            for verdict in Verdict::ALL {
                let Some(count) = verdicts.get(&verdict).copied() else {
                    continue;
                };
                let width = 100.0 * share(count, longest);
                parts.push(json!({
                    "class": verdict.code(),
                    "count": count,
                    "x": percent(x),
                    "width": percent(width),
                    "middle": percent(x + width / 2.0),
                }));
                words.push(format!("{count} {}", verdict.label().get(lang)));
                x += width;
            }
            Some(json!({
                "title": title,
                "total": total,
                "parts": parts,
                "words": words.join(", "),
            }))
        })
        .collect()
}

/// Numbers of cases are small; a lossless way from `usize` to `f64` goes through `u32`.
fn share(count: usize, of: usize) -> f64 {
    let small = |value: usize| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    small(count) / small(of.max(1))
}

/// Two decimals: the same text on every machine.
fn percent(value: f64) -> String {
    format!("{value:.2}%")
}
