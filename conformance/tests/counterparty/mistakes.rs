//! Each realistic mistake fails the cases that are about it, and no others.

use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt as _, stream};
use skatteetaten_conformance::{counterparty::Step, results::Verdict};

use crate::support::{Reference, about, difference, own_vendor, play, play_as, play_within};

/// Mistake → every case that it fails.
const TABLE: &[(&str, &[&str])] = &[
    ("undocumented-claim", &["AUTH-01"]),
    ("long-lived-assertion", &["AUTH-02"]),
    ("no-clock-message", &["AUTH-02"]),
    ("replayed-assertion", &["AUTH-03"]),
    ("wrong-scope", &["AUTH-04"]),
    ("resource-claim", &["AUTH-05"]),
    // Without a system user every token is the owner's: no customer has its own.
    ("no-system-user", &["AUTH-06", "AUTH-09", "AUTH-14"]),
    ("loop-on-missing-delegation", &["AUTH-07"]),
    ("no-renewal", &["AUTH-08"]),
    ("token-per-call", &["AUTH-08"]),
    ("shared-token", &["AUTH-09", "AUTH-14"]),
    ("renews-forever", &["AUTH-10"]),
    ("retries-403", &["AUTH-11"]),
    ("assertion-in-log", &["AUTH-12"]),
    ("no-external-ref", &["AUTH-14"]),
    ("token-without-reference", &["AUTH-14"]),
    ("empty-is-error", &["TP-01"]),
    ("loses-last-order", &["TP-02"]),
    ("lone-parameter", &["TP-03"]),
    // A watermark that is one too high is so on sorted and unsorted pages, after a stop and after
    // maintenance.
    ("plus-one", &["RES-05", "TP-04", "TP-07", "TP-09"]),
    ("stops-after-full-page", &["TP-05"]),
    ("asks-after-partial", &["TP-05"]),
    ("asks-after-empty", &["TP-06"]),
    ("watermark-first", &["TP-07"]),
    ("appends-duplicates", &["TP-08"]),
    ("last-number", &["TP-09"]),
    ("older-overwrites", &["TP-10"]),
    ("always-version-two", &["TP-11"]),
    ("retries-404", &["TP-12"]),
    ("no-validation", &["TP-13"]),
    ("no-accept", &["TP-14"]),
    ("first-size-wins", &["TP-15"]),
    ("end-excluded", &["TP-16"]),
    ("zero-is-nothing", &["TP-17"]),
    ("amount-each-time", &["TP-18"]),
    ("status-decides", &["TP-19"]),
    ("kid-as-number", &["TP-20"]),
    ("takes-any-employer", &["TP-21"]),
    ("takes-anybody", &["TP-21"]),
    ("closed-codes", &["TP-22"]),
    ("adds-up", &["TP-23"]),
    ("receipt-not-kept", &["FP-01"]),
    // Every report of a run after the first is refused.
    ("key-per-run", &["FP-02", "FP-22"]),
    ("new-key-on-retry", &["FP-03", "RES-01"]),
    ("retries-used-key", &["FP-04"]),
    ("no-key", &["FP-05"]),
    ("wrong-year", &["FP-06"]),
    ("hides-closed-year", &["FP-07"]),
    ("hides-path", &["FP-08"]),
    ("wrong-content-type", &["FP-10"]),
    ("sends-too-much", &["FP-11"]),
    ("wrong-count", &["FP-12"]),
    ("float-totals", &["FP-13"]),
    ("receipt-is-acceptance", &["FP-14"]),
    ("document-cut", &["FP-15"]),
    ("retries-missing-document", &["FP-16"]),
    ("key-not-saved", &["FP-18"]),
    ("corrects-under-same-key", &["FP-02", "FP-19"]),
    ("counts-deletions", &["FP-20"]),
    ("sum-of-nothing", &["FP-13", "FP-21"]),
    ("resends-all-parts", &["FP-22"]),
    ("never-retries", &["RES-01"]),
    ("stores-broken-page", &["RES-02"]),
    (ENDLESS, &["RES-02"]),
    ("retries-400", &["RES-03"]),
    ("crash-on-html", &["RES-04"]),
    ("restarts-after-failure", &["RES-05"]),
    ("ignores-retry-after", &["RES-06"]),
    ("mistyped-person", &["SEC-01"]),
    ("no-environment-guard", &["SEC-03"]),
    ("drops-correlation-id", &["SEC-07"]),
    ("no-tls-check", &["SEC-06"]),
];

/// The same where the client acts for its own organisation.
const OWN: &[(&str, &[&str])] = &[("asks-for-system-user", &["AUTH-13"])];

/// The one that never ends its task by itself is given less time for it.
const ENDLESS: &str = "no-timeout";

/// What differs from the table with this mistake, in the steps about its cases and two plain ones.
async fn differs(mistake: &str, expected: &[&str]) -> Option<String> {
    let client = Reference::new(Some(mistake));
    let verdicts = if mistake == ENDLESS {
        play_within(Duration::from_secs(30), &client, about(expected)).await
    } else {
        play(&client, about(expected)).await
    };
    difference(mistake, expected, &verdicts)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fails_its_own_cases_in_the_steps_about_them() {
    let wrong: Vec<_> = stream::iter(TABLE)
        .map(|(mistake, expected)| differs(mistake, expected))
        .buffer_unordered(4)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n  "));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_system_user_none_is_asked_for() {
    let pages = |step: &Step| step.id == "pages";
    let verdicts = play_as(own_vendor(), &Reference::new(None), pages).await;
    verdicts.assert_none_failed();
    verdicts.assert_passed("AUTH-13");
    for (mistake, expected) in OWN {
        let verdicts = play_as(own_vendor(), &Reference::new(Some(mistake)), pages).await;
        assert_eq!(verdicts.with(Verdict::Failed), expected.iter().copied().collect());
    }
}

#[test]
fn the_table_knows_every_mistake_and_every_case() {
    let output = std::process::Command::new(crate::support::python())
        .arg(crate::support::reference_client())
        .arg("--list-mistakes")
        .output()
        .unwrap();
    let listed: BTreeSet<_> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    let tabled: BTreeSet<_> = TABLE.iter().chain(OWN).map(|(mistake, _)| *mistake).collect();
    assert_eq!(listed, tabled);
    let failed: BTreeSet<_> = TABLE
        .iter()
        .chain(OWN)
        .flat_map(|(_, cases)| cases.iter().copied())
        .collect();
    let judged: BTreeSet<_> = skatteetaten_conformance::counterparty::judged_cases()
        .into_iter()
        .collect();
    let untouched: BTreeSet<_> = judged.difference(&failed).copied().collect();
    assert_eq!(untouched, [].into());
}
