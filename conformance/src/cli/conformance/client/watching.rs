//! What the terminal shows of a session: the same as the live page.

use std::{
    collections::BTreeMap,
    future::Future,
    io::Write as _,
    pin::pin,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::keyboard::enter;
use crate::{
    cli::{Failure, Ui},
    counterparty::{Assignment, CommandDriver, Counterparty, Driver, Judgement, Played, Step, Work},
    results::Verdict,
};

/// At most so often are verdicts looked for in a recording, and at most this part of the time goes
/// to it.
const PACE: Duration = Duration::from_secs(1);
const REST: u32 = 10;

/// What is played, and by whom.
pub(super) struct Script<'a> {
    pub(super) steps: &'a [Step],
    /// Without one a person does the tasks.
    pub(super) command: Option<&'a CommandDriver>,
    /// How long a task may take.
    pub(super) timeout: Duration,
}

/// The terminal during a session.
pub(super) struct Watching<'a> {
    counterparty: &'a Counterparty,
    ui: &'a mut Ui,
    /// Exchanges that have been shown.
    shown: usize,
    bar: Option<ProgressBar>,
}

/// Tells of each task before it is done.
struct Telling<'a> {
    driver: &'a dyn Driver,
    tasks: mpsc::UnboundedSender<Assignment>,
}

impl Driver for Telling<'_> {
    fn perform(&self, assignment: Assignment) -> Work {
        // Who listens lives as long as the session.
        let _ = self.tasks.send(assignment.clone());
        self.driver.perform(assignment)
    }

    fn is_attended(&self) -> bool {
        self.driver.is_attended()
    }
}

impl<'a> Watching<'a> {
    pub(super) fn new(counterparty: &'a Counterparty, ui: &'a mut Ui) -> Self {
        Self {
            counterparty,
            ui,
            shown: 0,
            bar: None,
        }
    }

    /// Shows what a system does by itself, until somebody says that it is done.
    pub(super) async fn record(&mut self) -> Result<(), Failure> {
        self.say("Recording. Let the system work; Ctrl-C, or a POST to /counterparty/done, ends it.")?;
        let counterparty = self.counterparty;
        let mut done = pin!(counterparty.said_done());
        let mut changes = counterparty.changes();
        let mut verdicts = BTreeMap::new();
        loop {
            tokio::select! {
                () = &mut done => return Ok(()),
                // The sender lives in the counterparty.
                _ = changes.changed() => {}
            }
            self.exchanges()?;
            if !self.ui.err_is_terminal {
                continue;
            }
            let began = Instant::now();
            for judgement in counterparty.judge().all() {
                let before = verdicts.insert(judgement.case_id, judgement.verdict);
                if before.unwrap_or(Verdict::NotRun) != judgement.verdict {
                    self.say(&format!("  {}", verdict(judgement)))?;
                }
            }
            tokio::select! {
                () = &mut done => return Ok(()),
                () = tokio::time::sleep(PACE.max(began.elapsed() * REST)) => {}
            }
        }
    }

    /// Plays the script.
    pub(super) async fn play(&mut self, script: Script<'_>) -> Result<(), Failure> {
        let counterparty = self.counterparty;
        let person;
        let driver: &dyn Driver = match script.command {
            Some(command) => command,
            None => {
                person = counterparty.attended(enter());
                &*person
            }
        };
        let count = script.steps.len();
        for (number, step) in (1..).zip(script.steps) {
            let place = format!("[{number}/{count}] {}", step.id);
            if driver.is_attended() && !step.attended {
                self.say(&format!("{place}: left out; it cannot be done by hand"))?;
                continue;
            }
            if driver.is_attended() || self.ui.err_is_terminal {
                let cases = step.cases.join(", ");
                let text = &step.instruction;
                self.say(&format!("{place} ({cases})\n  {}\n  {}", text.nb, text.en))?;
            }
            let (tasks, mut told) = mpsc::unbounded_channel();
            let telling = Telling { driver, tasks };
            let played = counterparty.play(step, &telling);
            let played = self.watch(played, &mut told, step, &place, &script).await??;
            if played == Played::NotApplicable {
                self.say(&format!(
                    "{place}: left out; the scenario has no such API or too few customers, or it needs --tls"
                ))?;
                continue;
            }
            for judgement in counterparty.judge().all() {
                if step.cases.iter().any(|case| case == judgement.case_id) {
                    self.say(&format!("{place}: {}", verdict(judgement)))?;
                }
            }
        }
        Ok(())
    }

    /// Shows what happens until a step has been played.
    async fn watch<T>(
        &mut self,
        played: impl Future<Output = T>,
        told: &mut mpsc::UnboundedReceiver<Assignment>,
        step: &Step,
        place: &str,
        script: &Script<'_>,
    ) -> Result<T, Failure> {
        let mut played = pin!(played);
        let mut changes = self.counterparty.changes();
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let mut deadline = Instant::now() + script.timeout;
        let ended = loop {
            tokio::select! {
                // In this order: a task is told of before what is seen of it.
                biased;
                Some(task) = told.recv() => {
                    deadline = Instant::now() + script.timeout;
                    if script.command.is_none() {
                        self.task(&task, step.tasks(), script.timeout)?;
                    }
                }
                ended = &mut played => break ended,
                _ = changes.changed() => self.exchanges()?,
                _ = seconds.tick(), if self.ui.err_is_terminal => {
                    let left = deadline.saturating_duration_since(Instant::now()).as_secs();
                    self.countdown(format!("{place}: {left} s left"));
                }
            }
        };
        self.exchanges()?;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        Ok(ended)
    }

    /// What a person should do.
    fn task(&mut self, task: &Assignment, of: usize, timeout: Duration) -> Result<(), Failure> {
        let mut text = String::new();
        if let Some(say) = &task.say {
            text.push_str(&format!("  {} / {of}: {}\n         {}\n", task.act, say.nb, say.en));
        }
        for detail in task.details() {
            text.push_str(&format!("    {}: {}\n", detail.name.en, detail.value));
        }
        text.push_str(&format!("  Enter when it is done, at most {} s.", timeout.as_secs()));
        self.say(&text)
    }

    /// The exchanges since the last time, for somebody who watches.
    fn exchanges(&mut self) -> Result<(), Failure> {
        if !self.ui.err_is_terminal {
            return Ok(());
        }
        let lines = self.counterparty.lines(self.shown);
        self.shown += lines.len();
        for line in lines {
            self.say(&format!("  {line}"))?;
        }
        Ok(())
    }

    fn countdown(&mut self, message: String) {
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(message);
        bar.tick();
    }

    /// A line, above the countdown where there is one.
    fn say(&mut self, text: &str) -> Result<(), Failure> {
        let err = &mut self.ui.err;
        match &self.bar {
            Some(bar) => bar.suspend(|| writeln!(err, "{text}"))?,
            None => writeln!(err, "{text}")?,
        }
        Ok(())
    }
}

/// A case and what is known of it; the reason where something is wrong.
fn verdict(judgement: &Judgement) -> String {
    let label = judgement.verdict.label().en;
    let mut text = format!("{} {label}", judgement.case_id);
    if !matches!(judgement.verdict, Verdict::Passed) {
        text.push_str(&format!(": {}", judgement.reason.en));
    }
    if judgement.verdict.is_finding() {
        text.push_str(&format!(" Advice: {}", judgement.hint.en));
    }
    text
}
