//! Every case that calls the target can fail: what fails under which fault, in full.
//!
//! Cases that look only at records or at the tool itself are made to fail in the crate's own tests.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde_json::json;
use skatteetaten_conformance::{
    results::{ApiName, Verdict},
    run::{Preset, Selection, Suite, Target},
    simulator::{Answer, Directive, Operation, Received, Script, Simulator},
};

use ApiName::{Finansprodukter as F, Trekkpaalegg as T};

/// The employer of the published orders.
const EMPLOYER: &str = "123456789";

/// What a row does to the simulator.
enum Wrong {
    Fault(&'static str),
    Script(fn(&Received) -> Directive),
}

use Wrong::{Fault, Script as Scripted};

/// API, what goes wrong, and every case that does not pass, with the first letters of its verdict:
/// `F`ailed, `B`locked, needs `R`eview, `N`ot run.
type Row = (ApiName, Wrong, &'static str);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    vec![
        (T, Fault("error-500"), "AUTH-10:F AUTH-11:F TP-01:F TP-02:F TP-11:F TP-12:F TP-13:F TP-14:F TP-20:N"),
        (T, Fault("html-error"), "AUTH-10:F AUTH-11:F SEC-07:F TP-01:F TP-02:F TP-11:F TP-12:F TP-13:F TP-14:F TP-20:N"),
        (T, Fault("reset"), "AUTH-06:B AUTH-10:B AUTH-11:B AUTH-13:B AUTH-14:B AUTH-15:B SEC-07:B TP-01:B TP-02:B TP-11:B TP-12:B TP-13:B TP-14:B TP-20:N"),
        (T, Fault("expired-token"), "TP-01:F TP-02:F TP-11:F TP-12:F TP-13:F TP-14:F TP-20:N"),
        (T, Fault("empty-body"), "TP-11:N TP-20:N"),
        (T, Fault("bad-record"), "TP-02:F TP-11:F"),
        (T, Fault("both-sizes"), "TP-02:F TP-11:F"),
        (T, Fault("wrong-employer"), "TP-02:F TP-11:F"),
        (T, Fault("duplicates"), "TP-02:F"),
        (T, Fault("never-advances"), "TP-01:F TP-02:F"),
        (T, Fault("no-orders"), "TP-11:N TP-20:N"),
        (T, Fault("unknown-field:operation=hentVersjon"), "TP-02:M TP-11:F"),
        (T, Fault("unsorted"), "TP-02:M"),
        (T, Fault("token-other-organisation"), "AUTH-06:B AUTH-11:B AUTH-15:B SEC-07:B TP-01:B TP-02:B TP-11:B TP-12:B TP-13:B TP-14:B TP-20:N"),
        (T, Fault("token-no-system-user"), "AUTH-06:F TP-11:N TP-20:N"),
        (T, Fault("token-opaque"), "AUTH-06:R AUTH-13:R AUTH-15:R TP-02:M"),
        (T, Fault("code=MP-100"), "AUTH-06:B AUTH-11:B AUTH-13:B AUTH-14:F AUTH-15:B SEC-07:B TP-01:B TP-02:B TP-11:B TP-12:B TP-13:B TP-14:B TP-20:N"),
        (T, Scripted(empty_token), "AUTH-06:F AUTH-11:F AUTH-13:F AUTH-14:F AUTH-15:F TP-01:F TP-02:F TP-11:F TP-12:F TP-13:F TP-14:F TP-20:N"),
        (T, Scripted(never_refuses_orders), "AUTH-10:F AUTH-11:F SEC-07:F TP-11:N TP-12:F TP-13:F TP-14:F TP-20:N"),
        (F, Fault("error-500"), "AUTH-10:F AUTH-11:F FP-01:F FP-03:F FP-04:B FP-05:F FP-06:F FP-07:F FP-08:F FP-09:F FP-10:F FP-12:N FP-13:N FP-15:F FP-16:F FP-20:F FP-21:F"),
        (F, Fault("html-error"), "AUTH-10:F AUTH-11:F FP-01:F FP-03:F FP-04:B FP-05:F FP-06:F FP-07:F FP-08:F FP-09:F FP-10:F FP-12:N FP-13:N FP-15:F FP-16:F FP-20:F FP-21:F SEC-07:F"),
        (F, Fault("receipt-wrong-count"), "FP-01:F FP-12:F FP-20:F FP-21:F"),
        (F, Fault("receipt-incomplete"), "FP-01:F FP-03:F FP-15:F FP-20:F FP-21:F"),
        (F, Fault("receipt-other-reference"), "FP-01:M"),
        (F, Fault("dialog-missing"), "FP-15:F"),
        (F, Fault("document-empty"), "FP-15:F"),
        (F, Fault("feedback-waiting"), "FP-15:R"),
        (F, Fault("feedback-unrelated"), "FP-15:R"),
        (F, Fault("feedback-double"), "FP-15:R"),
        (F, Scripted(never_refuses_submissions), "AUTH-10:F AUTH-11:F FP-01:F FP-03:F FP-04:F FP-05:F FP-06:F FP-07:F FP-08:F FP-09:F FP-10:F FP-12:F FP-15:F FP-16:F FP-17:F FP-20:F FP-21:F SEC-07:F"),
    ]
}

/// A token without anything in it, for whoever asks.
fn empty_token(request: &Received) -> Directive {
    if request.operation != Some(Operation::Token) {
        return Directive::Normal;
    }
    // {"alg":"none"} . {} . nothing
    Directive::Answer(Answer::json(
        StatusCode::OK,
        &json!({"access_token": "eyJhbGciOiJub25lIn0.e30.AA", "token_type": "Bearer", "expires_in": 119, "scope": "skatteetaten:trekkpaalegg"}),
    ))
}

fn never_refuses_orders(request: &Received) -> Directive {
    match request.operation {
        Some(Operation::HentAlleGjeldende) => Directive::Answer(Answer::json(StatusCode::OK, &json!([]))),
        Some(Operation::HentVersjon) => Directive::Answer(Answer::json(StatusCode::OK, &json!({}))),
        _ => Directive::Normal,
    }
}

/// Every submission gets a receipt of its own, whatever it is; every document exists.
fn never_refuses_submissions(request: &Received) -> Directive {
    match request.operation {
        Some(Operation::Innsending) => Directive::Answer(Answer::json(
            StatusCode::OK,
            &json!({
                "dialogId": uuid::Uuid::new_v4(), "forsendelseId": uuid::Uuid::new_v4(),
                "antallOppgaver": 7,
            }),
        )),
        Some(Operation::UthentingDokument) => {
            Directive::Answer(Answer::json(StatusCode::OK, &json!({"status": "mottatt"})))
        }
        _ => Directive::Normal,
    }
}

struct Answers(fn(&Received) -> Directive);

impl Script for Answers {
    fn direct(&self, request: &Received) -> Directive {
        (self.0)(request)
    }
}

/// The cases that call the target for an API; FP-11 calls nothing and is slow.
fn cases(suite: &Suite, api: ApiName) -> BTreeSet<String> {
    suite
        .catalogue()
        .cases()
        .iter()
        .filter(|case| suite.script(case.id()).is_some() && case.id() != "FP-11")
        .filter(|case| case.record.api.is_none_or(|own| own == api))
        .map(|case| case.id().to_owned())
        .collect()
}

async fn not_passed(suite: &Suite, api: ApiName, wrong: &Wrong) -> BTreeMap<String, Verdict> {
    let builder = match wrong {
        Fault(fault) => Simulator::builder().fault(fault.parse().unwrap()),
        Scripted(script) => Simulator::builder().script(Answers(*script)),
    };
    let simulator = builder.delegation(EMPLOYER).start().await.unwrap();
    let settings = skatteetaten_client::Settings::default().retry(skatteetaten_client::RetryPolicy::never());
    let target = Target::simulator(&simulator, Preset::All)
        .unwrap()
        .settings(settings)
        .delegation(EMPLOYER);
    let selection = Selection {
        apis: BTreeSet::from([api]),
        cases: cases(suite, api),
        ..Selection::default()
    };
    let results = suite.check(target, selection).await.unwrap();
    results
        .into_iter()
        .filter(|result| result.verdict != Verdict::Passed)
        .map(|result| (result.case_id, result.verdict))
        .collect()
}

fn show(results: &BTreeMap<String, Verdict>) -> String {
    let letter = |verdict: &Verdict| match verdict {
        Verdict::Failed => 'F',
        Verdict::Blocked => 'B',
        Verdict::NeedsReview => 'R',
        Verdict::NotRun => 'N',
        Verdict::Remark => 'M',
        _ => '!',
    };
    let shown = results.iter().map(|(id, verdict)| format!("{id}:{}", letter(verdict)));
    shown.collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_under_which_fault() {
    let suite = Suite::builtin().unwrap();
    let (mut wrong_rows, mut failed) = (Vec::new(), BTreeSet::new());
    for (api, wrong, expected) in rows() {
        let results = not_passed(&suite, api, &wrong).await;
        failed.extend(
            results
                .iter()
                .filter(|(_, verdict)| **verdict == Verdict::Failed)
                .map(|(id, _)| id.clone()),
        );
        let found = show(&results);
        if found != expected {
            let name = match wrong {
                Fault(fault) => fault,
                Scripted(_) => "script",
            };
            wrong_rows.push(format!("{} {name}: {found}", api.code()));
        }
    }
    assert!(wrong_rows.is_empty(), "rows that differ:\n{}", wrong_rows.join("\n"));
    // These look at records or at the tool; the crate's own tests make them fail.
    let elsewhere = [
        "FP-11", "FP-13", "SEC-01", "SEC-02", "SEC-03", "SEC-04", "SEC-05", "TP-20",
    ];
    let never: Vec<_> = cases(&suite, T)
        .union(&cases(&suite, F))
        .filter(|id| !failed.contains(*id) && !elsewhere.contains(&id.as_str()))
        .cloned()
        .collect();
    assert_eq!(never, Vec::<String>::new(), "cases that nothing makes fail");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_fails_without_a_fault() {
    let suite = Suite::builtin().unwrap();
    for api in [T, F] {
        let results = not_passed(&suite, api, &Scripted(|_| Directive::Normal)).await;
        let remarks = if api == T { "TP-02:M" } else { "" };
        assert_eq!(show(&results), remarks, "{}", api.code());
    }
}
