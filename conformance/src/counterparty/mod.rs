//! The other side for a vendor's own client: it is the one under test.
//!
//! The [`Counterparty`] plays Maskinporten, both APIs and Dialogporten's part, records what the
//! vendor's system sends and judges it: what it sent, what it did next and what it stopped doing.
//! The verdicts rest on the recording alone ([`judge`]), whoever made it and in whatever order the
//! system worked; the script ([`steps`]) only brings about situations that an ordinary day does not.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use skatteetaten_conformance::counterparty::Counterparty;
//!
//! let counterparty = Counterparty::start().await?;
//! // Point the system at `counterparty.endpoints()`, let it work, then:
//! let verdicts = counterparty.judge();
//! verdicts.assert_none_failed();
//! # counterparty.stop().await;
//! # Ok(())
//! # }
//! ```

mod attended;
mod builder;
pub mod conclusion;
mod details;
mod driver;
mod grade;
mod journal;
mod line;
mod material;
mod page;
mod recorder;
mod scenario;
mod session;
mod steps;
mod tape;
mod vendor;
mod verdicts;

pub use attended::Entered;
pub use builder::{Builder, SessionError};
pub use conclusion::{Conclusion, ConclusionError};
pub use details::Detail;
pub use driver::{Assignment, CommandDriver, Driver, DriverError, Employees, Told, Work};
pub use grade::{Judgement, Subject, judge, judged_cases};
pub use journal::{Journal, ReportError, ReportOptions};
pub use line::Line;
pub use scenario::{Scenario, ScenarioError};
pub use session::{Counterparty, Played};
pub use steps::{Step, StepsError, steps};
pub use tape::{Act, Customer, Ended, Given, Scene, Seen, Tape};
pub use vendor::{Vendor, VendorError};
pub use verdicts::Verdicts;

/// The reference page's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/counterparty.md")]
struct Guide;
