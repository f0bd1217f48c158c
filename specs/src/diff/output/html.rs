//! One page without scripts or outside resources.

use minijinja::{AutoEscape, Environment, context};

use super::{Format, Level, OutputError, Report, Style, counts, heading, of_level, operations, rust, spots};

const TEMPLATE: &str = include_str!("report.html");

pub(super) fn write(report: &Report, style: &Style) -> Result<String, OutputError> {
    let fault = |error: minijinja::Error| OutputError::new(Format::Html, format!("{error:#}"));
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("report.html", TEMPLATE).map_err(fault)?;
    let levels: Vec<minijinja::Value> = Level::WORST_FIRST
        .into_iter()
        .map(|level| {
            let findings: Vec<minijinja::Value> = of_level(report, level)
                .into_iter()
                .map(|finding| {
                    context! {
                        location => finding.location.clone(),
                        message => finding.message.clone(),
                        hints => finding.hints.clone(),
                        operations => operations(report, finding, 8),
                        rust => rust::of_finding(finding),
                        remedy => (level >= Level::Risky).then(|| finding.remedy.clone()),
                        spots => spots(report, finding),
                        rule => finding.rule.clone(),
                        fingerprint => finding.fingerprint.clone(),
                    }
                })
                .collect();
            context! { name => level.name(), open => level >= Level::NonBreaking, findings }
        })
        .collect();
    let accepted: Vec<minijinja::Value> = report
        .findings
        .iter()
        .filter_map(|finding| {
            let acceptance = finding.accepted.as_ref()?;
            Some(context! {
                location => finding.location.clone(),
                message => finding.message.clone(),
                level => finding.level.name(),
                reason => acceptance.reason.clone(),
                expires => acceptance.expires.clone(),
            })
        })
        .collect();
    let join = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
    let stale: Vec<minijinja::Value> = report
        .stale
        .iter()
        .map(|(operation, stale)| {
            context! {
                operation,
                cases => join(&stale.cases),
                requirements => join(&stale.requirements),
            }
        })
        .collect();
    let changes = report.rust.as_ref().map(Vec::len);
    environment
        .get_template("report.html")
        .and_then(|template| {
            template.render(context! {
                heading => heading(report),
                counts => counts(report),
                profile => report.profile.name(),
                fails => report.fails(style.fail_on),
                fail_on => style.fail_on.name(),
                levels,
                accepted,
                changes,
                touched => rust::touched(report),
                unexplained => rust::unexplained(report),
                stale,
                faults => report.accepted_faults.clone(),
                remarks => report.remarks.clone(),
            })
        })
        .map(|mut page| {
            page.push('\n');
            page
        })
        .map_err(fault)
}
