//! Runs a generated operation and judges what the hook left behind.

use std::future::Future;

use progenitor_client::{Error as BindingError, ResponseValue};

use super::call::{Answer, Call, CallOptions, Outcome, Transport};
use crate::error::{Error, Misuse};

impl Transport {
    /// Sends one call.
    ///
    /// `operation` receives the [`Call`], makes a generated client of it, and sends:
    ///
    /// ```no_run
    /// use skatteetaten_client::transport::CallOptions;
    /// use skatteetaten_client::{Api, Client, generated};
    ///
    /// # async fn example(client: Client) -> Result<(), skatteetaten_client::Error> {
    /// let options = CallOptions::new(Api::Trekkpaalegg, "hentAlleGjeldende");
    /// let answer = client
    ///     .transport()
    ///     .send(options, |call| async move {
    ///         let bindings = generated::trekkpaalegg::Client::new_with_client(
    ///             call.base_url(),
    ///             call.http(),
    ///             call.clone(),
    ///         );
    ///         bindings.hent_alle_gjeldende().send().await
    ///     })
    ///     .await?;
    /// println!("{} bytes", answer.body.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error`]; every status outside 200–299 is [`Error::Api`]. A body that the bindings cannot
    /// decode is no error here: [`Answer::value`] is then `None`.
    pub async fn send<T, E, Fut>(
        &self,
        options: CallOptions,
        operation: impl FnOnce(Call) -> Fut,
    ) -> Result<Answer<T>, Error>
    where
        Fut: Future<Output = Result<ResponseValue<T>, BindingError<E>>>,
    {
        let name = options.operation;
        let call = Call::new(self, options)?;
        let result = operation(call.clone()).await;
        match call.take() {
            Outcome::Failed(error) => Err(error),
            Outcome::Answered {
                status,
                headers,
                body,
                correlation_id,
                attempts,
            } => Ok(Answer {
                status,
                headers,
                body,
                value: result.ok().map(ResponseValue::into_inner),
                correlation_id,
                attempts,
            }),
            Outcome::NotSent => Err(not_sent(name, result.err().as_ref())),
        }
    }
}

/// The bindings refused their own input, or never called the hook.
fn not_sent<E>(operation: &str, error: Option<&BindingError<E>>) -> Error {
    let problem = match error {
        // The text names the parameter and the conversion, but may quote the value.
        Some(BindingError::InvalidRequest(_)) => "was called with a parameter that cannot be sent",
        Some(BindingError::CommunicationError(_)) => "could not be built into a request",
        _ => "was not sent by its bindings",
    };
    Misuse::new(
        format!("{operation} {problem}"),
        "check the types and characters of its parameters",
    )
    .into()
}
