//! What a dialog says about one submission.
//!
//! Usually the report is one transmission and the answer to it another, related to the first.
//! Which types mean what is inferred from practice, so only the two that say it in their name
//! count as a verdict.

use chrono::{DateTime, Utc};
use url::Url;
use uuid::Uuid;

use super::reference::ids;
use super::{FeedbackState, Why};
use crate::finansprodukter::document::media_type;
use crate::finansprodukter::receipt::Receipt;
use crate::generated::dialogporten::types::{ConsumerType, Dialog, Transmission, TransmissionType};

/// What the dialog says, before any document has been fetched.
pub(super) struct Announcement {
    /// The verdict, if nothing stands against it.
    pub(super) verdict: FeedbackState,
    /// What stands against it.
    pub(super) why: Vec<Why>,
    /// The documents to fetch.
    pub(super) documents: Vec<Announced>,
}

/// A document that the dialog announces.
pub(super) struct Announced {
    pub(super) forsendelse_id: Uuid,
    pub(super) dokument_id: Uuid,
    pub(super) media_type: Option<String>,
    pub(super) created_at: Option<DateTime<Utc>>,
}

pub(super) fn judge(dialog: &Dialog, receipt: &Receipt, base: &Url) -> Announcement {
    let mut why = Vec::new();
    if dialog.id != receipt.dialog_id {
        why.push(Why::OtherDialog);
    }
    let all = dialog.transmissions.as_deref().unwrap_or_default();
    // A verdict on nothing, or on something that the dialog does not have, may be the one on ours.
    let is_known = |id: Uuid| id == receipt.forsendelse_id || all.iter().any(|one| one.id == id);
    let is_lost = |one: &Transmission| is_verdict(one) && !one.related_transmission_id.is_some_and(is_known);
    if all.iter().any(is_lost) {
        why.push(Why::Unrelated);
    }
    // A submission that points to ours is a later one, a correction say, and no answer.
    let answers: Vec<&Transmission> = all
        .iter()
        .filter(|one| one.related_transmission_id == Some(receipt.forsendelse_id))
        .filter(|one| one.id != receipt.forsendelse_id && one.type_ != TransmissionType::Submission)
        .collect();
    let verdicts: Vec<&Transmission> = answers.iter().copied().filter(|one| is_verdict(one)).collect();
    let verdict = match verdicts.as_slice() {
        [one] if one.type_ == TransmissionType::Acceptance => FeedbackState::Accepted,
        [_] => FeedbackState::Rejected,
        [] => FeedbackState::StillWaiting,
        _ => {
            why.push(Why::SeveralVerdicts);
            FeedbackState::StillWaiting
        }
    };
    // Mere information beside a verdict changes nothing about it. Alone, it may be the answer
    // itself; any other type may take the verdict back.
    let is_harmless =
        |one: &Transmission| is_verdict(one) || (one.type_ == TransmissionType::Information && !verdicts.is_empty());
    if !answers.iter().copied().all(is_harmless) {
        why.push(Why::OtherType);
    }
    let mut documents: Vec<Announced> = Vec::new();
    for answer in answers {
        documents_of(answer, receipt, base, &mut documents, &mut why);
    }
    Announcement {
        verdict,
        why,
        documents,
    }
}

fn is_verdict(transmission: &Transmission) -> bool {
    matches!(
        transmission.type_,
        TransmissionType::Acceptance | TransmissionType::Rejection
    )
}

fn documents_of(
    answer: &Transmission,
    receipt: &Receipt,
    base: &Url,
    documents: &mut Vec<Announced>,
    why: &mut Vec<Why>,
) {
    if answer.is_authorized == Some(false) {
        why.push(Why::NotAuthorised);
        return;
    }
    let (mut has_document, mut has_other_address) = (false, false);
    let attachments = answer.attachments.iter().flatten();
    for url in attachments.flat_map(|attachment| attachment.urls.iter().flatten()) {
        if url.consumer_type != ConsumerType::Api {
            continue;
        }
        match ids(&url.url, base, receipt.inntektsaar) {
            Some((dispatch, document)) if dispatch == answer.id => {
                has_document = true;
                let is_this = |known: &Announced| (known.forsendelse_id, known.dokument_id) == (dispatch, document);
                if documents.iter().any(is_this) {
                    continue;
                }
                documents.push(Announced {
                    forsendelse_id: dispatch,
                    dokument_id: document,
                    media_type: url.media_type.as_deref().and_then(media_type),
                    created_at: answer.created_at,
                });
            }
            _ => has_other_address = true,
        }
    }
    if has_other_address {
        why.push(Why::OtherAddress);
    } else if !has_document && is_verdict(answer) {
        why.push(Why::NoDocument);
    }
}
