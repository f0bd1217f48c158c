//! Time, as something that can be replaced in a test.
//!
//! Everything here that waits (backoff, `Retry-After`) or asks for the time (assertions, expiry of
//! tokens) goes through a [`Clock`], so that a test decides what time it is and waits for nothing.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A source of time and of waiting.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, as it is put into assertions.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment; never runs backwards, whatever happens to the time of day.
    fn monotonic(&self) -> Duration;

    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The computer's own clock and tokio's timer.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// Starts counting now.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock for tests: it moves only when told to, and sleeping moves it at once.
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<ManualState>,
}

#[derive(Debug)]
struct ManualState {
    now: SystemTime,
    monotonic: Duration,
    slept: Vec<Duration>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: SystemTime) -> Self {
        Self {
            state: Mutex::new(ManualState {
                now,
                monotonic: Duration::ZERO,
                slept: Vec::new(),
            }),
        }
    }

    /// Lets `duration` pass.
    pub fn advance(&self, duration: Duration) {
        self.with(|state| {
            state.now += duration;
            state.monotonic += duration;
        });
    }

    /// Sets the time of day, as when somebody corrects the computer's clock. No time passes.
    pub fn set_now(&self, now: SystemTime) {
        self.with(|state| state.now = now);
    }

    /// Every duration that was slept so far, in order.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        self.with(|state| state.slept.clone())
    }

    fn with<R>(&self, change: impl FnOnce(&mut ManualState) -> R) -> R {
        // A panic in another test thread leaves a consistent state behind: each change is whole.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new(SystemTime::now())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.with(|state| state.now)
    }

    fn monotonic(&self) -> Duration {
        self.with(|state| state.monotonic)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.with(|state| state.slept.push(duration));
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}
