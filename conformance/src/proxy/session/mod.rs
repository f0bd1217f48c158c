//! A proxy whose exchanges become an evidence pack.

mod grade;
mod worker;

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
};

use chrono::Utc;

use super::{Builder, Endpoints, Proxy, StartError};
use crate::{
    client_logs::Handed,
    config::Config,
    evidence::{EvidenceError, PackWriter},
    redaction::Redactor,
    results::Text,
    run::{self, Options, Report, RunError, Shared, Suite, Target},
    synthetic::Guard,
};
use worker::{Message, ToWorker, Worked};

pub use worker::Line;

/// The folder of a pack below `logg/` that holds a proxy's exchanges, and the first part of their
/// ids.
pub const EXCHANGES: &str = "PROXY";

/// Why a session cannot begin, or its pack cannot be completed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The proxy cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The selection or a host is wrong.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The pack cannot be written.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// Recording has ended early.
    #[error("the recording ended unexpectedly; the pack stays unfinished")]
    Lost,
}

/// A running proxy that records evidence.
#[derive(Debug)]
pub struct Session {
    proxy: Proxy,
    suite: Suite,
    shared: Shared,
    known: grade::Known,
    options: Options,
    writer: Arc<PackWriter>,
    sender: mpsc::Sender<Message>,
    worker: std::thread::JoinHandle<Worked>,
}

impl Session {
    /// Starts the proxy and the pack, in a new folder below `options.out`. `line` is told of each
    /// exchange once it is on disk.
    ///
    /// # Errors
    /// [`SessionError`] when an address may not be called, the proxy cannot listen, or the pack
    /// cannot be written.
    pub async fn begin(
        suite: Suite,
        config: &Config,
        builder: Builder,
        options: Options,
        line: impl Fn(Line) + Send + 'static,
    ) -> Result<Self, SessionError> {
        let mut target = Target::observed(config);
        for url in target.addresses().values() {
            target.hosts.check(url).map_err(RunError::from)?;
        }
        if !options.selection.apis.is_empty() {
            target.apis.clone_from(&options.selection.apis);
        }
        options.selection.check(suite.catalogue())?;
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| RunError::Random)?;
        let shared = Shared {
            guard: Arc::new(Guard::new(target.declared.clone(), &key)),
            redactor: Arc::new(Redactor::new()),
            target: Arc::new(target),
        };
        let mut info = run::run_info(&suite, &shared.target, &options, Utc::now());
        info.target.description = describe(&shared.target);
        // Before the first exchange, and before anybody is told where to call.
        let writer = Arc::new(PackWriter::begin(&options.out, &info)?);
        let (sender, receiver) = mpsc::channel();
        let sink = Arc::new(ToWorker(sender.clone()));
        let proxy = builder.guard(Arc::clone(&shared.guard)).start(sink).await?;
        let worker = {
            let (writer, shared) = (Arc::clone(&writer), shared.clone());
            std::thread::spawn(move || worker::work(&receiver, &writer, &shared, line))
        };
        Ok(Self {
            proxy,
            suite,
            shared,
            known: grade::Known {
                accesses: config.accesses().to_vec(),
                client_id: config.client_id().map(str::to_owned),
            },
            options,
            writer,
            sender,
            worker,
        })
    }

    /// What the vendor's system is pointed at.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        self.proxy.endpoints()
    }

    /// Stops the proxy, grades what was recorded and completes the pack. `client_logs` are files
    /// and folders of the vendor's; where they cannot be taken, the cases about them are blocked.
    ///
    /// # Errors
    /// [`SessionError`] when an exchange or the pack could not be written: the pack then stays
    /// marked as unfinished.
    pub async fn finish(self, client_logs: &[PathBuf]) -> Result<Finished, SessionError> {
        let Self {
            proxy,
            suite,
            shared,
            known,
            options,
            writer,
            sender,
            worker,
        } = self;
        proxy.stop().await;
        let _ = sender.send(Message::End);
        let worked = tokio::task::spawn_blocking(move || worker.join())
            .await
            .map_err(|_| SessionError::Lost)?
            .map_err(|_| SessionError::Lost)?;
        if let Some(error) = worked.error {
            return Err(error.into());
        }
        let mut kept = worked.kept;
        // They end in another order than they began.
        kept.sort_by_key(|kept| kept.number);
        let raw: Vec<_> = kept.iter().map(|kept| kept.recorded.raw.clone()).collect();
        let logs = Handed::read(client_logs, &raw, &shared, &writer)?;
        for mut result in grade::results(&suite, &shared, &options, &known, &kept).await {
            logs.tell(&mut result);
            writer.case(result)?;
        }
        let mut results = writer.done();
        results.sort_by(|a, b| a.case_id.cmp(&b.case_id));
        let stale_deviations = run::stale(&options.deviations, &results);
        let mut finish = run::finish(&suite, &shared, &raw.iter().collect::<Vec<_>>(), options);
        finish.client_logs = logs.into_pack();
        let writer = Arc::into_inner(writer).ok_or(SessionError::Lost)?;
        let pack = writer.finish(finish)?;
        Ok(Finished {
            exchanges: kept.len(),
            deviations_of_the_system: worked.request_findings,
            deviations_of_the_other_side: worked.response_findings,
            report: Report {
                results,
                stale_deviations,
                pack,
            },
        })
    }
}

/// A completed session.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// How many exchanges were recorded.
    pub exchanges: usize,
    /// Where what the vendor's system sent deviates from the pinned documents.
    pub deviations_of_the_system: usize,
    /// Where what came back does.
    pub deviations_of_the_other_side: usize,
    /// The results and the pack.
    pub report: Report,
}

/// One sentence for the reader of the pack.
#[must_use]
pub(crate) fn describe(target: &Target) -> Text {
    if target.is_authority() {
        Text::new(
            "Skatteetatens testmiljø, kalt av leverandørens system gjennom opptaksproxyen",
            "the Tax Administration's test environment, called by the vendor's system through the recording proxy",
        )
    } else {
        Text::new(
            "Andre verter enn Skatteetatens, kalt av leverandørens system gjennom opptaksproxyen",
            "hosts other than the Tax Administration's, called by the vendor's system through the recording proxy",
        )
    }
}
