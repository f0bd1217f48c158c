//! What the traffic shows about each case.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use skatteetaten_client::{Access, Api};

use super::EXCHANGES;
use crate::{
    catalogue::Case,
    counterparty::{Customer, Judgement, Subject, Tape, judge},
    observed::{self, Inspection, Kept},
    proxy::{Fault, stayed_here},
    recording::Kind,
    results::{ApiName, CaseResult, Check, Grade, Provenance, Role, Text, Verdict},
    run::{self, Options, Record, Shared, Suite, Target},
};

/// The case about what leaves.
const STOPPED: &str = "SEC-01";

/// What the guard kept here: also numbers that stood outside of bodies.
fn stopped(kept: &[Kept]) -> Option<Check> {
    let ids: Vec<&str> = kept
        .iter()
        .filter(|kept| kept.recorded.raw.fault.as_deref() == Some(Fault::Stopped.name()))
        .map(|kept| kept.id.as_str())
        .collect();
    (!ids.is_empty()).then(|| Check {
        name: Text::new("Stanset av proxyen", "Stopped by the proxy"),
        verdict: Verdict::Failed,
        provenance: Provenance::Published,
        expected: Text::new("ingen forespørsel", "no request"),
        found: Text::same(ids.join(", ")),
    })
}

/// The grade of what the vendor's system does behind the proxy.
pub(super) fn grade(target: &Target) -> Grade {
    if target.is_authority() { Grade::A } else { Grade::B }
}

/// What the configuration says of the system behind the proxy.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) accesses: Vec<Access>,
    pub(super) client_id: Option<String>,
}

/// One result for each selected case.
pub(super) async fn results(
    suite: &Suite,
    shared: &Shared,
    options: &Options,
    known: &Known,
    kept: &[Kept],
) -> Vec<CaseResult> {
    let record: Record = BTreeMap::from([(
        EXCHANGES.to_owned(),
        kept.iter().map(|kept| kept.recorded.clone()).collect(),
    )]);
    let record = Arc::new(record);
    let subject = subject(&shared.target, known, kept);
    // What never left has shown nothing about the other side. The number of an exchange on the
    // tape is its place among these.
    let left: Vec<&Kept> = kept.iter().filter(|kept| !stayed_here(&kept.recorded.raw)).collect();
    let tape = Tape::unordered(left.iter().map(|kept| kept.recorded.raw.clone()));
    let judgements: BTreeMap<_, _> = judge(&tape, &subject)
        .into_iter()
        .map(|judgement| (judgement.case_id, judgement))
        .collect();
    let mut results = Vec::new();
    for case in suite.catalogue().cases() {
        if !options.selection.holds(case) {
            continue;
        }
        // The guard's own case knows the vendor's declared test data, and what was stopped.
        let judgement = judgements
            .get(case.id())
            .filter(|_| case.has_role(Role::C) && case.id() != STOPPED);
        let mut result = match judgement {
            Some(judgement) => seen(case, shared, &subject, judgement, &left),
            None => otherwise(suite, shared, options, kept, &record, case).await,
        };
        result.deviation_id = options
            .deviations
            .iter()
            .find(|deviation| deviation.case_id == result.case_id)
            .map(|deviation| deviation.id.clone());
        results.push(result);
    }
    results
}

/// What is known of the system. What the configuration does not say, the traffic does.
fn subject(target: &Target, known: &Known, kept: &[Kept]) -> Subject {
    let requests = || kept.iter().map(|kept| &kept.recorded.raw);
    let mut apis: BTreeSet<ApiName> = requests()
        .filter_map(|raw| match raw.kind {
            Kind::Api(Api::Trekkpaalegg) => Some(ApiName::Trekkpaalegg),
            Kind::Api(Api::Finansprodukter) => Some(ApiName::Finansprodukter),
            _ => None,
        })
        .collect();
    apis.retain(|api| target.apis.contains(api));
    let system_users: Vec<Customer> = known
        .accesses
        .iter()
        .filter_map(|access| match access {
            Access::SystemUser {
                organisation,
                external_ref,
            } => Some(Customer {
                organisation: organisation.clone(),
                external_ref: external_ref.as_ref().map(|reference| reference.as_str().to_owned()),
            }),
            _ => None,
        })
        .collect();
    Subject {
        issuer: target.environment.issuer().unwrap_or_default().to_owned(),
        client_id: known.client_id.clone(),
        // The other side grants no token for a signature that it does not verify.
        registered: true,
        system_user: !system_users.is_empty() || kept.iter().any(asks_for_system_user),
        system_users,
        apis,
        authority: target.is_authority(),
    }
}

fn asks_for_system_user(kept: &Kept) -> bool {
    let claim = kept.recorded.written.pointer("/assertion/claims/authorization_details");
    claim.is_some()
}

/// A case that the traffic can show.
fn seen(case: &Case, shared: &Shared, subject: &Subject, judgement: &Judgement, left: &[&Kept]) -> CaseResult {
    let target = &shared.target;
    let grade = grade(target);
    let inapplicable = match case.record.api {
        Some(api) if !target.apis.contains(&api) => Some(Text::new(
            format!("Økten gjelder ikke {}.", api.label()),
            format!("The session is not about {}.", api.label()),
        )),
        _ => match case.when {
            crate::catalogue::When::OwnOrganisation if subject.system_user => Some(Text::new(
                "Systemet bruker systembruker.",
                "The system uses a system user.",
            )),
            _ => None,
        },
    };
    if let Some(reason) = inapplicable {
        let requirements = case.record.requirement_ids.clone();
        return CaseResult::untried(case.id(), requirements, grade, Verdict::NotApplicable, reason);
    }
    let cited: Vec<&Kept> = judgement
        .exchanges
        .iter()
        .filter_map(|number| left.get(*number).copied())
        .collect();
    observed::judged(case, grade, judgement, shared, &cited)
}

/// A case that looks at all that was recorded, is stated by a person, or is not tried here.
async fn otherwise(
    suite: &Suite,
    shared: &Shared,
    options: &Options,
    kept: &[Kept],
    record: &Arc<Record>,
    case: &Case,
) -> CaseResult {
    let grade = grade(&shared.target);
    let requirements = case.record.requirement_ids.clone();
    let inspection = Inspection {
        suite,
        shared,
        record,
        kept,
    };
    let more = stopped(kept).filter(|_| case.id() == STOPPED);
    if let Some(result) = observed::inspected(&inspection, case, grade, more).await {
        return result;
    }
    if case.has_role(Role::M) {
        return run::statement(case.id(), requirements, &options.attestations);
    }
    let reason = Text::new(
        "Prøves av testverktøyets egen klient: kjør «conformance --target test».",
        "Tried by the test tool's own client: run \"conformance --target test\".",
    );
    CaseResult::untried(case.id(), requirements, Grade::C, Verdict::NotRun, reason)
}
