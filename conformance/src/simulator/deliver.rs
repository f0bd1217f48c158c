//! Turns an answer into what goes over the connection, whole or broken.

use std::{convert::Infallible, sync::Arc, task::Poll};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderValue, header};

use super::{
    answer::Answer, connection::Connection, faults::effect::Wire, maskinporten::http_date, pipeline::wait_for_release,
    state::State,
};

/// How an answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Broken(Wire),
}

/// Makes the response.
pub(crate) fn deliver(
    state: &Arc<State>,
    connection: &Arc<Connection>,
    answer: Answer,
    delivery: Delivery,
) -> Response {
    let (first, rest) = {
        let middle = answer.body.len() / 2;
        (answer.body.slice(..middle), answer.body.slice(middle..))
    };
    // A body that is cut short has announced more.
    let mut length = Some(answer.body.len());
    let body = match delivery {
        Delivery::Whole | Delivery::Broken(Wire::Stall) => Body::from(answer.body.clone()),
        Delivery::Broken(Wire::Reset) => {
            connection.reset();
            Body::empty()
        }
        Delivery::Broken(Wire::Close) => {
            connection.close();
            Body::empty()
        }
        Delivery::Broken(Wire::Truncate) => {
            length = Some(answer.body.len().max(2));
            let connection = Arc::clone(connection);
            let end = stream::poll_fn(move |_| {
                connection.close_after_flush();
                Poll::<Option<Bytes>>::Pending
            });
            from_parts(stream::iter([first]).chain(end))
        }
        Delivery::Broken(Wire::StallBody) => {
            let state = Arc::clone(state);
            let end = stream::once(async move {
                wait_for_release(&state).await;
                rest
            });
            from_parts(stream::iter([first]).chain(end))
        }
        Delivery::Broken(Wire::Endless) => {
            length = None;
            let blanks = Bytes::from_static(&[b' '; 16 * 1024]);
            from_parts(stream::iter([first]).chain(stream::repeat(blanks)))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(*name, value);
        }
    }
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if answer.header("date").is_none()
        && let Ok(date) = HeaderValue::from_str(&http_date(state.now()))
    {
        headers.insert(header::DATE, date);
    }
    response
}

fn from_parts(parts: impl stream::Stream<Item = Bytes> + Send + 'static) -> Body {
    // An empty part would end nothing and say nothing.
    let parts = parts.filter(|part| std::future::ready(!part.is_empty()));
    Body::from_stream(parts.map(Ok::<_, Infallible>))
}
