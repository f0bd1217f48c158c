//! From a file to a receipt, and on to the verdict.
//!
//! ```text
//! cargo xtask simulate --json --organisation 312345676
//!     # prints client_id, kid, private_key, issuer, finansprodukter and dialogporten
//! cargo run --example finans_submit -- CLIENT_ID KID KEY_FILE ISSUER FINANSPRODUKTER DIALOGPORTEN \
//!     ORGANISATION FILE JOURNAL_FOLDER
//! ```
//!
//! Run twice with the same file, it sends once.

use std::error::Error;
use std::fs;

use skatteetaten_client::finansprodukter::{FeedbackState, FileJournal, Repeat, Submission};
use skatteetaten_client::maskinporten::{Config, KeyId, SigningKey};
use skatteetaten_client::{Access, Api, Client, Environment};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    for line in report(&arguments).await? {
        println!("{line}");
    }
    Ok(())
}

/// What became of the file, line by line.
pub(crate) async fn report(arguments: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let [
        client_id,
        kid,
        key_file,
        issuer,
        finansprodukter,
        dialogporten,
        organisation,
        file,
        journal,
    ] = arguments
    else {
        return Err(
            "give CLIENT_ID KID KEY_FILE ISSUER FINANSPRODUKTER DIALOGPORTEN ORGANISATION FILE \
                    JOURNAL_FOLDER"
                .into(),
        );
    };
    let environment = Environment::custom("example")
        .with_base_url(Api::Finansprodukter, finansprodukter)?
        .with_base_url(Api::Dialogporten, dialogporten)?
        .with_issuer(issuer)?;
    let key = SigningKey::from_text(&fs::read_to_string(key_file)?, Some(KeyId::Kid(kid.clone())))?;
    let client = Client::builder(environment)
        .maskinporten(Config::new(client_id, key))
        .access(Access::system_user(organisation))
        .build()?;

    // Everything that is wrong is told at once, before anything is sent.
    let submission = match Submission::from_json(fs::read(file)?) {
        Ok(submission) => submission,
        Err(invalid) => return Ok(invalid.report().findings.iter().map(ToString::to_string).collect()),
    };

    // Written down before it is sent: killed anywhere from here on, the same program run again
    // ends in one submission.
    let journal = FileJournal::open(journal).await?;
    let api = client.finansprodukter();
    let submitted = api.submit_with(&submission, &journal, Repeat::Never).await?;
    let receipt = submitted.receipt;
    let what = if submitted.sent { "sent" } else { "was sent before" };
    let mut lines = vec![format!(
        "{what}: received as {}, not yet accepted",
        receipt.forsendelse_id
    )];
    lines.extend(submitted.remarks.iter().map(|remark| format!("look at this: {remark}")));

    // The verdict comes later; a real program asks again at intervals of minutes.
    let feedback = api.feedback(&receipt).await?;
    lines.push(match feedback.state {
        FeedbackState::StillWaiting => "no verdict yet".to_owned(),
        state => format!("verdict: {state}"),
    });
    for found in &feedback.documents {
        let media_type = found.document.media_type.as_deref().unwrap_or("no media type");
        lines.push(format!("document: {media_type}, {} bytes", found.document.bytes.len()));
    }
    Ok(lines)
}
