//! One page of orders, good and bad, and the watermark that follows from it.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::{Api, error::ContractViolation, generated::trekkpaalegg::types};

use super::{
    assemble::{Employer, assemble},
    body::{Body, NotAList},
    order::{Order, Record, RejectedOrder},
    record,
    rule::{Remark, RemarkRule, Violation, ViolationRule},
    seen::{Content, Seen},
};

/// The largest `sekvensnummer` that `fraSekvensnummer` can carry: 18 digits.
pub(super) const MAX_SEQUENCE: i64 = 999_999_999_999_999_999;

/// How far the orders have been received: the highest `sekvensnummer` that has been delivered
/// or reported. Keep it with the orders, in one transaction, and continue from it. 0 is the
/// beginning, also after a loss of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Watermark(i64);

impl Watermark {
    /// Nothing received yet.
    pub const START: Self = Self(0);

    /// A watermark that was kept; `None` above 18 digits, which no request can carry.
    #[must_use]
    pub fn new(sekvensnummer: u64) -> Option<Self> {
        i64::try_from(sekvensnummer)
            .ok()
            .filter(|number| *number <= MAX_SEQUENCE)
            .map(Self)
    }

    /// The number to keep.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.unsigned_abs()
    }

    fn raise(&mut self, sekvensnummer: Option<i64>) {
        if let Some(number) = sekvensnummer.filter(|number| *number <= MAX_SEQUENCE) {
            self.0 = self.0.max(number);
        }
    }

    fn is_before(self, sekvensnummer: i64) -> bool {
        self.0 < sekvensnummer
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// The API's operation, for error messages.
    pub(super) operation: &'static str,
    /// `fraSekvensnummer` and `maksAntall`, which go together.
    pub(super) window: Option<(Watermark, u32)>,
    pub(super) employer: Employer<'a>,
}

/// The orders of one answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// Orders that keep the contract, in the order received.
    pub orders: Vec<Order>,
    /// Records that break it, in the order received. The caller decides what becomes of them;
    /// they do not come again by themselves, since the watermark has moved past them.
    pub rejected: Vec<RejectedOrder>,
    /// What is odd about the page as a whole; pointers point into the page.
    pub remarks: Vec<Remark>,
    /// Where to continue once everything in this page has been taken care of.
    pub watermark: Watermark,
    /// How many records the answer held, repeated ones included.
    pub received: usize,
    /// The id to give to support, when the call had one.
    pub correlation_id: Option<String>,
}

/// One record of a page.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "a record either keeps the contract or breaks it")]
pub enum Entry<'a> {
    /// It keeps the contract.
    Order(&'a Order),
    /// It breaks the contract.
    Rejected(&'a RejectedOrder),
}

impl Page {
    /// Good and bad records together, in the order received.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut entries: Vec<(usize, Entry<'_>)> = self
            .orders
            .iter()
            .map(|order| (order.record.index, Entry::Order(order)))
            .chain(
                self.rejected
                    .iter()
                    .map(|rejected| (rejected.record.index, Entry::Rejected(rejected))),
            )
            .collect();
        entries.sort_by_key(|(index, _)| *index);
        entries.into_iter().map(|(_, entry)| entry)
    }

    /// Reads a recorded answer of the list operation, without any call.
    ///
    /// # Errors
    /// [`ContractViolation`] when the body is no list. A single bad record is no error.
    pub fn from_json(body: impl Into<Bytes>) -> Result<Self, ContractViolation> {
        let body = body.into();
        let decoded = serde_json::from_slice(&body).ok();
        Self::read(
            body,
            decoded,
            Request {
                operation: super::LIST,
                window: None,
                employer: Employer::Any,
            },
            &mut Seen::default(),
        )
    }

    /// Reads one answer. `decoded` is what the bindings made of it, if they could.
    pub(super) fn read(
        body: Bytes,
        decoded: Option<Vec<types::Trekkpaalegg>>,
        request: Request<'_>,
        seen: &mut Seen,
    ) -> Result<Self, ContractViolation> {
        let from = request.window.map(|(from, _)| from).unwrap_or_default();
        let mut page = Self {
            orders: Vec::with_capacity(decoded.as_ref().map_or(0, Vec::len)),
            rejected: Vec::new(),
            remarks: Vec::new(),
            watermark: from,
            received: 0,
            correlation_id: None,
        };
        let body = page.trimmed(body);
        if body.is_empty() {
            page.remark("", RemarkRule::EmptyBody);
            return Ok(page);
        }
        let mut reader = Reader {
            page: &mut page,
            from: request.window.map(|(from, _)| from),
            highest: None,
            unsorted: false,
            seen,
        };
        let whole = decoded.and_then(|decoded| Some((decoded, Body::decoded(body.clone(), false)?)));
        match whole {
            Some((decoded, body)) => {
                reader.seen.reserve(decoded.len());
                for (index, order) in decoded.into_iter().enumerate() {
                    let sekvensnummer = order.sekvensnummer;
                    let record = || Record {
                        body: Arc::clone(&body),
                        index,
                    };
                    let read =
                        assemble(order, Vec::new(), request.employer, record).map_err(|violations| RejectedOrder {
                            sekvensnummer: (sekvensnummer <= MAX_SEQUENCE).then_some(sekvensnummer),
                            violations,
                            record: record(),
                        });
                    reader.take(read);
                }
            }
            None => {
                let body = Body::split(&body, false).map_err(|found| not_a_list(request, found))?;
                for index in 0..body.len() {
                    reader.take(record::read(&body, index, request.employer));
                }
            }
        }
        let unsorted = reader.unsorted;
        if unsorted {
            page.remark("", RemarkRule::Unsorted);
        }
        if request.window.is_some_and(|(_, max)| page.received > max as usize) {
            page.remark("", RemarkRule::MoreThanAsked);
        }
        Ok(page)
    }

    /// The body without blanks around it and without a byte order mark.
    fn trimmed(&mut self, mut body: Bytes) -> Bytes {
        if body.starts_with(b"\xef\xbb\xbf") {
            self.remark("", RemarkRule::ByteOrderMark);
            body = body.slice(3..);
        }
        let trimmed = body.trim_ascii();
        body.slice_ref(trimmed)
    }

    fn remark(&mut self, pointer: impl Into<std::borrow::Cow<'static, str>>, rule: RemarkRule) {
        self.remarks.push(Remark::new(pointer, rule));
    }
}

fn not_a_list(request: Request<'_>, found: NotAList) -> ContractViolation {
    ContractViolation::new(
        Api::Trekkpaalegg,
        request.operation,
        "",
        "a JSON list of orders",
        match found {
            NotAList::NotJson => "text that is not JSON",
            NotAList::Other(kind) => kind,
        },
    )
}

/// Sorts records into a page.
struct Reader<'a> {
    page: &'a mut Page,
    from: Option<Watermark>,
    highest: Option<i64>,
    unsorted: bool,
    seen: &'a mut Seen,
}

impl Reader<'_> {
    fn take(&mut self, read: Result<Order, RejectedOrder>) {
        let index = self.page.received;
        self.page.received += 1;
        match read {
            Ok(order) => {
                self.sequence(Some(order.sekvensnummer), index);
                self.order(order, index);
            }
            Err(rejected) => {
                self.sequence(rejected.sekvensnummer, index);
                self.page.rejected.push(rejected);
            }
        }
    }

    /// Every record is delivered or reported, so that each may raise the watermark.
    fn sequence(&mut self, sekvensnummer: Option<i64>, index: usize) {
        let Some(number) = sekvensnummer else { return };
        if self.highest.is_some_and(|highest| number < highest) {
            self.unsorted = true;
        }
        self.highest = self.highest.max(Some(number));
        if self.from.is_some_and(|from| !from.is_before(number)) {
            self.page
                .remark(format!("/{index}/sekvensnummer"), RemarkRule::NotAfterFrom);
        }
        self.page.watermark.raise(sekvensnummer);
    }

    fn order(&mut self, order: Order, index: usize) {
        let sighting = self.seen.look(&order);
        match sighting.repeated {
            Some(Content::Same) => {
                return self.page.remark(format!("/{index}"), RemarkRule::Duplicate);
            }
            Some(Content::Other) => {
                self.page.rejected.push(RejectedOrder {
                    sekvensnummer: Some(order.sekvensnummer),
                    violations: vec![Violation::new("", ViolationRule::OtherContent)],
                    record: order.record,
                });
                return;
            }
            None => {}
        }
        for (member, rule) in sighting.remarks {
            self.page.remark(format!("/{index}{member}"), rule);
        }
        self.page.orders.push(order);
    }
}
