//! Faults by name: what the simulator can be told to do wrong.
//!
//! [`faults`] is the whole list, as data. A fault is written `NAME[:times=N][:operation=ID]`;
//! without a suffix it concerns every request to the operations it is about. `code=X` answers with
//! a documented error code. Every fault is bound to requests, never to the clock, so that what it
//! does is the same on a slow machine.

use std::{fmt, str::FromStr};

pub use table::faults;

use super::{
    codes::{self, CodeRow},
    operation::{Operation, Service},
};

pub(crate) mod effect;
mod table;

pub(crate) use effect::Effect;

/// A fault that can be asked for by name.
#[derive(Debug)]
#[non_exhaustive]
pub struct FaultInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// What happens, in bokmål.
    pub what_nb: &'static str,
    /// What happens, in English.
    pub what_en: &'static str,
    /// The operations it concerns, unless `operation=` narrows it.
    pub operations: &'static [Operation],
    /// How it acts.
    pub(crate) effect: Effect,
}

/// A fault as asked for.
#[derive(Debug, Clone)]
pub struct Fault {
    what: What,
    times: Option<u32>,
    operation: Option<Operation>,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Named(&'static FaultInfo),
    Code(&'static CodeRow),
}

impl Fault {
    /// The fault's name as it is written, without its suffixes.
    #[must_use]
    pub fn name(&self) -> String {
        match self.what {
            What::Named(info) => info.name.to_owned(),
            What::Code(row) => format!("code={}", row.code),
        }
    }

    /// The same fault for this many requests only.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same fault for this operation only.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// For how many requests it lasts; `None` is for ever.
    #[must_use]
    pub fn limit(&self) -> Option<u32> {
        self.times
    }

    /// Whether it concerns this operation.
    #[must_use]
    pub fn concerns(&self, operation: Operation) -> bool {
        match self.operation {
            Some(chosen) => chosen == operation,
            None => match self.what {
                What::Named(info) => info.operations.contains(&operation),
                What::Code(row) => match row.service {
                    Some(Service::Maskinporten) => operation == Operation::Token,
                    Some(service) => operation.service() == service,
                    None => matches!(operation.service(), Service::Trekkpaalegg | Service::Finansprodukter),
                },
            },
        }
    }

    pub(crate) fn effect(&self) -> Effect {
        match self.what {
            What::Named(info) => info.effect,
            What::Code(row) => Effect::Code(row.code),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        if let Some(times) = self.times {
            write!(f, ":times={times}")?;
        }
        if let Some(operation) = self.operation {
            write!(f, ":operation={operation}")?;
        }
        Ok(())
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let what = match name.strip_prefix("code=") {
            Some(code) => What::Code(codes::find(code).ok_or_else(|| FaultError::UnknownCode(code.to_owned()))?),
            None => What::Named(
                faults()
                    .iter()
                    .find(|info| info.name == name)
                    .ok_or_else(|| FaultError::Unknown(name.to_owned()))?,
            ),
        };
        let mut fault = Self {
            what,
            times: None,
            operation: None,
        };
        for part in parts {
            match part.split_once('=') {
                Some(("times", number)) => {
                    let times = number.parse().ok().filter(|times| *times > 0);
                    fault.times = Some(times.ok_or_else(|| FaultError::Times(part.to_owned()))?);
                }
                Some(("operation", id)) => {
                    let operation = Operation::from_name(id);
                    fault.operation = Some(operation.ok_or_else(|| FaultError::Operation(id.to_owned()))?);
                }
                _ => return Err(FaultError::Suffix(part.to_owned())),
            }
        }
        Ok(fault)
    }
}

/// Why a text names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// No such name.
    #[error("there is no fault {0:?}; there are: {known}, and code=X for a documented error code", known = known())]
    Unknown(String),
    /// No such code.
    #[error("{0:?} is no documented error code; there are: {known}", known = known_codes())]
    UnknownCode(String),
    /// `times` is no number above 0.
    #[error("{0:?}: times is a whole number of at least 1")]
    Times(String),
    /// No such operation.
    #[error("{0:?} is no operation; there are: {known}", known = known_operations())]
    Operation(String),
    /// Some other suffix.
    #[error("{0:?} is not understood; a fault is written NAME[:times=N][:operation=ID]")]
    Suffix(String),
}

fn known() -> String {
    faults().iter().map(|info| info.name).collect::<Vec<_>>().join(", ")
}

fn known_codes() -> String {
    codes::CODES.iter().map(|row| row.code).collect::<Vec<_>>().join(", ")
}

fn known_operations() -> String {
    Operation::ALL.map(Operation::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_written_alike() {
        for text in [
            "error-500",
            "slow:times=2",
            "code=GLD_023:operation=innsending",
            "reset:times=1:operation=hentVersjon",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "nonsense",
            "code=GLD_9",
            "slow:times=0",
            "slow:times=x",
            "slow:operation=x",
            "slow:x",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_code_concerns_the_services_that_document_it() {
        let concerned = |text: &str| {
            let fault: Fault = text.parse().unwrap();
            Operation::ALL.into_iter().filter(|op| fault.concerns(*op)).count()
        };
        assert_eq!(concerned("code=KB-001"), 2);
        assert_eq!(concerned("code=GLD_023"), 2);
        assert_eq!(concerned("code=DAS-003"), 4);
        assert_eq!(concerned("code=MP-303"), 1);
        assert_eq!(concerned("code=GLD_023:operation=innsending"), 1);
    }

    #[test]
    fn the_table_is_in_order() {
        for (index, info) in faults().iter().enumerate() {
            assert!(
                faults()[..index].iter().all(|other| other.name != info.name),
                "{}",
                info.name
            );
            assert!(!info.operations.is_empty(), "{}", info.name);
            assert!(!info.what_nb.is_empty() && !info.what_en.is_empty(), "{}", info.name);
            for row in codes::CODES {
                assert_ne!(row.code, info.name);
            }
        }
    }
}
