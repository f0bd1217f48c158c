//! Follows the changes, page by page.

use futures::{Stream, stream};

use crate::{Api, error::ContractViolation, error::Error};

use super::{
    LIST, Trekkpaalegg,
    page::{Page, Watermark},
    seen::Seen,
};

/// The name under which [`is_not_advancing`] recognises its error.
const ADVANCE: &str = "a sekvensnummer higher than fraSekvensnummer in a full page";

/// Whether an error says that the service answered a full page without anything newer than what
/// was asked from, so that going on would ask for the same page for ever.
#[must_use]
pub fn is_not_advancing(error: &Error) -> bool {
    matches!(error, Error::Contract(violation) if violation.expected() == ADVANCE)
}

/// Where the stream stands.
enum State {
    /// The next request starts here.
    Ask(Watermark),
    /// A full page without anything newer has been delivered.
    Stuck {
        from: Watermark,
        correlation_id: Option<String>,
    },
    Done,
}

impl Trekkpaalegg {
    /// Everything that has changed since `from`, page by page, until a page is not full.
    ///
    /// Each request starts from the watermark of the page before, so that a page is asked for
    /// only after everything in the one before has been delivered or reported. The stream is
    /// lazy, holds one page at a time, and ends
    ///
    /// * after a page with fewer than [`page_size`](Self::page_size) records;
    /// * after an error. The watermark of the last delivered page stays valid: continue from it;
    /// * after a full page without any higher `sekvensnummer`, with an error that
    ///   [`is_not_advancing`] recognises, since the same request would follow for ever. That
    ///   page is delivered first.
    ///
    /// Versions that come again are recognised among the latest 10,000; see
    /// [`RemarkRule::Duplicate`](super::RemarkRule::Duplicate).
    ///
    /// ```no_run
    /// # async fn follow(client: skatteetaten_client::Client) -> Result<(), skatteetaten_client::Error> {
    /// use futures::{StreamExt as _, TryStreamExt as _, pin_mut};
    /// use skatteetaten_client::trekkpaalegg::Watermark;
    ///
    /// let changes = client.trekkpaalegg().changes(Watermark::START);
    /// pin_mut!(changes);
    /// while let Some(page) = changes.try_next().await? {
    ///     // In one transaction: the orders, the rejected ones for a person to look at, and
    ///     // the watermark to continue from.
    ///     println!("{} orders, {} rejected, up to {}",
    ///         page.orders.len(), page.rejected.len(), page.watermark);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn changes(&self, from: Watermark) -> impl Stream<Item = Result<Page, Error>> + Send + use<> {
        let service = self.clone();
        follow(self.page_size, from, move |from, mut seen| {
            let service = service.clone();
            async move {
                let page = service.page(from, &mut seen).await;
                (page, seen)
            }
        })
    }
}

/// The paging protocol over any source of pages: `source` answers "what is after this
/// watermark?" and hands the memory back.
pub(super) fn follow<F, Fut>(
    page_size: u32,
    from: Watermark,
    source: F,
) -> impl Stream<Item = Result<Page, Error>> + Send + use<F, Fut>
where
    F: FnMut(Watermark, Seen) -> Fut + Send,
    Fut: Future<Output = (Result<Page, Error>, Seen)> + Send,
{
    stream::unfold(
        (source, Seen::default(), State::Ask(from)),
        move |(mut source, seen, state)| async move {
            let (item, seen, next) = match state {
                State::Done => return None,
                State::Stuck { from, correlation_id } => (Err(not_advancing(from, correlation_id)), seen, State::Done),
                State::Ask(from) => match source(from, seen).await {
                    (Ok(page), seen) => {
                        let next = after(page_size, from, &page);
                        (Ok(page), seen, next)
                    }
                    (Err(error), seen) => (Err(error), seen, State::Done),
                },
            };
            Some((item, (source, seen, next)))
        },
    )
}

fn after(page_size: u32, from: Watermark, page: &Page) -> State {
    if page.received < page_size as usize {
        State::Done
    } else if page.watermark > from {
        State::Ask(page.watermark)
    } else {
        State::Stuck {
            from,
            correlation_id: page.correlation_id.clone(),
        }
    }
}

fn not_advancing(from: Watermark, correlation_id: Option<String>) -> Error {
    Error::from(
        ContractViolation::new(
            Api::Trekkpaalegg,
            LIST,
            "",
            ADVANCE,
            format!("a full page with nothing after {from}"),
        )
        .with_status(200)
        .with_correlation_id(correlation_id),
    )
}
