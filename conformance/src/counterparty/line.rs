//! One exchange for whoever watches.

use std::fmt;

use serde::Serialize;

use super::tape::Seen;

/// An exchange in short. Holds no header, body, token or identity number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// Its number on the tape, from 0.
    pub number: usize,
    /// When it began, UTC.
    pub time: String,
    /// Its method.
    pub method: String,
    /// The operation, or what kind of request it was.
    pub operation: String,
    /// `fraSekvensnummer` and `maksAntall`, where they are given as numbers.
    pub parameters: String,
    /// The status, where there was a whole answer.
    pub status: Option<u16>,
    /// What went wrong with the connection.
    pub fault: Option<String>,
    /// What was done wrong on purpose.
    pub faults: Vec<String>,
}

impl Line {
    pub(super) fn of(seen: &Seen) -> Self {
        let raw = &seen.exchange;
        let parameter = |name: &str| seen.number(name).map(|number| format!("{name}={number}"));
        let parameters: Vec<String> = ["fraSekvensnummer", "maksAntall"]
            .into_iter()
            .filter_map(parameter)
            .collect();
        Self {
            number: seen.number,
            time: raw.started.format("%H:%M:%S%.3f").to_string(),
            method: raw.method.to_string(),
            operation: raw.operation.clone(),
            parameters: parameters.join(" "),
            status: seen.status(),
            fault: raw.fault.clone(),
            faults: seen.faults.clone(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} {} {}", self.number, self.time, self.method, self.operation)?;
        if !self.parameters.is_empty() {
            write!(f, " {}", self.parameters)?;
        }
        match (&self.status, &self.fault) {
            (Some(status), _) => write!(f, " → {status}")?,
            (None, Some(fault)) => write!(f, " → {fault}")?,
            (None, None) => f.write_str(" → …")?,
        }
        if !self.faults.is_empty() {
            write!(f, " ({})", self.faults.join(", "))?;
        }
        Ok(())
    }
}
