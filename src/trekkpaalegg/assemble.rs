//! From what the bindings decoded to an [`Order`], or to everything that is wrong with it.

use crate::{
    Access,
    generated::trekkpaalegg::types,
    identifiers::{
        self, Account, AccountNumber, Class, Kid, NationalIdentityNumber, Organisation, OrganisationNumber, Person,
        Scheme,
    },
};

use super::{
    order::{Betalingsinformasjon, Order, Periode, Record, Stoerrelse, Trekkstatus, UnknownCode},
    rule::{Remark, RemarkRule, Violation, ViolationRule},
};
use rust_decimal::Decimal;

/// Whose orders were asked for, and what it means when another employer's arrive.
#[derive(Debug, Clone, Copy)]
pub(super) enum Employer<'a> {
    /// Not known on this side.
    Any,
    /// A system user's organisation: nobody else's orders may come.
    Exactly(&'a str),
    /// The token does not settle the employer for certain.
    Expected(&'a str),
}

impl<'a> Employer<'a> {
    pub(super) fn of(access: &'a Access) -> Self {
        match (access.is_system_user(), access.organisation()) {
            (true, Some(organisation)) => Self::Exactly(organisation),
            (false, Some(organisation)) => Self::Expected(organisation),
            (_, None) => Self::Any,
        }
    }
}

/// What was found so far.
struct Findings {
    violations: Vec<Violation>,
    remarks: Vec<Remark>,
}

impl Findings {
    fn violation(&mut self, pointer: impl Into<std::borrow::Cow<'static, str>>, rule: ViolationRule) {
        self.violations.push(Violation::new(pointer, rule));
    }

    fn remark(&mut self, pointer: &'static str, rule: RemarkRule) {
        self.remarks.push(Remark::new(pointer, rule));
    }

    fn text(&mut self, pointer: &'static str, text: &str) {
        if text.chars().any(char::is_control) {
            self.violation(pointer, ViolationRule::ControlCharacter);
        }
    }

    fn identifier<S: Scheme>(&mut self, pointer: &'static str, text: &str, shape: ViolationRule) {
        match identifiers::classify::<S>(text) {
            None => self.violation(pointer, shape),
            Some(Class::Impossible(_)) => self.remark(pointer, RemarkRule::CheckDigit),
            Some(_) => {}
        }
    }
}

/// Checks one decoded order. `remarks` holds what reading it has shown already.
pub(super) fn assemble(
    decoded: types::Trekkpaalegg,
    remarks: Vec<Remark>,
    employer: Employer<'_>,
    record: impl FnOnce() -> Record,
) -> Result<Order, Vec<Violation>> {
    let mut findings = Findings {
        violations: Vec::new(),
        remarks,
    };
    let payment = decoded.betalingsinformasjon;
    findings.text("/trekkid", &decoded.trekkid);
    findings.text("/saksnummer", decoded.saksnummer.as_deref().unwrap_or_default());
    if decoded.trekkversjon < 1 {
        findings.remark("/trekkversjon", RemarkRule::VersionBelowOne);
    }
    if decoded.sekvensnummer > super::page::MAX_SEQUENCE {
        findings.violation("/sekvensnummer", ViolationRule::SequenceOutOfRange);
    }
    findings.identifier::<Organisation>(
        "/trekkpliktig",
        &decoded.trekkpliktig,
        ViolationRule::OrganisationNumberShape,
    );
    match employer {
        Employer::Exactly(expected) if expected != decoded.trekkpliktig => {
            findings.violation("/trekkpliktig", ViolationRule::WrongEmployer);
        }
        Employer::Expected(expected) if expected != decoded.trekkpliktig => {
            findings.remark("/trekkpliktig", RemarkRule::OtherEmployer);
        }
        _ => {}
    }
    findings.identifier::<Person>("/skyldner", &decoded.skyldner, ViolationRule::IdentityNumberShape);
    let trekkstatus = status(&decoded.trekkstatus, &mut findings);
    let periods = periods(decoded.trekkstoerrelse_for_periode, &mut findings);
    findings.identifier::<Organisation>(
        "/betalingsinformasjon/betalingsmottaker",
        &payment.betalingsmottaker,
        ViolationRule::OrganisationNumberShape,
    );
    kid(&payment.kidnummer, &mut findings);
    findings.identifier::<Account>(
        "/betalingsinformasjon/kontonummer",
        &payment.kontonummer,
        ViolationRule::AccountNumberShape,
    );
    if !findings.violations.is_empty() {
        return Err(findings.violations);
    }
    // The shapes have been looked at, so that none of these can fail.
    let (Ok(trekkpliktig), Ok(skyldner), Ok(betalingsmottaker), Ok(kontonummer)) = (
        OrganisationNumber::parse(decoded.trekkpliktig),
        NationalIdentityNumber::parse(decoded.skyldner),
        OrganisationNumber::parse(payment.betalingsmottaker),
        AccountNumber::parse(payment.kontonummer),
    ) else {
        return Err(vec![Violation::new("", ViolationRule::Unreadable)]);
    };
    Ok(Order {
        trekkid: decoded.trekkid,
        trekkversjon: decoded.trekkversjon,
        sekvensnummer: decoded.sekvensnummer,
        opprettet: decoded.opprettet,
        saksnummer: decoded.saksnummer,
        trekkpliktig,
        skyldner,
        trekkstatus,
        trekkstoerrelse_for_periode: periods,
        betalingsinformasjon: Betalingsinformasjon {
            betalingsmottaker,
            kidnummer: payment.kidnummer,
            kontonummer,
        },
        remarks: findings.remarks,
        record: record(),
    })
}

fn kid(text: &str, findings: &mut Findings) {
    const POINTER: &str = "/betalingsinformasjon/kidnummer";
    match identifiers::classify::<Kid>(text) {
        Some(class) if class.is_impossible() => findings.remark(POINTER, RemarkRule::CheckDigit),
        Some(_) => {}
        None => {
            findings.text(POINTER, text);
            findings.remark(POINTER, RemarkRule::KidShape);
        }
    }
}

fn status(code: &types::Trekkstatus, findings: &mut Findings) -> Trekkstatus {
    let code = code.as_str();
    for (known, status) in [("aktiv", Trekkstatus::Aktiv), ("avsluttet", Trekkstatus::Avsluttet)] {
        if code == known {
            return status;
        }
        // Codes have changed between upper and lower case before.
        if code.eq_ignore_ascii_case(known) {
            findings.remark("/trekkstatus", RemarkRule::CodeCase);
            return status;
        }
    }
    findings.text("/trekkstatus", code);
    findings.remark("/trekkstatus", RemarkRule::UnknownCode);
    Trekkstatus::Unknown(UnknownCode(code.to_owned()))
}

fn pointer(index: usize, member: &str) -> String {
    format!("/trekkstoerrelseForPeriode/{index}{member}")
}

fn periods(decoded: Vec<types::TrekkstoerrelseForPeriode>, findings: &mut Findings) -> Vec<Periode> {
    if decoded.is_empty() {
        findings.violation("/trekkstoerrelseForPeriode", ViolationRule::NoPeriod);
    }
    let mut periods: Vec<Periode> = Vec::with_capacity(decoded.len());
    for (index, period) in decoded.into_iter().enumerate() {
        let stoerrelse = match (period.trekkbeloep, period.trekkprosent) {
            (Some(amount), None) => {
                let amount = amount.trekkbeloep;
                if amount < Decimal::ZERO {
                    findings.violation(
                        pointer(index, "/trekkbeloep/trekkbeloep"),
                        ViolationRule::AmountBelowZero,
                    );
                }
                Stoerrelse::Trekkbeloep(amount)
            }
            (None, Some(percentage)) => {
                let percentage = percentage.trekkprosent;
                if percentage < Decimal::ZERO || percentage > Decimal::ONE_HUNDRED {
                    findings.violation(
                        pointer(index, "/trekkprosent/trekkprosent"),
                        ViolationRule::PercentageOutOfRange,
                    );
                }
                Stoerrelse::Trekkprosent(percentage)
            }
            (Some(_), Some(_)) | (None, None) => {
                findings.violation(pointer(index, ""), ViolationRule::ExactlyOneSize);
                // Kept for the date checks only: the order is rejected.
                Stoerrelse::Trekkbeloep(Decimal::ZERO)
            }
        };
        if period.sluttdato.is_some_and(|end| end < period.startdato) {
            findings.violation(pointer(index, ""), ViolationRule::StartAfterEnd);
        }
        periods.push(Periode {
            startdato: period.startdato,
            sluttdato: period.sluttdato,
            stoerrelse,
        });
    }
    overlaps(&periods, findings);
    periods
}

/// Whether `later`, which starts no earlier, shares a day with `earlier`.
fn overlap(earlier: &Periode, later: &Periode) -> bool {
    earlier.sluttdato.is_none_or(|end| later.startdato <= end)
}

fn overlaps(periods: &[Periode], findings: &mut Findings) {
    // Nearly always they come in order and apart.
    if periods.windows(2).all(|pair| match pair {
        [earlier, later] => earlier.startdato <= later.startdato && !overlap(earlier, later),
        _ => true,
    }) {
        return;
    }
    let mut by_start: Vec<(usize, &Periode)> = periods.iter().enumerate().collect();
    by_start.sort_by_key(|(_, period)| period.startdato);
    let mut longest: Option<&Periode> = None;
    for (index, period) in by_start {
        if period.sluttdato.is_some_and(|end| end < period.startdato) {
            continue; // reported already, and it holds no day
        }
        if longest.is_some_and(|earlier| overlap(earlier, period)) {
            findings.violation(pointer(index, ""), ViolationRule::OverlappingPeriods);
        }
        let reaches_further = longest.is_none_or(|earlier| match (earlier.sluttdato, period.sluttdato) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(earlier), Some(end)) => end > earlier,
        });
        if reaches_further {
            longest = Some(period);
        }
    }
}
