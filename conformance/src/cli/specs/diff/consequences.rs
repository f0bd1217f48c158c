//! What a new document does to the generated Rust, and to recorded evidence.

use skatteetaten_specs::{
    diff::{Evidence, Report, RustChange, Source},
    generate, lower,
    surface::Surface,
};

use super::super::super::Failure;
use crate::catalogue::Catalogue;

/// Adds both to a report. A document for which no bindings can be generated is a remark, not a
/// failure: the comparison itself stands.
pub(super) fn add(report: &mut Report, old: &Source, new: &Source) -> Result<(), Failure> {
    match (surface(old), surface(new)) {
        (Ok(before), Ok(after)) => report.add_rust(
            before
                .changes(&after)
                .into_iter()
                .map(|change| RustChange {
                    owner: change.owner,
                    old: change.old,
                    new: change.new,
                })
                .collect(),
        ),
        (before, after) => {
            for problem in [before.err(), after.err()].into_iter().flatten() {
                report.remarks.push(format!(
                    "the generated Rust was not compared, since no bindings can be generated: {problem}"
                ));
            }
        }
    }
    report.add_evidence(&evidence()?);
    Ok(())
}

/// Which cases and requirements of the suite rest on which operation.
fn evidence() -> Result<Evidence, Failure> {
    let catalogue = Catalogue::builtin().map_err(Failure::internal)?;
    let mut evidence = Evidence::default();
    for case in catalogue.cases() {
        for operation in &case.operations {
            let stale = evidence.operations.entry(operation.clone()).or_default();
            stale.cases.insert(case.id().to_owned());
            stale.requirements.extend(case.record.requirement_ids.iter().cloned());
        }
    }
    Ok(evidence)
}

fn surface(source: &Source) -> Result<Surface, String> {
    let document = source.document();
    let lowered = lower::lower(document).map_err(|error| error.to_string())?;
    let code = generate::rust(&lowered, &generate::Options::default()).map_err(|error| error.to_string())?;
    Surface::of_rust(document.name(), &code).map_err(|error| error.to_string())
}
