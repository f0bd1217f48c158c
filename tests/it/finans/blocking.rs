//! From a file to the verdict without an async runtime.

use std::error::Error;

use skatteetaten_client::blocking::Blocking;
use skatteetaten_client::finansprodukter::{FeedbackState, FileJournal, Repeat, Submission};

use super::{body, bytes, posts, simulated};

#[test]
fn a_program_without_a_runtime_submits_and_follows() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (simulator, client) = runtime.block_on(simulated());
    let folder = tempfile::tempdir().unwrap();
    let blocking = Blocking::new(client).unwrap();
    let (directory, submission) = (folder.path(), &Submission::from_json(bytes(&body())).unwrap());
    for _ in 0..2 {
        let state = blocking
            .run(|client| async move {
                let journal = FileJournal::open(directory).await?;
                let api = client.finansprodukter();
                let submitted = api.submit_with(submission, &journal, Repeat::Never).await?;
                Ok::<_, Box<dyn Error>>(api.feedback(&submitted.receipt).await?.state)
            })
            .unwrap();
        assert_eq!(state, FeedbackState::Accepted);
    }
    assert_eq!(posts(&simulator), 1);
}
