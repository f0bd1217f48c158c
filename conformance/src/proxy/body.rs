//! An answer's body, passed on part by part and recorded as it goes.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::open::{Fault, Open};

/// Passes on every part as it comes.
pub(super) struct Tee {
    inner: Incoming,
    open: Open,
}

impl Tee {
    pub(super) fn new(inner: Incoming, mut open: Open) -> Self {
        // Nobody asks for the parts of a body that has none.
        if inner.is_end_stream() {
            open.whole();
        }
        Self { inner, open }
    }
}

impl Body for Tee {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(part) = frame.data_ref() {
                    this.open.answer(part);
                }
                // Whoever reads need not ask again after the last part.
                if this.inner.is_end_stream() {
                    this.open.whole();
                }
            }
            Some(Err(_)) => this.open.broken(Fault::Truncated),
            None => this.open.whole(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body read whole, up to a limit.
pub(super) enum Read {
    Whole(Bytes),
    TooLarge,
    Broken,
}

pub(super) async fn read<B>(mut body: B, limit: usize) -> Read
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut whole = bytes::BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Read::Broken };
        if let Ok(part) = frame.into_data() {
            if whole.len() + part.len() > limit {
                return Read::TooLarge;
            }
            whole.extend_from_slice(&part);
        }
    }
    Read::Whole(whole.freeze())
}
