//! A caller may give up at any moment.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use skatteetaten_client::observer::{Exchange, Observer, Outcome};

use super::server::{Reply, Server, list};

/// Polls a future at most so many times, whenever it asks to be, and then drops it.
async fn give_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[derive(Default)]
struct Outcomes(Mutex<Vec<&'static str>>);

impl Observer for Outcomes {
    fn exchange(&self, exchange: &Exchange) {
        self.0.lock().unwrap().push(match &exchange.outcome {
            Outcome::Response { .. } => "response",
            Outcome::Cancelled => "cancelled",
            _ => "fault",
        });
    }
}

#[tokio::test]
async fn giving_up_anywhere_leaves_a_client_that_works() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let mut completed = false;
    let mut cancelled = 0;
    // Far more than there are await points; the loop ends when the call does.
    for polls in 0..10_000 {
        let outcomes = Arc::new(Outcomes::default());
        let client = server.builder().observer(outcomes.clone()).build().unwrap();
        completed = give_up_after(polls, list(&client)).await.is_some();
        let seen = outcomes.0.lock().unwrap().clone();
        let unfinished = seen.iter().filter(|outcome| **outcome != "response").count();
        assert!(unfinished <= 1, "one request at a time: {seen:?}");
        cancelled += unfinished;
        // What is left behind neither blocks nor disturbs the next call.
        let answer = list(&client).await.unwrap();
        assert!(answer.value.unwrap().is_empty());
        assert_eq!(answer.attempts, 1);
        if completed {
            assert_eq!(unfinished, 0);
            break;
        }
    }
    assert!(completed);
    assert!(cancelled > 0, "some calls were given up in the middle of a request");
}

#[tokio::test]
async fn one_who_gives_up_does_not_disturb_those_who_wait_for_the_same_token() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    for polls in 1..20 {
        let client = server.builder().build().unwrap();
        let (gone, first, second) = tokio::join!(give_up_after(polls, list(&client)), list(&client), list(&client),);
        assert!(gone.is_none_or(|result| result.is_ok()));
        assert!(first.is_ok() && second.is_ok());
    }
    assert_eq!(server.count("/token"), 19, "one token request for each client");
}
