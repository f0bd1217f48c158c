//! `finansprodukter feedback`.

use std::path::PathBuf;

use serde_json::json;
use skatteetaten_client::finansprodukter::{Feedback, FeedbackState, Receipt};

use super::{
    Target, call_failed, connect, describe,
    files::{cannot, keep, read},
};
use crate::cli::{Exit, Failure, Ui};

#[derive(Debug, clap::Args)]
pub(super) struct Follow {
    /// The receipt, as `submit` prints it; `-` reads standard input.
    receipt: PathBuf,
    /// Write the documents to this directory. Files that are there are not replaced.
    #[arg(long, value_name = "DIR")]
    documents: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

pub(super) async fn feedback(args: &Follow, ui: &mut Ui) -> Result<Exit, Failure> {
    let receipt: Receipt = serde_json::from_slice(&read(&args.receipt)?).map_err(|error| {
        // Line and column only: the message may quote the file.
        Failure::usage(format!(
            "the receipt cannot be read (line {}, column {}): give the line that `finansprodukter submit` prints",
            error.line(),
            error.column()
        ))
    })?;
    let (_, api) = connect(&args.target, ui)?;
    let feedback = api.feedback(&receipt).await.map_err(call_failed)?;
    if let Some(directory) = &args.documents {
        for found in &feedback.documents {
            let name = format!(
                "{}_{}.{}",
                found.forsendelse_id,
                found.dokument_id,
                found.document.extension()
            );
            std::fs::create_dir_all(directory).map_err(|error| cannot("make", directory, &error))?;
            keep(&directory.join(name), &found.document.bytes)?;
        }
    }
    if args.json {
        writeln!(ui.out, "{}", feedback_json(&feedback))?;
    } else {
        writeln!(ui.out, "{}", feedback.state)?;
        for found in &feedback.documents {
            writeln!(
                ui.out,
                "document {} of {}: {}",
                found.dokument_id,
                found.forsendelse_id,
                describe(&found.document)
            )?;
        }
    }
    Ok(match feedback.state {
        FeedbackState::Accepted | FeedbackState::StillWaiting => Exit::Ok,
        _ => Exit::Findings,
    })
}

fn feedback_json(feedback: &Feedback) -> serde_json::Value {
    let (state, why) = match &feedback.state {
        FeedbackState::StillWaiting => ("still-waiting", Vec::new()),
        FeedbackState::Accepted => ("accepted", Vec::new()),
        FeedbackState::Rejected => ("rejected", Vec::new()),
        FeedbackState::NeedsALook { why } => ("needs-a-look", why.iter().map(ToString::to_string).collect()),
        _ => ("needs-a-look", vec![feedback.state.to_string()]),
    };
    let documents: Vec<_> = feedback
        .documents
        .iter()
        .map(|found| {
            json!({
                "forsendelseId": found.forsendelse_id,
                "dokumentId": found.dokument_id,
                "mediaType": found.document.media_type,
                "bytes": found.document.bytes.len(),
                "sha256": found.document.sha256,
            })
        })
        .collect();
    json!({ "state": state, "why": why, "documents": documents })
}
