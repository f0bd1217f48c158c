//! Calls of the API.

use std::fmt;

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use uuid::Uuid;

use super::document::{Document, media_type};
use super::receipt::{Receipt, unreadable};
use super::submission::Submission;
use crate::error::Error;
use crate::generated::finansprodukter::{Client as Bindings, types};
use crate::transport::{Call, CallOptions, Transport};
use crate::{Api, Client};

const SUBMIT: &str = "innsending";
const DOCUMENT: &str = "uthentingDokument";
/// Documents come in whatever media type they have. JSON first: a person can read the others
/// without us.
const ANY_DOCUMENT: &str = "application/json, application/xml;q=0.9, application/pdf;q=0.9, text/csv;q=0.9, */*;q=0.5";
/// Largest document that is fetched, unless something else is set: 25 MB.
const MAX_DOCUMENT: usize = 25_000_000;

impl Client {
    /// Submissions of financial products, their documents and their feedback.
    ///
    /// The API is open to system users only; see [`Access::SystemUser`](crate::Access::SystemUser).
    pub fn finansprodukter(&self) -> Finansprodukter {
        Finansprodukter {
            transport: self.transport(),
            max_document: MAX_DOCUMENT,
        }
    }
}

/// Calls innrapportering finansprodukter on behalf of one organisation. Cheap to clone.
#[derive(Clone)]
#[must_use]
pub struct Finansprodukter {
    pub(super) transport: Transport,
    max_document: usize,
}

impl Finansprodukter {
    /// The same with another limit on the size of documents, in bytes. The default is 25 MB.
    pub fn max_document(mut self, bytes: usize) -> Self {
        self.max_document = bytes;
        self
    }

    /// Sends a submission: exactly its bytes, under its key, to its income year.
    ///
    /// Failures that leave open whether it was received are repeated within the client's
    /// [retry policy](crate::RetryPolicy), with the same key and the same bytes. When that ends in
    /// an error, it stays open: call `submit` again *with the same submission*. A program that can
    /// be killed in between needs a journal: [`submit_with`](Self::submit_with).
    ///
    /// The receipt says that the submission was received, not that it is accepted.
    ///
    /// # Errors
    /// [`Error`]. `Error::Api` with status 409 and `GLD_019` says that the key has been used with
    /// other bytes; it is never answered by another key.
    pub async fn submit(&self, submission: &Submission) -> Result<Receipt, Error> {
        let options = CallOptions::new(Api::Finansprodukter, SUBMIT).body(submission.bytes().clone());
        let answer = self
            .transport
            .send(options, |call| async move {
                bindings(&call)
                    .innsending()
                    .inntektsaar(submission.income_year().to_string())
                    .idempotency_key(submission.key())
                    .body(stand_in(submission.income_year()))
                    .send()
                    .await
            })
            .await?;
        match answer.value {
            Some(value) => Ok(Receipt::new(submission, value)),
            None => Err(unreadable(&answer.body, SUBMIT)
                .with_status(answer.status)
                .with_correlation_id(answer.correlation_id)
                .into()),
        }
    }

    /// Fetches one document of a dispatch, as the bytes that it is, in whatever media type it has.
    ///
    /// # Errors
    /// [`Error`]; a document larger than [`max_document`](Self::max_document) is a transport
    /// error.
    pub async fn document(&self, income_year: u16, forsendelse: Uuid, dokument: Uuid) -> Result<Document, Error> {
        let options = CallOptions::new(Api::Finansprodukter, DOCUMENT)
            .accept(HeaderValue::from_static(ANY_DOCUMENT))
            .max_response(self.max_document);
        let answer = self
            .transport
            .send(options, |call| async move {
                bindings(&call)
                    .uthenting_dokument()
                    .inntektsaar(income_year.to_string())
                    .forsendelse_id(forsendelse)
                    .dokument_id(dokument)
                    .send()
                    .await
            })
            .await?;
        let kind = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Document::new(kind.and_then(media_type), answer.body))
    }
}

impl fmt::Debug for Finansprodukter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finansprodukter")
            .field("transport", &self.transport)
            .field("max_document", &self.max_document)
            .finish()
    }
}

fn bindings(call: &Call) -> Bindings {
    Bindings::new_with_client(call.base_url(), call.http(), call.clone())
}

/// What the bindings serialise. It never leaves the process: the transport sends the submission's
/// own bytes instead, so that a repetition is the same to the last byte.
fn stand_in(income_year: u16) -> types::Innsending {
    types::Innsending {
        leveranse: types::Leveranse {
            inntektsaar: income_year.into(),
            kildesystem: String::new(),
            leveransetype: types::Leveransetype::IngenOppgaver,
            oppgave: None,
            oppgavegiver: types::Oppgavegiver {
                internasjonal_identifikator: None,
                kontaktinformasjon: None,
                organisasjonsnavn: None,
                organisasjonsnummer: String::new(),
            },
            oppgavegivers_leveranse_referanse: None,
            oppgaveoppsummering: super::builder::no_totals(0),
            sletteoppgave: None,
        },
    }
}
