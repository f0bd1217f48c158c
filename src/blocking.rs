//! Calls for programs without an async runtime.
//!
//! Everything the async client can do, from ordinary functions: [`Blocking::run`] waits for any
//! call, [`Blocking::iter`] turns a stream into an iterator.
//!
//! ```no_run
//! use skatteetaten_client::{Api, Client};
//! use skatteetaten_client::blocking::Blocking;
//!
//! # fn example(client: Client) -> Result<(), skatteetaten_client::Error> {
//! let blocking = Blocking::new(client)?;
//! let info = blocking.run(|client| async move { client.token(Api::Trekkpaalegg).await })?;
//! println!("{:?}", info.scopes);
//! # Ok(())
//! # }
//! ```

use std::future::Future;
use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::Client;
use crate::error::{ConfigurationError, Error, Misuse};

/// A client with a runtime of its own, which runs on the calling thread while a call lasts.
#[derive(Debug)]
pub struct Blocking {
    /// There until this is dropped.
    runtime: Option<Runtime>,
    client: Client,
}

impl Blocking {
    /// Takes over a client.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the operating system gives no resources for a runtime.
    pub fn new(client: Client) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
            ConfigurationError::new(
                "no runtime can be started",
                "check the limits on threads and open files of this process",
            )
            .with_source(error)
        })?;
        Ok(Self {
            runtime: Some(runtime),
            client,
        })
    }

    /// The client, for building other ones from it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits for a call, or for several in a row with any kind of error that [`Error`] can become.
    ///
    /// # Errors
    /// The call's own, or [`Error::Misuse`] when this thread already runs an async runtime, which
    /// waiting here would stop.
    pub fn run<T, E, Fut>(&self, call: impl FnOnce(Client) -> Fut) -> Result<T, E>
    where
        Fut: Future<Output = Result<T, E>>,
        E: From<Error>,
    {
        self.wait(call(self.client.clone()))?
    }

    /// A stream, one item at a time. Nothing is fetched before it is asked for.
    pub fn iter<T, S>(&self, stream: S) -> Iter<'_, S>
    where
        S: Stream<Item = Result<T, Error>>,
    {
        Iter {
            blocking: self,
            stream: Some(Box::pin(stream)),
        }
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, Error> {
        match &self.runtime {
            Some(runtime) if Handle::try_current().is_err() => Ok(runtime.block_on(future)),
            _ => Err(Misuse::new(
                "a blocking call was made inside an async runtime, which it would stop",
                "use the async client there, or move the call to a thread of its own",
            )
            .into()),
        }
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        // Waiting for a runtime to end is not allowed inside another one; nothing of ours is left
        // to wait for in any case.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The items of a stream; see [`Blocking::iter`].
#[derive(Debug)]
pub struct Iter<'a, S> {
    blocking: &'a Blocking,
    stream: Option<Pin<Box<S>>>,
}

impl<T, S> Iterator for Iter<'_, S>
where
    S: Stream<Item = Result<T, Error>>,
{
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        match self.blocking.wait(stream.next()) {
            Ok(item) => item,
            Err(error) => {
                self.stream = None;
                Some(Err(error))
            }
        }
    }
}
