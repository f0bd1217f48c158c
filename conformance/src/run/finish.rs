//! What a run, or a session, hands over when it is done.

use chrono::Utc;

use super::{Options, Shared, Suite, environment};
use crate::{evidence::Finish, recording::RawExchange};

/// Everything that the pack is told at the end. `raw` are all exchanges of the run.
pub(crate) fn finish(suite: &Suite, shared: &Shared, raw: &[&RawExchange], options: Options) -> Finish {
    let mut finish = Finish::new(Utc::now(), suite.catalogue().record(), suite.catalogue().register());
    finish.environment = environment(&shared.target, raw);
    finish.deviations = options.deviations;
    finish.attestations = options.attestations;
    finish.ambiguities = suite.catalogue().ambiguities().to_vec();
    finish.synthetic = shared.guard.ledger();
    finish.redaction = shared.redactor.report();
    finish.zip = options.zip;
    finish.signing_key = options.signing_key;
    finish
}
