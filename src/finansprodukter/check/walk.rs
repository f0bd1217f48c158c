//! The rules that no schema can express, item by item.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::findings::Findings;
use super::pointer::Path;
use super::read::{DELIVERY, List, Sink};
use super::report::{Difference, Reference, Summary};
use super::schema::Schema;
use super::totals::{Computed, Sums, amount_of};
use super::{Checker, Rule};
use crate::identifiers::{Class, Organisation, Person, Scheme, classify};

/// The JSON members of one object.
type Members = Map<String, Value>;

/// An owner and an account: what makes two reports be about the same thing.
type Subject = (Box<str>, Box<str>);

/// The state of one check.
pub(super) struct Walk<'a> {
    checker: &'a Checker,
    schema: Option<&'a Schema>,
    findings: &'a mut Findings,
    summary: Summary,
    sums: Sums,
    /// Number of the report in which each subject occurs first.
    reported: HashMap<Subject, usize>,
    /// Subjects of the deletions.
    deleted: Vec<(usize, Subject)>,
}

impl Sink for Walk<'_> {
    fn begin(&mut self, list: List) {
        match list {
            List::Oppgave => {
                self.summary.reports = 0;
                self.sums = Sums::default();
                self.reported.clear();
            }
            List::Sletteoppgave => {
                self.summary.deletions = 0;
                self.deleted.clear();
            }
        }
    }

    fn item(&mut self, list: List, index: usize, item: &Value, at: Path<'_>) {
        if let Some(validator) = self.schema.and_then(|schema| schema.of(list)) {
            self.findings.add_violations(validator, item, at);
        }
        match list {
            List::Oppgave => self.report(index, item, at),
            List::Sletteoppgave => self.deletion(index, item, at),
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        checker: &'a Checker,
        schema: Option<&'a Schema>,
        findings: &'a mut Findings,
        summary: Summary,
    ) -> Self {
        Self {
            checker,
            schema,
            findings,
            summary,
            sums: Sums::default(),
            reported: HashMap::new(),
            deleted: Vec::new(),
        }
    }

    /// Judges the rest, after the items. Without a body (it could not be read to its end), only
    /// the summary is handed back.
    pub(super) fn finish(mut self, body: Option<&Value>) -> Summary {
        if let Some(body) = body {
            match body.get(DELIVERY).and_then(Value::as_object) {
                Some(delivery) => self.delivery(delivery, Path::Member(&Path::Root, DELIVERY)),
                None => self.year(None, Path::Root),
            }
        }
        self.summary
    }

    fn delivery(&mut self, delivery: &Members, at: Path<'_>) {
        self.year(delivery.get("inntektsaar"), at);
        self.summary.reference = text(delivery, "oppgavegiversLeveranseReferanse").map(Reference::new);
        if let Some(reporter) = object(delivery, "oppgavegiver") {
            self.number::<Organisation>(reporter, "organisasjonsnummer", Path::Member(&at, "oppgavegiver"));
        }
        self.contradictions(at);
        // Whether each list is one; a missing list is an empty one.
        let [reports, deletions] = List::ALL.map(|list| delivery.get(list.name()).is_none_or(Value::is_array));
        if !reports {
            self.sums.spoil(Path::Member(&at, List::Oppgave.name()));
        }
        if reports && deletions {
            self.kind(delivery.get("leveransetype"), at);
        }
        if let Some(stated) = object(delivery, "oppgaveoppsummering") {
            let at = Path::Member(&at, "oppgaveoppsummering");
            self.count(stated, reports, at);
            self.totals(stated, at);
        }
    }

    fn year(&mut self, stated: Option<&Value>, at: Path<'_>) {
        let year = stated
            .and_then(whole)
            .and_then(|year| u16::try_from(year).ok())
            .filter(|year| (1000..=9999).contains(year));
        self.summary.income_year = year;
        let message = match (year, self.checker.year) {
            (None, _) => "no year of four digits stands here, so the address to send to is unknown".to_owned(),
            (Some(found), Some(wanted)) if found != wanted => {
                format!("the body is for {found}, but is to be sent for {wanted}")
            }
            _ => return,
        };
        self.findings
            .add(Rule::IncomeYear, Path::Member(&at, "inntektsaar"), message);
    }

    fn kind(&mut self, kind: Option<&Value>, at: Path<'_>) {
        let at = Path::Member(&at, "leveransetype");
        let is_empty = self.summary.reports == 0 && self.summary.deletions == 0;
        match kind.and_then(Value::as_str) {
            Some("ingenOppgaver") if !is_empty => self.findings.add(
                Rule::NothingToReport,
                at,
                "says that there is nothing to report, but there are reports or deletions",
            ),
            Some("ordinaer") if is_empty => {
                self.findings
                    .add(Rule::Empty, at, "an ordinary submission without any report or deletion")
            }
            _ => {}
        }
    }

    fn report(&mut self, index: usize, report: &Value, at: Path<'_>) {
        self.summary.reports += 1;
        let account = object_of(report, "konto");
        if let Some(owner) = object_of(report, "oppgaveeier")
            && let Some(owner) = self.owner(owner, Path::Member(&at, "oppgaveeier"))
            && let Some(account) = account.and_then(|account| text(account, "kontonummer"))
        {
            match self.reported.entry((owner.into(), account.into())) {
                Entry::Vacant(free) => {
                    free.insert(index);
                }
                Entry::Occupied(first) => {
                    let message = format!("same owner and account as in report {}", first.get());
                    self.findings.add(Rule::ReportedTwice, at, message);
                }
            }
        }
        let konto = Path::Member(&at, "konto");
        let list = Path::Member(&konto, "finansprodukt");
        // What is missing or of another type breaks the schema; the sums are then unknown.
        match account
            .and_then(|account| account.get("finansprodukt"))
            .and_then(Value::as_array)
        {
            Some(products) => {
                for (index, product) in products.iter().enumerate() {
                    self.sums.add(product, Path::Index(&list, index));
                }
            }
            None => self.sums.spoil(list),
        }
    }

    /// Judges the owner's numbers; returns what identifies the owner, if anything does.
    fn owner<'v>(&mut self, owner: &'v Members, at: Path<'_>) -> Option<&'v str> {
        let person = object(owner, "person")
            .and_then(|person| self.number::<Person>(person, "foedselsnummer", Path::Member(&at, "person")));
        let organisation = object(owner, "organisasjon").and_then(|organisation| {
            let at = Path::Member(&at, "organisasjon");
            self.number::<Organisation>(organisation, "organisasjonsnummer", at)
        });
        person
            .or(organisation)
            .or_else(|| text(owner, "alternativIdentifikator"))
    }

    fn deletion(&mut self, index: usize, deletion: &Value, at: Path<'_>) {
        self.summary.deletions += 1;
        let Some(members) = deletion.as_object() else { return };
        let person = self.number::<Person>(members, "oppgaveeierFoedselsnummer", at);
        let organisation = self.number::<Organisation>(members, "oppgaveeierOrganisasjonsnummer", at);
        let other = text(members, "oppgaveeierAlternativIdentifikator");
        let Some(owner) = person.or(organisation).or(other) else {
            let message = "names an account, but nobody who owns it";
            self.findings.add(Rule::DeletionWithoutOwner, at, message);
            return;
        };
        if let Some(account) = text(members, "kontonummer") {
            self.deleted.push((index, (owner.into(), account.into())));
        }
    }

    /// What is both reported and deleted.
    fn contradictions(&mut self, at: Path<'_>) {
        let list = Path::Member(&at, List::Sletteoppgave.name());
        for (index, subject) in &self.deleted {
            if let Some(report) = self.reported.get(subject) {
                let message = format!("report {report} is about the same owner and account");
                self.findings
                    .add(Rule::ReportedAndDeleted, Path::Index(&list, *index), message);
            }
        }
    }

    /// Classifies a number; returns it, whatever its class. A number of the wrong shape breaks
    /// the schema and is not judged here.
    fn number<'v, S: Scheme + NumberRule>(
        &mut self,
        members: &'v Members,
        name: &str,
        at: Path<'_>,
    ) -> Option<&'v str> {
        let number = text(members, name)?;
        let at = Path::Member(&at, name);
        match classify::<S>(number) {
            None => {}
            Some(Class::Synthetic) => self.summary.synthetic_numbers += 1,
            Some(Class::Impossible(flaw)) => {
                self.findings.add(S::RULE, at, flaw.to_string());
            }
            Some(_) => {
                self.summary.other_numbers += 1;
                if self.checker.synthetic_only {
                    let message = "not provably synthetic, and only synthetic data is allowed here";
                    self.findings.add(Rule::NotSynthetic, at, message);
                }
            }
        }
        Some(number)
    }

    fn count(&mut self, stated: &Members, is_list: bool, at: Path<'_>) {
        let at = Path::Member(&at, "antallOppgaver");
        if !is_list {
            self.findings
                .add(Rule::Count, at, "cannot be compared: oppgave is not a list");
            return;
        }
        // Missing or not a whole number: the schema says so.
        let Some(stated) = stated.get("antallOppgaver").and_then(whole) else {
            return;
        };
        let (stated, computed) = (Decimal::from(stated), Decimal::from(self.summary.reports));
        if stated != computed {
            self.findings.add_difference(
                Rule::Count,
                at,
                "differs from the number of entries in oppgave",
                Difference {
                    stated: Some(stated),
                    computed,
                },
            );
        }
    }

    fn totals(&mut self, stated: &Members, at: Path<'_>) {
        for (definition, computed) in std::mem::take(&mut self.sums).finish() {
            let at = Path::Member(&at, definition.name);
            let computed = match computed {
                Computed::Exact(value) => value,
                Computed::Unreadable(pointer) => {
                    let message = format!(
                        "cannot be compared: what stands at {pointer:?} cannot be added up as a \
                         decimal amount"
                    );
                    self.findings.add(Rule::UnreadableTotal, at, message);
                    continue;
                }
            };
            let (rule, stated, message) = match stated.get(definition.name) {
                None if computed.is_zero() => continue,
                None => (Rule::MissingTotal, None, "left out although the sum is not zero"),
                Some(value) => match value.as_str().and_then(amount_of) {
                    None => {
                        self.findings.add(Rule::UnreadableTotal, at, "is not a decimal string");
                        continue;
                    }
                    Some(stated) if stated == computed => continue,
                    Some(stated) => (Rule::Total, Some(stated), "differs from the exact sum over all reports"),
                },
            };
            self.findings
                .add_difference(rule, at, message, Difference { stated, computed });
        }
    }
}

/// Which rule a kind of number falls under.
trait NumberRule {
    const RULE: Rule;
}

impl NumberRule for Organisation {
    const RULE: Rule = Rule::OrganisationNumber;
}

impl NumberRule for Person {
    const RULE: Rule = Rule::IdentityNumber;
}

fn text<'v>(members: &'v Members, name: &str) -> Option<&'v str> {
    members.get(name).and_then(Value::as_str)
}

fn object<'v>(members: &'v Members, name: &str) -> Option<&'v Members> {
    members.get(name).and_then(Value::as_object)
}

fn object_of<'v>(value: &'v Value, name: &str) -> Option<&'v Members> {
    value.get(name).and_then(Value::as_object)
}

/// A whole number, also when it is written as `2024.0`: JSON Schema takes that for an integer.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 32 bits, so exact")]
        (number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX)).then_some(number as i64)
    })
}
