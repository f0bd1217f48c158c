//! The vendor's logs as a part of a session: read when it ends, and told of in its results.

use std::path::PathBuf;

use serde_json::json;

use super::{IDENTIFIERS_CASE, LogError, Logs, SECRETS_CASE, read};
use crate::{
    evidence::{ClientLog, EvidenceError, PackWriter, name},
    recording::{self, RawExchange},
    results::{CaseResult, Check, Provenance, RunStatus, Text, Verdict},
    run::{Shared, of_checks},
};

/// What the vendor handed in, if anything.
#[derive(Debug, Default)]
pub(crate) struct Handed(Option<Result<Logs, LogError>>);

impl Handed {
    /// Reads the logs and says in the pack's journal what each was. A log that cannot be taken is no
    /// error: the cases about logs are blocked, and everything else stands.
    pub(crate) fn read(
        paths: &[PathBuf],
        raw: &[RawExchange],
        shared: &Shared,
        writer: &PackWriter,
    ) -> Result<Self, EvidenceError> {
        if paths.is_empty() {
            return Ok(Self(None));
        }
        let logs = read(paths, &shared.redactor, &shared.guard, &recording::secrets(raw));
        if let Ok(logs) = &logs {
            for scanned in &logs.logs {
                let path = format!("{}/{}", name::CLIENT_LOGS, scanned.log.name);
                shared.redactor.record(path, &scanned.hits);
                writer.event(
                    "client-log.included",
                    None,
                    json!({"name": scanned.log.name, "sha256": scanned.sha256, "removed": scanned.hits}),
                )?;
            }
        }
        Ok(Self(Some(logs)))
    }

    /// Adds what the logs say about a case. A worse verdict takes the place of the result's.
    pub(crate) fn tell(&self, result: &mut CaseResult) {
        let check = match &self.0 {
            None => return,
            Some(Ok(logs)) => logs.check(&result.case_id),
            Some(Err(error)) => [SECRETS_CASE, IDENTIFIERS_CASE]
                .contains(&result.case_id.as_str())
                .then(|| Check {
                    name: Text::new("Klientens logger", "The client's logs"),
                    verdict: Verdict::Blocked,
                    provenance: Provenance::Published,
                    expected: Text::new("kan leses", "can be read"),
                    found: Text::same(error.to_string()),
                }),
        };
        let Some(check) = check else { return };
        result.checks.push(check);
        let (verdict, reason) = of_checks(&result.checks);
        result.verdict = verdict;
        result.reason = reason.clone();
        result.run_status = RunStatus::Finished;
        if let Some(last) = result.attempts.last_mut() {
            last.verdict = verdict;
            last.reason = reason;
        }
    }

    /// What goes into the pack.
    pub(crate) fn into_pack(self) -> Vec<ClientLog> {
        match self.0 {
            Some(Ok(logs)) => logs.logs.into_iter().map(|scanned| scanned.log).collect(),
            _ => Vec::new(),
        }
    }
}
