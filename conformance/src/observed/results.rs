//! From what was seen to the result of a case.

use std::{collections::BTreeSet, sync::Arc};

use super::Kept;
use crate::{
    cases::Phase,
    catalogue::Case,
    counterparty::Judgement,
    recording::{Kind, RawExchange},
    results::{Attempt, CaseResult, Check, Grade, RunStatus, Text, Verdict},
    run::{Context, Record, Shared, Stop, Suite, cleaned, of_checks, stop_verdict},
};

/// The result of a case that a judgement is about; `cited` is the evidence for it.
pub(crate) fn judged(case: &Case, grade: Grade, judgement: &Judgement, shared: &Shared, cited: &[&Kept]) -> CaseResult {
    let mut reason = judgement.reason.clone();
    if judgement.verdict.is_finding() {
        reason.nb = format!("{} Råd: {}", reason.nb, judgement.hint.nb);
        reason.en = format!("{} Advice: {}", reason.en, judgement.hint.en);
    }
    let found = Found {
        verdict: judgement.verdict,
        reason,
        checks: judgement.checks.clone(),
        outcome: None,
    };
    result(case, grade, found, shared, cited)
}

/// A case that looks at everything that was recorded, rather than being played.
pub(crate) struct Inspection<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) shared: &'a Shared,
    pub(crate) record: &'a Arc<Record>,
    pub(crate) kept: &'a [Kept],
}

/// Its result; `None` when the case is no such case. `more` is seen beside the recording.
pub(crate) async fn inspected(
    of: &Inspection<'_>,
    case: &Case,
    grade: Grade,
    more: impl IntoIterator<Item = Check>,
) -> Option<CaseResult> {
    let script = of.suite.script(case.id())?;
    if script.phase() != Phase::Inspect {
        return None;
    }
    let context = Context::new(case.id(), of.shared.clone(), Arc::clone(of.record));
    let ended = script.run(context.clone()).await;
    let (mut checks, outcome) = context.take();
    checks.extend(more);
    let (verdict, reason) = match ended {
        Ok(()) | Err(Stop::Done) => of_checks(&checks),
        Err(stop) => stop_verdict(stop, &checks),
    };
    let found = Found {
        verdict,
        reason,
        checks,
        outcome,
    };
    let all: Vec<&Kept> = of.kept.iter().collect();
    Some(result(case, grade, found, of.shared, &all))
}

struct Found {
    verdict: Verdict,
    reason: Text,
    checks: Vec<Check>,
    outcome: Option<Text>,
}

/// A result that rests on these exchanges.
fn result(case: &Case, grade: Grade, mut found: Found, shared: &Shared, exchanges: &[&Kept]) -> CaseResult {
    cleaned(
        &shared.redactor,
        &mut found.reason,
        &mut found.checks,
        &mut found.outcome,
    );
    let requirements = case.record.requirement_ids.clone();
    let mut result = CaseResult::untried(case.id(), requirements, grade, found.verdict, found.reason);
    // What is missing is worth telling, also where nothing came of it.
    result.checks = found.checks;
    if found.verdict == Verdict::NotRun {
        return result;
    }
    let raw = || exchanges.iter().map(|kept| &kept.recorded.raw);
    let start = raw().map(|raw| raw.started).min();
    let end = raw()
        .map(|raw| raw.started.timestamp_millis() + i64::try_from(raw.ms).unwrap_or(0))
        .max();
    let ms = start.zip(end).map_or(0, |(start, end)| {
        u64::try_from(end - start.timestamp_millis()).unwrap_or_default()
    });
    let mut known = BTreeSet::new();
    result.correlation_ids = raw()
        .filter(|raw| matches!(raw.kind, Kind::Api(_)))
        .filter_map(RawExchange::correlation_id)
        .filter(|id| known.insert(id.clone()))
        .collect();
    result.exchange_ids = exchanges.iter().map(|kept| kept.id.clone()).collect();
    result.run_status = RunStatus::Finished;
    result.start = start;
    result.ms = ms;
    result.outcome = found.outcome;
    // A verdict may rest on nothing having been sent.
    result.attempts = start
        .map(|start| Attempt {
            number: 1,
            start,
            ms,
            verdict: result.verdict,
            reason: result.reason.clone(),
            exchange_ids: result.exchange_ids.clone(),
        })
        .into_iter()
        .collect();
    result
}
