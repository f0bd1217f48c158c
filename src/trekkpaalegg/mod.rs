//! Trekkpålegg: the withholding orders that have been issued to an employer.
//!
//! * [`changes`](Trekkpaalegg::changes) follows what is new since a [`Watermark`], page by page.
//! * [`list`](Trekkpaalegg::list) fetches the latest version of every order,
//!   [`get`](Trekkpaalegg::get) one version.
//! * [`Order::for_pay_date`] and [`for_person`] say what to withhold.
//!
//! Reading is tolerant, one record at a time. An [`Order`] keeps the contract; a record that
//! breaks it comes beside the good ones as a [`RejectedOrder`] with the places and rules, and
//! with its raw JSON. Nothing is dropped, one bad record never stops the others, and the
//! watermark moves past it. What breaks the contract is listed in [`ViolationRule`], what is
//! only odd in [`RemarkRule`].

mod assemble;
mod body;
mod changes;
mod normalise;
mod order;
mod page;
mod pay_date;
mod record;
mod rule;
mod seen;
mod versions;

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;

use crate::{
    Api, Client,
    error::{ContractViolation, Error, Misuse},
    generated::trekkpaalegg as generated,
    transport::{CallOptions, Transport},
};

use self::{
    assemble::{Employer, assemble},
    body::{Body, NotAList},
    order::Record,
    page::Request,
    seen::Seen,
};

pub use changes::is_not_advancing;
pub use order::{Betalingsinformasjon, Order, Periode, RejectedOrder, Stoerrelse, Trekkstatus, UnknownCode};
pub use page::{Entry, Page, Watermark};
pub use pay_date::{Contradiction, Decision, PersonDecision, Warning, Withholding, for_person};
pub use rule::{Remark, RemarkRule, Violation, ViolationRule};
pub use versions::compare_versions;

/// The document's name of the list operation.
const LIST: &str = "hentAlleGjeldende";
/// The document's name of the operation for one version.
const GET: &str = "hentVersjon";

/// How many orders a page asks for unless told otherwise: what production clients have used.
pub const DEFAULT_PAGE_SIZE: u32 = 2_500;

/// The Trekkpålegg API, on behalf of one [`Access`](crate::Access). Cheap to clone.
#[derive(Clone)]
pub struct Trekkpaalegg {
    transport: Transport,
    page_size: u32,
}

impl fmt::Debug for Trekkpaalegg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trekkpaalegg")
            .field("transport", &self.transport)
            .field("page_size", &self.page_size)
            .finish()
    }
}

impl Client {
    /// The Trekkpålegg API, on behalf of this client's access.
    #[must_use]
    pub fn trekkpaalegg(&self) -> Trekkpaalegg {
        Trekkpaalegg {
            transport: self.transport(),
            page_size: DEFAULT_PAGE_SIZE,
        }
    }
}

/// The answer to [`Trekkpaalegg::get`].
#[derive(Debug, Clone)]
#[expect(
    clippy::exhaustive_enums,
    clippy::large_enum_variant,
    reason = "a record either keeps the contract or breaks it, and there is one at a time"
)]
pub enum Fetched {
    /// It keeps the contract.
    Order(Order),
    /// It breaks the contract.
    Rejected(RejectedOrder),
}

impl Trekkpaalegg {
    /// The same with another `maksAntall` per page for [`changes`](Self::changes).
    ///
    /// # Errors
    /// [`Misuse`] unless it is between 1 and 999,999,999, which is what the parameter can carry.
    pub fn page_size(mut self, orders: u32) -> Result<Self, Misuse> {
        self.page_size = maks_antall(orders)?;
        Ok(self)
    }

    /// The latest version of every order, in one answer. For large employers
    /// [`changes`](Self::changes) from [`Watermark::START`] does the same in pages.
    ///
    /// # Errors
    /// [`Error`]. Single bad records are no error; they stand in [`Page::rejected`].
    pub async fn list(&self) -> Result<Page, Error> {
        self.fetch(None, &mut Seen::default()).await
    }

    /// One page: at most `max` orders with a `sekvensnummer` higher than `from`.
    ///
    /// # Errors
    /// As [`list`](Self::list); [`Error::Misuse`] when `max` is not between 1 and 999,999,999.
    pub async fn list_page(&self, from: Watermark, max: u32) -> Result<Page, Error> {
        let max = maks_antall(max)?;
        self.fetch(Some((from, max)), &mut Seen::default()).await
    }

    async fn page(&self, from: Watermark, seen: &mut Seen) -> Result<Page, Error> {
        self.fetch(Some((from, self.page_size)), seen).await
    }

    async fn fetch(&self, window: Option<(Watermark, u32)>, seen: &mut Seen) -> Result<Page, Error> {
        let answer = self
            .transport
            .send(CallOptions::new(Api::Trekkpaalegg, LIST), |call| async move {
                let client = generated::Client::new_with_client(call.base_url(), call.http(), call.clone());
                let mut request = client.hent_alle_gjeldende();
                if let Some((from, max)) = window {
                    request = request.fra_sekvensnummer(from.to_string()).maks_antall(max.to_string());
                }
                request.send().await
            })
            .await?;
        let (status, correlation_id) = (answer.status, answer.correlation_id);
        let request = Request {
            operation: LIST,
            window,
            employer: Employer::of(self.transport.access()),
        };
        match Page::read(answer.body, answer.value, request, seen) {
            Ok(mut page) => {
                page.correlation_id = correlation_id;
                Ok(page)
            }
            Err(violation) => Err(Error::from(
                violation.with_status(status).with_correlation_id(correlation_id),
            )),
        }
    }

    /// One version of one order. An answer that is another order or version is
    /// [`Fetched::Rejected`].
    ///
    /// # Errors
    /// [`Error::Misuse`] when `trekkid` is empty or would be another path, or `trekkversjon` is
    /// not between 1 and 999,999,999; otherwise as [`list`](Self::list). A version that does
    /// not exist is [`Error::Api`] with status 404.
    pub async fn get(&self, trekkid: &str, trekkversjon: u32) -> Result<Fetched, Error> {
        path_segment(trekkid)?;
        if !(1..=999_999_999).contains(&trekkversjon) {
            return Err(Misuse::new(
                format!("trekkversjon {trekkversjon} is not between 1 and 999999999"),
                "versions are counted from 1",
            )
            .into());
        }
        let answer = self
            .transport
            .send(CallOptions::new(Api::Trekkpaalegg, GET), |call| async move {
                generated::Client::new_with_client(call.base_url(), call.http(), call.clone())
                    .hent_versjon()
                    .trekkid(trekkid)
                    .trekkversjon(trekkversjon.to_string())
                    .send()
                    .await
            })
            .await?;
        let (status, correlation_id) = (answer.status, answer.correlation_id);
        let employer = Employer::of(self.transport.access());
        let fetched = read_one(answer.body, answer.value, employer)
            .map_err(|violation| Error::from(violation.with_status(status).with_correlation_id(correlation_id)))?;
        Ok(match fetched {
            Fetched::Order(order) if order.trekkid != trekkid || order.trekkversjon != i64::from(trekkversjon) => {
                Fetched::Rejected(RejectedOrder {
                    sekvensnummer: Some(order.sekvensnummer),
                    violations: vec![Violation::new("", ViolationRule::NotTheVersionAskedFor)],
                    record: order.record,
                })
            }
            fetched => fetched,
        })
    }
}

fn read_one(
    body: Bytes,
    decoded: Option<generated::types::Trekkpaalegg>,
    employer: Employer<'_>,
) -> Result<Fetched, ContractViolation> {
    let violation = |found| ContractViolation::new(Api::Trekkpaalegg, GET, "", "an order as a JSON object", found);
    if body.trim_ascii().is_empty() {
        return Err(violation("nothing"));
    }
    let whole = decoded.and_then(|decoded| Some((decoded, Body::decoded(body.clone(), true)?)));
    let read = match whole {
        Some((decoded, body)) => {
            let sekvensnummer = decoded.sekvensnummer;
            let record = || Record {
                body: body.clone(),
                index: 0,
            };
            assemble(decoded, Vec::new(), employer, record).map_err(|violations| RejectedOrder {
                sekvensnummer: Some(sekvensnummer),
                violations,
                record: record(),
            })
        }
        None => {
            let body = Body::split(&body, true).map_err(|found| {
                violation(match found {
                    NotAList::NotJson => "text that is not JSON",
                    NotAList::Other(kind) => kind,
                })
            })?;
            let kind = body::kind(body.record(0));
            if kind != "an object" {
                return Err(violation(kind));
            }
            record::read(&body, 0, employer)
        }
    };
    Ok(match read {
        Ok(order) => Fetched::Order(order),
        Err(rejected) => Fetched::Rejected(rejected),
    })
}

fn maks_antall(orders: u32) -> Result<u32, Misuse> {
    if (1..=999_999_999).contains(&orders) {
        Ok(orders)
    } else {
        Err(Misuse::new(
            format!("a page of {orders} orders was asked for"),
            "ask for 1 to 999999999 orders; 2500 is a usual size",
        ))
    }
}

/// Refuses what would change the path instead of naming an order.
fn path_segment(trekkid: &str) -> Result<(), Misuse> {
    if trekkid.is_empty() || trekkid == "." || trekkid == ".." {
        return Err(Misuse::new(
            "the trekkid is empty or a relative path",
            "give the trekkid of an order as it was received",
        ));
    }
    Ok(())
}
