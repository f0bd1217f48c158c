//! When the next attempt is made, if at all.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::DateTime;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

use crate::RetryPolicy;
use crate::clock::Clock;

/// The waits between the attempts of one call.
pub(crate) struct Schedule {
    backoff: ExponentialBackoff,
    max_retry_after: Duration,
}

impl Schedule {
    /// With `repeatable` false there is no second attempt.
    pub(crate) fn new(policy: &RetryPolicy, repeatable: bool) -> Self {
        let repeats = if repeatable {
            policy.max_attempts.saturating_sub(1)
        } else {
            0
        };
        Self {
            backoff: ExponentialBuilder::new()
                .with_min_delay(policy.first_delay)
                .with_max_delay(policy.max_delay.max(policy.first_delay))
                .with_max_times(usize::try_from(repeats).unwrap_or(usize::MAX))
                .with_jitter()
                .build(),
            max_retry_after: policy.max_retry_after,
        }
    }

    /// How long to wait before the next attempt; `None` when there is none. What the server asks
    /// for takes the place of the backoff; more than the limit ends the call, since coming back
    /// sooner than asked would be worse than not at all.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let own = self.backoff.next()?;
        match asked {
            None => Some(own),
            Some(asked) => (asked <= self.max_retry_after).then_some(asked),
        }
    }
}

/// What `Retry-After` asks for, as seconds or as a date. A date is measured against the server's
/// own `Date`, so that a wrong clock here makes no difference; one in the past asks for no wait.
pub(crate) fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?.to_utc();
    let now = date(headers).unwrap_or_else(|| clock.now().into());
    Some((until - now).to_std().unwrap_or_default())
}

/// The server's time of day, if it says.
pub(crate) fn date(headers: &HeaderMap) -> Option<DateTime<chrono::Utc>> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(text.trim()).ok()?.to_utc())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::HeaderValue;

    use super::*;
    use crate::clock::ManualClock;

    fn headers(pairs: &[(http::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn retry_after_as_seconds_and_as_a_date() {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let seconds = headers(&[(RETRY_AFTER, " 7 ")]);
        assert_eq!(retry_after(&seconds, &clock), Some(Duration::from_secs(7)));
        let dated = headers(&[
            (RETRY_AFTER, "Sun, 06 Nov 1994 08:49:50 GMT"),
            (DATE, "Sun, 06 Nov 1994 08:49:37 GMT"),
        ]);
        assert_eq!(retry_after(&dated, &clock), Some(Duration::from_secs(13)));
        let own_clock = headers(&[(RETRY_AFTER, "Thu, 01 Jan 1970 00:00:05 GMT")]);
        assert_eq!(retry_after(&own_clock, &clock), Some(Duration::from_secs(5)));
        let past = headers(&[
            (RETRY_AFTER, "Sun, 06 Nov 1994 08:49:30 GMT"),
            (DATE, "Sun, 06 Nov 1994 08:49:37 GMT"),
        ]);
        assert_eq!(retry_after(&past, &clock), Some(Duration::ZERO));
        for nonsense in ["-1", "soon", "", "99999999999999999999999"] {
            let nonsense = headers(&[(RETRY_AFTER, nonsense)]);
            assert_eq!(retry_after(&nonsense, &clock), None);
        }
    }

    #[test]
    fn waits_double_within_their_bounds_and_end() {
        let policy = RetryPolicy::default()
            .max_attempts(5)
            .first_delay(Duration::from_secs(1))
            .max_delay(Duration::from_secs(3));
        let mut schedule = Schedule::new(&policy, true);
        for least in [1, 2, 3, 3] {
            let wait = schedule.next(None).unwrap();
            let least = Duration::from_secs(least);
            assert!(wait >= least && wait <= least * 2, "{wait:?}");
        }
        assert_eq!(schedule.next(None), None);
        assert_eq!(Schedule::new(&policy, false).next(None), None);
    }

    #[test]
    fn the_server_is_obeyed_up_to_the_limit() {
        let policy = RetryPolicy::default().max_retry_after(Duration::from_secs(60));
        let asked = |seconds| Schedule::new(&policy, true).next(Some(Duration::from_secs(seconds)));
        assert_eq!(asked(60), Some(Duration::from_secs(60)));
        assert_eq!(asked(61), None);
        assert_eq!(asked(0), Some(Duration::ZERO));
    }

    #[test]
    fn no_wait_at_all_is_possible() {
        let policy = RetryPolicy::default().first_delay(Duration::ZERO);
        assert_eq!(Schedule::new(&policy, true).next(None), Some(Duration::ZERO));
    }
}
