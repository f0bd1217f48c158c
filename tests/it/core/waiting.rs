//! The client without an async runtime.

use futures::stream;
use skatteetaten_client::Error;
use skatteetaten_client::blocking::Blocking;

use super::server::{Reply, Server, list};

#[test]
fn calls_and_streams_work_from_ordinary_functions() {
    // The server needs a runtime; the client brings its own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Server::api(|_| Reply::json(200, "[]")));
    let blocking = Blocking::new(server.client().0).unwrap();
    let answer = blocking.run(|client| async move { list(&client).await }).unwrap();
    assert_eq!(answer.status, 200);
    let client = blocking.client().clone();
    let pages = stream::iter(0..3).then_list(client);
    let statuses: Result<Vec<_>, _> = blocking.iter(pages).collect();
    assert_eq!(statuses.unwrap(), [200, 200, 200]);
    assert_eq!(server.api_calls().len(), 4);
}

/// A stream of calls, as paging is one.
trait ThenList {
    fn then_list(self, client: skatteetaten_client::Client) -> impl stream::Stream<Item = Result<u16, Error>>;
}

impl<S: stream::Stream<Item = i32>> ThenList for S {
    fn then_list(self, client: skatteetaten_client::Client) -> impl stream::Stream<Item = Result<u16, Error>> {
        use futures::StreamExt as _;
        self.then(move |_| {
            let client = client.clone();
            async move { list(&client).await.map(|answer| answer.status) }
        })
    }
}

#[tokio::test]
async fn inside_a_runtime_it_says_so_and_does_not_panic() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let (client, _) = server.client();
    let blocking = Blocking::new(client).unwrap();
    let error = blocking.run(|client| async move { list(&client).await }).unwrap_err();
    assert!(matches!(error, Error::Misuse(_)), "{error}");
    let mut items = blocking.iter(stream::iter([Ok::<_, Error>(1)]));
    assert!(matches!(items.next(), Some(Err(Error::Misuse(_)))));
    assert!(items.next().is_none());
    // Nor does it panic when it is dropped here.
    drop(items);
    drop(blocking);
    assert!(server.seen().is_empty());
}
