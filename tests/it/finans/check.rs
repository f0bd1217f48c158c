//! What the check finds, and what it does not.

use serde_json::{Value, json};
use skatteetaten_client::finansprodukter::{Checker, MAX_BYTES, Report, Rule, Severity, Submission, check};

use super::{EXAMPLE, ORGANISATION, PERSONS, body, bytes, report};

fn rules(report: &Report) -> Vec<Rule> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

/// The findings of a body that has been changed at one place.
fn changed(pointer: &str, value: Value) -> Report {
    let mut body = body();
    *body.pointer_mut(pointer).unwrap() = value;
    check(&bytes(&body))
}

#[test]
fn a_good_body_has_no_findings() {
    let report = check(&bytes(&body()));
    assert_eq!(report.findings, []);
    assert!(report.is_sendable());
    assert_eq!((report.summary.reports, report.summary.synthetic_numbers), (2, 3));
}

#[test]
fn the_published_example_is_found_to_be_inconsistent() {
    let report = check(EXAMPLE);
    let total = report.of(Rule::Total).next().unwrap();
    assert_eq!(total.pointer, "/leveranse/oppgaveoppsummering/sumSalgsvederlag");
    let difference = total.difference.as_ref().unwrap();
    assert_eq!(difference.stated.unwrap().to_string(), "40");
    assert_eq!(difference.computed.to_string(), "110");
    let person = report.of(Rule::IdentityNumber).next().unwrap();
    assert_eq!(person.pointer, "/leveranse/oppgave/0/oppgaveeier/person/foedselsnummer");
    assert_eq!(report.errors().count(), 2);
    let reporter = report.remarks().next().unwrap();
    assert_eq!(reporter.rule, Rule::OrganisationNumber);
    assert_eq!(reporter.pointer, "/leveranse/oppgavegiver/organisasjonsnummer");
    assert_eq!(report.findings.len(), 3);
    assert!(!report.is_sendable());
}

#[test]
fn what_is_not_one_json_text_is_a_syntax_error() {
    let with_mark = [b"\xef\xbb\xbf".as_slice(), &bytes(&body())].concat();
    for text in [b"".as_slice(), b"{", b"{} {}", b"\xff", &with_mark] {
        assert_eq!(rules(&check(text)), [Rule::Syntax]);
    }
}

#[test]
fn repeated_names_are_found() {
    let text = String::from_utf8(bytes(&body())).unwrap();
    let text = text.replacen(
        "\"formuesverdi\":",
        "\"formuesverdi\":{\"beloepINOK\":\"1\"},\"formuesverdi\":",
        1,
    );
    let report = check(text.as_bytes());
    assert_eq!(rules(&report), [Rule::RepeatedName]);
    assert_eq!(
        report.findings[0].pointer,
        "/leveranse/oppgave/0/konto/finansprodukt/0/formuesverdi"
    );
}

#[test]
fn each_rule_has_a_body_that_breaks_it_alone() {
    let without_totals = json!({ "antallOppgaver": 0 });
    let person = "/leveranse/oppgave/0/oppgaveeier/person/foedselsnummer";
    let deletion = |owner: Value| {
        let mut body = body();
        let mut entry = json!({ "kontonummer": "NO0010000000" });
        entry
            .as_object_mut()
            .unwrap()
            .extend(owner.as_object().unwrap().clone());
        body["leveranse"]["sletteoppgave"] = json!([entry]);
        check(&bytes(&body))
    };
    let empty = |kind: &str, reports: Value| {
        let mut body = body();
        body["leveranse"]["leveransetype"] = kind.into();
        body["leveranse"]["oppgave"] = reports;
        body["leveranse"]["oppgaveoppsummering"] = without_totals.clone();
        check(&bytes(&body))
    };
    let total = "/leveranse/oppgaveoppsummering";
    let mut no_total = body();
    no_total["leveranse"]["oppgaveoppsummering"]
        .as_object_mut()
        .unwrap()
        .remove("sumGevinst");
    let mut twice = body();
    twice["leveranse"]["oppgave"][1] = report(PERSONS[0], "100", "-0.50");
    let mut large = body();
    large["leveranse"]["oppgave"][0]["padding"] = "x".repeat(MAX_BYTES).into();
    let mut swapped = body();
    swapped["leveranse"]["inntektsaar"] = 2023.into();
    let nothing_but_reports = {
        let mut body = body();
        body["leveranse"]["leveransetype"] = "ingenOppgaver".into();
        check(&bytes(&body))
    };
    let unreadable = Checker::new().accept(Rule::Schema).check(&{
        let mut body = body();
        body["leveranse"]["oppgaveoppsummering"]["sumGevinst"] = json!(11.5);
        bytes(&body)
    });
    assert_eq!(unreadable.of(Rule::Schema).next().unwrap().severity, Severity::Remark);
    let cases: Vec<(Rule, Report)> = vec![
        (Rule::Syntax, check(b"?")),
        (
            Rule::RepeatedName,
            check(&[&bytes(&body())[..1], b"\"leveranse\":0,", &bytes(&body())[1..]].concat()),
        ),
        (Rule::Schema, changed("/leveranse/kildesystem", json!(1))),
        (Rule::Size, check(&bytes(&large))),
        (Rule::IncomeYear, Checker::new().year(2024).check(&bytes(&swapped))),
        (Rule::Count, changed(&format!("{total}/antallOppgaver"), json!(3))),
        (
            Rule::Total,
            changed(&format!("{total}/sumFormuesverdi"), json!("7800.01")),
        ),
        (Rule::MissingTotal, check(&bytes(&no_total))),
        (Rule::UnreadableTotal, {
            let mut report = unreadable;
            report.findings.retain(|finding| finding.rule != Rule::Schema);
            report
        }),
        (Rule::NothingToReport, nothing_but_reports),
        (Rule::Empty, empty("ordinaer", json!([]))),
        (
            Rule::OrganisationNumber,
            changed("/leveranse/oppgavegiver/organisasjonsnummer", json!("312345675")),
        ),
        (Rule::IdentityNumber, changed(person, json!("05819010059"))),
        (Rule::NotSynthetic, {
            let mut body = body();
            // Month + 40: no proof of being synthetic. The check digits are right.
            *body.pointer_mut(person).unwrap() = "05419010075".into();
            Checker::new().synthetic_only().check(&bytes(&body))
        }),
        (Rule::ReportedTwice, check(&bytes(&twice))),
        (
            Rule::ReportedAndDeleted,
            deletion(json!({ "oppgaveeierFoedselsnummer": PERSONS[0] })),
        ),
        (Rule::DeletionWithoutOwner, deletion(json!({}))),
    ];
    let covered: Vec<Rule> = cases.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(covered, Rule::ALL);
    for (rule, report) in cases {
        assert_eq!(rules(&report), [rule]);
        assert_eq!(report.is_sendable(), rule.severity() == Severity::Remark, "{rule}");
        assert_eq!(rule.name().parse::<Rule>(), Ok(rule));
    }
    assert!(empty("ingenOppgaver", json!([])).is_sendable());
    // A deletion of something else, and only deletions, are ordinary.
    assert!(
        deletion(json!({ "oppgaveeierOrganisasjonsnummer": ORGANISATION }))
            .findings
            .is_empty()
    );
}

#[test]
fn all_findings_come_at_once() {
    let mut body = body();
    body["leveranse"]["oppgave"][0]["oppgaveeier"]["person"]["foedselsnummer"] = "05819010059".into();
    body["leveranse"]["oppgave"][1]["konto"]["finansprodukt"][0]["formuesverdi"]["beloepINOK"] = "1,5".into();
    body["leveranse"]["oppgaveoppsummering"]["antallOppgaver"] = 7.into();
    body["leveranse"]["inntektsaar"] = "2024".into();
    let report = check(&bytes(&body));
    let found = rules(&report);
    for rule in [
        Rule::Schema,
        Rule::IncomeYear,
        Rule::Count,
        Rule::UnreadableTotal,
        Rule::IdentityNumber,
    ] {
        assert!(found.contains(&rule), "{rule}: {found:?}");
    }
    let places: Vec<&str> = report
        .of(Rule::Schema)
        .map(|finding| finding.pointer.as_str())
        .collect();
    assert_eq!(
        places,
        [
            "/leveranse/oppgave/1/konto/finansprodukt/0/formuesverdi/beloepINOK",
            "/leveranse/inntektsaar"
        ]
    );
}

#[test]
fn no_output_shows_a_number_or_a_name() {
    let mut body = body();
    let canaries = ["05819010059", "Canary-Etternavn", "312345675", "Canary-Referanse"];
    body["leveranse"]["oppgave"][0]["oppgaveeier"]["person"]["foedselsnummer"] = canaries[0].into();
    body["leveranse"]["oppgave"][0]["oppgaveeier"]["person"]["etternavn"] = json!([canaries[1]]);
    body["leveranse"]["oppgavegiver"]["organisasjonsnummer"] = canaries[2].into();
    body["leveranse"]["oppgavegiversLeveranseReferanse"] = canaries[3].into();
    body["leveranse"]["oppgave"][0]["oppgaveeier"][canaries[0]] = json!({ "landkode": 1 });
    body["leveranse"]["oppgave"][0]["oppgaveeier"]["adresse"] = json!({ canaries[0]: 1, "landkode": canaries[1] });
    let report = check(&bytes(&body));
    let invalid = Submission::from_json(bytes(&body)).unwrap_err();
    let mut outputs = vec![
        format!("{report:?}"),
        serde_json::to_string(&report).unwrap(),
        invalid.to_string(),
    ];
    outputs.extend(report.findings.iter().map(ToString::to_string));
    outputs.push(format!("{invalid:?}"));
    let good = Checker::new()
        .accept(Rule::IdentityNumber)
        .accept(Rule::OrganisationNumber)
        .accept(Rule::Schema);
    outputs.push(format!("{:?}", Submission::checked(bytes(&body), &good).unwrap()));
    for output in outputs {
        for canary in canaries {
            assert!(!output.contains(canary), "{output}");
        }
    }
}

#[test]
fn only_what_can_be_sent_can_be_accepted() {
    let checker = Rule::ALL
        .iter()
        .fold(Checker::new(), |checker, rule| checker.accept(*rule));
    assert!(checker.check(EXAMPLE).is_sendable());
    assert!(Submission::checked(EXAMPLE, &checker).is_ok());
    assert!(!checker.check(b"{").is_sendable());
    // Without a year there is no address.
    assert!(Submission::checked(b"{}".as_slice(), &checker).is_err());
}

#[test]
fn a_flood_of_findings_is_cut_and_counted() {
    let one = bytes(&report("05819010059", "1", "1"));
    let list = vec![String::from_utf8(one).unwrap(); 12_000].join(",");
    let text = String::from_utf8(bytes(&body())).unwrap();
    let (before, after) = text.split_once("\"oppgave\":[").unwrap();
    let report = check(format!("{before}\"oppgave\":[{list},{after}").as_bytes());
    assert_eq!(report.errors().count(), 10_000);
    assert!(report.omitted_errors > 2_000);
    // One owner and account in all of them: as many remarks, which hide no error.
    assert_eq!(report.remarks().count(), 10_000);
    assert!(report.omitted_remarks > 1_000);
    assert_eq!(report.error_count(), 10_000 + report.omitted_errors);
    assert!(!report.is_sendable());
    // Remarks alone, however many, do not stand against sending.
    let accepting = Rule::ALL
        .iter()
        .fold(Checker::new(), |checker, rule| checker.accept(*rule));
    let report = accepting.check(format!("{before}\"oppgave\":[{list},{after}").as_bytes());
    assert!(report.omitted_remarks > 10_000 && report.is_sendable());
}
