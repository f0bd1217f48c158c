//! Where the generated clients hand over their requests.

use bytes::Bytes;
use http::StatusCode;
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::{Request, Response};

use super::call::{Call, Outcome};
use super::run::run;
use crate::generated;

macro_rules! hook {
    ($($module:ident)*) => {$(
        impl ClientHooks<Call> for generated::$module::Client {
            async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
                Ok(exec(self.inner(), request).await)
            }
        }
    )*};
}

hook! { trekkpaalegg finansprodukter dialogporten }

/// Runs the call and leaves its outcome in `call`. The bindings get the answer once more for
/// decoding, or, when there is none, a placeholder that nobody looks at.
async fn exec(call: &Call, request: Request) -> Response {
    let outcome = run(call.inner(), request).await;
    let mut response = http::Response::new(Bytes::new());
    match &outcome {
        Outcome::Answered {
            status, headers, body, ..
        } => {
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
            *response.headers_mut() = headers.clone();
            *response.body_mut() = body.clone();
        }
        Outcome::NotSent | Outcome::Failed(_) => {
            *response.status_mut() = StatusCode::NETWORK_AUTHENTICATION_REQUIRED;
        }
    }
    call.finish(outcome);
    response.into()
}
