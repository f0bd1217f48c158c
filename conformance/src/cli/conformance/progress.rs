//! The bar on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::{results::CaseResult, run::Progress};

pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn started(&self, cases: usize) {
        self.0.set_length(cases as u64);
    }

    fn finished(&self, result: &CaseResult) {
        self.0
            .set_message(format!("{} {}", result.case_id, result.verdict.label().en));
        self.0.inc(1);
        if self.0.length() == Some(self.0.position()) {
            self.0.finish_and_clear();
        }
    }
}
