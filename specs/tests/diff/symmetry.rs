//! Rules come in fours: both directions, and there and back. Where one is missing there is a
//! reason, and a reason that is no longer needed fails.

use std::collections::{BTreeMap, BTreeSet};

use skatteetaten_specs::diff::{Catalogue, Flow};

/// Kinds that exist in one direction only.
const ONE_WAY: &[(&str, &str)] = &[
    ("answer-body", "what a client answers to a callback"),
    ("response-body", "the request has rules by whether the body is required"),
    ("body-required", "a response is never sent by the client"),
    ("body-optional", "a response is never sent by the client"),
    ("body-need", "a response is never sent by the client"),
    ("encoding", "`encoding` applies to request bodies only"),
    (
        "wrapping-overlap",
        "a response that matches twice is the server's concern",
    ),
    (
        "one-of-overlap",
        "a response that matches twice is the server's concern",
    ),
    ("property-default", "a default says nothing about what arrives"),
    (
        "property-closed",
        "both exist, as removal in requests and addition in responses",
    ),
    (
        "read-only-required",
        "read-only properties are invisible in requests only",
    ),
    (
        "read-only-optional",
        "read-only properties are invisible in requests only",
    ),
    (
        "write-only-required",
        "write-only properties are invisible in responses only",
    ),
    (
        "write-only-optional",
        "write-only properties are invisible in responses only",
    ),
    ("callback", "callbacks are received"),
    ("callback-answer", "answers are sent"),
    ("callback-parameters", "callbacks are received"),
];

/// Areas whose rules exist in one direction by their nature.
const ONE_WAY_AREAS: &[(&str, &str)] = &[
    ("parameters", "parameters are sent"),
    ("paths", "operations are called"),
    ("responses", "statuses and links are received"),
    (
        "headers",
        "headers of responses are received; those of requests are parameters",
    ),
    ("security", "credentials are sent"),
    ("servers", "servers are called"),
];

/// Kinds without a rule for the way back.
const NO_WAY_BACK: &[(&str, &str)] = &[
    (
        "wrapping-overlap",
        "unwrapping leaves one alternative, which overlaps with none",
    ),
    ("property-default", "removal does not depend on the default"),
    (
        "property-closed",
        "the two ways are one rule each, in opposite directions",
    ),
    (
        "one-of-overlap",
        "taking an overlapping alternative away is an ordinary removal",
    ),
    (
        "body-required",
        "a body that is gone is one rule, whether it was required or not",
    ),
    (
        "path-parameter",
        "an address gains a parameter as a required one is added",
    ),
    (
        "query-parameter",
        "addition is told by whether it is required, not by place",
    ),
    (
        "header-parameter",
        "addition is told by whether it is required, not by place",
    ),
    (
        "cookie-parameter",
        "addition is told by whether it is required, not by place",
    ),
    (
        "parameter-required",
        "removal is told by place, not by whether it was required",
    ),
    (
        "parameter-optional",
        "removal is told by place, not by whether it was required",
    ),
    ("operation-sunset-passed", "nothing is added after its sunset"),
    ("operation-sunset-ahead", "nothing is added before its sunset"),
    (
        "extensible-enum",
        "a value that goes is one rule, whether the list may grow or not",
    ),
    ("api-version-order", "going forward is `api-version-changed`"),
    ("component-unused", "an added schema is one rule, used or not"),
    ("header-required", "an added header is one rule, required or not"),
];

#[test]
fn every_rule_has_its_counterpart_or_a_reason() {
    let rules = Catalogue::embedded().unwrap().rules();
    let mut known: BTreeMap<(&str, Flow, skatteetaten_specs::diff::Action), &str> = BTreeMap::new();
    for rule in rules {
        known.insert((&rule.kind, rule.flow, rule.action), rule.id);
    }
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut faults = Vec::new();
    for rule in rules {
        let other_flow = match rule.flow {
            Flow::Request => Some(Flow::Response),
            Flow::Response => Some(Flow::Request),
            Flow::Any => None,
        };
        if let Some(flow) = other_flow
            && !known.contains_key(&(rule.kind.as_str(), flow, rule.action))
        {
            let kind = ONE_WAY.iter().find(|(kind, _)| *kind == rule.kind);
            let area = ONE_WAY_AREAS.iter().find(|(area, _)| *area == rule.area);
            match (kind, area) {
                (Some((kind, _)), _) => used.insert(("one way", kind)),
                (None, Some((area, _))) => used.insert(("one-way area", area)),
                (None, None) => {
                    faults.push(format!("{}: no rule for {flow:?}", rule.id));
                    false
                }
            };
        }
        let back = (rule.kind.as_str(), rule.flow, rule.action.opposite());
        if !known.contains_key(&back) {
            match NO_WAY_BACK.iter().find(|(kind, _)| *kind == rule.kind) {
                Some((kind, _)) => {
                    used.insert(("no way back", kind));
                }
                None => faults.push(format!("{}: no rule for {:?}", rule.id, back.2)),
            }
        }
    }
    for (list, name) in [
        (ONE_WAY, "one way"),
        (ONE_WAY_AREAS, "one-way area"),
        (NO_WAY_BACK, "no way back"),
    ] {
        for (kind, reason) in list {
            assert!(!reason.is_empty());
            if !used.contains(&(name, kind)) {
                faults.push(format!("the waiver `{name}` of {kind} is stale: remove it"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
