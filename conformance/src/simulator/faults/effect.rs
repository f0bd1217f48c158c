//! What a fault does to one request, as data.

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Answers with this documented code instead of working.
    Code(&'static str),
    /// Answers with the service's own code for an unexpected error.
    InternalError,
    /// Answers with a body that is not the API's own.
    Foreign(Foreign),
    /// Refuses a token that is fine.
    RefuseToken,
    /// Refuses every token that has been used once.
    OneUsePerToken,
    /// Works, then does this to the connection instead of answering properly.
    Wire(Wire),
    /// Does not work, and breaks the connection without an answer.
    Refuse(Wire),
    /// Changes one order of an answer.
    Order(OrderChange),
    /// Changes a page of orders as a whole.
    Page(PageChange),
    /// Changes the body or head of an answer that went well.
    Answer(AnswerChange),
    /// Changes the answer of the token endpoint.
    Token(TokenChange),
    /// Changes how the feedback on submissions looks.
    Feedback(Feedback),
}

/// Answers that come from something in front of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// HTTP status.
    pub(crate) status: u16,
    /// `Content-Type`.
    pub(crate) content_type: &'static str,
    /// Body.
    pub(crate) body: &'static str,
    /// One more header: name and value.
    pub(crate) header: Option<(&'static str, &'static str)>,
}

/// What happens to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// TCP reset.
    Reset,
    /// Closed without a byte.
    Close,
    /// The head and half of the body, then closed.
    Truncate,
    /// Nothing comes until the simulator is told to go on.
    Stall,
    /// The head and half of the body come, the rest when the simulator is told to go on.
    StallBody,
    /// The body never ends.
    Endless,
}

/// Changes to one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderChange {
    /// Puts a value (JSON text) at a pointer.
    Set(&'static str, &'static str),
    /// Removes what stands at a pointer.
    Remove(&'static str),
    /// The first period has an amount and a percentage.
    BothSizes,
    /// The first period ends before it starts.
    Reversed,
    /// A second period overlaps the first.
    Overlap,
    /// Dates without hyphens.
    CompactDates,
    /// `trekkid` as a number.
    NumericId,
    /// `sekvensnummer` as text.
    TextNumber,
    /// Ended, with an open period.
    EndedButOpen,
}

/// Changes to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageChange {
    /// The last order comes first.
    Reverse,
    /// The first order comes twice.
    Repeat,
    /// One more order than asked for, where there is one.
    Overfull,
    /// The same first page for ever.
    Stuck,
    /// The next page starts with the last order of the one before.
    Overlap,
    /// No orders.
    Nothing,
}

/// Changes to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerChange {
    /// No body at all.
    Empty,
    /// The text stops in the middle, but HTTP is whole.
    CutJson,
    /// Another `Content-Type`.
    ContentType(&'static str),
    /// Every object gets a field nobody knows.
    UnknownField,
    /// Puts a value (JSON text) at a pointer.
    Set(&'static str, &'static str),
    /// Removes what stands at a pointer.
    Remove(&'static str),
    /// The whole body is this text.
    Body(&'static str),
    /// A document of this media type: index into the documents of a dispatch.
    Media(&'static str),
}

/// Changes to a token answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenChange {
    /// Puts a value (JSON text) into the answer.
    Set(&'static str, &'static str),
    /// Removes a field of the answer.
    Remove(&'static str),
    /// The token speaks for another organisation than asked for.
    OtherOrganisation,
    /// The token lacks the scope.
    NoScope,
    /// The token has no system user.
    NoSystemUser,
    /// The token is no JWT, and works.
    Opaque,
    /// The answer's `Date`, and what assertions are compared with, are this many seconds ahead.
    Clock(i64),
}

/// How feedback looks in Dialogporten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// None yet.
    Waiting,
    /// A transmission of this type.
    Type(&'static str),
    /// Both an acceptance and a rejection.
    Double,
    /// Related to another transmission than the submission's.
    Unrelated,
    /// Without attachments.
    NoDocument,
    /// The attachment's address is on another host.
    ForeignHost,
    /// The attachment's address has another shape.
    OddPath,
    /// Not authorised for this user.
    NotAuthorized,
    /// The dialog has no transmissions.
    NoTransmissions,
    /// The dialog is deleted.
    Gone,
    /// The dialog is unknown.
    Missing,
}
