//! What the published examples withhold on pay dates: the table test of `for_pay_date`.

use chrono::NaiveDate;
use serde_json::{Value, json};
use skatteetaten_client::{
    identifiers::NationalIdentityNumber,
    trekkpaalegg::{Contradiction, Order, Page, Warning, Withholding, compare_versions, for_person},
};

const SCENARIOS: &str = include_str!("../../conformance/data/published-scenarios.json");

fn orders_of(records: &Value) -> Vec<Order> {
    let page = Page::from_json(records.to_string()).expect("a list");
    assert!(page.rejected.is_empty(), "{page:?}");
    page.orders
}

fn published() -> Vec<Order> {
    let scenarios: Value = serde_json::from_str(SCENARIOS).expect("JSON");
    let versions: Vec<Value> = scenarios
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|scenario| scenario["versions"].as_array().expect("a list").clone())
        .collect();
    orders_of(&Value::from(versions))
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

/// A short form of a decision: size, then warnings.
fn decide(order: &Order, on: &str) -> String {
    let decision = order.for_pay_date(date(on));
    let size = match decision.withholding {
        Withholding::AmountPerMonth(amount) => format!("NOK {amount}"),
        Withholding::PercentageOfPayment(percentage) => format!("{} %", percentage.normalize()),
        Withholding::Nothing => "nothing".to_owned(),
        Withholding::Contradiction(Contradiction::EndedWithOpenPeriod) => "contradiction: open".to_owned(),
        Withholding::Contradiction(_) => "contradiction".to_owned(),
    };
    let warnings: Vec<&str> = decision
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::EndedButPeriodApplies => "ended",
            Warning::EndedWithOpenPeriodElsewhere => "open elsewhere",
            Warning::UnknownStatus => "status",
            Warning::Zero => "zero",
            Warning::BeforeFirstPeriod => "before",
            _ => "?",
        })
        .collect();
    format!("{size}; {}", warnings.join(","))
}

#[test]
fn all_published_scenarios_are_good_orders() {
    let orders = published();
    assert_eq!(orders.len(), 19);
    for order in &orders {
        // The examples' identifiers fail their check digits: a remark, no more.
        let remarks: Vec<_> = order
            .remarks()
            .iter()
            .map(|remark| (remark.rule.id(), &*remark.pointer))
            .collect();
        assert_eq!(
            remarks,
            [
                ("check-digit", "/trekkpliktig"),
                ("check-digit", "/skyldner"),
                ("check-digit", "/betalingsinformasjon/betalingsmottaker"),
            ]
        );
    }
}

#[test]
fn the_period_that_holds_the_pay_date_decides() {
    let orders = published();
    let table = [
        // New order: nothing before its first day, 17 % from it on.
        ("10001", 1, "2025-08-09", "nothing; before"),
        ("10001", 1, "2025-08-10", "17 %; "),
        ("10001", 1, "2031-12-31", "17 %; "),
        ("10002", 1, "2025-08-10", "NOK 5000; "),
        // Lowered: both ends of the first period belong to it.
        ("10003", 1, "2025-08-10", "23 %; "),
        ("10003", 2, "2025-05-09", "nothing; before"),
        ("10003", 2, "2025-05-10", "23 %; "),
        ("10003", 2, "2025-08-09", "23 %; "),
        ("10003", 2, "2025-08-10", "17 %; "),
        // Ended, with its period still running for two months.
        ("10004", 1, "2025-09-13", "17 %; "),
        ("10004", 2, "2025-07-15", "17 %; ended"),
        ("10004", 2, "2025-09-12", "17 %; ended"),
        ("10004", 2, "2025-09-13", "nothing; "),
        // Ended, with NOK 4,400 due afterwards.
        ("10005", 2, "2025-08-09", "23 %; ended"),
        ("10005", 2, "2025-08-10", "NOK 4400; ended"),
        ("10005", 2, "2025-08-31", "NOK 4400; ended"),
        ("10005", 2, "2025-09-01", "nothing; "),
        ("10006", 4, "2025-09-14", "NOK 8000; "),
        ("10006", 4, "2025-09-15", "NOK 6000; "),
        ("10006", 4, "2025-10-13", "NOK 6000; "),
        ("10006", 4, "2026-02-09", "NOK 5000; "),
        ("10006", 4, "2026-02-10", "NOK 7000; "),
        // Paused: 0 % is a percentage, not an end.
        ("10007", 2, "2025-10-10", "17 %; "),
        ("10007", 2, "2025-10-11", "0 %; zero"),
        ("10007", 2, "2025-12-10", "0 %; zero"),
        ("10007", 2, "2025-12-11", "17 %; "),
        ("10008", 2, "2025-09-17", "32 %; ended"),
        ("10008", 2, "2025-09-18", "nothing; "),
        ("10009", 1, "2025-09-30", "nothing; before"),
        ("10009", 1, "2025-10-01", "33 %; "),
        ("10010", 2, "2025-10-06", "NOK 3000; "),
        ("10010", 2, "2025-10-07", "NOK 2000; "),
    ];
    for (trekkid, version, on, expected) in table {
        let order = orders
            .iter()
            .find(|order| order.trekkid == trekkid && order.trekkversjon == version)
            .expect("published");
        assert_eq!(decide(order, on), expected, "{trekkid}/{version} on {on}");
    }
    // Every published version stands in the table or differs in nothing that matters.
    for order in &orders {
        assert!(table.iter().any(|row| row.0 == order.trekkid), "{}", order.trekkid);
    }
}

fn invented(status: &str, periods: Value) -> Order {
    let mut record = json!({
        "trekkid": "T1", "trekkversjon": 1, "sekvensnummer": 1,
        "opprettet": "2025-08-09T15:00:00Z",
        "trekkpliktig": "312345676", "skyldner": "01819010001",
        "betalingsinformasjon": {"betalingsmottaker": "123456785", "kidnummer": "2345676", "kontonummer": "70213997155"}
    });
    record["trekkstatus"] = status.into();
    record["trekkstoerrelseForPeriode"] = periods;
    orders_of(&json!([record])).remove(0)
}

#[test]
fn an_ended_order_with_an_open_period_contradicts_itself() {
    let order = invented(
        "avsluttet",
        json!([
            {"startdato": "2025-01-01", "sluttdato": "2025-06-30", "trekkbeloep": {"trekkbeloep": 100.50}},
            {"startdato": "2025-07-01", "trekkbeloep": {"trekkbeloep": 200}}
        ]),
    );
    assert_eq!(decide(&order, "2025-07-01"), "contradiction: open; ");
    assert_eq!(decide(&order, "2025-06-30"), "NOK 100.5; ended,open elsewhere");
    assert_eq!(decide(&order, "2024-12-31"), "nothing; before,open elsewhere");
}

#[test]
fn an_unknown_status_is_a_warning_and_the_period_decides() {
    let order = invented(
        "hviler",
        json!([{"startdato": "2025-01-01", "trekkbeloep": {"trekkbeloep": 0}}]),
    );
    assert_eq!(decide(&order, "2025-01-01"), "NOK 0; status,zero");
    assert_eq!(decide(&order, "2024-01-01"), "nothing; status,before");
}

#[test]
fn a_program_that_makes_periods_overlap_is_told() {
    let mut order = invented(
        "aktiv",
        json!([
            {"startdato": "2025-01-01", "sluttdato": "2025-06-30", "trekkbeloep": {"trekkbeloep": 1}},
            {"startdato": "2025-07-01", "trekkbeloep": {"trekkbeloep": 2}}
        ]),
    );
    order.trekkstoerrelse_for_periode[0].sluttdato = None;
    assert_eq!(decide(&order, "2025-08-01"), "contradiction; ");
}

#[test]
fn a_person_gets_a_list_and_never_a_sum() {
    let orders = published();
    let person = NationalIdentityNumber::parse("10108412345").expect("the published debtor");
    let decisions = for_person(&orders, &person, date("2025-10-15"));
    let found: Vec<_> = decisions
        .iter()
        .map(|entry| {
            (
                entry.order.trekkid.as_str(),
                entry.order.trekkversjon,
                decide(entry.order, "2025-10-15"),
            )
        })
        .map(|(trekkid, version, decision)| format!("{trekkid}/{version} {decision}"))
        .collect();
    assert_eq!(
        found,
        [
            "10001/1 17 %; ",
            "10002/1 NOK 5000; ",
            "10003/2 17 %; ",
            "10004/2 nothing; ",
            "10005/2 nothing; ",
            "10006/4 NOK 5000; ",
            "10007/2 0 %; zero",
            "10008/2 nothing; ",
            "10009/1 33 %; ",
            "10010/2 NOK 2000; ",
        ]
    );
    // The latest version speaks, wherever it stands.
    let mut backwards = orders.clone();
    backwards.reverse();
    assert_eq!(for_person(&backwards, &person, date("2025-10-15")).len(), 10);
    assert!(
        for_person(&backwards, &person, date("2025-10-15"))
            .iter()
            .any(|entry| entry.order.trekkid == "10006" && entry.order.trekkversjon == 4)
    );
    let nobody = NationalIdentityNumber::parse("01819010001").expect("shape");
    assert!(for_person(&orders, &nobody, date("2025-10-15")).is_empty());
}

#[test]
fn versions_of_one_order_are_compared() {
    let versions: Vec<Order> = published()
        .into_iter()
        .filter(|order| order.trekkid == "10006")
        .collect();
    assert_eq!(compare_versions(&versions), []);
    let mut changed = versions.clone();
    changed[2].betalingsinformasjon.kidnummer = "2345676".to_owned();
    changed[3].sekvensnummer = 1;
    changed.push(versions[0].clone());
    let found: Vec<_> = compare_versions(&changed)
        .iter()
        .map(|remark| format!("{} {}", remark.pointer, remark.rule.id()))
        .collect();
    assert_eq!(
        found,
        [
            "/4 duplicate",
            "/2/betalingsinformasjon/kidnummer kid-changed",
            "/3/betalingsinformasjon/kidnummer kid-changed",
            "/3/sekvensnummer version-goes-back",
        ]
    );
    assert_eq!(compare_versions(&[]), []);
}
