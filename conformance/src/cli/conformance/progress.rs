//! Where the run is, for whoever looks on or interrupts it.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{results::CaseResult, run::Progress};

/// Remembers the folder of the pack, and shows a bar on a terminal.
pub(super) struct Watch {
    folder: Mutex<Option<PathBuf>>,
    bar: Option<ProgressBar>,
}

impl Watch {
    pub(super) fn new(on_a_terminal: bool) -> Self {
        let bar = on_a_terminal.then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            folder: Mutex::default(),
            bar,
        }
    }

    /// The folder of the pack, once there is one.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Removes the bar, so that a message starts on a line of its own.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Watch {
    fn recording(&self, folder: &Path) {
        *self.folder.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_owned());
    }

    fn started(&self, cases: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(cases as u64);
        }
    }

    fn finished(&self, result: &CaseResult) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} {}", result.case_id, result.verdict.label().en));
            bar.inc(1);
            if bar.length() == Some(bar.position()) {
                bar.finish_and_clear();
            }
        }
    }
}
